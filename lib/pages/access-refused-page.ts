/**
 * The page for a user who may not use the client.
 *
 * @module
 */

import { html } from 'ghtml'
import { renderClientHeader, renderClientLinks, renderClientName } from './client-header.ts'
import { renderButton, renderForm } from './form.ts'
import { fill } from './languages/messages.ts'
import { renderDocument } from './layout.ts'
import type { AccessRefusedView, HtmlPage } from './pages.ts'
import { renderUserCard } from './user-card.ts'

/**
 * Renders the page.
 *
 * @param view The data of the page.
 */
export function renderAccessRefusedPage(view: AccessRefusedView): HtmlPage {
  const { brand, language, client, form, user, reason } = view
  const { messages } = language
  const { heading, explanation, advice } = messages.refusals[reason]
  const name = html`${brand.name}`
  return renderDocument({
    ...{ brand, language },
    title: messages.accessRefused,
    logoUrls: [client.logoUrl],
    content: html`!${renderClientHeader(view, fill(heading, { client: renderClientName(client) }))}
      !${renderUserCard(user)}
      <p>!${fill(explanation, { brand: name })}</p>
      <p>!${fill(advice, { brand: name })}</p>
      <div class="actions stacked">
        !${renderForm(form, renderButton('primary', 'switch-account', messages.useAnotherAccount))}
        !${renderForm(form, renderButton('quiet', 'cancel', messages.cancel))}
      </div>
      !${renderClientLinks(client, messages)}`,
  })
}
