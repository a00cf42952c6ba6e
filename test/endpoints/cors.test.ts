/** Which scripts of which origins may read an answer (checklist 18, RFC 10017 §6.3.2.2). */

import { type NewClient, StorageError } from '@teamcast/oauth-server'
import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import test, { type ExecutionContext } from 'ava'
import { postAs, toForm } from '../helpers/requests.ts'
import { assertRetryAfter } from '../helpers/retry-after.ts'
import { startServer } from '../helpers/start-server.ts'
import { assertRefused, isActive, refresh, tokensOf } from '../helpers/token-requests.ts'

const SPA_ORIGIN = 'https://spa.example'
const FOREIGN_ORIGINS = [
  'https://evil.example',
  'https://spa.example.evil.example',
  'https://evil-spa.example',
  'https://sub.spa.example',
  'http://spa.example',
  'https://spa.example:8443',
  'https://SPA.example',
  'https://spa.example/',
  'https://spa.example/callback',
  'null',
  '*',
  'spa.example',
]

function assertOpenTo(t: ExecutionContext, { headers }: Response, origin: string): void {
  t.is(headers.get('access-control-allow-origin'), origin)
  t.is(headers.get('access-control-allow-credentials'), null)
  t.regex(headers.get('vary') ?? '', /\bOrigin\b/i)
}

function assertClosed(t: ExecutionContext, { headers }: Response, message?: string): void {
  const names = [...headers.keys()].filter((name) => name.startsWith('access-control-'))
  t.deepEqual(names, [], message)
}

test('CORS: a PUBLIC client may call token and revoke from the origin of its redirect URI (RFC 10017 §6.3.2.2)', async (t) => {
  const server = await startServer(t)
  const browserApp = server.public
  const { clientId } = browserApp.client
  const headers = { origin: SPA_ORIGIN }
  const { code, codeVerifier } = await server.authorize({ userId: 'ada', clientId })
  const redeemed = await postAs(
    browserApp,
    `${server.issuer}/oauth/token`,
    { grant_type: 'authorization_code', code, code_verifier: codeVerifier },
    headers,
  )
  assertOpenTo(t, redeemed, SPA_ORIGIN)
  const tokens = await tokensOf(t, redeemed)
  const request = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token }
  const refreshed = await postAs(browserApp, `${server.issuer}/oauth/token`, request, headers)
  assertOpenTo(t, refreshed, SPA_ORIGIN)
  const { refresh_token: token } = await tokensOf(t, refreshed)
  const revoked = await postAs(browserApp, `${server.issuer}/oauth/revoke`, { token }, headers)
  t.is(revoked.status, 200)
  assertOpenTo(t, revoked, SPA_ORIGIN)
})

test('CORS: the application may read why it was refused (RFC 6749 §5.2)', async (t) => {
  const server = await startServer(t)
  const browserApp = server.public
  const headers = { origin: SPA_ORIGIN }
  const requests = {
    invalid_grant: { grant_type: 'refresh_token', refresh_token: 'x' },
    invalid_request: { grant_type: 'refresh_token' },
    unauthorized_client: { grant_type: 'client_credentials' },
    unsupported_grant_type: { grant_type: 'password' },
  }
  for (const [error, parameters] of Object.entries(requests)) {
    const response = await postAs(browserApp, `${server.issuer}/oauth/token`, parameters, headers)
    assertOpenTo(t, response, SPA_ORIGIN)
    await assertRefused(t, response, 400, error)
  }
  const revocation = await postAs(browserApp, `${server.issuer}/oauth/revoke`, {}, headers)
  assertOpenTo(t, revocation, SPA_ORIGIN)
  await assertRefused(t, revocation, 400, 'invalid_request')
})

test('CORS: from any other origin the request is refused, unreadable, and does no harm (checklist 18)', async (t) => {
  const server = await startServer(t)
  const browserApp = server.public
  const { clientId } = browserApp.client
  const { refresh_token: token } = await server.issueTokens({ userId: 'ada', clientId })
  for (const origin of FOREIGN_ORIGINS) {
    const request = { grant_type: 'refresh_token', refresh_token: token }
    const headers = { origin }
    const answers = [
      await postAs(browserApp, `${server.issuer}/oauth/token`, request, headers),
      await postAs(browserApp, `${server.issuer}/oauth/revoke`, { token }, headers),
    ]
    for (const response of answers) {
      assertClosed(t, response, origin)
      await assertRefused(t, response, 400, 'invalid_request')
    }
  }
  await tokensOf(t, await refresh(server, browserApp, token))
})

