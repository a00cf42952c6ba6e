/**
 * The account chooser.
 *
 * @module
 */

import { html } from 'ghtml'
import { renderClientHeader, renderClientLinks, renderClientName } from './client-header.ts'
import { renderButton, renderForm } from './form.ts'
import { CHEVRON_GLYPH, OTHER_ACCOUNT_GLYPH } from './icons.ts'
import { fill } from './languages/messages.ts'
import { renderDocument } from './layout.ts'
import type { HtmlPage, SelectAccountView } from './pages.ts'
import { renderUser } from './user-card.ts'

/**
 * Renders the account chooser.
 *
 * @param view The data of the page.
 */
export function renderSelectAccountPage(view: SelectAccountView): HtmlPage {
  const { brand, language, client, form, user } = view
  const { messages } = language
  const heading = fill(messages.chooseAccountHeading, { client: renderClientName(client) })
  const accounts = html`<button class="account deliberate" name="action" value="continue">
        <span class="visually-hidden">${messages.continueAs} </span>!${renderUser(user)}!${CHEVRON_GLYPH}
      </button>
      <button class="account" name="action" value="switch-account">
        <span class="avatar">!${OTHER_ACCOUNT_GLYPH}</span>
        <span class="identity">${messages.useAnotherAccount}</span>
      </button>`
  return renderDocument({
    ...{ brand, language },
    title: messages.chooseAccount,
    logoUrls: [client.logoUrl],
    content: html`!${renderClientHeader(view, heading)}
      <div class="actions stacked">
        <div class="accounts">!${renderForm(form, accounts)}</div>
        !${renderForm(form, renderButton('quiet', 'cancel', messages.cancel))}
      </div>
      !${renderClientLinks(client, messages)}`,
  })
}
