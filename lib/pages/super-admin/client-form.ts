/**
 * The form of a client: its fields, as texts.
 *
 * @module
 */

import type { Client } from '../../storage/client.ts'

/** Fields with a single text. */
export const TEXT_FIELDS = [
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
/** Those of them with a unit. */
export const DURATION_FIELDS = ['accessTokenTtlSeconds', 'refreshTokenTtlSeconds'] as const
/** Those of them with one value a line. */
export const LINES_FIELDS = ['redirectUris', 'resourceServerAudiences'] as const
/** Fields with several options. */
export const LIST_FIELDS = ['scopes', 'allowedGrantTypes'] as const
const IMMUTABLE_FIELDS: ReadonlyArray<string> = ['clientType', 'audience', 'tenantId']

/** The name of a field with a single text. */
export type TextField = (typeof TEXT_FIELDS)[number]
/** The name of a field with several options. */
export type ListField = (typeof LIST_FIELDS)[number]
/** The name of a field. */
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
