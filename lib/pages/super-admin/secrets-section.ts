/**
 * The secrets on the page of a client.
 *
 * @module
 */

import { html } from 'ghtml'
import { isUsableSecret } from '../../clients/client-secret.ts'
import type { ClientSecret } from '../../storage/client.ts'
import { fillText } from '../../util/placeholders.ts'
import { renderInstant, renderInstantAndAge } from '../dates.ts'
import { fill } from '../languages/messages.ts'
import { renderTextField } from './fields.ts'
import { renderOwnForm, renderSubmitButton } from './parts.ts'
import { EXPIRY_FIELD } from './remarks.ts'
import type { ClientPageView, Remark } from './views.ts'

/** Renders the secrets; nothing for a PUBLIC client. */
export function renderSecrets(view: ClientPageView, remarks: ReadonlyArray<Remark>): string {
  const { client, language, now } = view
  if (client.clientType === 'PUBLIC') return ''
  const messages = language.superAdminMessages
  const usable = client.secrets.filter((secret) => isUsableSecret(secret, now))
  const items = client.secrets.map((secret) => {
    const isLast = usable.length === 1 && usable[0] === secret
    return renderSecret(view, secret, isLast)
  })
  return html`<section aria-labelledby="secrets">
<h2 id="secrets">${messages.secrets}</h2>
<p class="help">${messages.secretsExplanation}</p>
<ul class="secrets" role="list">!${items}</ul>
!${renderAddition(view, remarks)}
</section>`
}

function renderSecret(view: ClientPageView, secret: ClientSecret, isLast: boolean): string {
  const { client, language, urls, now } = view
  const messages = language.superAdminMessages
  const { secretId, createdAt, lastUsedAt } = secret
  const hint = `${secret.hint}…`
  const used =
    lastUsedAt === undefined
      ? html`${messages.never}`
      : renderInstantAndAge(lastUsedAt, now, language)
  const which = fillText(messages.whichSecret, { hint })
  const remove = html`<a class="button risky" href="${urls.removal(client.clientId, secretId)}">${messages.removeSecret}<span class="visually-hidden"> ${which}</span></a>`
  return html`<li>
<h3>!${fill(messages.secretOf, { hint: renderHint(secret) })}</h3>
<dl class="rows">
<div><dt>${messages.addedAt}</dt><dd>!${renderInstantAndAge(createdAt, now, language)}</dd></div>
<div><dt>${messages.lastUsedAt}</dt><dd>!${used}</dd></div>
<div><dt>${messages.expiresAt}</dt><dd>!${renderExpiry(secret, view)}</dd></div>
</dl>
!${isLast ? '' : html`<div class="actions">!${remove}</div>`}
</li>`
}

/** Renders the first characters of a secret. */
export function renderHint({ hint }: ClientSecret): string {
  return html`<code dir="ltr">${hint}…</code>`
}

function renderExpiry(secret: ClientSecret, { language, now }: ClientPageView): string {
  const { never, hasExpired } = language.superAdminMessages
  const { expiresAt } = secret
  if (expiresAt === undefined) return html`${never}`
  return isUsableSecret(secret, now)
    ? renderInstantAndAge(expiresAt, now, language)
    : html`<strong>${hasExpired}</strong> · !${renderInstant(expiresAt, language)}`
}

function renderAddition(view: ClientPageView, remarks: ReadonlyArray<Remark>): string {
  const { client, language, urls, submissionId, rejected } = view
  const messages = language.superAdminMessages
  const own = remarks.filter(({ field }) => field === EXPIRY_FIELD)
  const field = renderTextField({
    ...{ name: EXPIRY_FIELD, ...messages.fields[EXPIRY_FIELD] },
    type: 'date',
    value: rejected?.secretExpiry ?? '',
    remarks: own.map((remark) => remark.html),
    isWrong: true,
  })
  const content = html`!${field}
<div class="actions">!${renderSubmitButton('secondary', messages.addSecret)}</div>`
  return renderOwnForm(view, urls.secrets(client.clientId), content, { submissionId })
}
