/** Attacks on relying parties and with their tokens. The relying party is an unmodified openid-client. */

import { createPublicKey, createSecretKey } from 'node:crypto'
import type { RegisteredClient } from '@teamcast/oauth-server'
import { createAccessTokenVerifier } from '@teamcast/oauth-server/resource-server'
import test from 'ava'
import { importJWK, SignJWT } from 'jose'
import * as oauth from 'openid-client'
import { testSigningKey } from '../../lib/testing/test-keys.ts'
import { startBrowser } from '../helpers/browser.ts'
import { CODE_CHALLENGE, CODE_VERIFIER } from '../helpers/requests.ts'
import { ADA } from '../helpers/start-server.ts'
import { assertRefused, decodeJwt, introspect, redeem } from '../helpers/token-requests.ts'
import { type OpenIdConnectServer, signIn, startOpenIdConnect } from './start-openid-connect.ts'

const NONCE = 'the nonce of this sign-in'

/** Signs Ada in at a relying party whose token response an attacker has changed. */
async function signInWith(
  server: OpenIdConnectServer,
  idTokenOf: (idToken: string) => Promise<string> | string,
  callbackOf: (callback: URL) => URL = (callback) => callback,
): Promise<oauth.IDToken | undefined> {
  const { client, clientSecret = '' } = server.confidential
  const configuration = await oauth.discovery(
    new URL(server.issuer),
    client.clientId,
    undefined,
    oauth.ClientSecretBasic(clientSecret),
    { execute: [oauth.allowInsecureRequests, oauth.enableNonRepudiationChecks] },
  )
  configuration[oauth.customFetch] = async (url, options) => {
    const body = options.body instanceof URLSearchParams ? options.body : null
    const response = await fetch(url, { ...options, body })
    if (!url.endsWith('/oauth/token')) return response
    const { id_token, ...tokens } = await response.json()
    return Response.json({ ...tokens, id_token: await idTokenOf(id_token) })
  }
  const url = oauth.buildAuthorizationUrl(configuration, {
    redirect_uri: client.redirectUris[0] ?? '',
    scope: 'openid email',
    state: 'a state',
    nonce: NONCE,
    code_challenge: CODE_CHALLENGE,
    code_challenge_method: 'S256',
  })
  const { callback } = await startBrowser().authorize(url, ADA.email)
  if (callback === undefined) throw new Error('there is no callback')
  const checks = {
    pkceCodeVerifier: CODE_VERIFIER,
    expectedState: 'a state',
    expectedNonce: NONCE,
  }
  const tokens = await oauth.authorizationCodeGrant(configuration, callbackOf(callback), checks)
  return tokens.claims()
}

type Forgery = (idToken: string, server: OpenIdConnectServer) => Promise<string> | string

const base64url = (value: object): string =>
  Buffer.from(JSON.stringify(value)).toString('base64url')
const PUBLIC_KEY = createPublicKey({ key: { ...testSigningKey() }, format: 'jwk' })

/** The claims of an ID token, signed in another way. */
async function signedAgain(idToken: string, alg: string): Promise<string> {
  const key =
    alg === 'HS256'
      ? createSecretKey(String(PUBLIC_KEY.export({ type: 'spki', format: 'pem' })), 'utf8')
      : await importJWK(testSigningKey(), alg)
  return await new SignJWT(decodeJwt(idToken, 'payload'))
    .setProtectedHeader({ ...decodeJwt(idToken, 'header'), alg })
    .sign(key)
}

const FORGERIES: Readonly<Record<string, Forgery>> = {
  'of an earlier sign-in, with its nonce': async (_idToken, server) =>
    server
      .issueTokens({ userId: 'ada', clientId: server.confidential.client.clientId, nonce: 'old' })
      .then(({ id_token = '' }) => id_token),
  'of a sign-in without a nonce': async (_idToken, server) =>
    server
      .issueTokens({ userId: 'ada', clientId: server.confidential.client.clientId })
      .then(({ id_token = '' }) => id_token),
  'of another client': async (_idToken, server) =>
    server
      .issueTokens({ userId: 'ada', clientId: server.public.client.clientId, nonce: NONCE })
      .then(({ id_token = '' }) => id_token),
  'without a signature (alg none)': (idToken) =>
    `${base64url({ alg: 'none', typ: 'JWT' })}.${idToken.split('.')[1]}.`,
  'signed with the public key as a secret (HS256)': (idToken) => signedAgain(idToken, 'HS256'),
  'signed with the right key and RS384': (idToken) => signedAgain(idToken, 'RS384'),
  'with another payload': (idToken) => {
    const [header, , signature] = idToken.split('.')
    return `${header}.${base64url({ ...decodeJwt(idToken, 'payload'), sub: 'grace' })}.${signature}`
  },
}

test('relying party: accepts the ID token that the server sent', async (t) => {
  const server = await startOpenIdConnect(t)
  t.like(await signInWith(server, (idToken) => idToken), { sub: 'ada', nonce: NONCE })
})

for (const [words, forge] of Object.entries(FORGERIES)) {
  test(`relying party: signs nobody in with an ID token ${words} (OIDC Core §3.1.3.7)`, async (t) => {
    const server = await startOpenIdConnect(t)
    await t.throwsAsync(
      signInWith(server, (idToken) => forge(idToken, server)),
      { instanceOf: Error, name: 'ClientError' },
    )
  })
}

test('relying party: signs nobody in with an ID token or a callback of another issuer (OIDC Core §3.1.3.7, RFC 9207)', async (t) => {
  const server = await startOpenIdConnect(t)
  const other = await startOpenIdConnect(t)
  const { tokens } = await signIn(t, other, other.confidential, { nonce: NONCE })
  const idTokenOfOther = (): string => tokens.id_token ?? ''
  await t.throwsAsync(signInWith(server, idTokenOfOther), { name: 'ClientError' })
  const mixedUp = (callback: URL): URL => {
    callback.searchParams.set('iss', other.issuer)
    return callback
  }
  await t.throwsAsync(
    signInWith(server, (idToken) => idToken, mixedUp),
    { name: 'ClientError', message: 'invalid response encountered' },
  )
})

test('a code of a request with openid is good for no other client, and of no other issuer (RFC 6749 §5.2)', async (t) => {
  const server = await startOpenIdConnect(t)
  const other = await startOpenIdConnect(t)
  const redeemAt = async (at: OpenIdConnectServer, client: RegisteredClient): Promise<Response> =>
    await redeem(
      at,
      client,
      await server.authorize({ userId: 'ada', clientId: server.confidential.client.clientId }),
    )
  await assertRefused(t, await redeemAt(server, server.public), 400, 'invalid_grant')
  await assertRefused(t, await redeemAt(other, other.confidential), 400, 'invalid_grant')
})

test('an access token with identity scopes alone, and an ID token, are good for no API and inactive there', async (t) => {
  const server = await startOpenIdConnect(t)
  const { issuer, clock, confidential } = server
  const verifier = createAccessTokenVerifier({ issuer, audience: issuer, clock: clock.now })
  const { tokens } = await signIn(t, server, confidential)
  for (const token of [tokens.access_token, tokens.id_token ?? '']) {
    await t.throwsAsync(verifier.verify(token), { name: 'InvalidAccessTokenError' })
  }
  const response = await introspect(server, confidential, tokens.id_token ?? '')
  t.deepEqual(await response.json(), { active: false })
})
