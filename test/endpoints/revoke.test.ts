import test from 'ava'
import { recordEvents } from '../helpers/record-events.ts'
import { basicCredentials, toForm } from '../helpers/requests.ts'
import { startServer } from '../helpers/start-server.ts'
import {
  assertRefused,
  introspect,
  isActive,
  refresh,
  requestClientCredentials,
  revoke,
  tokensOf,
} from '../helpers/token-requests.ts'

test('POST /oauth/revoke: revoking an access token leaves its family active (RFC 7009 §2.1, ADR 0005)', async (t) => {
  const server = await startServer(t)
  const { confidential } = server
  const { clientId } = confidential.client
  const first = await server.issueTokens({ userId: 'ada', clientId })
  const response = await revoke(server, confidential, first.access_token)
  t.is(response.status, 200)
  t.is(await response.text(), '{}')
  t.is(response.headers.get('content-type'), 'application/json; charset=utf-8')
  t.is(response.headers.get('cache-control'), 'no-store')
  t.false(await isActive(server, confidential, first.access_token))
  t.true(await isActive(server, confidential, first.refresh_token))
  const second = await tokensOf(t, await refresh(server, confidential, first.refresh_token))
  t.true(await isActive(server, confidential, second.access_token))
  t.false(await isActive(server, confidential, first.access_token))
})

test('POST /oauth/revoke: a revoked access token stays revoked until it has expired (ADR 0005)', async (t) => {
  const server = await startServer(t)
  const { confidential } = server
  const tokens = await tokensOf(t, await requestClientCredentials(server, confidential))
  await revoke(server, confidential, tokens.access_token)
  for (const seconds of [1, 600, 298, 1, 10]) {
    server.clock.advance(seconds)
    t.false(await isActive(server, confidential, tokens.access_token))
  }
})

test('POST /oauth/revoke: revoking a refresh token revokes its family, with every access token (RFC 7009 §2.1, checklist 54)', async (t) => {
  const server = await startServer(t)
  const { confidential } = server
  const { clientId } = confidential.client
  const first = await server.issueTokens({ userId: 'ada', clientId })
  const second = await tokensOf(t, await refresh(server, confidential, first.refresh_token))
  const otherDevice = await server.issueTokens({ userId: 'ada', clientId })
  t.is((await revoke(server, confidential, second.refresh_token)).status, 200)
  for (const token of [first.access_token, second.access_token, second.refresh_token]) {
    t.false(await isActive(server, confidential, token))
  }
  await assertRefused(
    t,
    await refresh(server, confidential, second.refresh_token),
    400,
    'invalid_grant',
  )
  await tokensOf(t, await refresh(server, confidential, otherDevice.refresh_token))
})

test('POST /oauth/revoke: a used refresh token revokes its family, too (RFC 9700 §4.14.2)', async (t) => {
  const server = await startServer(t)
  const { confidential } = server
  const { clientId } = confidential.client
  const first = await server.issueTokens({ userId: 'ada', clientId })
  const second = await tokensOf(t, await refresh(server, confidential, first.refresh_token))
  t.is((await revoke(server, confidential, first.refresh_token)).status, 200)
  t.false(await isActive(server, confidential, second.access_token))
  t.false(await isActive(server, confidential, second.refresh_token))
})

test('POST /oauth/revoke: what is unknown, expired, malformed or revoked already is 200 and empty (RFC 7009 §2.2)', async (t) => {
  const server = await startServer(t)
  const foreignServer = await startServer(t)
  const { confidential } = server
  const { clientId } = confidential.client
  const { code } = await server.authorize({ userId: 'ada', clientId })
  const tokens = await server.issueTokens({ userId: 'ada', clientId })
  const foreign = await foreignServer.issueAccessToken({ clientId, scopes: ['interview:read'] })
  server.clock.advance(900)
  const nothings = [
    'garbage',
    tokens.access_token,
    `${tokens.access_token}x`,
    `${tokens.refresh_token}x`,
    foreign,
    code,
    'a.b.c',
    'a.b.c.d.e',
    '\u0000',
    'x'.repeat(40_000),
  ]
  for (const token of nothings) {
    const response = await revoke(server, confidential, token)
    t.is(response.status, 200, token.slice(0, 40))
    t.is(await response.text(), '{}')
  }
  t.true(await isActive(server, confidential, tokens.refresh_token))
  for (let time = 0; time < 3; time += 1) {
    t.is((await revoke(server, confidential, tokens.refresh_token)).status, 200)
  }
})

test('POST /oauth/revoke: another client’s token is refused and not revoked (RFC 7009 §2.1, checklist 54)', async (t) => {
  const server = await startServer(t)
  const { confidential, tenant } = server
  const { clientId } = confidential.client
  const first = await server.issueTokens({ userId: 'ada', clientId })
  const second = await tokensOf(t, await refresh(server, confidential, first.refresh_token))
  for (const stranger of [tenant, server.public]) {
    for (const token of [first.access_token, first.refresh_token, second.refresh_token]) {
      await assertRefused(t, await revoke(server, stranger, token), 400, 'invalid_request')
    }
  }
  t.true(await isActive(server, confidential, first.access_token))
  await tokensOf(t, await refresh(server, confidential, second.refresh_token))
})

