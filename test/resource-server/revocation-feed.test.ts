import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  ConfigurationError,
  createRevocationFeed,
  type RevocationFeed,
  type RevocationFeedOptions,
  RevocationsUnavailableError,
  type VerifiedAccessToken,
} from '@teamcast/oauth-server/resource-server'
import test, { type ExecutionContext } from 'ava'
import { catchWarnings } from '../helpers/catch-warnings.ts'
import { patientFetch } from '../helpers/patient-fetch.ts'
import { type JwksServer, NOW, serveStatus, startJwksServer } from './resource-server-fixture.ts'

const CLIENT = { clientId: 'tc_api', clientSecret: 'tcs_a secret: with %' }
const CONSENT_ID = 'consent-id-of-22-chars'
const FAMILY_ID = `${CONSENT_ID}-family-1`

const TOKEN: VerifiedAccessToken = {
  clientId: 'client-1',
  userId: 'user-1',
  subject: 'user-1',
  scopes: new Set(['interview:read']),
  tenantId: 'tenant-1',
  familyId: FAMILY_ID,
  tokenId: 'token-1',
  keyId: 'key-1',
  issuedAt: NOW,
  expiresAt: NOW + 900,
}

interface Entry {
  readonly type: string
  readonly id: string
  readonly expires_at?: number
}

/** An issuer's feed: entries in their order, a cursor is how many of them were read. */
interface Issuer {
  readonly server: JwksServer
  readonly entries: Array<Entry>
  readonly authorizations: Array<string | undefined>
  /** How many entries a page has. */
  pageSize: number
}

async function startIssuer(t: ExecutionContext): Promise<Issuer> {
  const entries: Array<Entry> = []
  const authorizations: Array<string | undefined> = []
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    authorizations.push(request.headers.authorization)
    const cursor = new URL(request.url ?? '', 'http://issuer').searchParams.get('cursor') ?? '0'
    if (Number(cursor) > entries.length) {
      response.writeHead(400).end('{"error":"invalid_request"}')
      return
    }
    const end = Math.min(Number(cursor) + issuer.pageSize, entries.length)
    const revocations = entries
      .slice(Number(cursor), end)
      .map((entry) => ({ expires_at: NOW + 900, ...entry }))
    response.setHeader('content-type', 'application/json')
    response.end(
      JSON.stringify({ revocations, next_cursor: String(end), has_more: end < entries.length }),
    )
  }
  const issuer: Issuer = {
    server: await startJwksServer(t, answer),
    entries,
    authorizations,
    pageSize: 100,
  }
  return issuer
}

interface Setup {
  readonly issuer: Issuer
  readonly feed: RevocationFeed
  readonly advance: (seconds: number) => void
}

async function setUp(
  t: ExecutionContext,
  options: Partial<RevocationFeedOptions> = {},
): Promise<Setup> {
  const issuer = await startIssuer(t)
  let time = NOW
  const feed = createRevocationFeed({
    issuer: issuer.server.origin,
    ...CLIENT,
    clock: () => time,
    fetch: patientFetch,
    ...options,
  })
  t.teardown(() => feed.stop())
  const advance = (seconds: number): void => {
    time += seconds
  }
  return { issuer, feed, advance }
}

const isRevoked = async (feed: RevocationFeed, changes: Partial<VerifiedAccessToken> = {}) =>
  feed.isRevoked({ ...TOKEN, ...changes }, 'jwt')

const unavailable = { instanceOf: RevocationsUnavailableError, code: 'ERR_REVOCATIONS_UNAVAILABLE' }

test('feed: before the first read no token is accepted', async (t) => {
  const { issuer, feed } = await setUp(t)
  await t.throwsAsync(isRevoked(feed), unavailable)
  t.deepEqual(feed.health(), { isHealthy: false, lastReadAt: undefined, entries: 0 })
  t.deepEqual(issuer.server.requests, [])
})

test('feed: when it is empty, every token is accepted', async (t) => {
  const { feed } = await setUp(t)
  await feed.poll()
  t.false(await isRevoked(feed))
  t.deepEqual(feed.health(), { isHealthy: true, lastReadAt: NOW, entries: 0 })
})

