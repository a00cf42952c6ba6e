import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import test from 'ava'
import { CONFIDENTIAL_CLIENT, startServer } from '../helpers/start-server.ts'
import {
  assertRefused,
  decodeJwt,
  introspect,
  isActive,
  refresh,
  refreshableTokensOf,
  tokensOf,
} from '../helpers/token-requests.ts'

test('POST /oauth/token refresh_token: every use gives a new token, and the old one is no longer valid (OAuth 2.1 §4.3.1, checklist 36)', async (t) => {
  const server = await startServer(t)
  const { confidential } = server
  const { clientId } = confidential.client
  let current = await server.issueTokens({ userId: 'ada', clientId })
  const seen = new Set([current.refresh_token])
  for (let rotation = 1; rotation <= 5; rotation += 1) {
    const response = await refresh(server, confidential, current.refresh_token)
    t.is(response.headers.get('cache-control'), 'no-store')
    const next = await refreshableTokensOf(t, response)
    t.false(await isActive(server, confidential, current.refresh_token))
    t.true(await isActive(server, confidential, next.refresh_token))
    seen.add(next.refresh_token)
    t.is(seen.size, rotation + 1)
    current = next
  }
})

test('POST /oauth/token refresh_token: the new access token is of the same family, subject and tenant, and has a lifetime of its own (RFC 9068 §2.2)', async (t) => {
  const server = await startServer(t)
  const { confidential } = server
  const first = await server.issueTokens({ userId: 'ada', clientId: confidential.client.clientId })
  server.clock.advance(600)
  const second = await tokensOf(t, await refresh(server, confidential, first.refresh_token))
  const before = decodeJwt(first.access_token, 'payload')
  const after = decodeJwt(second.access_token, 'payload')
  t.not(before['jti'], after['jti'])
  const { iat, exp, jti: _jti, ...same } = after
  t.like(before, same)
  t.is(iat, server.clock.now())
  t.is(exp, server.clock.now() + 900)
  t.is(second.expires_in, 900)
  t.true(await isActive(server, confidential, first.access_token))
})

test('POST /oauth/token refresh_token: scope narrows the access token only; the refresh token keeps all (OAuth 2.1 §4.3.1, checklist 40)', async (t) => {
  const server = await startServer(t)
  const { confidential } = server
  const { clientId, scopes } = confidential.client
  const { refresh_token: token } = await server.issueTokens({ userId: 'ada', clientId })
  const narrowed = await tokensOf(
    t,
    await refresh(server, confidential, token, { scope: 'candidate:read' }),
  )
  t.is(narrowed.scope, 'candidate:read')
  t.is(decodeJwt(narrowed.access_token, 'payload')['scope'], 'candidate:read')
  const about = await (await introspect(server, confidential, narrowed.refresh_token)).json()
  t.is(about.scope, scopes.join(' '))
  const full = await tokensOf(t, await refresh(server, confidential, narrowed.refresh_token))
  t.is(full.scope, scopes.join(' '))
})

test('POST /oauth/token refresh_token: an empty scope is an absent one (OAuth 2.1 §3.2)', async (t) => {
  const server = await startServer(t)
  const { confidential } = server
  const { clientId, scopes } = confidential.client
  const { refresh_token: token } = await server.issueTokens({ userId: 'ada', clientId })
  const tokens = await tokensOf(t, await refresh(server, confidential, token, { scope: '' }))
  t.is(tokens.scope, scopes.join(' '))
})

test('POST /oauth/token refresh_token: spaces too many in scope mean nothing (RFC 6749 §3.3)', async (t) => {
  const server = await startServer(t)
  const { confidential } = server
  const { clientId } = confidential.client
  const { refresh_token: token } = await server.issueTokens({ userId: 'ada', clientId })
  const scope = ' interview:read  candidate:read '
  const tokens = await tokensOf(t, await refresh(server, confidential, token, { scope }))
  t.is(tokens.scope, 'interview:read candidate:read')
})

const WRONG_REQUESTS = {
  'a scope the user did not grant': [{ scope: 'interview:create' }, 'invalid_scope'],
  'one scope too many': [{ scope: 'interview:read interview:create' }, 'invalid_scope'],
  'an unknown scope': [{ scope: 'unknown:scope' }, 'invalid_scope'],
  'a malformed scope': [{ scope: 'interview:read\tcandidate:read' }, 'invalid_scope'],
  'an unknown resource': [{ resource: 'https://other.example' }, 'invalid_target'],
  'a resource that is no URI': [{ resource: 'api' }, 'invalid_target'],
} as const
for (const [name, [changes, error]] of Object.entries(WRONG_REQUESTS)) {
  test(`POST /oauth/token refresh_token: ${name} is ${error} and does not cost the token (OAuth 2.1 §4.3.1, checklist 40)`, async (t) => {
    const server = await startServer(t)
    const { confidential } = server
    const { clientId } = confidential.client
    const scopes = ['interview:read', 'candidate:read']
    const { refresh_token: token } = await server.issueTokens({ userId: 'ada', clientId, scopes })
    await assertRefused(t, await refresh(server, confidential, token, changes), 400, error)
    t.true(await isActive(server, confidential, token))
    await tokensOf(t, await refresh(server, confidential, token))
  })
}

test('POST /oauth/token refresh_token: a missing or empty token is invalid_request (RFC 6749 §5.2)', async (t) => {
  const server = await startServer(t)
  for (const token of [undefined, '']) {
    await assertRefused(
      t,
      await refresh(server, server.confidential, token),
      400,
      'invalid_request',
    )
  }
})

