/** `refreshTokenGraceSeconds`: a client that lost the response may repeat the request (ADR 0009). */

import type { Storage } from '@teamcast/oauth-server'
import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import type { ConsentGrant } from '@teamcast/oauth-server/storage'
import test, { type ExecutionContext } from 'ava'
import { recordEvents } from '../helpers/record-events.ts'
import { ADA, type StartedServer, startServer } from '../helpers/start-server.ts'
import {
  assertRefused,
  changeClient,
  decodeJwt,
  isActive,
  refresh,
  refreshableTokensOf,
  tokensOf,
} from '../helpers/token-requests.ts'

const GRACE_SECONDS = 30

async function startWithGrace(t: ExecutionContext): Promise<StartedServer> {
  return await startServer(t, { refreshTokenGraceSeconds: GRACE_SECONDS })
}

async function firstTokenOf(server: StartedServer): Promise<string> {
  const { clientId } = server.confidential.client
  const { refresh_token: token = '' } = await server.issueTokens({ userId: 'ada', clientId })
  return token
}

test('POST /oauth/token refresh_token: by default a repeated request is reuse at once (RFC 9700 §4.14.2)', async (t) => {
  const server = await startServer(t)
  const { confidential } = server
  const token = await firstTokenOf(server)
  const answer = await tokensOf(t, await refresh(server, confidential, token))
  await assertRefused(t, await refresh(server, confidential, token), 400, 'invalid_grant')
  t.false(await isActive(server, confidential, answer.refresh_token))
})

test('POST /oauth/token refresh_token, with grace: the same request gets the same response, byte for byte, until the grace period ends (ADR 0009)', async (t) => {
  const server = await startWithGrace(t)
  const { confidential } = server
  const token = await firstTokenOf(server)
  const changes = { scope: 'interview:read', resource: server.issuer }
  const first = await refresh(server, confidential, token, changes)
  const body = await first.text()
  for (const seconds of [0, 10, GRACE_SECONDS - 11]) {
    server.clock.advance(seconds)
    const again = await refresh(server, confidential, token, changes)
    t.is(again.status, 200)
    t.is(await again.text(), body)
    t.is(again.headers.get('content-type'), first.headers.get('content-type'))
    t.is(again.headers.get('cache-control'), 'no-store')
  }
  const { access_token: accessToken, refresh_token: successor } = JSON.parse(body)
  t.true(await isActive(server, confidential, accessToken))
  await tokensOf(t, await refresh(server, confidential, successor))
})

test('POST /oauth/token refresh_token, with grace: after the window a repeated request is reuse (RFC 9700 §4.14.2)', async (t) => {
  const server = await startWithGrace(t)
  const { confidential } = server
  const token = await firstTokenOf(server)
  const answer = await tokensOf(t, await refresh(server, confidential, token))
  server.clock.advance(GRACE_SECONDS)
  await assertRefused(t, await refresh(server, confidential, token), 400, 'invalid_grant')
  t.false(await isActive(server, confidential, answer.refresh_token))
  t.false(await isActive(server, confidential, answer.access_token))
})

const OTHER_REQUESTS = {
  'another scope': { scope: 'candidate:read' },
  'no scope': { scope: undefined },
  'another resource': { resource: 'https://other.example' },
  'a malformed scope': { scope: '\t' },
}
for (const [name, changes] of Object.entries(OTHER_REQUESTS)) {
  test(`POST /oauth/token refresh_token, with grace: the used token with ${name} is reuse (ADR 0009)`, async (t) => {
    const server = await startWithGrace(t)
    const { confidential } = server
    const token = await firstTokenOf(server)
    const scope = { scope: 'interview:read' }
    const answer = await tokensOf(t, await refresh(server, confidential, token, scope))
    const other = await refresh(server, confidential, token, { ...scope, ...changes })
    await assertRefused(t, other, 400, 'invalid_grant')
    t.false(await isActive(server, confidential, answer.refresh_token))
    t.false(await isActive(server, confidential, answer.access_token))
  })
}

