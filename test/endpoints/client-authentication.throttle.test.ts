/** Failed authentications are slowed down per client and address, and audited (checklist 34). */

import type { RegisteredClient } from '@teamcast/oauth-server'
import test, { type ExecutionContext } from 'ava'
import { recordEvents } from '../helpers/record-events.ts'
import { basicCredentials } from '../helpers/requests.ts'
import { assertRetryAfter } from '../helpers/retry-after.ts'
import { startSeveralApis } from '../helpers/several-apis.ts'
import { startServer } from '../helpers/start-server.ts'
import {
  assertRefused,
  introspect,
  requestClientCredentials,
  revoke,
  tokensOf,
} from '../helpers/token-requests.ts'

const FAILURES = 10

type Issuer = { readonly issuer: string }

function impostorOf({ client }: RegisteredClient): RegisteredClient {
  return { client, clientSecret: 'wrong' }
}

function unknownClient({ client }: RegisteredClient): RegisteredClient {
  return { client: { ...client, clientId: 'tc_unknown' }, clientSecret: 'wrong' }
}

async function failOften(
  server: Issuer,
  client: RegisteredClient,
  failures = FAILURES,
): Promise<void> {
  for (let attempt = 0; attempt < failures; attempt += 1) {
    await requestClientCredentials(server, client)
  }
}

/** What a client gets at every endpoint that it authenticates at. */
async function answersTo(
  server: Issuer,
  client: RegisteredClient,
): Promise<Readonly<Record<string, Response>>> {
  const authorization = basicCredentials(client.client.clientId, client.clientSecret ?? '')
  return {
    token: await requestClientCredentials(server, client),
    introspection: await introspect(server, client, 'x'),
    revocation: await revoke(server, client, 'x'),
    feed: await fetch(`${server.issuer}/oauth/revocations`, { headers: { authorization } }),
  }
}

async function assertBlockedEverywhere(
  t: ExecutionContext,
  server: Issuer,
  client: RegisteredClient,
): Promise<void> {
  for (const response of Object.values(await answersTo(server, client))) {
    assertRetryAfter(t, response)
    t.is(response.headers.get('www-authenticate'), null)
    await assertRefused(t, response, 429, 'temporarily_unavailable')
  }
}

test('client authentication: after 10 failures a wrong secret gets 429 with Retry-After from that address, at all endpoints; the right one is let in (OAuth 2.1 §7.7, checklist 34)', async (t) => {
  const server = await startSeveralApis(t)
  const { interviews } = server
  for (let attempt = 0; attempt < FAILURES; attempt += 1) {
    const response = await requestClientCredentials(server, impostorOf(interviews))
    await assertRefused(t, response, 401, 'invalid_client')
  }

  await assertBlockedEverywhere(t, server, impostorOf(interviews))
  for (const [endpoint, { status }] of Object.entries(await answersTo(server, interviews))) {
    t.is(status, 200, endpoint)
  }
})

test('client authentication: after 100 failures with an unknown client, whatever is wrong gets 429 from that address, at all endpoints; every right secret is let in (OAuth 2.1 §7.7, checklist 34)', async (t) => {
  const server = await startSeveralApis(t)
  const { interviews, tenant } = server
  const publicClient = { ...server.public, clientSecret: 'a secret that a PUBLIC client has not' }
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const response = await requestClientCredentials(server, unknownClient(interviews))
    t.is(response.status, 401, `attempt ${attempt}`)
  }

  for (const wrong of [unknownClient(interviews), impostorOf(tenant), publicClient]) {
    await assertBlockedEverywhere(t, server, wrong)
  }
  for (const [endpoint, { status }] of Object.entries(await answersTo(server, interviews))) {
    t.is(status, 200, endpoint)
  }
  await tokensOf(t, await requestClientCredentials(server, tenant))
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
  await failOften(server, impostorOf(server.confidential))
  await tokensOf(t, await requestClientCredentials(server, server.tenant))
  const { clientId } = server.public.client
  t.truthy(await server.issueTokens({ userId: 'ada', clientId }))
})

test('client authentication: the blocked client goes on from another address (checklist 34)', async (t) => {
  const server = await startServer(t)
  await failOften(server, impostorOf(server.confidential))
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
  await failOften(server, impostorOf(confidential), FAILURES + 1)
  await requestClientCredentials(server, unknownClient(confidential))

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