test('POST /oauth/token refresh_token: each rotation gives a CONFIDENTIAL client’s token its full lifetime again (OAuth 2.1 §4.3.3, checklist 43)', async (t) => {
  const server = await startServer(t)
  const { client } = await server.registerClient({
    ...CONFIDENTIAL_CLIENT,
    refreshTokenTtlSeconds: 1000,
  })
  t.is(client.refreshTokenTtlSeconds, 1000)
  const { confidential } = server
  const ttlSeconds = confidential.client.refreshTokenTtlSeconds
  let { refresh_token: token } = await server.issueTokens({
    userId: 'ada',
    clientId: confidential.client.clientId,
  })
  for (let rotation = 0; rotation < 3; rotation += 1) {
    server.clock.advance(ttlSeconds - 1)
    const tokens = await tokensOf(t, await refresh(server, confidential, token))
    token = tokens.refresh_token
    const { exp } = await (await introspect(server, confidential, token)).json()
    t.is(exp, server.clock.now() + ttlSeconds)
  }
})

test('POST /oauth/token refresh_token: a PUBLIC client’s rotated token never outlives the first (RFC 10017 §6.3.2.3, checklist 42)', async (t) => {
  const server = await startServer(t)
  const browserApp = server.public
  const { clientId, refreshTokenTtlSeconds } = browserApp.client
  let { refresh_token: token } = await server.issueTokens({ userId: 'ada', clientId })
  const end = server.clock.now() + refreshTokenTtlSeconds
  for (let rotation = 0; rotation < 3; rotation += 1) {
    server.clock.advance(refreshTokenTtlSeconds / 4)
    const tokens = await tokensOf(t, await refresh(server, browserApp, token))
    token = tokens.refresh_token
  }
  server.clock.set(end - 1)
  const { refresh_token: last } = await tokensOf(t, await refresh(server, browserApp, token))
  server.clock.set(end)
  await assertRefused(t, await refresh(server, browserApp, last), 400, 'invalid_grant')
})

test('POST /oauth/token refresh_token: the last access token is active to its end, although its refresh token ends first (RFC 7662 §2.2)', async (t) => {
  const server = await startServer(t)
  const { confidential } = server
  const client = await server.registerClient({
    ...CONFIDENTIAL_CLIENT,
    accessTokenTtlSeconds: 900,
    refreshTokenTtlSeconds: 300,
  })
  const { clientId } = client.client
  const { refresh_token: first } = await server.issueTokens({ userId: 'ada', clientId })
  server.clock.advance(299)
  const tokens = await tokensOf(t, await refresh(server, client, first))
  server.clock.advance(899)
  t.true(await isActive(server, client, tokens.access_token))
  await assertRefused(t, await refresh(server, client, tokens.refresh_token), 400, 'invalid_grant')
  t.false(await isActive(server, confidential, tokens.access_token))
})

test('POST /oauth/token refresh_token: an expired token is invalid_grant, and inactive to the second (RFC 7662 §2.2, checklist 53)', async (t) => {
  const server = await startServer(t)
  const client = await server.registerClient({
    ...CONFIDENTIAL_CLIENT,
    refreshTokenTtlSeconds: 300,
  })
  const { refresh_token: token } = await server.issueTokens({
    userId: 'ada',
    clientId: client.client.clientId,
  })
  server.clock.advance(299)
  t.true(await isActive(server, client, token))
  server.clock.advance(1)
  t.false(await isActive(server, client, token))
  await assertRefused(t, await refresh(server, client, token), 400, 'invalid_grant')
})

test('POST /oauth/token refresh_token: changed lifetimes of the client hold from the next rotation on (checklist 49)', async (t) => {
  const server = await startServer(t)
  const { confidential } = server
  const { clientId } = confidential.client
  const { refresh_token: token } = await server.issueTokens({ userId: 'ada', clientId })
  const lifetimes = { accessTokenTtlSeconds: 77, refreshTokenTtlSeconds: 333 }
  await server.authorizationServer.clients.update(clientId, lifetimes)
  const tokens = await tokensOf(t, await refresh(server, confidential, token))
  t.is(tokens.expires_in, 77)
  const { iat, exp } = decodeJwt(tokens.access_token, 'payload')
  t.is(Number(exp) - Number(iat), 77)
  const about = await (await introspect(server, confidential, tokens.refresh_token)).json()
  t.is(about.exp - about.iat, 333)
})

test('POST /oauth/token refresh_token: a family is one record of the same size after 20 rotations (ADR 0004)', async (t) => {
  const storage = createMemoryStorage()
  const server = await startServer(t, { storage })
  const { confidential } = server
  const { clientId } = confidential.client
  const { access_token: accessToken, ...first } = await server.issueTokens({
    userId: 'ada',
    clientId,
  })
  const familyId = String(decodeJwt(accessToken, 'payload')['grant_id'])
  const size = async (): Promise<number> => {
    const found = await storage.families.find(familyId, clientId, server.clock.now())
    const { consentedScopes: _scopes, foundAtMilliseconds: _at, ...family } = found ?? {}
    return JSON.stringify(family).length
  }
  const sizeAtFirst = await size()
  let token = first.refresh_token
  for (let rotation = 0; rotation < 20; rotation += 1) {
    const tokens = await tokensOf(t, await refresh(server, confidential, token))
    token = tokens.refresh_token
  }
  t.is(await size(), sizeAtFirst)
  t.true(sizeAtFirst > 2 && sizeAtFirst < 6000)
})
