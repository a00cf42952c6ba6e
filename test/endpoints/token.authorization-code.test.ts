import test from 'ava'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { authorizationUrl, postAs } from '../helpers/requests.ts'
import { CONFIDENTIAL_CLIENT, startServer } from '../helpers/start-server.ts'
import {
  assertRefused,
  decodeJwt,
  introspect,
  isActive,
  redeem,
  refresh,
  refreshableTokensOf,
  tokensOf,
} from '../helpers/token-requests.ts'

test('POST /oauth/token authorization_code: a success is JSON with the members of RFC 6749 §5.1, not to be stored', async (t) => {
  const server = await startServer(t)
  const { confidential } = server
  const { clientId, scopes } = confidential.client
  const response = await redeem(
    server,
    confidential,
    await server.authorize({ userId: 'ada', clientId }),
  )

  t.is(response.headers.get('cache-control'), 'no-store')
  t.is(response.headers.get('referrer-policy'), 'no-referrer')
  t.is(response.headers.get('x-content-type-options'), 'nosniff')
  t.regex(response.headers.get('content-type') ?? '', /^application\/json/)
  t.deepEqual(response.headers.getSetCookie(), [])
  const body = await tokensOf(t, response)
  t.deepEqual(Object.keys(body).sort(), [
    'access_token',
    'expires_in',
    'refresh_token',
    'scope',
    'token_type',
  ])
  t.is(body.token_type, 'Bearer')
  t.is(body.expires_in, 900)
  t.is(body.scope, scopes.join(' '))
})

test('POST /oauth/token authorization_code: the access token has the header and claims of RFC 9068 §2, and verifies with the published keys', async (t) => {
  const server = await startServer(t)
  const { client } = server.confidential
  const { access_token: token } = await server.issueTokens({
    userId: 'ada',
    clientId: client.clientId,
  })
  const jwks = await (await fetch(`${server.issuer}/.well-known/jwks.json`)).json()

  const { protectedHeader, payload } = await jwtVerify(token, createLocalJWKSet(jwks), {
    currentDate: new Date(server.clock.now() * 1000),
  })
  t.deepEqual(protectedHeader, { alg: 'RS256', typ: 'at+jwt', kid: jwks.keys[0].kid })
  const { jti, grant_id: grantId, ...claims } = payload
  t.deepEqual(claims, {
    iss: server.issuer,
    sub: 'ada',
    aud: server.issuer,
    client_id: client.clientId,
    scope: client.scopes.join(' '),
    iat: server.clock.now(),
    exp: server.clock.now() + 900,
    tenant_id: 'acme',
  })
  t.is(typeof jti, 'string')
  t.regex(String(grantId), /^[\w-]{65}$/)
})

test('POST /oauth/token authorization_code: every authorization begins a family of its own; jti never repeats (RFC 9068 §2.2)', async (t) => {
  const server = await startServer(t)
  const authorization = { userId: 'ada', clientId: server.confidential.client.clientId }
  const first = decodeJwt((await server.issueTokens(authorization)).access_token, 'payload')
  const second = decodeJwt((await server.issueTokens(authorization)).access_token, 'payload')
  t.not(first['grant_id'], second['grant_id'])
  t.not(first['jti'], second['jti'])
})

test('POST /oauth/token authorization_code: scope in the response is what was granted, not all of the client’s (OAuth 2.1 §3.2.3)', async (t) => {
  const server = await startServer(t)
  const { clientId } = server.confidential.client
  const scopes = ['interview:read', 'candidate:read']
  const tokens = await server.issueTokens({ userId: 'ada', clientId, scopes })
  t.is(tokens.scope, 'interview:read candidate:read')
  t.is(decodeJwt(tokens.access_token, 'payload')['scope'], 'interview:read candidate:read')
})

test('POST /oauth/token authorization_code: lifetimes of the client hold to the second (checklist 49)', async (t) => {
  const server = await startServer(t)
  const client = await server.registerClient({
    ...CONFIDENTIAL_CLIENT,
    accessTokenTtlSeconds: 123,
    refreshTokenTtlSeconds: 456,
  })
  const authorization = await server.authorize({
    userId: 'ada',
    clientId: client.client.clientId,
  })
  const tokens = await refreshableTokensOf(t, await redeem(server, client, authorization))
  const { iat, exp } = decodeJwt(tokens.access_token, 'payload')
  t.is(tokens.expires_in, 123)
  t.is(Number(exp) - Number(iat), 123)
  const about = await (await introspect(server, client, tokens.refresh_token)).json()
  t.is(about.exp - about.iat, 456)

  server.clock.advance(122)
  t.true(await isActive(server, client, tokens.access_token))
  server.clock.advance(1)
  t.false(await isActive(server, client, tokens.access_token))
})