test('POST /oauth/token refresh_token, with grace: another client repeating the request gets nothing and does no harm (OAuth 2.1 §4.3)', async (t) => {
  const server = await startWithGrace(t)
  const token = await firstTokenOf(server)
  const answer = await tokensOf(t, await refresh(server, server.confidential, token))
  await assertRefused(t, await refresh(server, server.tenant, token), 400, 'invalid_grant')
  t.true(await isActive(server, server.confidential, answer.refresh_token))
})

test('POST /oauth/token refresh_token, with grace: once the successor was used, the token before it is reuse (RFC 9700 §4.14.2)', async (t) => {
  const server = await startWithGrace(t)
  const { confidential } = server
  const first = await firstTokenOf(server)
  const second = await refreshableTokensOf(t, await refresh(server, confidential, first))
  const third = await tokensOf(t, await refresh(server, confidential, second.refresh_token))
  await assertRefused(t, await refresh(server, confidential, first), 400, 'invalid_grant')
  t.false(await isActive(server, confidential, third.refresh_token))
})

test('POST /oauth/token refresh_token, with grace: tokens older than the last used one are reuse (RFC 9700 §4.14.2)', async (t) => {
  const server = await startWithGrace(t)
  const { confidential } = server
  const tokens = [await firstTokenOf(server)]
  for (let rotation = 0; rotation < 5; rotation += 1) {
    const next = await refreshableTokensOf(t, await refresh(server, confidential, tokens.at(-1)))
    tokens.push(next.refresh_token)
  }
  t.is((await refresh(server, confidential, tokens.at(-2))).status, 200)
  await assertRefused(t, await refresh(server, confidential, tokens.at(-3)), 400, 'invalid_grant')
  t.false(await isActive(server, confidential, tokens.at(-1)))
})

test('POST /oauth/token refresh_token, with grace: 50 parallel identical requests get one response and leave one active branch (ADR 0009, checklist 38)', async (t) => {
  const server = await startWithGrace(t)
  const { confidential } = server
  const token = await firstTokenOf(server)
  const responses = await Promise.all(
    Array.from({ length: 50 }, () => refresh(server, confidential, token)),
  )
  t.deepEqual([...new Set(responses.map(({ status }) => status))], [200])
  const bodies = new Set(await Promise.all(responses.map((response) => response.text())))
  t.is(bodies.size, 1)
  const [body = ''] = bodies
  const { refresh_token: successor } = JSON.parse(body)
  t.true(await isActive(server, confidential, successor))
  await tokensOf(t, await refresh(server, confidential, successor))
})

test('POST /oauth/token refresh_token, with grace: parallel different requests leave one active branch at most (ADR 0009)', async (t) => {
  const server = await startWithGrace(t)
  const { confidential } = server
  const token = await firstTokenOf(server)
  const scopes = confidential.client.scopes
  const responses = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      refresh(server, confidential, token, { scope: scopes[index % scopes.length] }),
    ),
  )
  const bodies = await Promise.all(
    responses.filter(({ status }) => status === 200).map((response) => response.json()),
  )
  t.true(bodies.length >= 1)
  t.is(new Set(bodies.map((body) => body.refresh_token)).size, 1)
  t.false(await isActive(server, confidential, bodies[0].refresh_token))
})

test('POST /oauth/token refresh_token, with grace: a revoked family gets no replayed response (RFC 7009 §2.1)', async (t) => {
  const storage = createMemoryStorage()
  const server = await startServer(t, { storage, refreshTokenGraceSeconds: GRACE_SECONDS })
  const { confidential } = server
  const token = await firstTokenOf(server)
  await tokensOf(t, await refresh(server, confidential, token))
  await storage.consents.delete('ada', confidential.client.clientId)
  await assertRefused(t, await refresh(server, confidential, token), 400, 'invalid_grant')
})

test('POST /oauth/token refresh_token, with grace: the store holds no usable token, and 6 kB at most (ADR 0004, ADR 0006)', async (t) => {
  const storage = createMemoryStorage()
  const server = await startServer(t, { storage, refreshTokenGraceSeconds: GRACE_SECONDS })
  const { confidential } = server
  const { clientId } = confidential.client
  const token = await firstTokenOf(server)
  const answer = await refreshableTokensOf(t, await refresh(server, confidential, token))
  const familyId = String(decodeJwt(answer.access_token, 'payload')['grant_id'])
  const family = await storage.families.find(familyId, clientId, server.clock.now())
  t.not(family?.replay, undefined)
  const stored = JSON.stringify(family)
  t.true(stored.length < 6000)
  for (const secret of [token, answer.refresh_token, answer.access_token]) {
    t.false(stored.includes(secret))
    t.false(stored.includes(secret.slice(-40)))
  }
})

