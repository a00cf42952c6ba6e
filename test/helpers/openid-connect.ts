/**
 * A server with OpenID Connect, and what a relying party does.
 *
 * @module
 */

import type { NewClient, RegisteredClient } from '@teamcast/oauth-server'
import type { TestServerOptions } from '@teamcast/oauth-server/testing'
import type { ExecutionContext } from 'ava'
import { type JWTPayload, jwtVerify } from 'jose'
import type { Visit } from './browser.ts'
import { CODE_VERIFIER, postAs } from './requests.ts'
import { CONFIDENTIAL_CLIENT, type StartedServer, startServer } from './start-server.ts'

/** A relying party that may learn everything. */
export const RELYING_PARTY: NewClient = {
  ...CONFIDENTIAL_CLIENT,
  name: 'Acme Portal',
  scopes: ['openid', 'profile', 'email', 'interview:read'],
}

/** A server with OpenID Connect and a relying party. */
export interface OpenIdServer extends StartedServer {
  readonly relyingParty: RegisteredClient
}

/** Starts a server that ends with the test. */
export async function startOpenIdServer(
  t: ExecutionContext,
  options: TestServerOptions = {},
): Promise<OpenIdServer> {
  const server = await startServer(t, { openIdConnect: {}, ...options })
  return { ...server, relyingParty: await server.registerClient(RELYING_PARTY) }
}

/** A token response with an ID token, whose signature, `iss`, `aud` and `exp` are verified. */
export interface SignedIn {
  readonly idToken: string
  readonly claims: JWTPayload & { readonly auth_time?: number; readonly nonce?: string }
  readonly tokens: Readonly<Record<string, unknown>>
}

/** Redeems the code that a visit ended with. */
export async function redeemVisit(
  t: ExecutionContext,
  { issuer, authorizationServer, clock }: OpenIdServer,
  client: RegisteredClient,
  { callback, html }: Visit,
): Promise<SignedIn> {
  const code = callback?.searchParams.get('code') ?? undefined
  t.truthy(code, callback?.href ?? html)
  const response = await postAs(client, `${issuer}/oauth/token`, {
    grant_type: 'authorization_code',
    code,
    redirect_uri: client.client.redirectUris[0],
    code_verifier: CODE_VERIFIER,
  })
  const tokens = await response.json()
  t.is(response.status, 200, JSON.stringify(tokens))
  const { id_token: idToken } = tokens
  const { payload } = await jwtVerify(idToken, authorizationServer.jwks, {
    issuer,
    audience: client.client.clientId,
    algorithms: ['RS256'],
    currentDate: new Date(clock.now() * 1000),
  })
  return { idToken, claims: payload, tokens }
}
