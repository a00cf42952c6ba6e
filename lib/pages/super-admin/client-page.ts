/**
 * The page of a client: its facts, its secrets, and the form to change it.
 *
 * @module
 */

import { html } from 'ghtml'
import { renderInstantAndAge } from '../dates.ts'
import { fill } from '../languages/messages.ts'
import type { HtmlPage } from '../pages.ts'
import { renderClientFields } from './client-fields.ts'
import { formOf } from './client-form.ts'
import { renderCopyField } from './fields.ts'
import {
  renderHeading,
  renderLinkButton,
  renderOwnForm,
  renderSubmitButton,
  renderSummary,
  renderSuperAdminDocument,
} from './parts.ts'
import { remarksOfConflict, remarksOfIssues } from './remarks.ts'
import { renderSecrets } from './secrets-section.ts'
import type { ClientPageView, Remark } from './views.ts'

/** Renders the page. */
export function renderClientPage(view: ClientPageView): HtmlPage {
  const { client, language, urls, rejected } = view
  const { clientId, name } = client
  const messages = language.superAdminMessages
  const remarks = remarksOf(view)
  return renderSuperAdminDocument(view, {
    title: name,
    isRejected: rejected !== undefined,
    content: html`!${renderSummary(view, rejected?.rejection, remarks, adviceOn(view))}
!${renderHeading(name)}
!${renderCopyField('clientId', messages.clientId, clientId)}
!${renderFacts(view)}
!${renderSecrets(view, remarks)}
<section aria-labelledby="settings">
<h2 id="settings">${messages.settings}</h2>
<p class="help">${messages.settingsExplanation}</p>
!${renderSettings(view, remarks)}
</section>
<section aria-labelledby="deletion">
<h2 id="deletion">${messages.deleteClient}</h2>
<p class="help">${messages.deletionExplanation}</p>
<div class="actions">!${renderLinkButton('risky', urls.deletion(clientId), messages.deleteClient)}</div>
</section>`,
  })
}

function remarksOf({ client, language, rejected }: ClientPageView): ReadonlyArray<Remark> {
  if (rejected === undefined) return []
  const { rejection, form } = rejected
  return rejection.kind === 'invalid'
    ? remarksOfIssues(rejection.issues, form, language)
    : remarksOfConflict(client, form ?? formOf(client), language)
}

function adviceOn({ client, language, urls, rejected }: ClientPageView): string {
  if (rejected?.rejection.kind !== 'conflict') return ''
  const { conflictAdvice, discardYours } = language.superAdminMessages
  const discard = html`<a href="${urls.client(client.clientId)}">${discardYours}</a>`
  return html`<p>!${fill(conflictAdvice, { discard })}</p>`
}

function renderFacts({ client, language, now }: ClientPageView): string {
  const messages = language.superAdminMessages
  const { clientType, audience, tenantId, createdAt, updatedAt } = client
  const whose =
    audience === 'PLATFORM'
      ? html`${messages.everybody}`
      : fill(messages.onlyTenant, { tenant: html`<bdi>${tenantId ?? ''}</bdi>` })
  return html`<dl class="rows">
<div><dt>${messages.fields.clientType.label}</dt><dd>${messages.clientTypes[clientType].label}</dd></div>
<div><dt>${messages.whoMaySignIn}</dt><dd>!${whose}</dd></div>
<div><dt>${messages.registeredAt}</dt><dd>!${renderInstantAndAge(createdAt, now, language)}</dd></div>
<div><dt>${messages.changedAt}</dt><dd>!${renderInstantAndAge(updatedAt, now, language)}</dd></div>
</dl>`
}

function renderSettings(view: ClientPageView, remarks: ReadonlyArray<Remark>): string {
  const { client, choices, language, urls, rejected } = view
  const messages = language.superAdminMessages
  const { form = formOf(client), rejection } = rejected ?? {}
  const fields = renderClientFields({ messages, form, rejection, remarks, choices, client })
  const content = html`!${fields}
<div class="actions">!${renderSubmitButton('primary', messages.save)}</div>`
  const version = String(client.version)
  return renderOwnForm(view, urls.client(client.clientId), content, { version })
}
