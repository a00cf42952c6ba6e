/**
 * The account chooser.
 *
 * @module
 */

import { html } from 'ghtml'
import { renderClientHeader, renderClientLinks, renderClientName } from './client-header.ts'
import { renderButton, renderForm } from './form.ts'
import { CHEVRON_GLYPH, OTHER_ACCOUNT_GLYPH } from './icons.ts'
import { renderDocument } from './layout.ts'
import type { HtmlPage, SelectAccountView } from './pages.ts'
import { renderUser } from './user-card.ts'

/**
 * Renders the account chooser.
 *
 * @param view The data of the page.
 */
export function renderSelectAccountPage({ client, form, user }: SelectAccountView): HtmlPage {
  const heading = html`Choose an account to continue to !${renderClientName(client)}`
  const accounts = html`<button class="account deliberate" name="action" value="continue">
        <span class="visually-hidden">Continue as </span>!${renderUser(user)}!${CHEVRON_GLYPH}
      </button>
      <button class="account" name="action" value="switch-account">
        <span class="avatar">!${OTHER_ACCOUNT_GLYPH}</span>
        <span class="identity">Use another account</span>
      </button>`
  return renderDocument({
    title: 'Choose an account',
    logoUrls: [client.logoUrl],
    content: html`!${renderClientHeader(client, heading)}
      <div class="actions stacked">
        <div class="accounts">!${renderForm(form, accounts)}</div>
        !${renderForm(form, renderButton('quiet', 'cancel', 'Cancel'))}
      </div>
      !${renderClientLinks(client)}`,
  })
}
