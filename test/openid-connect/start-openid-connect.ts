/**
 * A server with OpenID Connect, and what its clients do.
 *
 * @module
 */

import type { NewClient, RegisteredClient } from '@teamcast/oauth-server'
import {
  startTestServer,
  type TestServer,
  type TestServerOptions,
  type TestUser,
} from '@teamcast/oauth-server/testing'
import type { ExecutionContext } from 'ava'
import { startBrowser } from '../helpers/browser.ts'
import { authorizationUrl, CODE_VERIFIER } from '../helpers/requests.ts'
import { ADA, CONFIDENTIAL_CLIENT, GRACE, PUBLIC_CLIENT } from '../helpers/start-server.ts'
import { decodeJwt, redeem, tokensOf } from '../helpers/token-requests.ts'

/** A user with every claim. */
export const ADA_WITH_CLAIMS: TestUser = {
  ...ADA,
  emailVerified: true,
  picture: 'https://pictures.teamcast.test/ada.png',
  locale: 'en-GB',
  zoneinfo: 'Europe/London',
  updatedAt: 1_790_000_000,
}

export const IDENTITY = ['openid', 'profile', 'email']

/** A server with OpenID Connect and two clients. */
export interface OpenIdConnectServer extends TestServer {
  readonly confidential: RegisteredClient
  readonly public: RegisteredClient
}

/** Starts a server that ends with the test. */
export async function startOpenIdConnect(
  t: ExecutionContext,
  options: TestServerOptions = {},
): Promise<OpenIdConnectServer> {
  const withIdentity = (client: NewClient): NewClient => ({
    ...client,
    scopes: [...IDENTITY, ...client.scopes],
  })
  const server = await startTestServer({
    openIdConnect: {},
    users: [ADA_WITH_CLAIMS, GRACE],
    clients: [withIdentity(CONFIDENTIAL_CLIENT), withIdentity(PUBLIC_CLIENT)],
    ...options,
  })
  t.teardown(() => server.close())
  const [confidential, publicClient] = server.clients
  if (confidential === undefined || publicClient === undefined) throw new Error('give it clients')
  return { ...server, confidential, public: publicClient }
}

/** What a code exchange gave. */
export interface SignedIn {
  readonly tokens: Awaited<ReturnType<typeof tokensOf>> & { readonly id_token?: string }
  /** The claims of the ID token; empty when there is none. */
  readonly idToken: Readonly<Record<string, unknown>>
}

/** Signs Ada in at a client. */
export async function signIn(
  t: ExecutionContext,
  server: { readonly issuer: string },
  client: RegisteredClient,
  parameters: Readonly<Record<string, string>> = {},
): Promise<SignedIn> {
  const url = authorizationUrl(server.issuer, client, { scope: IDENTITY.join(' '), ...parameters })
  const { callback } = await startBrowser().authorize(url, ADA.email)
  const code = callback?.searchParams.get('code')
  if (!code) throw new Error(`there is no code in ${callback}`)
  const authorization = {
    code,
    codeVerifier: CODE_VERIFIER,
    redirectUri: client.client.redirectUris[0] ?? '',
  }
  const tokens: SignedIn['tokens'] = await tokensOf(t, await redeem(server, client, authorization))
  const idToken = tokens.id_token === undefined ? {} : decodeJwt(tokens.id_token, 'payload')
  return { tokens, idToken }
}

/** Asks the userinfo endpoint. */
export async function askUserinfo(
  { issuer }: { readonly issuer: string },
  accessToken: string,
  init: RequestInit = {},
): Promise<Response> {
  const headers = { ...init.headers, authorization: `Bearer ${accessToken}` }
  return await fetch(`${issuer}/oauth/userinfo`, { ...init, headers })
}
