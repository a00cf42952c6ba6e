/**
 * The form fields of a client: all for a registration, the mutable ones for a change.
 *
 * @module
 */

import type { Client, ScopeCatalogue } from '@teamcast/oauth-server'
import { html } from 'ghtml'
import type { ClientForm, FieldName, ListField, TextField } from './client-form.ts'
import { DURATION_UNITS, toDuration } from './durations.ts'
import {
  AUDIENCES,
  AUTH_METHODS,
  CLIENT_TYPES,
  FIELD_TEXTS,
  GRANT_TYPES,
  type Option,
} from './field-texts.ts'
import {
  type Field,
  renderAmount,
  renderChoices,
  renderSelect,
  renderTextArea,
  renderTextField,
} from './fields.ts'
import type { Remarks } from './remarks.ts'

/** The content of the fields. */
export interface ClientFieldsOptions {
  readonly form: ClientForm
  readonly remarks: Remarks | undefined
  readonly catalogue: ScopeCatalogue
  /** The client to change; `undefined` for a registration. */
  readonly client?: Client
}

/** Renders the fields. */
export function renderClientFields(options: ClientFieldsOptions): string {
  return html`
<div class="fields">
!${renderText(options, 'name', { attributes: 'maxlength="255" autocomplete="off"' })}
!${renderLines(options, 'redirectUris')}
!${renderList(options, 'scopes', scopeOptions(options))}
!${options.client === undefined ? renderImmutableFields(options) : ''}
</div>
<details class="advanced"${needsAdvanced(options) ? ' open' : ''}><summary>Advanced</summary>
<div class="fields">
!${renderGroup('connecting', 'How it connects', [
    renderList(options, 'allowedGrantTypes', grantTypeOptions(options.client)),
    renderAuthMethod(options),
    options.client?.clientType === 'PUBLIC' ? '' : renderLines(options, 'resourceServerAudiences'),
    html`<p class="help">PKCE with S256 is required of every client; it cannot be turned off.</p>`,
  ])}
!${renderGroup('lifetimes', 'How long its tokens last', [
    renderDuration(options, 'accessTokenTtlSeconds'),
    renderDuration(options, 'refreshTokenTtlSeconds'),
  ])}
!${renderGroup('branding', 'What people see of it', [
    html`<p class="help">https URLs; the sign-in and consent pages show them. All of them are optional.</p>`,
    ...(['clientUri', 'logoUrl', 'tosUri', 'policyUri'] as const).map((name) =>
      renderText(options, name, { type: 'url', attributes: 'autocomplete="off"' }),
    ),
  ])}
</div>
</details>`
}

/** The fields that are always in sight. */
const BASIC_FIELDS: ReadonlyArray<string | undefined> = [
  'name',
  'redirectUris',
  'scopes',
  'clientType',
  'audience',
  'tenantId',
]

/** Whether there is a remark about one of the advanced fields. */
function needsAdvanced({ remarks }: ClientFieldsOptions): boolean {
  return remarks?.items.some(({ field }) => !BASIC_FIELDS.includes(field)) ?? false
}

function renderDuration(
  options: ClientFieldsOptions,
  name: 'accessTokenTtlSeconds' | 'refreshTokenTtlSeconds',
): string {
  const { amount, unit } = toDuration(options.form[name])
  return renderAmount({
    ...fieldOf(options, name),
    value: amount,
    attributes: 'inputmode="numeric" autocomplete="off"',
    units: DURATION_UNITS,
    unit,
  })
}

function renderGroup(id: string, heading: string, fields: ReadonlyArray<string>): string {
  return html`<section aria-labelledby="${id}"><h2 id="${id}">${heading}</h2>
<div class="fields">!${fields}</div></section>`
}

function renderImmutableFields(options: ClientFieldsOptions): string {
  const { clientType, audience } = options.form
  const choice = (name: FieldName, options_: ReadonlyArray<Option>, chosen: string): string =>
    renderChoices('radio', { ...fieldOf(options, name), options: options_, chosen: [chosen] })
  return html`!${choice('clientType', CLIENT_TYPES, clientType)}
!${choice('audience', AUDIENCES, audience)}
<div class="tenant">!${renderText(options, 'tenantId', { attributes: 'maxlength="255" autocomplete="off"' })}</div>`
}

function renderText(
  options: ClientFieldsOptions,
  name: TextField,
  more: { readonly type?: 'url'; readonly attributes: string },
): string {
  return renderTextField({ ...fieldOf(options, name), value: options.form[name], ...more })
}

function renderLines(
  options: ClientFieldsOptions,
  name: 'redirectUris' | 'resourceServerAudiences',
): string {
  return renderTextArea({
    ...fieldOf(options, name),
    value: options.form[name],
    attributes: 'class="code" spellcheck="false" autocapitalize="off" autocomplete="off"',
  })
}

function renderList(
  options: ClientFieldsOptions,
  name: ListField,
  choices: ReadonlyArray<Option>,
): string {
  const chosen = options.form[name]
  return renderChoices('checkbox', { ...fieldOf(options, name), options: choices, chosen })
}

function scopeOptions({ catalogue, form }: ClientFieldsOptions): ReadonlyArray<Option> {
  const known = Object.entries(catalogue).map(([code, entry]) => ({
    value: code,
    label: code,
    help: typeof entry === 'string' ? entry : entry.description,
  }))
  const unknown = form.scopes
    .filter((scope) => !Object.hasOwn(catalogue, scope))
    .map((scope) => ({ value: scope, label: scope, help: 'It does not exist any more.' }))
  return [...known, ...unknown]
}

function grantTypeOptions(client: Client | undefined): ReadonlyArray<Option> {
  if (client?.clientType !== 'PUBLIC') return GRANT_TYPES
  return GRANT_TYPES.filter(({ value }) => value !== 'client_credentials')
}

function renderAuthMethod(options: ClientFieldsOptions): string {
  const { client, form } = options
  const name = 'tokenEndpointAuthMethod'
  if (client?.clientType === 'PUBLIC') {
    return html`<input type="hidden" name="${name}" value="none">`
  }
  const choices =
    client === undefined
      ? [{ value: '', label: 'The usual one for its type' }, ...AUTH_METHODS]
      : AUTH_METHODS.filter(({ value }) => value !== 'none')
  return renderSelect({ ...fieldOf(options, name), options: choices, chosen: [form[name]] })
}

function fieldOf({ remarks }: ClientFieldsOptions, name: FieldName): Field {
  const own = remarks?.items.filter(({ field }) => field === name) ?? []
  return {
    ...{ name, ...FIELD_TEXTS[name] },
    remarks: own.map(({ text }) => text),
    isWrong: remarks?.kind === 'invalid',
  }
}
