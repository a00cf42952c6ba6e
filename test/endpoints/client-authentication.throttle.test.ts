/** Failed authentications are slowed down per client and address, and audited (checklist 34). */

import type { RegisteredClient } from '@teamcast/oauth-server'
import test from 'ava'
import { type StartedServer, startServer } from '../helpers/start-server.ts'
import {
  assertRefused,
  introspect,
  recordEvents,
  requestClientCredentials,
  revoke,
  tokensOf,
} from '../helpers/token-requests.ts'

const FAILURES = 10

function impostorOf({ client }: RegisteredClient): RegisteredClient {
  return { client, clientSecret: 'wrong' }
}

async function failOften(server: StartedServer, client: RegisteredClient): Promise<void> {
  for (let attempt = 0; attempt < FAILURES; attempt += 1) {
    await requestClientCredentials(server, impostorOf(client))
  }
}

test('client authentication: after 10 failures a client gets 429 with Retry-After from that address, on all endpoints, even with its secret (OAuth 2.1 §7.7, checklist 34)', async (t) => {
  const server = await startServer(t)
  const { confidential } = server
  for (let attempt = 0; attempt < FAILURES; attempt += 1) {
    const response = await requestClientCredentials(server, impostorOf(confidential))
    await assertRefused(t, response, 401, 'invalid_client')
  }
  const answers = [
    await requestClientCredentials(server, impostorOf(confidential)),
    await requestClientCredentials(server, confidential),
    await introspect(server, confidential, 'x'),
    await revoke(server, confidential, 'x'),
  ]
  for (const response of answers) {
    t.regex(response.headers.get('retry-after') ?? '', /^[1-9]\d*$/)
    await assertRefused(t, response, 429, 'temporarily_unavailable')
  }
})

test('client authentication: nine failures and a success block nobody (checklist 34)', async (t) => {
  const server = await startServer(t)
  const { confidential } = server
  for (let attempt = 1; attempt < FAILURES; attempt += 1) {
    await requestClientCredentials(server, impostorOf(confidential))
  }
  await tokensOf(t, await requestClientCredentials(server, confidential))
})

test('client authentication: other clients at the same address go on (checklist 34)', async (t) => {
  const server = await startServer(t)
  await failOften(server, server.confidential)
  await tokensOf(t, await requestClientCredentials(server, server.tenant))
  const { clientId } = server.public.client
  t.truthy(await server.issueTokens({ userId: 'ada', clientId }))
})

test('client authentication: the blocked client goes on from another address (checklist 34)', async (t) => {
  const server = await startServer(t)
  await failOften(server, server.confidential)
  const other = await startServer(t)
  t.not(other.issuer, server.issuer)
  await tokensOf(t, await requestClientCredentials(other, other.confidential))
})

test('client authentication: 40 wrong secrets at once are no way around the limit (checklist 34)', async (t) => {
  const server = await startServer(t)
  const { confidential } = server
  const responses = await Promise.all(
    Array.from({ length: 40 }, () => requestClientCredentials(server, impostorOf(confidential))),
  )
  const statuses = responses.map(({ status }) => status)
  // A few may be compared before the tenth failure is counted.
  t.true(statuses.filter((status) => status === 401).length <= 2 * FAILURES)
  t.true(statuses.every((status) => status === 401 || status === 429))
})

test('client authentication: 40 right secrets at once are all let in (checklist 34)', async (t) => {
  const server = await startServer(t)
  const { confidential } = server
  const responses = await Promise.all(
    Array.from({ length: 40 }, () => requestClientCredentials(server, confidential)),
  )
  t.deepEqual([...new Set(responses.map(({ status }) => status))], [200])
})

test('client authentication: every failure is audited with client, address and reason, the blocked ones too (checklist 34, 59)', async (t) => {
  const { onEvent, settled } = recordEvents()
  const server = await startServer(t, { onEvent })
  const { confidential } = server
  const { clientId } = confidential.client
  const seen = (await settled()).length
  await failOften(server, confidential)
  await requestClientCredentials(server, confidential)
  const unknown = { client: { ...confidential.client, clientId: 'tc_unknown' }, clientSecret: 'x' }
  await requestClientCredentials(server, unknown)

  const events = (await settled()).slice(seen)
  t.is(events.length, FAILURES + 2)
  for (const event of events) {
    t.like(event, { type: 'client.authentication-failed', at: server.clock.now() })
    t.regex(event.ip ?? '', /127\.0\.0\.1$/)
    t.is(typeof (event as { readonly reason?: unknown }).reason, 'string')
  }
  const reasons = events.map((event) => (event as { readonly reason?: string }).reason)
  t.is(new Set(reasons.slice(0, FAILURES)).size, 1)
  t.is(new Set(reasons).size, 3)
  t.true(events.slice(0, -1).every((event) => 'clientId' in event && event.clientId === clientId))
})