const concerned = [
  { type: 'access_token', id: TOKEN.tokenId },
  { type: 'token_family', id: FAMILY_ID },
  { type: 'consent', id: CONSENT_ID },
  { type: 'client', id: TOKEN.clientId },
  { type: 'signing_key', id: 'key-1' },
]
for (const entry of concerned) {
  test(`feed: after one poll ${entry.type} ${entry.id} revokes the token, and no other`, async (t) => {
    const { issuer, feed } = await setUp(t)
    await feed.poll()
    issuer.entries.push(entry)
    await feed.poll()
    t.true(await isRevoked(feed))
    const other = {
      tokenId: 'token-2',
      familyId: 'another-consent-22-chr-family-1',
      clientId: 'client-2',
      keyId: 'key-2',
    }
    t.false(await isRevoked(feed, other))
    t.false(await isRevoked(feed, { ...other, familyId: undefined, keyId: undefined }))
  })
}

test('feed: an id only matches tokens by its own type', async (t) => {
  const { issuer, feed } = await setUp(t)
  issuer.entries.push(
    { type: 'client', id: TOKEN.tokenId },
    { type: 'access_token', id: TOKEN.clientId },
    { type: 'token_family', id: CONSENT_ID },
    { type: 'consent', id: FAMILY_ID },
    { type: 'signing_key', id: 'undefined' },
  )
  await feed.poll()
  t.false(await isRevoked(feed))
})

test('feed: all pages are read, and after that only new entries', async (t) => {
  const { issuer, feed } = await setUp(t)
  issuer.pageSize = 2
  for (let index = 0; index < 5; index += 1) {
    issuer.entries.push({ type: 'access_token', id: `token-${index}` })
  }
  await feed.poll()
  issuer.entries.push({ type: 'access_token', id: 'token-9' })
  await feed.poll()
  t.deepEqual(issuer.server.requests, [
    '/oauth/revocations?limit=1000',
    '/oauth/revocations?limit=1000&cursor=2',
    '/oauth/revocations?limit=1000&cursor=4',
    '/oauth/revocations?limit=1000&cursor=5',
  ])
  t.is(feed.health().entries, 6)
  t.true(await isRevoked(feed, { tokenId: 'token-9' }))
})

test('feed: an entry that is sent twice is kept once', async (t) => {
  const { issuer, feed } = await setUp(t)
  issuer.entries.push(...Array.from({ length: 3 }, () => ({ type: 'client', id: 'client-1' })))
  await feed.poll()
  t.is(feed.health().entries, 1)
})

test('feed: requests authenticate with HTTP Basic, form-encoded (RFC 6749 §2.3.1)', async (t) => {
  const { issuer, feed } = await setUp(t)
  await feed.poll()
  const [scheme, credentials = ''] = issuer.authorizations[0]?.split(' ') ?? []
  t.is(scheme, 'Basic')
  t.is(Buffer.from(credentials, 'base64').toString(), 'tc_api:tcs_a%20secret%3A%20with%20%25')
})

test('feed: an entry is kept until the second in which it expires', async (t) => {
  const { issuer, feed, advance } = await setUp(t)
  issuer.entries.push({ type: 'access_token', id: 'token-1', expires_at: NOW + 10 })
  await feed.poll()
  advance(9)
  await feed.poll()
  t.true(await isRevoked(feed))
  advance(1)
  await feed.poll()
  t.is(feed.health().entries, 0)
})

test('feed: expired entries make room during a read, and are not added', async (t) => {
  const { issuer, feed, advance } = await setUp(t, { maximumEntries: 3 })
  issuer.pageSize = 1
  const add = (id: string, seconds: number): void => {
    issuer.entries.push({ type: 'access_token', id, expires_at: NOW + seconds })
  }
  for (const id of ['one', 'two', 'three']) add(id, 10)
  await feed.poll()
  t.is(feed.health().entries, 3)
  for (let index = 0; index < 10; index += 1) add(`expired-${index}`, -index)
  add('four', 20)
  // Time passes during the read of the first page.
  const { answer } = issuer.server
  issuer.server.answer = (request, response) => {
    advance(10)
    issuer.server.answer = answer
    return answer(request, response)
  }
  await feed.poll()
  t.is(feed.health().entries, 1)
  t.true(await isRevoked(feed, { tokenId: 'four' }))
  t.false(await isRevoked(feed, { tokenId: 'one' }))
})

test('feed: tokens are checked until the last second of maximumStalenessSeconds, then refused', async (t) => {
  const { issuer, feed, advance } = await setUp(t, { maximumStalenessSeconds: 20 })
  await feed.poll()
  issuer.server.answer = serveStatus(503)
  advance(20)
  await t.throwsAsync(feed.poll(), {
    message: 'the issuer responded to /oauth/revocations with 503',
  })
  t.false(await isRevoked(feed))
  advance(1)
  await t.throwsAsync(isRevoked(feed), unavailable)
  t.false(feed.health().isHealthy)
})