test('POST /oauth/token refresh_token, with grace: a disabled user gets no response again, and the same once enabled (OAuth 2.1 §4.3.1)', async (t) => {
  const server = await startWithGrace(t)
  const { confidential } = server
  const token = await firstTokenOf(server)
  const body = await (await refresh(server, confidential, token)).text()
  server.users.delete('ada')
  await assertRefused(t, await refresh(server, confidential, token), 400, 'invalid_grant')
  server.users.set('ada', ADA)
  t.is(await (await refresh(server, confidential, token)).text(), body)
})

test('POST /oauth/token refresh_token, with grace: a user who changed tenant gets no response again, and the connection ends', async (t) => {
  const server = await startWithGrace(t)
  const { confidential } = server
  const token = await firstTokenOf(server)
  const answer = await tokensOf(t, await refresh(server, confidential, token))
  server.users.set('ada', { ...ADA, tenantId: 'globex' })
  await assertRefused(t, await refresh(server, confidential, token), 400, 'invalid_grant')
  t.false(await isActive(server, confidential, answer.access_token))
  t.false(await isActive(server, confidential, answer.refresh_token))
})

test('POST /oauth/token refresh_token, with grace: a client that lost a scope of the response does not get it again (OAuth 2.1 §4.3.1)', async (t) => {
  const storage = createMemoryStorage()
  const server = await startServer(t, { storage, refreshTokenGraceSeconds: GRACE_SECONDS })
  const { confidential } = server
  const { scopes } = confidential.client
  const token = await firstTokenOf(server)
  const body = await (await refresh(server, confidential, token)).text()
  for (const left of [['candidate:read'], ['interview:delete']]) {
    await changeClient(storage, confidential, { scopes: left })
    await assertRefused(t, await refresh(server, confidential, token), 400, 'invalid_grant')
  }
  // It was no reuse: what the client lost in between is all that was in the way.
  await changeClient(storage, confidential, { scopes: [...scopes, 'interview:delete'] })
  t.is(await (await refresh(server, confidential, token)).text(), body)
})

test('POST /oauth/token refresh_token, with grace: a response with a scope that the consent lost is not given again', async (t) => {
  const memory = createMemoryStorage()
  const granted: Array<ConsentGrant> = []
  const consents: Storage['consents'] = {
    ...memory.consents,
    async grant(grant) {
      granted.push(grant)
      return await memory.consents.grant(grant)
    },
  }
  const storage = { ...memory, consents }
  const server = await startServer(t, { storage, refreshTokenGraceSeconds: GRACE_SECONDS })
  const { confidential } = server
  const token = await firstTokenOf(server)
  const body = await (await refresh(server, confidential, token)).text()
  const [grant] = granted
  if (grant === undefined) return t.fail('no consent')
  const others = grant.scopes.filter((scope) => scope !== 'interview:read')
  await memory.consents.grant({ ...grant, requestKey: 'another', scopes: others })
  await memory.consents.withdraw(grant, server.clock.now())
  await assertRefused(t, await refresh(server, confidential, token), 400, 'invalid_grant')
  // It was no reuse, so the family is still there.
  const { refresh_token: next } = JSON.parse(body)
  const { scope } = await tokensOf(t, await refresh(server, confidential, next))
  t.is(scope, confidential.client.scopes.filter((each) => each !== 'interview:read').join(' '))
})

test('POST /oauth/token refresh_token, with grace: a scope that the client lost but the response never had is no reason to refuse', async (t) => {
  const storage = createMemoryStorage()
  const server = await startServer(t, { storage, refreshTokenGraceSeconds: GRACE_SECONDS })
  const { confidential } = server
  const token = await firstTokenOf(server)
  const changes = { scope: 'interview:read' }
  const body = await (await refresh(server, confidential, token, changes)).text()
  await changeClient(storage, confidential, { scopes: ['interview:read'] })
  t.is(await (await refresh(server, confidential, token, changes)).text(), body)
})

