/**
 * The questions before something is deleted or removed.
 *
 * @module
 */

import { html } from 'ghtml'
import { fillText } from '../../util/placeholders.ts'
import { renderClientName } from '../client-header.ts'
import { renderInstantAndAge } from '../dates.ts'
import { fill } from '../languages/messages.ts'
import type { HtmlPage } from '../pages.ts'
import { lifetimeOf } from './durations.ts'
import {
  renderHeading,
  renderLinkButton,
  renderOwnForm,
  renderSubmitButton,
  renderSuperAdminDocument,
} from './parts.ts'
import { renderHint } from './secrets-section.ts'
import type { AboutClientView, SecretRemovalView } from './views.ts'

/** Asks whether to delete a client. */
export function renderDeletionPage(view: AboutClientView): HtmlPage {
  const { client, language, urls } = view
  const { clientId, name, accessTokenTtlSeconds } = client
  const messages = language.superAdminMessages
  const title = fillText(messages.deleteThisClient, { client: name })
  const duration = lifetimeOf(accessTokenTtlSeconds, language)
  return renderSuperAdminDocument(view, {
    title,
    content: html`!${renderHeading(title)}
<p>!${fill(messages.itsClientId, { clientId: html`<code dir="ltr">${clientId}</code>` })}</p>
<ul class="list">
<li>${messages.deletionDisconnects}</li>
<li>!${fill(messages.deletionRevokes, { duration: html`${duration}` })}</li>
<li>${messages.deletionIsFinal}</li>
</ul>
!${renderAnswers(view, urls.deletion(clientId), messages.deleteClient)}`,
  })
}

/** Asks whether to remove a secret. */
export function renderRemovalPage(view: SecretRemovalView): HtmlPage {
  const { client, secret, language, urls, now } = view
  const { secretId, lastUsedAt } = secret
  const messages = language.superAdminMessages
  const used =
    lastUsedAt === undefined
      ? html`${messages.neverUsed}`
      : fill(messages.lastUsedOn, { time: renderInstantAndAge(lastUsedAt, now, language) })
  const consequence = fill(messages.removalConsequence, { client: renderClientName(client) })
  return renderSuperAdminDocument(view, {
    title: fillText(messages.removeSecretOf, { client: client.name }),
    content: html`<h1>!${fill(messages.removeThisSecret, { hint: renderHint(secret) })}</h1>
<p>!${used} !${consequence}</p>
!${renderAnswers(view, urls.removal(client.clientId, secretId), messages.removeTheSecret)}`,
  })
}

function renderAnswers(view: AboutClientView, url: string, label: string): string {
  const { client, language, urls } = view
  const { keepIt } = language.superAdminMessages
  const content = html`<div class="actions">!${renderSubmitButton('danger', label)}
!${renderLinkButton('secondary', urls.client(client.clientId), keepIt)}</div>`
  return renderOwnForm(view, url, content)
}
