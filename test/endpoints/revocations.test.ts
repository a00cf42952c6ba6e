import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import { createRevocationFeed } from '@teamcast/oauth-server/resource-server'
import test, { type ExecutionContext } from 'ava'
import { createFeedReaders } from '../../lib/endpoints/revocations.ts'
import { StorageError } from '../../lib/errors.ts'
import { patientFetch } from '../helpers/patient-fetch.ts'
import { recordEvents } from '../helpers/record-events.ts'
import { basicCredentials } from '../helpers/requests.ts'
import { assertRetryAfter } from '../helpers/retry-after.ts'
import { INTERVIEWS, type SeveralApis, startSeveralApis } from '../helpers/several-apis.ts'
import {
  assertRefused,
  changeClient,
  decodeJwt,
  refresh,
  requestClientCredentials,
  revoke,
  tokensOf,
} from '../helpers/token-requests.ts'

interface Feed {
  readonly revocations: ReadonlyArray<{ type: string; id: string; expires_at: number }>
  readonly next_cursor: string
  readonly has_more: boolean
}

async function get(
  { issuer }: { readonly issuer: string },
  authorization: string | undefined,
  query = '',
): Promise<Response> {
  const headers = authorization === undefined ? {} : { authorization }
  return await fetch(`${issuer}/oauth/revocations${query}`, { headers })
}

function credentialsOf({ client, clientSecret = '' }: SeveralApis['interviews']): string {
  return basicCredentials(client.clientId, clientSecret)
}

async function read(t: ExecutionContext, server: SeveralApis, query = ''): Promise<Feed> {
  const response = await get(server, credentialsOf(server.interviews), query)
  const body = await response.json()
  t.is(response.status, 200, JSON.stringify(body))
  t.is(response.headers.get('cache-control'), 'no-store')
  t.regex(response.headers.get('content-type') ?? '', /^application\/json/)
  return body
}

test('GET /oauth/revocations: everything that was revoked, each with its type', async (t) => {
  const storage = createMemoryStorage()
  const server = await startSeveralApis(t, { storage })
  const { confidential, clock } = server
  const { clientId } = confidential.client
  t.deepEqual((await read(t, server)).revocations, [])

  const response = await requestClientCredentials(server, confidential)
  const { access_token: token } = await tokensOf(t, response)
  await revoke(server, confidential, token)
  const tokens = await server.issueTokens({ userId: 'ada', clientId })
  await tokensOf(t, await refresh(server, confidential, tokens.refresh_token))
  await refresh(server, confidential, tokens.refresh_token)
  const expiresAt = clock.now() + 86_400
  for (const kind of ['consent', 'client', 'signing-key'] as const) {
    await storage.revocations.add({ kind, id: `a-${kind}`, expiresAt })
  }

  const { jti, exp } = decodeJwt(token, 'payload')
  const { grant_id: familyId } = decodeJwt(tokens.access_token, 'payload')
  const tolerance = 300
  t.deepEqual((await read(t, server)).revocations, [
    { type: 'access_token', id: String(jti), expires_at: Number(exp) + tolerance },
    { type: 'token_family', id: String(familyId), expires_at: clock.now() + 900 + tolerance },
    { type: 'consent', id: 'a-consent', expires_at: expiresAt },
    { type: 'client', id: 'a-client', expires_at: expiresAt },
    { type: 'signing_key', id: 'a-signing-key', expires_at: expiresAt },
  ])
})

test('GET /oauth/revocations: page by page, and on from there', async (t) => {
  const storage = createMemoryStorage()
  const server = await startSeveralApis(t, { storage })
  const expiresAt = server.clock.now() + 60
  const add = async (id: string): Promise<void> =>
    await storage.revocations.add({ kind: 'family', id, expiresAt })
  for (let index = 0; index < 101; index += 1) await add(`family-${index}`)

  const first = await read(t, server)
  t.is(first.revocations.length, 100)
  t.true(first.has_more)
  const second = await read(t, server, `?cursor=${first.next_cursor}&limit=1`)
  t.deepEqual(
    second.revocations.map(({ id }) => id),
    ['family-100'],
  )
  t.false(second.has_more)
  const nothing = await read(t, server, `?limit=1000&cursor=${second.next_cursor}`)
  t.deepEqual(nothing.revocations, [])
  await add('family-101')
  const news = await read(t, server, `?limit=&cursor=${nothing.next_cursor}`)
  t.deepEqual(
    news.revocations.map(({ id }) => id),
    ['family-101'],
  )
  t.is((await read(t, server, '?limit=1000&cursor=')).revocations.length, 102)
})