test('feed: when the clock is set back it is stale, not fresh for ever', async (t) => {
  const { feed, advance } = await setUp(t)
  await feed.poll()
  advance(-1)
  await t.throwsAsync(isRevoked(feed), unavailable)
})

test('feed: a read that fails halfway is incomplete, and the next one continues there', async (t) => {
  const { issuer, feed } = await setUp(t)
  const { answer } = issuer.server
  issuer.pageSize = 1
  issuer.entries.push({ type: 'client', id: 'client-1' }, { type: 'client', id: 'client-2' })
  issuer.server.answer = (request, response) =>
    request.url?.includes('cursor') ? response.destroy() : answer(request, response)
  await t.throwsAsync(feed.poll(), { instanceOf: TypeError })
  t.deepEqual(feed.health(), { isHealthy: false, lastReadAt: undefined, entries: 1 })
  issuer.server.answer = answer
  await feed.poll()
  t.is(issuer.server.requests.at(-1), '/oauth/revocations?limit=1000&cursor=1')
  t.is(feed.health().entries, 2)
})

test('feed: when the issuer no longer knows the cursor, it is read from the beginning', async (t) => {
  const { issuer, feed } = await setUp(t)
  issuer.entries.push({ type: 'client', id: 'client-1' }, { type: 'client', id: 'client-2' })
  await feed.poll()
  // As after a restore of an older backup.
  issuer.entries.splice(0, 2, { type: 'client', id: 'client-3' })
  await feed.poll()
  for (const clientId of ['client-1', 'client-2', 'client-3']) {
    t.true(await isRevoked(feed, { clientId }), clientId)
  }
})

const page = { revocations: [], next_cursor: 'a', has_more: false }
const entry = { type: 'client', id: 'client-1', expires_at: NOW }
const garbage: Readonly<Record<string, string>> = {
  nothing: '',
  HTML: '<html>',
  null: 'null',
  'an error': '{"error":"server_error"}',
  'an empty list': '[]',
  'no cursor': JSON.stringify({ ...page, next_cursor: undefined }),
  'no has_more': JSON.stringify({ ...page, has_more: undefined }),
  'a type that is not known': JSON.stringify({
    ...page,
    revocations: [{ ...entry, type: 'tenant' }],
  }),
  'an entry without id': JSON.stringify({ ...page, revocations: [{ ...entry, id: '' }] }),
  'an entry that never expires': JSON.stringify({
    ...page,
    revocations: [{ ...entry, expires_at: null }],
  }),
  'more of the same for ever': JSON.stringify({ ...page, has_more: true }),
}
for (const [name, body] of Object.entries(garbage)) {
  test(`feed: the read fails when the response is ${name}`, async (t) => {
    const { issuer, feed } = await setUp(t)
    issuer.server.answer = (_request, response) => response.end(body)
    const error = await t.throwsAsync(feed.poll())
    t.notRegex(String(error), /tcs_/)
    t.false(feed.health().isHealthy)
    await t.throwsAsync(isRevoked(feed), unavailable)
  })
}

for (const status of [204, 302, 400, 401, 403, 404, 500, 503]) {
  test(`feed: the read fails with status ${status}, and the error says so`, async (t) => {
    const { issuer, feed } = await setUp(t)
    issuer.server.answer = (_request, response) =>
      response.writeHead(status, { location: `${issuer.server.origin}/elsewhere` }).end()
    await t.throwsAsync(feed.poll(), {
      message: `the issuer responded to /oauth/revocations with ${status}`,
    })
    t.is(issuer.server.requests.length, 1)
    t.false(feed.health().isHealthy)
  })
}

test('feed: reads of more than maximumEntries fail until enough have expired; none is skipped', async (t) => {
  const { issuer, feed, advance } = await setUp(t, { maximumEntries: 2 })
  for (const id of ['token-1', 'token-2', 'token-3']) {
    issuer.entries.push({ type: 'access_token', id, expires_at: NOW + 10 })
  }
  issuer.pageSize = 3
  await t.throwsAsync(feed.poll(), { message: 'more than 2 revocations' })
  await t.throwsAsync(feed.poll(), { message: 'more than 2 revocations' })
  t.deepEqual(feed.health(), { isHealthy: false, lastReadAt: undefined, entries: 2 })
  issuer.entries.splice(0, 2)
  issuer.entries.push({ type: 'access_token', id: 'token-4', expires_at: NOW + 20 })
  advance(10)
  await feed.poll()
  t.is(feed.health().entries, 1)
  t.true(await isRevoked(feed, { tokenId: 'token-4' }))
})

