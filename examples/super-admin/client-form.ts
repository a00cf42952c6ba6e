/**
 * The form of a client: converts between submitted texts and client metadata.
 *
 * @module
 */

import type { Client, ClientChanges, NewClient } from '@teamcast/oauth-server'
import { toSeconds } from './durations.ts'

/** Fields with a single text. */
const TEXT_FIELDS = [
  'name',
  'clientType',
  'audience',
  'tenantId',
  'redirectUris',
  'resourceServerAudiences',
  'tokenEndpointAuthMethod',
  'accessTokenTtlSeconds',
  'refreshTokenTtlSeconds',
  'clientUri',
  'logoUrl',
  'tosUri',
  'policyUri',
] as const
/** Fields with several options. */
const LIST_FIELDS = ['scopes', 'allowedGrantTypes'] as const
const IMMUTABLE_FIELDS: ReadonlyArray<string> = ['clientType', 'audience', 'tenantId']

export type TextField = (typeof TEXT_FIELDS)[number]
export type ListField = (typeof LIST_FIELDS)[number]
export type FieldName = TextField | ListField

/** The values of the form. */
export type ClientForm = Readonly<Record<TextField, string>> &
  Readonly<Record<ListField, ReadonlyArray<string>>>

/** The empty form of a registration. */
export const EMPTY_FORM: ClientForm = {
  name: '',
  clientType: 'CONFIDENTIAL',
  audience: 'PLATFORM',
  tenantId: '',
  scopes: [],
  redirectUris: '',
  resourceServerAudiences: '',
  allowedGrantTypes: ['authorization_code', 'refresh_token'],
  tokenEndpointAuthMethod: '',
  accessTokenTtlSeconds: '',
  refreshTokenTtlSeconds: '',
  clientUri: '',
  logoUrl: '',
  tosUri: '',
  policyUri: '',
}

/** The form of a registered client. */
export function formOf(client: Client): ClientForm {
  return {
    ...client,
    tenantId: client.tenantId ?? '',
    redirectUris: client.redirectUris.join('\n'),
    resourceServerAudiences: client.resourceServerAudiences.join('\n'),
    accessTokenTtlSeconds: String(client.accessTokenTtlSeconds),
    refreshTokenTtlSeconds: String(client.refreshTokenTtlSeconds),
    clientUri: client.clientUri ?? '',
    logoUrl: client.logoUrl ?? '',
    tosUri: client.tosUri ?? '',
    policyUri: client.policyUri ?? '',
  }
}

/** Reads a submitted form. */
export function readClientForm(sent: URLSearchParams): ClientForm {
  const texts = TEXT_FIELDS.map((field) => {
    const text = sent.get(field) ?? ''
    return [field, toSeconds(text, sent.get(`${field}Unit`) ?? '')] as const
  })
  const lists = LIST_FIELDS.map((field) => [field, sent.getAll(field)] as const)
  const form: Readonly<Record<string, unknown>> = Object.fromEntries([...texts, ...lists])
  return form as ClientForm
}

/** The client to register. Its values are not validated yet. */
export function newClientOf(form: ClientForm): NewClient {
  const { clientType, audience, tenantId } = form
  const input: Readonly<Record<string, unknown>> = {
    ...settingsOf(form, undefined),
    // The field is hidden for the platform.
    ...{
      clientType,
      audience,
      tenantId: (audience !== 'PLATFORM' && tenantId.trim()) || undefined,
    },
  }
  return input as NewClient
}

/** The changes to a client. An empty field resets to its default. */
export function changesOf(form: ClientForm): ClientChanges {
  return settingsOf(form, null) as ClientChanges
}

/** @param absent The value of an empty optional field. */
function settingsOf(form: ClientForm, absent: null | undefined): Record<string, unknown> {
  return {
    name: form.name,
    scopes: form.scopes,
    redirectUris: linesOf(form.redirectUris),
    resourceServerAudiences: linesOf(form.resourceServerAudiences),
    allowedGrantTypes: form.allowedGrantTypes,
    tokenEndpointAuthMethod: form.tokenEndpointAuthMethod || undefined,
    accessTokenTtlSeconds: secondsOf(form.accessTokenTtlSeconds) ?? absent,
    refreshTokenTtlSeconds: secondsOf(form.refreshTokenTtlSeconds) ?? absent,
    clientUri: form.clientUri.trim() || absent,
    logoUrl: form.logoUrl.trim() || absent,
    tosUri: form.tosUri.trim() || absent,
    policyUri: form.policyUri.trim() || absent,
  }
}

/** The mutable fields in which two forms differ. */
export function differences(one: ClientForm, other: ClientForm): ReadonlyArray<FieldName> {
  const fields = [...TEXT_FIELDS, ...LIST_FIELDS].filter(
    (field) => !IMMUTABLE_FIELDS.includes(field),
  )
  return fields.filter((field) => textOf(one, field) !== textOf(other, field))
}

/** The value of a field as a single line. */
export function textOf(form: ClientForm, field: FieldName): string {
  const value = form[field]
  return typeof value === 'string' ? linesOf(value).join(', ') : [...value].sort().join(', ')
}

/** The lines of a text, without the empty ones. */
export function linesOf(text: string): ReadonlyArray<string> {
  const lines = text.split('\n').map((line) => line.trim())
  return lines.filter((line) => line !== '')
}

/** Parses seconds; returns an invalid text as it is, for the validation to report. */
function secondsOf(text: string): number | string | undefined {
  const digits = text.replaceAll(/\s/g, '')
  if (digits === '') return undefined
  return /^\d{1,15}$/.test(digits) ? Number(digits) : text
}
