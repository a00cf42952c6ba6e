import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import test from 'ava'
import { basicCredentials, postAs, toForm } from '../helpers/requests.ts'
import { CONFIDENTIAL_CLIENT, startServer } from '../helpers/start-server.ts'
import {
  assertRefused,
  decodeJwt,
  introspect,
  isActive,
  redeem,
  refresh,
  requestClientCredentials,
  revoke,
  tokensOf,
} from '../helpers/token-requests.ts'

test('POST /oauth/introspect: a client’s own access token is active, with its claims (RFC 7662 §2.2)', async (t) => {
  const server = await startServer(t)
  const { confidential } = server
  const { access_token: token } = await server.issueTokens({
    userId: 'ada',
    clientId: confidential.client.clientId,
  })
  const response = await introspect(server, confidential, token)
  t.is(response.status, 200)
  t.is(response.headers.get('cache-control'), 'no-store')
  t.regex(response.headers.get('content-type') ?? '', /^application\/json/)
  t.deepEqual(await response.json(), {
    active: true,
    token_type: 'Bearer',
    ...decodeJwt(token, 'payload'),
  })
})

test('POST /oauth/introspect: a client’s own refresh token is active, and says whose it is and how long it lives (RFC 7662 §2.2)', async (t) => {
  const server = await startServer(t)
  const { confidential } = server
  const { clientId, scopes, refreshTokenTtlSeconds } = confidential.client
  const tokens = await server.issueTokens({ userId: 'ada', clientId })
  const response = await introspect(server, confidential, tokens.refresh_token)
  t.is(response.headers.get('cache-control'), 'no-store')
  t.deepEqual(await response.json(), {
    active: true,
    iss: server.issuer,
    client_id: clientId,
    sub: 'ada',
    tenant_id: 'acme',
    grant_id: decodeJwt(tokens.access_token, 'payload')['grant_id'],
    scope: scopes.join(' '),
    iat: server.clock.now(),
    exp: server.clock.now() + refreshTokenTtlSeconds,
  })
})

test('POST /oauth/introspect: a client_credentials token is active for its client (RFC 7662 §2.2)', async (t) => {
  const server = await startServer(t)
  const { tenant } = server
  const tokens = await tokensOf(t, await requestClientCredentials(server, tenant))
  t.like(await (await introspect(server, tenant, tokens.access_token)).json(), {
    active: true,
    sub: tenant.client.clientId,
    tenant_id: 'acme',
  })
})

test('POST /oauth/introspect: a token that is not active gets active:false and nothing more (RFC 7662 §2.2, checklist 52, 53)', async (t) => {
  const server = await startServer(t)
  const foreignServer = await startServer(t)
  const { confidential, tenant } = server
  const { clientId } = confidential.client
  const authorization = { userId: 'ada', clientId }
  const { refresh_token: spent = '', ...first } = await server.issueTokens(authorization)
  const second = await tokensOf(t, await refresh(server, confidential, spent))
  const ofOther = await server.issueTokens({ userId: 'ada', clientId: tenant.client.clientId })
  const { code } = await server.authorize(authorization)
  const [header, payload, signature = ''] = first.access_token.split('.')
  const widened = Buffer.from(
    JSON.stringify({ ...decodeJwt(first.access_token, 'payload'), scope: 'interview:delete' }),
  ).toString('base64url')

  const tokens = {
    'a used refresh token': spent,
    'another client’s access token': ofOther.access_token,
    'another client’s refresh token': ofOther.refresh_token,
    'a code': code,
    'a tampered payload': `${header}.${widened}.${signature}`,
    'a tampered signature': `${header}.${payload}.${signature.split('').reverse().join('')}`,
    'no signature': `${header}.${payload}.`,
    'a damaged refresh token': `${second.refresh_token?.slice(0, -1)}`,
    'another issuer’s token': await foreignServer.issueAccessToken({
      userId: 'ada',
      clientId,
      scopes: ['interview:read'],
    }),
    'an encrypted JWT': 'a.b.c.d.e',
    'a PASETO': 'v2.public.abc',
    'three dots': '...',
    'an opaque text': 'garbage',
    'a NUL': '\u0000',
    'a text that is no Latin': 'トークン',
    'a long text': 'x'.repeat(40_000),
    'a grant_id': String(decodeJwt(first.access_token, 'payload')['grant_id']),
    'a client secret': confidential.clientSecret,
  }
  for (const [name, token] of Object.entries(tokens)) {
    const response = await introspect(server, confidential, token)
    t.is(response.status, 200, name)
    t.is(response.headers.get('cache-control'), 'no-store', name)
    t.is(await response.text(), '{"active":false}', name)
  }
  t.true(await isActive(server, confidential, first.access_token))
})

test('POST /oauth/introspect: another client learns nothing, not even a PLATFORM client about a TENANT client’s (RFC 7662 §4, checklist 52)', async (t) => {
  const server = await startServer(t)
  const clients = [server.confidential, server.tenant]
  for (const owner of clients) {
    const { clientId } = owner.client
    const tokens = await server.issueTokens({ userId: 'ada', clientId })
    for (const asking of clients) {
      const expected = asking === owner
      t.is(await isActive(server, asking, tokens.access_token), expected)
      t.is(await isActive(server, asking, tokens.refresh_token), expected)
    }
  }
})