test('CORS: every redirect URI’s origin counts, with its port, and http on loopback (RFC 6454 §4)', async (t) => {
  const server = await startServer(t)
  const client = await server.registerClient({
    name: 'Many places',
    clientType: 'PUBLIC',
    scopes: ['interview:read'],
    redirectUris: [
      'https://one.example/callback',
      'https://two.example:8443/callback?x=1',
      'http://localhost:5173/callback',
      'http://127.0.0.1/callback',
    ],
  })
  const origins = [
    'https://one.example',
    'https://two.example:8443',
    'http://localhost:5173',
    'http://127.0.0.1',
    // RFC 8252 §7.3: the port of a loopback redirect URI is not compared.
    'http://localhost',
    'http://127.0.0.1:5174',
  ]
  const url = `${server.issuer}/oauth/revoke`
  for (const origin of origins) {
    assertOpenTo(t, await postAs(client, url, { token: 'x' }, { origin }), origin)
  }
  for (const origin of [
    'https://two.example',
    'http://[::1]:5173',
    'https://localhost:5173',
    'http://localhost.evil.example',
  ]) {
    assertClosed(t, await postAs(client, url, { token: 'x' }, { origin }), origin)
  }
})

test('CORS: a mobile app’s redirect URI has no origin, so "Origin: null" of any sandboxed frame is not its own (RFC 6454 §7.3)', async (t) => {
  const server = await startServer(t)
  const mobileApp: NewClient = {
    name: 'Mobile app',
    clientType: 'PUBLIC',
    scopes: ['interview:read'],
    redirectUris: ['com.example.app:/callback'],
  }
  const client = await server.registerClient(mobileApp)
  const url = `${server.issuer}/oauth/revoke`
  t.is((await postAs(client, url, { token: 'x' })).status, 200)
  for (const origin of ['null', 'com.example.app://', 'com.example.app:']) {
    const response = await postAs(client, url, { token: 'x' }, { origin })
    assertClosed(t, response, origin)
    await assertRefused(t, response, 400, 'invalid_request')
  }
})

test('CORS: a CONFIDENTIAL client has no business in a browser: refused from its own origin, too (OAuth 2.1 §2.1)', async (t) => {
  const server = await startServer(t)
  const { confidential } = server
  const headers = { origin: 'https://recruiter.example' }
  const parameters = { grant_type: 'client_credentials', token: 'x' }
  for (const path of ['token', 'revoke', 'introspect']) {
    const url = `${server.issuer}/oauth/${path}`
    const response = await postAs(confidential, url, parameters, headers)
    assertClosed(t, response, path)
    await assertRefused(t, response, 400, 'invalid_request')
  }
})

test('CORS: introspection is for no browser, not even a PUBLIC client’s (checklist 18)', async (t) => {
  const server = await startServer(t)
  const browserApp = server.public
  const { clientId } = browserApp.client
  const tokens = await server.issueTokens({ userId: 'ada', clientId })
  const url = `${server.issuer}/oauth/introspect`
  const headers = { origin: SPA_ORIGIN }
  const response = await postAs(browserApp, url, { token: tokens.access_token }, headers)
  assertClosed(t, response)
  t.is(response.status, 401)
  const preflight = await fetch(url, {
    method: 'OPTIONS',
    headers: { ...headers, 'access-control-request-method': 'POST' },
  })
  assertClosed(t, preflight)
  t.is(preflight.status, 405)
})

test('CORS: without an Origin header there is nothing to allow (RFC 6454 §7)', async (t) => {
  const server = await startServer(t)
  const { confidential } = server
  const clients = [confidential, server.public]
  for (const client of clients) {
    for (const path of ['token', 'revoke']) {
      const response = await postAs(client, `${server.issuer}/oauth/${path}`, { token: 'x' })
      assertClosed(t, response, path)
    }
  }
})

test('CORS: no origin may read the response to a request without a known client (checklist 18)', async (t) => {
  const server = await startServer(t)
  for (const path of ['token', 'revoke', 'introspect']) {
    const bodies = [
      toForm({ token: 'x' }),
      toForm({ client_id: 'tc_unknown', token: 'x' }),
      toForm({ client_id: '\u0000' }),
    ]
    for (const body of bodies) {
      const url = `${server.issuer}/oauth/${path}`
      const response = await fetch(url, { method: 'POST', headers: { origin: SPA_ORIGIN }, body })
      assertClosed(t, response, path)
      t.is(response.status, 401)
    }
  }
})

test('CORS: a preflight for token and revoke allows the origin that asks, for POST, without credentials (Fetch §3.2.2)', async (t) => {
  const server = await startServer(t)
  for (const path of ['token', 'revoke']) {
    const response = await fetch(`${server.issuer}/oauth/${path}`, {
      method: 'OPTIONS',
      headers: {
        origin: SPA_ORIGIN,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type',
      },
    })
    t.is(response.status, 204)
    assertOpenTo(t, response, SPA_ORIGIN)
    t.is(response.headers.get('access-control-allow-methods'), 'POST')
    t.is(response.headers.get('access-control-allow-headers'), 'content-type')
  }
})

test('CORS: no origin may read authorize and continue (checklist 18)', async (t) => {
  const server = await startServer(t)
  for (const path of ['authorize', 'continue']) {
    for (const method of ['GET', 'OPTIONS']) {
      const response = await fetch(`${server.issuer}/oauth/${path}?client_id=x&prt=x`, {
        method,
        headers: { origin: SPA_ORIGIN, 'access-control-request-method': 'GET' },
        redirect: 'manual',
      })
      assertClosed(t, response, `${method} ${path}`)
    }
  }
})

