/**
 * The page that shows a new secret, once, and the one that says that it was shown.
 *
 * @module
 */

import { html } from 'ghtml'
import { renderClientName } from '../client-header.ts'
import { fill } from '../languages/messages.ts'
import type { HtmlPage } from '../pages.ts'
import { renderCopyField } from './fields.ts'
import { renderLinkButton, renderSuperAdminDocument } from './parts.ts'
import type { AboutClientView, NewSecretView } from './views.ts'

/** Renders a new secret. */
export function renderNewSecretPage(view: NewSecretView): HtmlPage {
  const { client, issuer, clientSecret, language, urls } = view
  const { clientId } = client
  const messages = language.superAdminMessages
  const title = messages.copySecretNow
  return renderSuperAdminDocument(view, {
    title,
    hasWayBack: false,
    content: html`<h1>${title}</h1>
<p class="explanation"><strong>${messages.notShownAgain}</strong> ${messages.notShownAgainReason}</p>
!${renderCopyField('clientSecret', messages.clientSecret, clientSecret)}
!${renderCopyField('clientId', messages.clientId, clientId)}
!${renderCopyField('issuer', messages.issuer, issuer)}
<p class="help">${messages.handOver}</p>
<div class="actions">!${renderLinkButton('primary', urls.client(clientId), messages.haveCopied)}</div>`,
  })
}

/** Renders that a secret was shown before, here or elsewhere. */
export function renderShownSecretPage(view: AboutClientView): HtmlPage {
  const { client, language, urls } = view
  const messages = language.superAdminMessages
  const hint = fill(messages.secretWasShownHint, { client: renderClientName(client) })
  return renderSuperAdminDocument(view, {
    title: messages.secretWasShown,
    content: html`<h1>${messages.secretWasShown}</h1>
<p class="explanation">!${hint}</p>
<div class="actions">!${renderLinkButton('primary', urls.client(client.clientId), messages.showClient)}</div>`,
  })
}