test('POST /oauth/revoke: a PUBLIC client may revoke its own tokens (OAuth 2.1 §7.9, RFC 7009 §2.1)', async (t) => {
  const server = await startServer(t)
  const browserApp = server.public
  const { clientId } = browserApp.client
  const first = await server.issueTokens({ userId: 'ada', clientId })
  t.is((await revoke(server, browserApp, first.access_token)).status, 200)
  const second = await tokensOf(t, await refresh(server, browserApp, first.refresh_token))
  t.is((await revoke(server, browserApp, second.refresh_token)).status, 200)
  await assertRefused(
    t,
    await refresh(server, browserApp, second.refresh_token),
    400,
    'invalid_grant',
  )
})

test('POST /oauth/revoke: token_type_hint may be right, wrong, unsupported or empty (RFC 7009 §2.2.1, checklist 54)', async (t) => {
  const server = await startServer(t)
  const { confidential } = server
  const { clientId } = confidential.client
  for (const hint of ['access_token', 'refresh_token', 'id_token', 'x', '', '\0']) {
    const changes = { token_type_hint: hint }
    const tokens = await server.issueTokens({ userId: 'ada', clientId })
    const one = await revoke(server, confidential, tokens.access_token, changes)
    t.is(one.status, 200, hint)
    t.false(await isActive(server, confidential, tokens.access_token), hint)
    t.true(await isActive(server, confidential, tokens.refresh_token), hint)
    const other = await revoke(server, confidential, tokens.refresh_token, changes)
    t.is(other.status, 200, hint)
    t.false(await isActive(server, confidential, tokens.refresh_token), hint)
  }
})

test('POST /oauth/revoke: a missing, empty or repeated token is invalid_request (RFC 7009 §2.1)', async (t) => {
  const server = await startServer(t)
  const { confidential } = server
  for (const token of [undefined, '']) {
    await assertRefused(t, await revoke(server, confidential, token), 400, 'invalid_request')
  }
  const { client, clientSecret = '' } = confidential
  const headers = { authorization: basicCredentials(client.clientId, clientSecret) }
  const body = toForm({ token: 'one' })
  body.append('token', 'two')
  const twice = await fetch(`${server.issuer}/oauth/revoke`, { method: 'POST', headers, body })
  await assertRefused(t, twice, 400, 'invalid_request')
})

test('POST /oauth/revoke: nothing is revoked without authentication (RFC 7009 §2.1)', async (t) => {
  const server = await startServer(t)
  const { confidential } = server
  const { client } = confidential
  const tokens = await server.issueTokens({ userId: 'ada', clientId: client.clientId })
  const url = `${server.issuer}/oauth/revoke`
  for (const token of [tokens.access_token, tokens.refresh_token]) {
    const credentials = [
      {},
      { client_id: client.clientId },
      { client_id: client.clientId, client_secret: 'wrong' },
      { client_id: 'tc_unknown' },
    ]
    for (const given of credentials) {
      const body = toForm({ token, ...given })
      await assertRefused(t, await fetch(url, { method: 'POST', body }), 401, 'invalid_client')
    }
    t.true(await isActive(server, confidential, token))
  }
})

for (const refreshTokenGraceSeconds of [0, 30]) {
  for (const position of [0, 10, 20]) {
    test(`POST /oauth/revoke: sent after ${position} of 20 parallel refreshes, with ${refreshTokenGraceSeconds} s of grace, it leaves no active token (RFC 7009 §2.2, checklist 39)`, async (t) => {
      const server = await startServer(t, { refreshTokenGraceSeconds })
      const { confidential } = server
      const { clientId } = confidential.client
      const first = await server.issueTokens({ userId: 'ada', clientId })
      const refreshes = (count: number) =>
        Array.from({ length: count }, () => refresh(server, confidential, first.refresh_token))
      const before = refreshes(position)
      const revocation = revoke(server, confidential, first.refresh_token)
      const after = refreshes(20 - position)

      t.is((await revocation).status, 200)
      const answers = await Promise.all([...before, ...after])
      const issued = await Promise.all(
        answers.filter(({ status }) => status === 200).map((response) => response.json()),
      )
      for (const tokens of [first, ...issued]) {
        t.false(await isActive(server, confidential, tokens.access_token))
        t.false(await isActive(server, confidential, tokens.refresh_token))
        const again = await refresh(server, confidential, tokens.refresh_token)
        await assertRefused(t, again, 400, 'invalid_grant')
      }
    })
  }
}

test('POST /oauth/revoke: what was revoked is audited, what was not is not (checklist 59)', async (t) => {
  const { onEvent, settled } = recordEvents()
  const server = await startServer(t, { onEvent })
  const { confidential, tenant } = server
  const { clientId } = confidential.client
  const tokens = await server.issueTokens({ userId: 'ada', clientId })
  const { grant_id: familyId } = await (
    await introspect(server, confidential, tokens.access_token)
  ).json()
  await revoke(server, confidential, 'garbage')
  await revoke(server, tenant, tokens.refresh_token)
  await revoke(server, confidential, tokens.access_token)
  await revoke(server, confidential, tokens.refresh_token)
  await revoke(server, confidential, tokens.refresh_token)
  const revocations = (await settled()).filter(({ type }) => type === 'token.revoked')
  t.is(revocations.length, 2)
  for (const event of revocations) t.like(event, { clientId, userId: 'ada', familyId })
})