for (const query of [
  '?limit=0',
  '?limit=1001',
  '?limit=-1',
  '?limit=1.5',
  '?limit=1e2',
  '?limit=x',
  '?limit=1&limit=2',
  '?cursor=a&cursor=b',
  '?cursor=a%20b',
  '?cursor=%00',
  `?cursor=${'a'.repeat(257)}`,
]) {
  test(`GET /oauth/revocations: ${query.slice(0, 40)} is invalid_request`, async (t) => {
    const server = await startSeveralApis(t)
    const response = await get(server, credentialsOf(server.interviews), query)
    await assertRefused(t, response, 400, 'invalid_request')
  })
}

test('GET /oauth/revocations: a client that is no resource server is refused, and that is reported', async (t) => {
  const { onEvent, settled } = recordEvents()
  const server = await startSeveralApis(t, { onEvent })
  const response = await get(server, credentialsOf(server.confidential))
  await assertRefused(t, response, 403, 'unauthorized_client')
  const { clientId } = server.confidential.client
  t.like((await settled()).at(-1), { type: 'revocations.refused', clientId })
})

test('GET /oauth/revocations: no script of any origin may read it (checklist 18)', async (t) => {
  const server = await startSeveralApis(t)
  const response = await fetch(`${server.issuer}/oauth/revocations`, {
    headers: {
      authorization: credentialsOf(server.interviews),
      origin: 'https://recruiter.example',
    },
  })
  t.is(response.status, 200)
  const names = [...response.headers.keys()].filter((name) => name.startsWith('access-control-'))
  t.deepEqual(names, [])
})

test('GET /oauth/revocations: a reader is reported when it appears, not each time it reads', async (t) => {
  const { onEvent, settled } = recordEvents()
  const storage = createMemoryStorage()
  const server = await startSeveralApis(t, { onEvent, storage })
  const readers = async (): Promise<ReadonlyArray<unknown>> => {
    const events = (await settled()).filter(({ type }) => type === 'revocations.read')
    return events.map((event) => [
      'clientId' in event && event.clientId,
      'count' in event && event.count,
    ])
  }
  const expiresAt = server.clock.now() + 60
  await storage.revocations.add({ kind: 'family', id: 'a-family', expiresAt })
  for (let poll = 0; poll < 20; poll += 1) {
    await read(t, server, poll === 0 ? '' : '?limit=10')
    server.clock.advance(300)
  }
  const interviews = server.interviews.client.clientId
  t.deepEqual(await readers(), [[interviews, 1]])

  t.is((await get(server, credentialsOf(server.candidates))).status, 200)
  const candidates = server.candidates.client.clientId
  t.deepEqual((await readers()).slice(1), [[candidates, 0]])
  server.clock.advance(901)
  await read(t, server)
  t.deepEqual((await readers()).slice(2), [[interviews, 0]])
})

test('a reader of the feed appears with each address, and is forgotten among a thousand others', (t) => {
  const isNew = createFeedReaders(() => 0)
  t.true(isNew('tc_api', '192.0.2.1'))
  t.true(isNew('tc_api', '192.0.2.2'))
  t.false(isNew('tc_api', '192.0.2.1'))
  for (let other = 0; other < 999; other += 1) t.true(isNew(`tc_${other}`, '192.0.2.1'))
  t.false(isNew('tc_api', '192.0.2.1'))
  t.true(isNew('tc_api', '192.0.2.2'))
})

test('GET /oauth/revocations: a request without authentication gets 401 with a challenge, and is reported (RFC 6749 §5.2)', async (t) => {
  const { onEvent, settled } = recordEvents()
  const server = await startSeveralApis(t, { onEvent })
  const { clientId } = server.interviews.client
  const attempts = [
    [undefined, undefined],
    [basicCredentials(clientId, 'wrong'), clientId],
    [basicCredentials(clientId, ''), clientId],
    [basicCredentials('tc_nobody', 'wrong'), undefined],
    [basicCredentials('no client : at all', 'wrong'), undefined],
    [basicCredentials(server.public.client.clientId, ''), server.public.client.clientId],
  ] as const
  for (const [authorization, known] of attempts) {
    const response = await get(server, authorization)
    t.is(response.headers.get('www-authenticate'), `Basic realm="${server.issuer}"`)
    await assertRefused(t, response, 401, 'invalid_client')
    t.like((await settled()).at(-1), { type: 'client.authentication-failed', clientId: known })
  }
})

test('GET /oauth/revocations: the response does not say whether a client exists (RFC 6749 §5.2)', async (t) => {
  const server = await startSeveralApis(t)
  const { clientId } = server.interviews.client
  const answers = [basicCredentials(clientId, 'wrong'), basicCredentials('tc_nobody', 'wrong')]
  const [known, unknown] = await Promise.all(
    answers.map(async (authorization) => await (await get(server, authorization)).text()),
  )
  t.is(known, unknown)
})

