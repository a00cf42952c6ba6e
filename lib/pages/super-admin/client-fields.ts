/**
 * The form fields of a client: all for a registration, the mutable ones for a change.
 *
 * @module
 */

import { html } from 'ghtml'
import { CLIENT_AUDIENCES, CLIENT_TYPES, type Client } from '../../storage/client.ts'
import { fillText } from '../../util/placeholders.ts'
import type { SuperAdminMessages } from '../languages/messages.ts'
import type {
  ClientForm,
  DURATION_FIELDS,
  FieldName,
  LINES_FIELDS,
  ListField,
  TextField,
} from './client-form.ts'
import { DURATION_UNITS, toDuration } from './durations.ts'
import {
  type Field,
  type FieldOption,
  renderAmount,
  renderChoices,
  renderSelect,
  renderTextArea,
  renderTextField,
} from './fields.ts'
import type { ChoiceView, ClientChoicesView, Rejection, Remark } from './views.ts'

/** The content of the fields. */
export interface ClientFieldsOptions {
  readonly messages: SuperAdminMessages
  readonly form: ClientForm
  readonly rejection: Rejection | undefined
  readonly remarks: ReadonlyArray<Remark>
  readonly choices: ClientChoicesView
  /** The client to change; `undefined` for a registration. */
  readonly client?: Client
}