test('POST /oauth/introspect: an access token is active until the second before its exp, the refresh token beyond (RFC 7662 §2.2)', async (t) => {
  const server = await startServer(t)
  const { confidential } = server
  const { clientId } = confidential.client
  const tokens = await server.issueTokens({ userId: 'ada', clientId })
  server.clock.advance(899)
  t.true(await isActive(server, confidential, tokens.access_token))
  server.clock.advance(1)
  t.false(await isActive(server, confidential, tokens.access_token))
  t.true(await isActive(server, confidential, tokens.refresh_token))
})

test('POST /oauth/introspect: every token of a family is inactive once the family is revoked: by reuse, replay, revocation or a revoked consent (RFC 7662 §2.2, checklist 53)', async (t) => {
  const storage = createMemoryStorage()
  const server = await startServer(t, { storage })
  const { confidential } = server
  const { clientId } = confidential.client
  const ends = {
    async reuse(_replay: () => Promise<Response>, spent: string | undefined) {
      await refresh(server, confidential, spent)
    },
    async replay(replay: () => Promise<Response>) {
      await replay()
    },
    async revocation(_replay: unknown, _spent: unknown, current: string | undefined) {
      await revoke(server, confidential, current)
    },
    async 'revoked consent'() {
      await storage.consents.delete('ada', clientId)
    },
  }
  for (const [name, end] of Object.entries(ends)) {
    const authorization = await server.authorize({ userId: 'ada', clientId })
    const first = await tokensOf(t, await redeem(server, confidential, authorization))
    const second = await tokensOf(t, await refresh(server, confidential, first.refresh_token))
    const all = [first.access_token, second.access_token, second.refresh_token]
    for (const token of all) t.true(await isActive(server, confidential, token), name)
    await end(
      () => redeem(server, confidential, authorization),
      first.refresh_token,
      second.refresh_token,
    )
    for (const token of all) t.false(await isActive(server, confidential, token), name)
  }
})

test('POST /oauth/introspect: an access token that was revoked is inactive, also a client_credentials one (RFC 7009 §2, checklist 53)', async (t) => {
  const server = await startServer(t)
  const { confidential } = server
  const one = await tokensOf(t, await requestClientCredentials(server, confidential))
  const other = await tokensOf(t, await requestClientCredentials(server, confidential))
  t.is((await revoke(server, confidential, one.access_token)).status, 200)
  t.false(await isActive(server, confidential, one.access_token))
  t.true(await isActive(server, confidential, other.access_token))
})

test('POST /oauth/introspect: a disabled user’s access token stays active until the next refresh (ADR 0005)', async (t) => {
  const server = await startServer(t)
  const { confidential } = server
  const { clientId } = confidential.client
  const tokens = await server.issueTokens({ userId: 'ada', clientId })
  server.users.delete('ada')
  t.true(await isActive(server, confidential, tokens.access_token))
})

test('POST /oauth/introspect: token_type_hint may be right, wrong, unknown or empty (RFC 7662 §2.1, checklist 54)', async (t) => {
  const server = await startServer(t)
  const { confidential } = server
  const { clientId } = confidential.client
  const tokens = await server.issueTokens({ userId: 'ada', clientId })
  for (const token of [tokens.access_token, tokens.refresh_token, 'garbage']) {
    for (const hint of ['access_token', 'refresh_token', 'client_credentials', 'pkce', '', '\0']) {
      const response = await introspect(server, confidential, token, { token_type_hint: hint })
      t.is(response.status, 200, hint)
      t.is((await response.json()).active, token !== 'garbage', hint)
    }
  }
})

test('POST /oauth/introspect: without authentication, with a wrong secret or as a PUBLIC client it is 401 (RFC 7662 §2.1, §2.3, checklist 52)', async (t) => {
  const server = await startServer(t)
  const { confidential } = server
  const browserApp = server.public
  const tokens = await server.issueTokens({ userId: 'ada', clientId: browserApp.client.clientId })
  const url = `${server.issuer}/oauth/introspect`
  for (const token of [tokens.access_token, tokens.refresh_token, 'garbage']) {
    const anonymous = await fetch(url, { method: 'POST', body: toForm({ token }) })
    const answers = [
      anonymous,
      await introspect(server, { ...confidential, clientSecret: 'wrong' }, token),
      await introspect(server, browserApp, token),
    ]
    for (const response of answers) {
      t.regex(response.headers.get('www-authenticate') ?? '', /^Basic realm="/)
      await assertRefused(t, response, 401, 'invalid_client')
    }
  }
})

test('POST /oauth/introspect: a missing, empty or repeated token is invalid_request (RFC 7662 §2.1)', async (t) => {
  const server = await startServer(t)
  const { confidential } = server
  for (const token of [undefined, '']) {
    await assertRefused(t, await introspect(server, confidential, token), 400, 'invalid_request')
  }
  const { client, clientSecret = '' } = confidential
  const headers = { authorization: basicCredentials(client.clientId, clientSecret) }
  const body = toForm({ token: 'one' })
  body.append('token', 'two')
  const twice = await fetch(`${server.issuer}/oauth/introspect`, { method: 'POST', headers, body })
  await assertRefused(t, twice, 400, 'invalid_request')
})

test('POST /oauth/introspect: a client of client_credentials alone may ask (RFC 7662 §2.1)', async (t) => {
  const server = await startServer(t)
  const client = await server.registerClient({
    ...CONFIDENTIAL_CLIENT,
    allowedGrantTypes: ['client_credentials'],
  })
  const tokens = await tokensOf(t, await requestClientCredentials(server, client))
  const response = await postAs(client, `${server.issuer}/oauth/introspect`, {
    token: tokens.access_token,
  })
  t.like(await response.json(), { active: true })
})