test('feed: concurrent polls share one request', async (t) => {
  const { issuer, feed } = await setUp(t)
  await Promise.all([feed.poll(), feed.poll(), feed.poll()])
  t.is(issuer.server.requests.length, 1)
})

/** Timers that go off when the test says so. */
function createTimers(): {
  readonly wait: NonNullable<RevocationFeedOptions['wait']>
  /** The next wait, once it has begun, in seconds; ends it. */
  next(): Promise<number>
} {
  const waits: Array<{ readonly seconds: number; readonly end: () => void }> = []
  let onWait: (() => void) | undefined
  return {
    wait: (milliseconds, signal) =>
      new Promise((resolve) => {
        waits.push({ seconds: milliseconds / 1000, end: resolve })
        signal.addEventListener('abort', () => resolve())
        onWait?.()
      }),
    async next() {
      if (waits.length === 0) {
        await new Promise<void>((resolve) => {
          onWait = resolve
        })
      }
      const wait = waits.shift()
      wait?.end()
      return wait?.seconds ?? Number.NaN
    },
  }
}

test('feed: start resolves after the first complete read, then polls every 5 seconds', async (t) => {
  const { wait, next } = createTimers()
  const { issuer, feed } = await setUp(t, { wait })
  issuer.entries.push({ type: 'client', id: 'client-1' })
  await Promise.all([feed.start(), feed.start()])
  t.true(await isRevoked(feed))
  t.is(issuer.server.requests.length, 1)
  t.is(await next(), 5)
  t.is(await next(), 5)
  t.is(issuer.server.requests.length, 2)
})

test.serial(
  'feed: while reads fail the wait doubles up to 30 seconds, and is 5 again after a success',
  async (t) => {
    const warnings = catchWarnings(t, /^onFailure failed: Error: the listener is broken too$/)
    const failures: Array<string> = []
    const { wait, next } = createTimers()
    const onFailure = (error: Error): void => {
      failures.push(error.message)
      throw new Error('the listener is broken too')
    }
    const { issuer, feed } = await setUp(t, { wait, onFailure })
    const { answer } = issuer.server
    issuer.server.answer = serveStatus(401)
    const message = 'the issuer responded to /oauth/revocations with 401'
    await t.throwsAsync(feed.start(), { message })
    t.deepEqual([await next(), await next(), await next(), await next()], [10, 20, 30, 30])
    issuer.server.answer = answer
    t.is(await next(), 5)
    t.true(feed.health().isHealthy)
    t.deepEqual(failures, Array(4).fill(message))
    t.deepEqual(warnings, Array(4).fill('onFailure failed: Error: the listener is broken too'))
  },
)

test('feed: stop aborts a read in progress, and later reads fail', async (t) => {
  const { issuer, feed } = await setUp(t, { fetch })
  const asked = new Promise<void>((resolve) => {
    issuer.server.answer = () => resolve()
  })
  const started = feed.start()
  await asked
  feed.stop()
  await t.throwsAsync(started, { message: 'the revocation feed was stopped' })
  await t.throwsAsync(feed.poll(), { message: 'the revocation feed was stopped' })
})

test('createRevocationFeed: reports all problems at once', (t) => {
  const options = {
    issuer: 'http://issuer.test',
    clientId: '',
    clientSecret: 7,
    pollIntervalSeconds: 0,
    maximumStalenessSeconds: 3601,
    maximumEntries: 0.5,
    feedUri: new URL('http://issuer.test/feed'),
    onFailure: 1,
    wait: 1,
    fetch: 1,
    clock: 1,
    nonsense: 1,
  }
  const error = t.throws(() => createRevocationFeed(options as never), {
    instanceOf: ConfigurationError,
  })
  t.deepEqual(error?.issues.map(({ path }) => path).sort(), Object.keys(options).sort())
})

test('createRevocationFeed: maximumStalenessSeconds must exceed pollIntervalSeconds', (t) => {
  const options = { issuer: 'https://issuer.test', ...CLIENT, pollIntervalSeconds: 60 }
  t.throws(() => createRevocationFeed(options), {
    instanceOf: ConfigurationError,
    message: '"maximumStalenessSeconds" must exceed "pollIntervalSeconds"',
  })
})