test('POST /oauth/token authorization_code: an access token that lives longer than its refresh token is active to its end (RFC 7662 §2.2)', async (t) => {
  const server = await startServer(t)
  const client = await server.registerClient({
    ...CONFIDENTIAL_CLIENT,
    accessTokenTtlSeconds: 900,
    refreshTokenTtlSeconds: 300,
  })
  const { clientId } = client.client
  const tokens = await server.issueTokens({ userId: 'ada', clientId })
  server.clock.advance(899)
  t.true(await isActive(server, client, tokens.access_token))
})

test('POST /oauth/token authorization_code: 50 parallel redemptions give exactly one success, whose tokens are then revoked (OAuth 2.1 §4.1.3)', async (t) => {
  const server = await startServer(t)
  const { code, codeVerifier } = await server.authorize({
    userId: 'ada',
    clientId: server.confidential.client.clientId,
  })

  const responses = await Promise.all(
    Array.from({ length: 50 }, () =>
      postAs(server.confidential, `${server.issuer}/oauth/token`, {
        grant_type: 'authorization_code',
        code,
        code_verifier: codeVerifier,
      }),
    ),
  )

  const winners = responses.filter(({ status }) => status === 200)
  t.is(winners.length, 1)
  const losers = responses.filter(({ status }) => status !== 200)
  for (const loser of losers) await assertRefused(t, loser, 400, 'invalid_grant')
  const tokens = await winners[0]?.json()
  t.false(await isActive(server, server.confidential, tokens.access_token))
  await assertRefused(
    t,
    await refresh(server, server.confidential, tokens.refresh_token),
    400,
    'invalid_grant',
  )
})

test('POST /oauth/token authorization_code: a second valid redemption is refused and revokes the tokens of the first (OAuth 2.1 §4.1.3, checklist 21)', async (t) => {
  const server = await startServer(t)
  const { confidential } = server
  const authorization = await server.authorize({
    userId: 'ada',
    clientId: confidential.client.clientId,
  })
  const tokens = await tokensOf(t, await redeem(server, confidential, authorization))
  t.true(await isActive(server, confidential, tokens.access_token))

  await assertRefused(t, await redeem(server, confidential, authorization), 400, 'invalid_grant')
  t.false(await isActive(server, confidential, tokens.access_token))
  t.false(await isActive(server, confidential, tokens.refresh_token))
  await assertRefused(
    t,
    await refresh(server, confidential, tokens.refresh_token),
    400,
    'invalid_grant',
  )
})

test('POST /oauth/token authorization_code: a code gives no tokens a third time, nor after its tokens were revoked or rotated (OAuth 2.1 §4.1.3)', async (t) => {
  const server = await startServer(t)
  const { confidential } = server
  const authorization = await server.authorize({
    userId: 'ada',
    clientId: confidential.client.clientId,
  })
  const first = await tokensOf(t, await redeem(server, confidential, authorization))
  const second = await tokensOf(t, await refresh(server, confidential, first.refresh_token))
  for (let attempt = 0; attempt < 3; attempt += 1) {
    await assertRefused(t, await redeem(server, confidential, authorization), 400, 'invalid_grant')
    server.clock.advance(15)
  }
  t.false(await isActive(server, confidential, second.access_token))
  await assertRefused(
    t,
    await refresh(server, confidential, second.refresh_token),
    400,
    'invalid_grant',
  )
})

test('POST /oauth/token authorization_code: a replay revokes the tokens of one authorization only, not those of the user’s other device (ADR 0002)', async (t) => {
  const server = await startServer(t)
  const { confidential } = server
  const { clientId } = confidential.client
  const otherDevice = await server.issueTokens({ userId: 'ada', clientId })
  const authorization = await server.authorize({ userId: 'ada', clientId })
  await tokensOf(t, await redeem(server, confidential, authorization))
  await assertRefused(t, await redeem(server, confidential, authorization), 400, 'invalid_grant')
  t.true(await isActive(server, confidential, otherDevice.access_token))
  t.true(await isActive(server, confidential, otherDevice.refresh_token))
})

test('POST /oauth/token authorization_code: every secret of the flow has 160 random bits at least (OAuth 2.1 §7.7, checklist 47)', async (t) => {
  const server = await startServer(t)
  const { issuer, confidential } = server
  const { clientId } = confidential.client
  const flow = async (): Promise<Readonly<Record<string, string>>> => {
    const begun = await fetch(authorizationUrl(issuer, confidential), { redirect: 'manual' })
    const page = new URL(begun.headers.get('location') ?? '', issuer)
    const { code } = await server.authorize({ userId: 'ada', clientId })
    const { clientSecret = '' } =
      await server.authorizationServer.clients.register(CONFIDENTIAL_CLIENT)
    return { code, clientSecret, pendingRequestToken: page.searchParams.get('prt') ?? '' }
  }
  const [first, second] = [await flow(), await flow()]
  for (const [name, secret] of Object.entries(first)) {
    // 6 bits a character, of those that differ from one secret to the next.
    const other = second[name] ?? ''
    const common = [...secret].findIndex((character, index) => character !== other[index])
    t.true((secret.length - common) * 6 >= 160, `${name}: ${secret.length - common} characters`)
  }
})
