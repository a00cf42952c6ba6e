/**
 * The requests that clients send, one function per endpoint.
 *
 * @module
 */

import { createHash } from 'node:crypto'
import type { RegisteredClient } from '@teamcast/oauth-server'

/** A PKCE pair that every test may use. */
export const CODE_VERIFIER = 'a-code-verifier-that-is-long-enough-for-rfc-7636'
export const CODE_CHALLENGE: string = createHash('sha256').update(CODE_VERIFIER).digest('base64url')

type Parameters = Readonly<Record<string, string | undefined>>

/** The URL of a complete authorization request; a parameter set to `undefined` is left out. */
export function authorizationUrl(
  issuer: string,
  { client }: RegisteredClient,
  changes: Parameters = {},
): URL {
  const url = new URL(`${issuer}/oauth/authorize`)
  url.search = String(
    toForm({
      response_type: 'code',
      client_id: client.clientId,
      redirect_uri: client.redirectUris[0],
      scope: client.scopes.join(' '),
      state: 'a state',
      code_challenge: CODE_CHALLENGE,
      code_challenge_method: 'S256',
      ...changes,
    }),
  )
  return url
}

/** Sends a POST as a client: `basic` for one with a secret, `none` for the others. */
export async function postAs(
  { client, clientSecret }: RegisteredClient,
  url: string,
  parameters: Parameters,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const authorization = clientSecret && basicCredentials(client.clientId, clientSecret)
  return await fetch(url, {
    method: 'POST',
    headers: { ...headers, ...(authorization ? { authorization } : {}) },
    body: toForm(authorization ? parameters : { client_id: client.clientId, ...parameters }),
  })
}

/** The value of an Authorization header (RFC 6749 §2.3.1). */
export function basicCredentials(clientId: string, clientSecret: string): string {
  const pair = `${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`
  return `Basic ${Buffer.from(pair).toString('base64')}`
}

/** Form parameters without the ones that are `undefined`. */
export function toForm(parameters: Parameters): URLSearchParams {
  const present = Object.entries(parameters).filter(
    (parameter): parameter is [string, string] => parameter[1] !== undefined,
  )
  return new URLSearchParams(present)
}
