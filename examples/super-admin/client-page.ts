/**
 * The page of a client: its data, its secrets, and the form to change it.
 *
 * @module
 */

import type { Client, ScopeCatalogue } from '@teamcast/oauth-server'
import { html } from 'ghtml'
import { type FlashMessage, renderFlashMessage } from '../flash-message.ts'
import { renderClientFields } from './client-fields.ts'
import { type ClientForm, formOf } from './client-form.ts'
import { CLIENT_TYPES, labelOf } from './field-texts.ts'
import {
  COPY_SCRIPT,
  COPY_STATUS,
  renderBackLink,
  renderCopyField,
  renderForm,
  renderHeading,
  renderSummary,
} from './parts.ts'
import { clientPath, deletionPath } from './paths.ts'
import type { Remarks } from './remarks.ts'
import type { AdminPage } from './request.ts'
import { renderSecrets } from './secrets-section.ts'
import { renderTimeAndAge } from './times.ts'

/** The data of the page. */
export interface ClientPageView {
  readonly client: Client
  readonly catalogue: ScopeCatalogue
  readonly now: number
  readonly formToken: string
  readonly flashMessage?: FlashMessage | undefined
  /** The submitted form, when it was rejected. */
  readonly form?: ClientForm
  /** Why it was rejected. */
  readonly remarks?: Remarks
  /** The submitted expiry of a new secret, when it was rejected. */
  readonly secretExpiry?: string
}

/** Creates the page. */
export function clientPage(view: ClientPageView): AdminPage {
  const { client, flashMessage, remarks } = view
  const { clientId, name } = client
  return {
    ...(remarks === undefined
      ? { title: name }
      : { title: `Error: ${name}`, status: remarks.kind === 'conflict' ? 409 : 422 }),
    content: html`!${renderBackLink()}
!${renderFlashMessage(flashMessage)}!${renderSummary(remarks, adviceOn(view))}
!${renderHeading(name)}
!${renderCopyField('clientId', 'Client id', clientId)}!${COPY_STATUS}
!${renderFacts(view)}
!${renderSecrets(view)}
<section aria-labelledby="settings">
<h2 id="settings">Settings</h2>
<p class="help">Changes take effect at the client’s next request. Issued access tokens keep their scopes
until they expire.</p>
!${renderSettings(view)}
</section>
<section aria-labelledby="deletion">
<h2 id="deletion">Delete client</h2>
<p class="help">This disconnects everybody who uses it. The next page asks again.</p>
<div class="actions"><a class="button danger" href="${deletionPath(clientId)}">Delete client</a></div>
</section>`,
    script: COPY_SCRIPT,
  }
}

function adviceOn({ client, remarks }: ClientPageView): string {
  if (remarks?.kind !== 'conflict') return ''
  return html`<p>These are the differences to your changes, which are still in the form below. Save the form to
overwrite the other changes, or <a href="${clientPath(client.clientId)}">discard yours</a>.</p>`
}

function renderFacts({ client, now }: ClientPageView): string {
  const { clientType, audience, tenantId, createdAt, updatedAt } = client
  const whose =
    audience === 'PLATFORM'
      ? 'People of every tenant'
      : html`Only people of tenant <bdi>${tenantId ?? ''}</bdi>`
  return html`<dl class="rows">
<div><dt>Client type</dt><dd>${labelOf(CLIENT_TYPES, clientType)}</dd></div>
<div><dt>Who may sign in</dt><dd>!${whose}</dd></div>
<div><dt>Registered</dt><dd>!${renderTimeAndAge(createdAt, now)}</dd></div>
<div><dt>Last changed</dt><dd>!${renderTimeAndAge(updatedAt, now)}</dd></div>
</dl>`
}

function renderSettings(view: ClientPageView): string {
  const { client, catalogue, remarks, formToken } = view
  const form = view.form ?? formOf(client)
  return renderForm({
    action: clientPath(client.clientId),
    formToken,
    hidden: { version: String(client.version) },
    content: html`!${renderClientFields({ form, remarks, catalogue, client })}
<div class="actions"><button class="button primary">Save</button></div>`,
  })
}
