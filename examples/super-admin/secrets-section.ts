/**
 * The secrets section of the client page.
 *
 * @module
 */

import { randomUUID } from 'node:crypto'
import type { Client, ClientSecret } from '@teamcast/oauth-server'
import { html } from 'ghtml'
import { renderTextField } from './fields.ts'
import { renderForm } from './parts.ts'
import { removalPath, secretsPath } from './paths.ts'
import type { Remarks } from './remarks.ts'
import { renderTime, renderTimeAndAge } from './times.ts'

/** Name of the field for the expiry of a new secret. */
export const EXPIRY_FIELD = 'expiresAt'

/** The data of the section. */
export interface SecretsView {
  readonly client: Client
  readonly now: number
  readonly formToken: string
  readonly remarks?: Remarks
  readonly secretExpiry?: string
}

/** Renders the secrets; nothing for a PUBLIC client. */
export function renderSecrets(view: SecretsView): string {
  const { client, now } = view
  if (client.clientType === 'PUBLIC') return ''
  const usable = client.secrets.filter((secret) => !hasExpired(secret, now))
  const items = client.secrets.map((secret) => {
    const isLast = usable.length === 1 && usable[0] === secret
    return renderSecret(client, secret, isLast, now)
  })
  return html`<section aria-labelledby="secrets">
<h2 id="secrets">Secrets</h2>
<p class="help">To replace a secret, add another, let the partner switch over, and remove the old one when it
is not used any more. Until then both work.</p>
<ul class="secrets" role="list">!${items}</ul>
!${renderAddition(view)}
</section>`
}

function renderSecret(
  { clientId }: Client,
  secret: ClientSecret,
  isLast: boolean,
  now: number,
): string {
  const { secretId, hint, createdAt, lastUsedAt } = secret
  const used = lastUsedAt === undefined ? 'never' : renderTimeAndAge(lastUsedAt, now)
  const remove = html`<a class="button danger" href="${removalPath(clientId, secretId)}">Remove<span class="visually-hidden"> the secret ${hint}…</span></a>`
  return html`<li>
<h3>Secret <code>${hint}…</code></h3>
<dl class="rows">
<div><dt>Added</dt><dd>!${renderTimeAndAge(createdAt, now)}</dd></div>
<div><dt>Last used</dt><dd>!${used}</dd></div>
<div><dt>Expires</dt><dd>!${renderExpiry(secret, now)}</dd></div>
</dl>
!${isLast ? '' : html`<div class="actions">!${remove}</div>`}
</li>`
}

function renderExpiry(secret: ClientSecret, now: number): string {
  const { expiresAt } = secret
  if (expiresAt === undefined) return 'never'
  if (hasExpired(secret, now)) return html`<strong>has expired</strong>, !${renderTime(expiresAt)}`
  return renderTimeAndAge(expiresAt, now)
}

function hasExpired({ expiresAt }: ClientSecret, now: number): boolean {
  return expiresAt !== undefined && expiresAt <= now
}

function renderAddition({ client, formToken, remarks, secretExpiry = '' }: SecretsView): string {
  const own = remarks?.items.filter(({ field }) => field === EXPIRY_FIELD) ?? []
  return renderForm({
    action: secretsPath(client.clientId),
    formToken,
    hidden: { submissionId: randomUUID() },
    content: html`!${renderTextField({
      name: EXPIRY_FIELD,
      label: 'Last day of the new secret',
      help: 'Optional: the new secret works until the end of that day, in UTC.',
      type: 'date',
      value: secretExpiry,
      remarks: own.map(({ text }) => text),
      isWrong: true,
    })}
<div class="actions"><button class="button secondary">Add a secret</button></div>`,
  })
}
