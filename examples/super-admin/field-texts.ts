/**
 * Labels, help texts and options of the fields of a client.
 *
 * @module
 */

import type { FieldName } from './client-form.ts'

interface FieldText {
  readonly label: string
  readonly help?: string
}

export const FIELD_TEXTS: Readonly<Record<FieldName, FieldText>> = {
  name: {
    label: 'Name',
    help: 'Shown on the sign-in and consent pages. 3 to 255 characters.',
  },
  redirectUris: {
    label: 'Redirect URIs',
    help: 'One a line, at most 20. A sign-in returns to exactly one of them. They begin with https; http is for localhost, 127.0.0.1 and [::1], and a public client may use its app’s own scheme, such as com.example.app:/callback.',
  },
  scopes: {
    label: 'Scopes',
    help: 'The scopes that the client may request. Users still decide what to grant.',
  },
  clientType: { label: 'Client type', help: 'It cannot be changed later.' },
  audience: { label: 'Client audience', help: 'It cannot be changed later.' },
  tenantId: {
    label: 'Tenant',
    help: 'The id of the one tenant. It cannot be changed later.',
  },
  allowedGrantTypes: { label: 'Grant types' },
  tokenEndpointAuthMethod: {
    label: 'Client authentication',
    help: 'How the client sends its secret to the token endpoint.',
  },
  resourceServerAudiences: {
    label: 'Resource server of',
    help: 'Empty for an application of a partner. For one of our APIs: its token audiences, one a line. It may then introspect tokens that are for them, and read what was revoked. Only for confidential clients.',
  },
  accessTokenTtlSeconds: {
    label: 'Access token lifetime',
    help: '1 minute to 24 hours. Empty means 15 minutes.',
  },
  refreshTokenTtlSeconds: {
    label: 'Refresh token lifetime',
    help: '5 minutes to 365 days. Empty means 30 days.',
  },
  clientUri: { label: 'Home page' },
  logoUrl: { label: 'Logo' },
  tosUri: { label: 'Terms of service' },
  policyUri: { label: 'Privacy policy' },
}

/** An option of a field. */
export interface Option {
  readonly value: string
  readonly label: string
  readonly help?: string
}

export const CLIENT_TYPES: ReadonlyArray<Option> = [
  {
    value: 'CONFIDENTIAL',
    label: 'Confidential',
    help: 'It runs on a server that can keep a secret, and gets one.',
  },
  {
    value: 'PUBLIC',
    label: 'Public',
    help: 'It runs in a browser or on a phone, where nothing stays secret, and gets none.',
  },
]

export const AUDIENCES: ReadonlyArray<Option> = [
  { value: 'PLATFORM', label: 'Platform', help: 'People of every tenant may sign in.' },
  { value: 'TENANT', label: 'One tenant', help: 'Only people of one tenant may sign in.' },
]

export const GRANT_TYPES: ReadonlyArray<Option> = [
  {
    value: 'authorization_code',
    label: 'authorization_code',
    help: 'Signs people in. It needs a redirect URI.',
  },
  {
    value: 'refresh_token',
    label: 'refresh_token',
    help: 'Stays connected after the access token has expired. It needs authorization_code.',
  },
  {
    value: 'client_credentials',
    label: 'client_credentials',
    help: 'Acts on its own, without a person. Only for confidential clients.',
  },
]

export const AUTH_METHODS: ReadonlyArray<Option> = [
  { value: 'client_secret_basic', label: 'client_secret_basic (HTTP Basic)' },
  { value: 'client_secret_post', label: 'client_secret_post (in the body)' },
  { value: 'none', label: 'none (public clients only)' },
]

/** The label of an option. */
export function labelOf(options: ReadonlyArray<Option>, value: string): string {
  return options.find((option) => option.value === value)?.label ?? value
}
