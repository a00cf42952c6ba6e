/**
 * The page for a user who may not use the client.
 *
 * @module
 */

import { html } from 'ghtml'
import { renderClientHeader, renderClientLinks, renderClientName } from './client-header.ts'
import { renderButton, renderForm } from './form.ts'
import { renderDocument } from './layout.ts'
import type { AccessRefusedView, HtmlPage } from './pages.ts'
import { renderUserCard } from './user-card.ts'

/**
 * Renders the page.
 *
 * @param view The data of the page.
 */
export function renderAccessRefusedPage({ client, form, user }: AccessRefusedView): HtmlPage {
  const heading = html`This account can’t be used with !${renderClientName(client)}`
  return renderDocument({
    title: 'Access refused',
    logoUrls: [client.logoUrl],
    content: html`!${renderClientHeader(client, heading)}
      !${renderUserCard(user)}
      <p>This application is only open to members of another Teamcast workspace. Nothing was shared with it.</p>
      <p>If you also have an account in that workspace, sign in with it. Otherwise ask the person who sent you the link for access.</p>
      <div class="actions stacked">
        !${renderForm(form, renderButton('primary', 'switch-account', 'Use another account'))}
        !${renderForm(form, renderButton('quiet', 'cancel', 'Cancel'))}
      </div>
      !${renderClientLinks(client)}`,
  })
}