for (const authorization of [
  'Basic',
  'Basic ',
  'Basic !!!',
  `Basic ${Buffer.from('no colon').toString('base64')}`,
  `Basic ${Buffer.from('a:\u0000').toString('base64')}`,
  'Bearer abc',
  'Basic YTpi YTpi',
]) {
  test(`GET /oauth/revocations: "${authorization}" is no well-formed Basic: 401 invalid_client (RFC 6749 §5.2)`, async (t) => {
    const response = await get(await startSeveralApis(t), authorization)
    await assertRefused(t, response, 401, 'invalid_client')
    t.true(response.headers.has('www-authenticate'))
  })
}

test('GET /oauth/revocations: credentials are form-decoded, and the scheme is read in any case (RFC 6749 §2.3.1)', async (t) => {
  const server = await startSeveralApis(t)
  const { client, clientSecret = '' } = server.interviews
  const encoded = (text: string): string =>
    [...text].map((letter) => `%${letter.charCodeAt(0).toString(16)}`).join('')
  const pair = `${encoded(client.clientId)}:${encoded(clientSecret)}`
  const authorization = `bAsIc ${Buffer.from(pair).toString('base64')}`
  t.is((await get(server, authorization)).status, 200)
})

test('GET /oauth/revocations: a secret that has expired is refused, and one of two that has not is accepted', async (t) => {
  const storage = createMemoryStorage()
  const server = await startSeveralApis(t, { storage })
  const { interviews, candidates, clock } = server
  const expiring = await storage.clients.find(interviews.client.clientId)
  const other = await storage.clients.find(candidates.client.clientId)
  await changeClient(storage, interviews, {
    secrets: [
      ...(other?.secrets ?? []),
      ...(expiring?.secrets ?? []).map((secret) => ({ ...secret, expiresAt: clock.now() + 60 })),
    ],
  })
  const { clientId } = interviews.client
  t.is((await get(server, credentialsOf(interviews))).status, 200)
  clock.advance(60)
  t.is((await get(server, credentialsOf(interviews))).status, 401)
  const { clientSecret = '' } = candidates
  t.is((await get(server, basicCredentials(clientId, clientSecret))).status, 200)
})

test('GET /oauth/revocations: failures are counted with those of the other endpoints (OAuth 2.1 §7.7, checklist 34)', async (t) => {
  const server = await startSeveralApis(t)
  const { clientId } = server.interviews.client
  const wrong = { client: server.interviews.client, clientSecret: 'wrong' }
  for (let attempt = 0; attempt < 5; attempt += 1) {
    t.is((await get(server, basicCredentials(clientId, 'wrong'))).status, 401)
    t.is((await requestClientCredentials(server, wrong)).status, 401)
  }
  const response = await get(server, basicCredentials(clientId, 'wrong'))
  assertRetryAfter(t, response)
  await assertRefused(t, response, 429, 'temporarily_unavailable')
  t.is((await get(server, credentialsOf(server.interviews))).status, 200)
  t.is((await get(server, credentialsOf(server.candidates))).status, 200)
})

test('GET /oauth/revocations: a storage that fails is 503, and every other method 405', async (t) => {
  const storage = createMemoryStorage()
  const server = await startSeveralApis(t, {
    storage: {
      ...storage,
      revocations: {
        ...storage.revocations,
        async list() {
          throw new StorageError('down')
        },
      },
    },
  })
  const response = await get(server, credentialsOf(server.interviews))
  t.is(response.headers.get('retry-after'), '5')
  await assertRefused(t, response, 503, 'temporarily_unavailable')
  const posted = await fetch(`${server.issuer}/oauth/revocations`, { method: 'POST' })
  t.is(posted.status, 405)
  t.is(posted.headers.get('allow'), 'GET')
})

test('GET /oauth/revocations: an API whose client is no resource server is told so in its own error', async (t) => {
  const server = await startSeveralApis(t)
  const { issuer, confidential } = server
  const { clientId } = confidential.client
  const feed = createRevocationFeed({
    issuer,
    clientId,
    clientSecret: confidential.clientSecret ?? '',
    fetch: patientFetch,
  })
  t.teardown(feed.stop)
  await t.throwsAsync(feed.poll(), {
    message:
      'the issuer responded to /oauth/revocations with 403: unauthorized_client: ' +
      'the client must be a resource server: its resourceServerAudiences are empty',
  })
  const resourceServerAudiences = [INTERVIEWS]
  await server.authorizationServer.clients.update(clientId, { resourceServerAudiences })
  await t.notThrowsAsync(feed.poll())
})