/** Renders the fields. */
export function renderClientFields(options: ClientFieldsOptions): string {
  const { messages, client } = options
  return html`
<div class="fields">
!${renderText(options, 'name', ' maxlength="255"')}
!${renderLines(options, 'redirectUris')}
!${renderList(options, 'scopes', scopeOptions(options))}
!${client === undefined ? renderImmutableFields(options) : ''}
</div>
<details class="advanced"!${needsAdvanced(options) ? ' open' : ''}><summary>${messages.advanced}</summary>
<div class="fields">
!${renderGroup(options, 'connecting', messages.connecting, [
    renderList(options, 'allowedGrantTypes', grantTypeOptions(options)),
    renderAuthMethod(options),
    client?.clientType === 'PUBLIC' ? '' : renderLines(options, 'resourceServerAudiences'),
    html`<p class="help">${messages.pkce}</p>`,
  ])}
!${renderGroup(options, 'lifetimes', messages.lifetimes, [
    renderDuration(options, 'accessTokenTtlSeconds', 'minutes'),
    renderDuration(options, 'refreshTokenTtlSeconds', 'days'),
  ])}
!${renderGroup(options, 'branding', messages.branding, [
    html`<p class="help">${messages.brandingHelp}</p>`,
    ...(['clientUri', 'logoUrl', 'tosUri', 'policyUri'] as const).map((name) =>
      renderText(options, name, ' inputmode="url" dir="ltr" spellcheck="false"'),
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
  return remarks.some(({ field }) => !BASIC_FIELDS.includes(field))
}

function renderDuration(
  options: ClientFieldsOptions,
  name: (typeof DURATION_FIELDS)[number],
  usualUnit: keyof SuperAdminMessages['units'],
): string {
  const { messages, form } = options
  const { amount, unit } = toDuration(form[name], usualUnit)
  const field = fieldOf(options, name)
  return renderAmount({
    ...field,
    value: amount,
    units: DURATION_UNITS.map(({ name: unitName, seconds }) => ({
      value: seconds,
      label: messages.units[unitName],
    })),
    unit,
    unitLabel: fillText(messages.unitOf, { field: field.label }),
  })
}

function renderGroup(
  { client }: ClientFieldsOptions,
  id: string,
  heading: string,
  fields: ReadonlyArray<string>,
): string {
  // On the page of a client, the form has a heading of its own.
  const level = client === undefined ? 'h2' : 'h3'
  return html`<section aria-labelledby="${id}"><!${level} id="${id}">${heading}</!${level}>
<div class="fields">!${fields}</div></section>`
}

function renderImmutableFields(options: ClientFieldsOptions): string {
  const { messages, form } = options
  const choice = (name: 'clientType' | 'audience', choices: ReadonlyArray<FieldOption>): string =>
    renderChoices('radio', { ...fieldOf(options, name), options: choices, chosen: [form[name]] })
  return html`!${choice('clientType', clientTypeOptions(messages))}
!${choice('audience', audienceOptions(messages))}
<div class="tenant">!${renderText(options, 'tenantId', ' maxlength="255"')}</div>`
}

/** The client types as options. */
export function clientTypeOptions({ clientTypes }: SuperAdminMessages): ReadonlyArray<FieldOption> {
  return CLIENT_TYPES.map((value) => ({ value, ...clientTypes[value] }))
}

/** The client audiences as options. */
export function audienceOptions({ audiences }: SuperAdminMessages): ReadonlyArray<FieldOption> {
  return CLIENT_AUDIENCES.toReversed().map((value) => ({ value, ...audiences[value] }))
}

function renderText(options: ClientFieldsOptions, name: TextField, attributes: string): string {
  return renderTextField({ ...fieldOf(options, name), value: options.form[name], attributes })
}

function renderLines(options: ClientFieldsOptions, name: (typeof LINES_FIELDS)[number]): string {
  return renderTextArea({ ...fieldOf(options, name), value: options.form[name] })
}

function renderList(
  options: ClientFieldsOptions,
  name: ListField,
  choices: ReadonlyArray<FieldOption>,
): string {
  const chosen = options.form[name]
  return renderChoices('checkbox', { ...fieldOf(options, name), options: choices, chosen })
}

function scopeOptions({
  messages,
  choices,
  client,
}: ClientFieldsOptions): ReadonlyArray<FieldOption> {
  const known = choices.scopes.map(({ scope, description }) => ({
    value: scope,
    label: scope,
    help: description,
  }))
  // Not those of the form: any text may have been sent.
  const unknown = (client?.scopes ?? [])
    .filter((scope) => !choices.scopes.some((each) => each.scope === scope))
    .map((scope) => ({ value: scope, label: scope, help: messages.unknownScope }))
  return [...known, ...unknown]
}

/** The names of those that a client of this type may have; of all in a registration. */
function namesFor(
  choices: ReadonlyArray<ChoiceView>,
  client: Client | undefined,
): ReadonlyArray<string> {
  return choices
    .filter(({ clientTypes }) => client === undefined || clientTypes.includes(client.clientType))
    .map(({ name }) => name)
}

function grantTypeOptions({
  messages,
  choices,
  client,
}: ClientFieldsOptions): ReadonlyArray<FieldOption> {
  const helps: Readonly<Record<string, string>> = messages.grantTypes
  return namesFor(choices.grantTypes, client).map((name) => ({
    value: name,
    label: name,
    help: helps[name],
  }))
}

function renderAuthMethod(options: ClientFieldsOptions): string {
  const { messages, client, form, choices } = options
  const name = 'tokenEndpointAuthMethod'
  const helps: Readonly<Record<string, string>> = messages.authenticationMethods
  const methods = namesFor(choices.authenticationMethods, client).map((value) => ({
    value,
    label: helps[value] === undefined ? value : `${value} (${helps[value]})`,
  }))
  const [only, ...others] = methods
  if (client !== undefined && only !== undefined && others.length === 0) {
    return html`<input type="hidden" name="${name}" value="${only.value}">`
  }
  const usual = client === undefined ? [{ value: '', label: messages.usualMethod }] : []
  const field = { ...fieldOf(options, name), options: [...usual, ...methods], chosen: [form[name]] }
  return renderSelect(field)
}

function fieldOf({ messages, rejection, remarks }: ClientFieldsOptions, name: FieldName): Field {
  const own = remarks.filter(({ field }) => field === name)
  return {
    ...{ name, ...messages.fields[name] },
    remarks: own.map((remark) => remark.html),
    isWrong: rejection?.kind === 'invalid',
  }
}
