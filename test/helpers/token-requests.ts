/**
 * What a client sends to the machine-side endpoints, and what most tests ask of the answers.
 *
 * @module
 */

import type { RegisteredClient, Storage } from '@teamcast/oauth-server'
import type { ClientRecord } from '@teamcast/oauth-server/storage'
import type { Authorization, TokenResponse } from '@teamcast/oauth-server/testing'
import type { ExecutionContext } from 'ava'
import { postAs } from './requests.ts'

type Parameters = Readonly<Record<string, string | undefined>>
type Issuer = { readonly issuer: string }

/** Redeems an authorization code. */
export function redeem(
  { issuer }: Issuer,
  client: RegisteredClient,
  { code, codeVerifier, redirectUri }: Authorization,
  changes: Parameters = {},
): Promise<Response> {
  return postAs(client, `${issuer}/oauth/token`, {
    grant_type: 'authorization_code',
    code,
    code_verifier: codeVerifier,
    redirect_uri: redirectUri,
    ...changes,
  })
}

/** Uses a refresh token. */
export function refresh(
  { issuer }: Issuer,
  client: RegisteredClient,
  refreshToken: string | undefined,
  changes: Parameters = {},
): Promise<Response> {
  return postAs(client, `${issuer}/oauth/token`, {
    grant_type: 'refresh_token',
    refresh_token: refreshToken,
    ...changes,
  })
}

/** Asks for a token of the client's own. */
export function requestClientCredentials(
  { issuer }: Issuer,
  client: RegisteredClient,
  changes: Parameters = {},
): Promise<Response> {
  return postAs(client, `${issuer}/oauth/token`, { grant_type: 'client_credentials', ...changes })
}

/** Asks about a token. */
export function introspect(
  { issuer }: Issuer,
  client: RegisteredClient,
  token: string | undefined,
  changes: Parameters = {},
): Promise<Response> {
  return postAs(client, `${issuer}/oauth/introspect`, { token, ...changes })
}

/** Revokes a token. */
export function revoke(
  { issuer }: Issuer,
  client: RegisteredClient,
  token: string | undefined,
  changes: Parameters = {},
): Promise<Response> {
  return postAs(client, `${issuer}/oauth/revoke`, { token, ...changes })
}

/** Whether introspection calls a token active. Ask as the client it was issued to. */
export async function isActive(
  server: Issuer,
  client: RegisteredClient,
  token: string | undefined,
): Promise<boolean> {
  const { active } = await (await introspect(server, client, token)).json()
  return active
}

/** The tokens of a successful token response. */
export async function tokensOf(t: ExecutionContext, response: Response): Promise<TokenResponse> {
  const body = await response.json()
  t.is(response.status, 200, JSON.stringify(body))
  return body
}

/** A token response that has a refresh token. */
export async function refreshableTokensOf(
  t: ExecutionContext,
  response: Response,
): Promise<TokenResponse & { readonly refresh_token: string }> {
  const { refresh_token: refreshToken = '', ...tokens } = await tokensOf(t, response)
  t.regex(refreshToken, /^tcr_/)
  return { ...tokens, refresh_token: refreshToken }
}

/** Asserts that a request was refused as RFC 6749 §5.2 wants it. */
export async function assertRefused(
  t: ExecutionContext,
  response: Response,
  status: number,
  error: string,
): Promise<void> {
  const body = await response.json()
  t.is(response.status, status, JSON.stringify(body))
  t.is(body.error, error, JSON.stringify(body))
  t.regex(response.headers.get('content-type') ?? '', /^application\/json/)
  t.is(response.headers.get('cache-control'), 'no-store')
  // RFC 6749 §5.2: printable ASCII without " and \.
  t.regex(body.error_description ?? '', /^[\x20\x21\x23-\x5B\x5D-\x7E]*$/)
}

/** Decodes a part of a JWT without verifying anything. */
export function decodeJwt(token: string, part: 'header' | 'payload'): Record<string, unknown> {
  const text = token.split('.')[part === 'header' ? 0 : 1] ?? ''
  return JSON.parse(Buffer.from(text, 'base64url').toString('utf8'))
}

/** Changes a client in the store, past the rules of the registry. */
export async function changeClient(
  { clients }: Storage,
  { client: { clientId } }: RegisteredClient,
  changes: Partial<ClientRecord>,
): Promise<void> {
  const record = await clients.find(clientId)
  if (record === undefined) throw new Error(`there is no client "${clientId}"`)
  const { version } = record
  await clients.update({ ...record, ...changes, version: version + 1 }, version)
}
