/**
 * The modules of the OpenID Foundation's plans for providers, `oidcc-basic-certification-test-plan` with
 * `client_registration=static_client` and `oidcc-config-certification-test-plan`, as they stand in its conformance
 * suite, commit 12f2a4da of 2026-08-20. Each test has the name of a module and does what the module does.
 *
 * Every authorization request has PKCE added, which the plan has in one module only: the server requires it.
 *
 * @module
 */

import { createHash, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { NewClient, RegisteredClient } from '@teamcast/oauth-server'
import type { TestServerOptions, TestUser } from '@teamcast/oauth-server/testing'
import test, { type ExecutionContext } from 'ava'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { type Browser, startBrowser, titleOf, type Visit } from '../helpers/browser.ts'
import { startHost } from '../helpers/host-application.ts'
import {
  type OpenIdServer,
  RELYING_PARTY,
  redeemVisit,
  type SignedIn,
  startOpenIdServer,
} from '../helpers/openid-connect.ts'
import { authorizationUrl, CODE_VERIFIER, postAs } from '../helpers/requests.ts'
import { ADA } from '../helpers/start-server.ts'
import { assertRefused, decodeJwt, refresh } from '../helpers/token-requests.ts'

/** In the order of the plan. */
const BASIC_PLAN = [
  'oidcc-server',
  'oidcc-response-type-missing',
  'oidcc-idtoken-signature',
  'oidcc-idtoken-unsigned',
  'oidcc-userinfo-get',
  'oidcc-userinfo-post-header',
  'oidcc-userinfo-post-body',
  'oidcc-ensure-request-without-nonce-succeeds-for-code-flow',
  'oidcc-scope-profile',
  'oidcc-scope-email',
  'oidcc-scope-address',
  'oidcc-scope-phone',
  'oidcc-scope-all',
  'oidcc-alternate-happy-flow',
  'oidcc-display-page',
  'oidcc-display-popup',
  'oidcc-prompt-login',
  'oidcc-prompt-none-not-logged-in',
  'oidcc-prompt-none-logged-in',
  'oidcc-max-age-1',
  'oidcc-max-age-10000',
  'oidcc-ensure-request-with-unknown-parameter-succeeds',
  'oidcc-id-token-hint',
  'oidcc-login-hint',
  'oidcc-ui-locales',
  'oidcc-claims-locales',
  'oidcc-ensure-request-with-acr-values-succeeds',
  'oidcc-codereuse',
  'oidcc-codereuse-30seconds',
  'oidcc-ensure-registered-redirect-uri',
  'oidcc-ensure-post-request-succeeds',
  'oidcc-server-client-secret-post',
  'oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported',
  'oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported',
  'oidcc-claims-essential',
  'oidcc-ensure-request-object-with-redirect-uri',
  'oidcc-refresh-token',
  'oidcc-ensure-request-with-valid-pkce-succeeds',
] as const
const CONFIG_PLAN = ['oidcc-discovery-endpoint-verification'] as const

type ModuleName = (typeof BASIC_PLAN)[number] | (typeof CONFIG_PLAN)[number]

const tested = new Set<ModuleName>()

function testModule(
  name: ModuleName,
  words: string,
  run: (t: ExecutionContext) => Promise<void>,
): void {
  tested.add(name)
  test(`${name}: ${words}`, run)
}

/** A user with every claim that the server has. */
const BUFFY: TestUser = {
  ...ADA,
  emailVerified: true,
  picture: 'https://acme.test/ada.png',
  locale: 'en-GB',
  zoneinfo: 'Europe/London',
  updatedAt: 1_790_000_000,
}

/** What the suite calls the test: a relying party, its user's browser, and the last request's random values. */
interface Run {
  readonly server: OpenIdServer
  readonly browser: Browser
}

async function startRun(t: ExecutionContext, options: TestServerOptions = {}): Promise<Run> {
  return {
    server: await startOpenIdServer(t, { users: [BUFFY], ...options }),
    browser: startBrowser(),
  }
}

type Parameters = Readonly<Record<string, string | undefined>>

/** The authorization request of the suite: `scope=openid`, and a random `state` and `nonce`. */
function requestOf({ server }: Run, changes: Parameters = {}, client = server.relyingParty): URL {
  return authorizationUrl(server.issuer, client, {
    scope: 'openid',
    state: randomBytes(8).toString('hex'),
    nonce: randomBytes(8).toString('hex'),
    ...changes,
  })
}

/** Sends an authorization request, redeems the code, and checks what the suite checks every time. */
async function completeFlow(
  t: ExecutionContext,
  run: Run,
  changes: Parameters = {},
  client = run.server.relyingParty,
): Promise<SignedIn> {
  const url = requestOf(run, changes, client)
  return await finish(t, run, url, await run.browser.authorize(url, ADA.email), client)
}

/** Checks a successful authorization response, redeems its code, and checks tokens and userinfo. */
async function finish(
  t: ExecutionContext,
  { server }: Run,
  request: URL,
  visit: Visit,
  client: RegisteredClient = server.relyingParty,
): Promise<SignedIn> {
  const { searchParams: response = new URLSearchParams() } = visit.callback ?? {}
  const { searchParams: parameters } = request
  t.deepEqual([...response.keys()].sort(), ['code', 'iss', 'state'])
  t.is(response.get('iss'), server.issuer)
  t.is(response.get('state'), parameters.get('state'))

  const signedIn = await redeemVisit(t, server, client, visit)
  const { idToken, claims, tokens } = signedIn
  const now = server.clock.now()
  t.is(decodeJwt(idToken, 'header')['alg'], 'RS256')
  t.truthy(decodeJwt(idToken, 'header')['kid'])
  t.is(claims.aud, client.client.clientId)
  t.true((claims.exp ?? 0) > now)
  t.true(Math.abs((claims.iat ?? 0) - now) < 300)
  t.is(claims.sub, 'ada')
  t.is(claims.nonce, parameters.get('nonce') ?? undefined)
  t.true((claims.auth_time ?? 0) <= now)
  t.is(tokens['token_type'], 'Bearer')
  t.is(typeof tokens['expires_in'], 'number')
  t.is(claims['at_hash'], leftHalfOfHash(String(tokens['access_token'])))
  assertStandardClaims(t, claims)
  t.is((await askUserinfo(server, tokens)).status, 200)
  return signedIn
}

function leftHalfOfHash(text: string): string {
  return createHash('sha256').update(text).digest().subarray(0, 16).toString('base64url')
}

/** Core §5.1, §5.3.2: the types of standard claims; never `null` or empty. */
function assertStandardClaims(
  t: ExecutionContext,
  claims: Readonly<Record<string, unknown>>,
): void {
  const types: Record<string, 'boolean' | 'number'> = {
    email_verified: 'boolean',
    updated_at: 'number',
  }
  const names = 'sub name given_name family_name picture email zoneinfo locale'.split(' ')
  for (const name of [...names, ...Object.keys(types)]) {
    if (!(name in claims)) continue
    t.is(typeof claims[name], types[name] ?? 'string', name)
    t.not(claims[name], '', name)
  }
}

async function askUserinfo(
  { issuer }: OpenIdServer,
  tokens: SignedIn['tokens'],
  method = 'GET',
): Promise<Response> {
  const authorization = `Bearer ${tokens['access_token']}`
  return await fetch(`${issuer}/oauth/userinfo`, { method, headers: { authorization } })
}

/** Checks the response of userinfo, and returns its claims. */
async function userinfoOf(
  t: ExecutionContext,
  response: Response,
  { claims }: SignedIn,
): Promise<Readonly<Record<string, unknown>>> {
  t.is(response.status, 200)
  t.regex(response.headers.get('content-type') ?? '', /^application\/json/)
  const userinfo = await response.json()
  assertStandardClaims(t, userinfo)
  t.is(userinfo.sub, claims.sub)
  return userinfo
}

/** Checks an error response of the authorization endpoint, as the suite does for every error. */
function assertAuthorizationError(
  t: ExecutionContext,
  { server }: Run,
  request: URL,
  { callback }: Visit,
  error: string,
): void {
  const { searchParams: response = new URLSearchParams() } = callback ?? {}
  const { error_description: description = 'none', ...others } = Object.fromEntries(response)
  t.deepEqual(Object.keys(others).sort(), ['error', 'iss', 'state'])
  t.is(response.get('error'), error)
  t.is(response.get('state'), request.searchParams.get('state'))
  t.is(response.get('iss'), server.issuer)
  t.regex(description, /^[\x20\x21\x23-\x5B\x5D-\x7E]+$/)
}

async function metadataOf({ issuer }: { issuer: string }): Promise<Record<string, unknown>> {
  return await (await fetch(`${issuer}/.well-known/openid-configuration`)).json()
}

testModule(
  'oidcc-server',
  'the whole flow; nothing in the ID token that was not asked for',
  async (t) => {
    const run = await startRun(t)
    const url = requestOf(run)
    const visit = await run.browser.authorize(url, ADA.email)
    const code = visit.callback?.searchParams.get('code') ?? ''
    t.true(code.length * 8 >= 128)
    t.true(new Set(code).size > 20) // 256 random bits
    const { claims } = await finish(t, run, url, visit)
    // The suite warns about tenant_id, which is ours.
    const expected = [
      'at_hash',
      'aud',
      'auth_time',
      'exp',
      'iat',
      'iss',
      'nonce',
      'sub',
      'tenant_id',
    ]
    t.deepEqual(Object.keys(claims).sort(), expected)
  },
)

testModule('oidcc-response-type-missing', 'invalid_request, by a redirect', async (t) => {
  const run = await startRun(t)
  const url = requestOf(run, { response_type: undefined })
  assertAuthorizationError(t, run, url, await run.browser.open(url), 'invalid_request')
})

testModule('oidcc-idtoken-signature', 'RS256 by default, with a kid of the JWKS', async (t) => {
  const run = await startRun(t)
  const { idToken } = await completeFlow(t, run)
  const { alg, kid } = decodeJwt(idToken, 'header')
  t.is(alg, 'RS256')
  const { jwks_uri: jwksUri } = await metadataOf(run.server)
  const jwks = await (await fetch(String(jwksUri))).json()
  t.is(jwks.keys.filter((key: { kid: string }) => key.kid === kid).length, 1)
  await t.notThrowsAsync(
    jwtVerify(idToken, createLocalJWKSet(jwks), {
      currentDate: new Date(run.server.clock.now() * 1000),
    }),
  )
})

testModule(
  'oidcc-idtoken-unsigned',
  'not applicable: the server signs every ID token, and says so',
  async (t) => {
    const { server } = await startRun(t)
    const metadata = await metadataOf(server)
    t.deepEqual(metadata['id_token_signing_alg_values_supported'], ['RS256'])
  },
)

testModule('oidcc-userinfo-get', 'claims as JSON', async (t) => {
  const run = await startRun(t)
  const signedIn = await completeFlow(t, run)
  await userinfoOf(t, await askUserinfo(run.server, signedIn.tokens), signedIn)
})

testModule('oidcc-userinfo-post-header', 'POST with the token in the header', async (t) => {
  const run = await startRun(t)
  const signedIn = await completeFlow(t, run)
  await userinfoOf(t, await askUserinfo(run.server, signedIn.tokens, 'POST'), signedIn)
})

testModule('oidcc-userinfo-post-body', 'POST with the token in the body', async (t) => {
  const run = await startRun(t)
  const signedIn = await completeFlow(t, run)
  const body = new URLSearchParams({ access_token: String(signedIn.tokens['access_token']) })
  const response = await fetch(`${run.server.issuer}/oauth/userinfo`, { method: 'POST', body })
  await userinfoOf(t, response, signedIn)
})

testModule('oidcc-ensure-request-without-nonce-succeeds-for-code-flow', 'a code', async (t) => {
  const run = await startRun(t)
  const { claims } = await completeFlow(t, run, { nonce: undefined })
  t.false('nonce' in claims)
})

testModule('oidcc-scope-profile', 'the claims of profile at userinfo, and no others', async (t) => {
  const run = await startRun(t)
  const signedIn = await completeFlow(t, run, { scope: 'openid profile' })
  const userinfo = await userinfoOf(t, await askUserinfo(run.server, signedIn.tokens), signedIn)
  t.deepEqual(userinfo, {
    sub: 'ada',
    tenant_id: 'acme',
    name: 'Ada Lovelace',
    picture: 'https://acme.test/ada.png',
    locale: 'en-GB',
    zoneinfo: 'Europe/London',
    updated_at: 1_790_000_000,
  })
})

/** What the suite asks of a request for `email`: the ID token has no name, and with the option no email either. */
async function assertEmail(
  t: ExecutionContext,
  scope: string,
  isReordered: boolean,
): Promise<void> {
  for (const idTokenClaims of ['granted-scopes', 'userinfo-only'] as const) {
    const run = await startRun(t, { openIdConnect: { idTokenClaims } })
    const url = requestOf(run, { scope })
    if (isReordered) url.search = String(new URLSearchParams([...url.searchParams].reverse()))
    const signedIn = await finish(t, run, url, await run.browser.authorize(url, ADA.email))
    const userinfo = await userinfoOf(t, await askUserinfo(run.server, signedIn.tokens), signedIn)
    t.like(userinfo, { email: ADA.email, email_verified: true })
    t.false('name' in userinfo)
    t.false('name' in signedIn.claims)
    // By default it does, as Google's does; the suite warns.
    t.is('email' in signedIn.claims, idTokenClaims === 'granted-scopes')
  }
}

testModule('oidcc-scope-email', 'email and email_verified at userinfo, and no name', async (t) => {
  await assertEmail(t, 'openid email', false)
})

for (const [name, scopes] of [
  ['oidcc-scope-address', ['address']],
  ['oidcc-scope-phone', ['phone']],
  ['oidcc-scope-all', ['address', 'phone']],
] as const) {
  testModule(
    name,
    `not applicable: the server does not announce ${scopes.join(' or ')}`,
    async (t) => {
      const run = await startRun(t)
      const { scopes_supported: supported } = await metadataOf(run.server)
      t.true(Array.isArray(supported))
      t.deepEqual(
        [supported].flat().filter((scope) => scopes.some((it) => it === scope)),
        [],
      )
      const url = requestOf(run, { scope: `openid ${scopes.join(' ')}` })
      assertAuthorizationError(t, run, url, await run.browser.open(url), 'invalid_scope')
    },
  )
}

testModule('oidcc-alternate-happy-flow', 'scopes and parameters in another order', async (t) => {
  await assertEmail(t, 'email openid', true)
})

for (const [name, parameter, value] of [
  ['oidcc-display-page', 'display', 'page'],
  ['oidcc-display-popup', 'display', 'popup'],
  ['oidcc-ensure-request-with-unknown-parameter-succeeds', 'extra', 'foobar'],
  ['oidcc-login-hint', 'login_hint', 'buffy@op.example'],
  ['oidcc-ui-locales', 'ui_locales', 'se'],
  ['oidcc-claims-locales', 'claims_locales', 'se'],
  ['oidcc-ensure-request-with-acr-values-succeeds', 'acr_values', '1 2'],
] as const) {
  testModule(name, `${parameter}=${value} is no error`, async (t) => {
    const run = await startRun(t)
    await completeFlow(t, run, { [parameter]: value })
  })
}

testModule(
  'oidcc-prompt-login',
  'the second request asks for the password; auth_time is later',
  async (t) => {
    const run = await startRun(t)
    const first = await completeFlow(t, run)
    run.server.clock.advance(1)
    const url = requestOf(run, { prompt: 'login' })
    const page = await run.browser.open(url)
    t.is(titleOf(page), 'Sign in')
    const second = await finish(t, run, url, await run.browser.signIn(page, ADA.email))
    t.true((second.claims.auth_time ?? 0) > (first.claims.auth_time ?? 0))
  },
)

testModule(
  'oidcc-prompt-none-not-logged-in',
  'login_required, and a state of 128 characters',
  async (t) => {
    const run = await startRun(t)
    const url = requestOf(run, { prompt: 'none', state: randomBytes(64).toString('hex') })
    assertAuthorizationError(t, run, url, await run.browser.open(url), 'login_required')
  },
)

/** The second of two requests must be answered without a page, with the same `sub` and `auth_time`. */
async function assertSameAuthentication(
  t: ExecutionContext,
  changes: Parameters,
  secondChanges: (first: SignedIn) => Parameters,
): Promise<void> {
  const run = await startRun(t)
  const first = await completeFlow(t, run, changes)
  run.server.clock.advance(5)
  const url = requestOf(run, secondChanges(first))
  const visit = await run.browser.open(url)
  t.is(visit.responses.length, 1)
  const second = await finish(t, run, url, visit)
  t.is(second.claims.sub, first.claims.sub)
  t.is(second.claims.auth_time, first.claims.auth_time)
}

testModule(
  'oidcc-prompt-none-logged-in',
  'a code without a page; the same sub and auth_time',
  async (t) => {
    await assertSameAuthentication(t, {}, () => ({ prompt: 'none' }))
  },
)

testModule(
  'oidcc-max-age-1',
  'after two seconds the password again; auth_time is later',
  async (t) => {
    const run = await startRun(t)
    const first = await completeFlow(t, run)
    run.server.clock.advance(2)
    const url = requestOf(run, { max_age: '1' })
    const page = await run.browser.open(url)
    t.is(titleOf(page), 'Sign in')
    const second = await finish(t, run, url, await run.browser.signIn(page, ADA.email))
    t.true((second.claims.auth_time ?? 0) > (first.claims.auth_time ?? 0))
    t.true((second.claims.auth_time ?? 0) >= run.server.clock.now() - 1)
  },
)

testModule(
  'oidcc-max-age-10000',
  'max_age=15000, then 10000: no page; the same sub and auth_time',
  async (t) => {
    await assertSameAuthentication(t, { max_age: '15000' }, () => ({ max_age: '10000' }))
  },
)

testModule(
  'oidcc-id-token-hint',
  'with prompt=none a code without a page; the same sub',
  async (t) => {
    await assertSameAuthentication(t, {}, ({ idToken }) => ({
      prompt: 'none',
      id_token_hint: idToken,
    }))
  },
)

/** Redeems a code twice. */
async function assertCodeReuse(t: ExecutionContext, waitSeconds: number): Promise<void> {
  const run = await startRun(t)
  const { issuer, relyingParty, clock } = run.server
  const url = requestOf(run)
  const visit = await run.browser.authorize(url, ADA.email)
  const { tokens } = await finish(t, run, url, visit)
  clock.advance(waitSeconds)
  const reused = await postAs(relyingParty, `${issuer}/oauth/token`, {
    grant_type: 'authorization_code',
    code: visit.callback?.searchParams.get('code') ?? '',
    redirect_uri: relyingParty.client.redirectUris[0],
    code_verifier: CODE_VERIFIER,
  })
  await assertRefused(t, reused, 400, 'invalid_grant')
  t.is((await askUserinfo(run.server, tokens)).status, 401)
}

testModule('oidcc-codereuse', 'invalid_grant, and the access token is revoked', async (t) => {
  await assertCodeReuse(t, 0)
})

testModule(
  'oidcc-codereuse-30seconds',
  'invalid_grant, and the access token is revoked',
  async (t) => {
    await assertCodeReuse(t, 30)
  },
)

testModule('oidcc-ensure-registered-redirect-uri', 'an error page, and no redirect', async (t) => {
  const run = await startRun(t)
  const [redirectUri] = run.server.relyingParty.client.redirectUris
  const url = requestOf(run, { redirect_uri: `${redirectUri}/${randomBytes(5).toString('hex')}` })
  const visit = await run.browser.open(url)
  t.is(visit.status, 400)
  t.is(visit.callback, undefined)
})

testModule('oidcc-ensure-post-request-succeeds', 'POST, and the whole flow', async (t) => {
  const run = await startRun(t)
  const url = requestOf(run)
  const response = await run.browser.userAgent.request(`${run.server.issuer}/oauth/authorize`, {
    method: 'POST',
    body: url.searchParams,
  })
  const location = response.headers.get('location') ?? ''
  await finish(t, run, url, await run.browser.authorize(location, ADA.email))
})

testModule(
  'oidcc-server-client-secret-post',
  'the whole flow with client_secret_post',
  async (t) => {
    const run = await startRun(t)
    const newClient: NewClient = { ...RELYING_PARTY, tokenEndpointAuthMethod: 'client_secret_post' }
    const { client, clientSecret } = await run.server.registerClient(newClient)
    const url = requestOf(run, {}, { client, clientSecret: undefined })
    const visit = await run.browser.authorize(url, ADA.email)
    const response = await fetch(`${run.server.issuer}/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        code: visit.callback?.searchParams.get('code') ?? '',
        redirect_uri: client.redirectUris[0] ?? '',
        code_verifier: CODE_VERIFIER,
        client_id: client.clientId,
        client_secret: clientSecret ?? '',
      }),
    })
    const { id_token: idToken } = await response.json()
    t.is(response.status, 200)
    t.like(decodeJwt(idToken, 'payload'), { aud: client.clientId, sub: 'ada' })
  },
)

for (const [name, parameter] of [
  ['oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported', 'request_uri'],
  ['oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported', 'request'],
] as const) {
  testModule(name, `${parameter}_not_supported, as the metadata says`, async (t) => {
    const run = await startRun(t)
    const value =
      parameter === 'request' ? 'eyJhbGciOiJub25lIn0.e30.' : 'https://rp.example/request'
    const url = requestOf(run, { [parameter]: value })
    const visit = await run.browser.open(url)
    assertAuthorizationError(t, run, url, visit, `${parameter}_not_supported`)
    t.is((await metadataOf(run.server))[`${parameter}_parameter_supported`], false)
  })
}

testModule(
  'oidcc-claims-essential',
  'no error; the claim stays away, as claims_parameter_supported says',
  async (t) => {
    const run = await startRun(t)
    const claims = '{"userinfo":{"name":{"essential":true}}}'
    const signedIn = await completeFlow(t, run, { claims })
    const userinfo = await userinfoOf(t, await askUserinfo(run.server, signedIn.tokens), signedIn)
    t.false('name' in userinfo) // the suite warns
    t.false('name' in signedIn.claims)
    t.is((await metadataOf(run.server))['claims_parameter_supported'], false)
  },
)

testModule(
  'oidcc-ensure-request-object-with-redirect-uri',
  'a request object and an unregistered redirect URI: an error page',
  async (t) => {
    const run = await startRun(t)
    const url = requestOf(run, {
      request: 'eyJhbGciOiJub25lIn0.e30.',
      redirect_uri: 'https://invalid.example/callback',
    })
    const visit = await run.browser.open(url)
    t.is(visit.status, 400)
    t.is(visit.callback, undefined)
  },
)

testModule(
  'oidcc-refresh-token',
  'tokens are refreshed, without an ID token, and only for their client',
  async (t) => {
    const run = await startRun(t)
    const { server } = run
    const other = await server.registerClient(RELYING_PARTY)
    const { tokens } = await completeFlow(t, run)
    const { refresh_token: refreshToken } = await (
      await refresh(server, server.relyingParty, String(tokens['refresh_token']))
    ).json()
    t.regex(refreshToken, /^[\x20-\x7E]+$/)
    const response = await refresh(server, server.relyingParty, refreshToken)
    const refreshed = await response.json()
    t.is(response.status, 200)
    t.false('id_token' in refreshed) // Core §12.2: it might not contain one
    t.not(refreshed.access_token, tokens['access_token'])
    t.is((await askUserinfo(server, refreshed)).status, 200)

    const nonce = randomBytes(32).toString('base64url')
    const second = await completeFlow(t, run, { nonce }, other)
    const stolen = await refresh(
      server,
      server.relyingParty,
      String(second.tokens['refresh_token']),
    )
    await assertRefused(t, stolen, 400, 'invalid_grant')
  },
)

testModule('oidcc-ensure-request-with-valid-pkce-succeeds', 'the whole flow', async (t) => {
  const run = await startRun(t)
  t.is(requestOf(run).searchParams.get('code_challenge_method'), 'S256')
  await completeFlow(t, run)
})

testModule(
  'oidcc-discovery-endpoint-verification',
  'the document has what Discovery §3 requires, and only https',
  async (t) => {
    const issuer = 'https://op.example'
    const { reach } = await startHost(t, { issuer, options: { openIdConnect: {} } })
    const response = await fetch(reach(`${issuer}/.well-known/openid-configuration`))
    t.is(response.status, 200)
    t.regex(response.headers.get('content-type') ?? '', /^application\/json/)
    const metadata = await response.json()
    t.is(metadata.issuer, issuer)
    t.like(metadata, {
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
      grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials'],
      code_challenge_methods_supported: ['S256'],
      // Those whose default is another value, or that clients look at.
      request_parameter_supported: false,
      request_uri_parameter_supported: false,
      claims_parameter_supported: false,
    })
    const scopes: ReadonlyArray<string> = metadata.scopes_supported
    t.true(['openid', 'profile', 'email'].every((scope) => scopes.includes(scope)))
    t.true(scopes.every((scope) => /^[\x21\x23-\x5B\x5D-\x7E]+$/.test(scope)))
    const claims: ReadonlyArray<string> = metadata.claims_supported
    t.true(['sub', 'name', 'email'].every((claim) => claims.includes(claim)))
    t.false('userinfo_signing_alg_values_supported' in metadata)
    t.false('registration_endpoint' in metadata)
    const endpoints = Object.entries(metadata).filter(([name]) => /_(endpoint|uri)$/.test(name))
    t.true(endpoints.length >= 4)
    for (const [name, url] of endpoints) t.true(String(url).startsWith(`${issuer}/`), name)
    for (const name of ['authorization', 'token', 'userinfo']) {
      t.truthy(metadata[`${name}_endpoint`], name)
    }

    const { keys } = await (await fetch(reach(metadata.jwks_uri))).json()
    t.true(keys.length > 0)
    t.is(new Set(keys.map(({ kid }: { kid: string }) => kid)).size, keys.length)
    for (const key of keys) {
      t.like(key, { kty: 'RSA', use: 'sig', alg: 'RS256' })
      t.deepEqual(
        ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k'].filter((member) => member in key),
        [],
      )
    }
  },
)

test('every module of the plans Basic OP and Config OP has a test, and a row in docs/openid-conformance.md', async (t) => {
  const plans = [...BASIC_PLAN, ...CONFIG_PLAN]
  t.deepEqual([...tested].sort(), [...plans].sort())
  const page = await readFile(new URL('../../docs/openid-conformance.md', import.meta.url), 'utf8')
  const rows = [...page.matchAll(/^\| `(oidcc-[\w-]+)` \|/gm)].map(([, name]) => name)
  t.deepEqual(rows, plans)
})