test('CORS: metadata and JWKS are open to all, without credentials (RFC 8414 §3)', async (t) => {
  const server = await startServer(t)
  for (const path of ['oauth-authorization-server', 'jwks.json']) {
    const url = `${server.issuer}/.well-known/${path}`
    const response = await fetch(url, { headers: { origin: 'https://anywhere.example' } })
    t.is(response.status, 200)
    t.is(response.headers.get('access-control-allow-origin'), '*')
    t.is(response.headers.get('access-control-allow-credentials'), null)
    const preflight = await fetch(url, {
      method: 'OPTIONS',
      headers: { origin: 'https://a.example', 'access-control-request-method': 'GET' },
    })
    t.is(preflight.status, 204)
    t.is(preflight.headers.get('access-control-allow-origin'), '*')
  }
})

test('CORS: a refused request from a foreign origin leaves an active token active (checklist 18)', async (t) => {
  const server = await startServer(t)
  const { confidential } = server
  const { clientId } = confidential.client
  const tokens = await server.issueTokens({ userId: 'ada', clientId })
  const headers = { origin: 'https://evil.example' }
  const url = `${server.issuer}/oauth/revoke`
  await postAs(confidential, url, { token: tokens.refresh_token }, headers)
  t.true(await isActive(server, confidential, tokens.refresh_token))
})

const ANY_ORIGINS = [SPA_ORIGIN, 'https://anywhere.example', 'null']

function assertFailureReadable(t: ExecutionContext, response: Response, origin: string): void {
  assertOpenTo(t, response, origin)
  t.is(response.headers.get('access-control-expose-headers'), 'Retry-After')
}

test('CORS: every origin may read that token and revoke failed, and when to try again, for every client (Fetch §3.2)', async (t) => {
  const memory = createMemoryStorage()
  let failure: Error | undefined
  const failing = <Store extends object>(store: Store): Store =>
    new Proxy(store, {
      get(target, name) {
        if (failure !== undefined) throw failure
        return Reflect.get(target, name)
      },
    })
  const storage = {
    ...memory,
    clients: failing(memory.clients),
    families: failing(memory.families),
  }
  const server = await startServer(t, { storage })
  const browserApp = server.public
  const { clientId } = browserApp.client
  const { refresh_token: token } = await server.issueTokens({ userId: 'ada', clientId })
  const parameters = { grant_type: 'refresh_token', refresh_token: token, token }
  for (const [error, status, retryAfter] of [
    [new StorageError('down'), 503, '5'],
    [new Error('a defect'), 500, null],
  ] as const) {
    failure = error
    for (const path of ['token', 'revoke']) {
      for (const origin of ANY_ORIGINS) {
        const url = `${server.issuer}/oauth/${path}`
        const response = await postAs(browserApp, url, parameters, { origin })
        t.is(response.status, status)
        t.is(response.headers.get('retry-after'), retryAfter)
        assertFailureReadable(t, response, origin)
      }
      assertClosed(t, await postAs(browserApp, `${server.issuer}/oauth/${path}`, parameters))
    }
    const headers = { origin: SPA_ORIGIN }
    const introspection = await postAs(
      browserApp,
      `${server.issuer}/oauth/introspect`,
      { token },
      headers,
    )
    t.is(introspection.status, status)
    assertClosed(t, introspection, 'introspection is for no browser')
  }
  failure = undefined
  await tokensOf(t, await refresh(server, browserApp, token))
})

test('CORS: a failure of the store after the client is known may be read, too, and when to try again (Fetch §3.2)', async (t) => {
  const memory = createMemoryStorage()
  const fail = async (): Promise<never> => {
    throw new StorageError('down')
  }
  const families = { ...memory.families, find: fail, revoke: fail }
  const server = await startServer(t, { storage: { ...memory, families } })
  const browserApp = server.public
  const { clientId } = browserApp.client
  const { refresh_token: token } = await server.issueTokens({ userId: 'ada', clientId })
  for (const path of ['token', 'revoke']) {
    const parameters = { grant_type: 'refresh_token', refresh_token: token, token }
    const url = `${server.issuer}/oauth/${path}`
    const response = await postAs(browserApp, url, parameters, { origin: SPA_ORIGIN })
    t.is(response.status, 503)
    assertFailureReadable(t, response, SPA_ORIGIN)
  }
})

test('CORS: every origin may read that it has failed too often, and when to try again (Fetch §3.2)', async (t) => {
  const server = await startServer(t)
  const { client } = server.confidential
  const wrong = { client, clientSecret: 'wrong' }
  for (const path of ['token', 'revoke']) {
    const url = `${server.issuer}/oauth/${path}`
    const send = (): Promise<Response> =>
      postAs(wrong, url, { grant_type: 'client_credentials', token: 'x' }, { origin: SPA_ORIGIN })
    let response = await send()
    for (let times = 0; times < 200 && response.status === 401; times += 1) {
      assertClosed(t, response, 'what is refused stays closed')
      response = await send()
    }
    t.is(response.status, 429)
    assertRetryAfter(t, response)
    assertFailureReadable(t, response, SPA_ORIGIN)
  }
})