test('POST /oauth/token refresh_token, with grace: a response whose refresh token has expired is not given again (RFC 10017 §6.3.2.3)', async (t) => {
  const server = await startWithGrace(t)
  const { client } = server.public
  const { refresh_token: token } = await server.issueTokens({
    userId: 'ada',
    clientId: client.clientId,
  })
  server.clock.advance(client.refreshTokenTtlSeconds - 1)
  await tokensOf(t, await refresh(server, server.public, token))
  server.clock.advance(1)
  await assertRefused(t, await refresh(server, server.public, token), 400, 'invalid_grant')
})

test('POST /oauth/token refresh_token, with grace: a replayed response has an event of its own, and why it is refused is audited', async (t) => {
  const { onEvent, settled } = recordEvents()
  const storage = createMemoryStorage()
  const options = { storage, onEvent, refreshTokenGraceSeconds: GRACE_SECONDS }
  const server = await startServer(t, options)
  const { confidential } = server
  const { clientId } = confidential.client
  const token = await firstTokenOf(server)
  const seen = (await settled()).length
  const answer = await tokensOf(t, await refresh(server, confidential, token))
  await tokensOf(t, await refresh(server, confidential, token))
  server.users.delete('ada')
  await refresh(server, confidential, token)
  server.users.set('ada', ADA)
  await changeClient(storage, confidential, { scopes: ['candidate:read'] })
  await refresh(server, confidential, token)

  const familyId = decodeJwt(answer.access_token, 'payload')['grant_id']
  const events = (await settled()).slice(seen)
  t.deepEqual(
    events.map((event) => ('reason' in event ? event.reason : event.type)),
    ['token.issued', 'token.response-replayed', 'user-unavailable', 'replay-outdated'],
  )
  const subject = { clientId, userId: 'ada', tenantId: 'acme', familyId }
  t.like(events[1], { ...subject, result: 'success', ip: events[0]?.ip })
  t.like(events[3], { ...subject, type: 'token.refused', error: 'invalid_grant' })
})

test('POST /oauth/token refresh_token, with grace: of 20 parallel identical requests one is audited as issued', async (t) => {
  const { onEvent, settled } = recordEvents()
  const server = await startServer(t, { onEvent, refreshTokenGraceSeconds: GRACE_SECONDS })
  const token = await firstTokenOf(server)
  const seen = (await settled()).length
  const requests = Array.from({ length: 20 }, () => refresh(server, server.confidential, token))
  for (const response of await Promise.all(requests)) await tokensOf(t, response)
  const types = (await settled()).slice(seen).map(({ type }) => type)
  t.deepEqual(types.sort(), [
    'token.issued',
    ...Array.from({ length: 19 }, () => 'token.response-replayed'),
  ])
})

test('POST /oauth/token refresh_token, with grace: a client that authorizeClient refuses gets no response again, and the family ends; one that fails costs nothing', async (t) => {
  let decide = (): boolean => true
  const server = await startServer(t, {
    authorizeClient: () => decide(),
    refreshTokenGraceSeconds: GRACE_SECONDS,
  })
  const { confidential } = server
  const token = await firstTokenOf(server)
  const body = await (await refresh(server, confidential, token)).text()
  decide = () => {
    throw new Error('the tenants’ settings are down')
  }
  const unavailable = await refresh(server, confidential, token)
  await assertRefused(t, unavailable, 503, 'temporarily_unavailable')
  decide = () => true
  t.is(await (await refresh(server, confidential, token)).text(), body)

  decide = () => false
  await assertRefused(t, await refresh(server, confidential, token), 400, 'invalid_grant')
  decide = () => true
  await assertRefused(t, await refresh(server, confidential, token), 400, 'invalid_grant')
  const { access_token: accessToken, refresh_token: successor } = JSON.parse(body)
  for (const issued of [accessToken, successor]) {
    t.false(await isActive(server, confidential, issued))
  }
})
