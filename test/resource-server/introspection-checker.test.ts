import type { IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import {
  ConfigurationError,
  createIntrospectionChecker,
  type RevocationChecker,
} from '@teamcast/oauth-server/resource-server'
import test, { type ExecutionContext } from 'ava'
import { createLocalJWKSet } from 'jose'
import { patientFetch } from '../helpers/patient-fetch.ts'
import {
  claims,
  generateTestKey,
  type JwksServer,
  NOW,
  serveStatus,
  signToken,
  startJwksServer,
  startResourceServer,
} from './resource-server-fixture.ts'

const key = generateTestKey('key-1')
const jwks = createLocalJWKSet({ keys: [key.publicJwk] })
const tokenWith = (jti: string): string => signToken(key, claims({ jti }))

interface Setup {
  readonly issuer: JwksServer
  readonly introspections: Array<URLSearchParams>
  readonly authorizations: Array<string | undefined>
  /** Tokens that are not active. */
  readonly revoked: Set<string>
  readonly advance: (seconds: number) => void
  readonly revocations: RevocationChecker
  readonly statusOf: (jwt: string) => Promise<number>
}

async function setUp(t: ExecutionContext, cacheSeconds?: number): Promise<Setup> {
  const introspections: Array<URLSearchParams> = []
  const authorizations: Array<string | undefined> = []
  const revoked = new Set<string>()
  let time = NOW
  const clock = (): number => time
  const respond = async (request: IncomingMessage): Promise<string> => {
    authorizations.push(request.headers.authorization)
    const form = new URLSearchParams(await text(request))
    introspections.push(form)
    return JSON.stringify({ active: !revoked.has(form.get('token') ?? '') })
  }
  const issuer = await startJwksServer(t, async (request, response) => {
    response.end(await respond(request))
  })
  const revocations = createIntrospectionChecker({
    issuer: issuer.origin,
    clientId: 'tc_api',
    clientSecret: 'tcs_secret',
    clock,
    fetch: patientFetch,
    ...(cacheSeconds === undefined ? {} : { cacheSeconds }),
  })
  const resourceServer = await startResourceServer(t, { jwks, revocations, clock })
  return {
    ...{ issuer, introspections, authorizations, revoked, revocations },
    advance: (seconds) => {
      time += seconds
    },
    statusOf: async (jwt) => (await resourceServer.get(`Bearer ${jwt}`)).status,
  }
}

test('introspection: sends the token as received, with client credentials (RFC 7662 §2.1)', async (t) => {
  const { issuer, introspections, authorizations, statusOf } = await setUp(t)
  t.is(await statusOf(tokenWith('token-1')), 200)
  t.deepEqual(issuer.requests, ['/oauth/introspect'])
  t.deepEqual(Object.fromEntries(introspections[0] ?? []), {
    token: tokenWith('token-1'),
    token_type_hint: 'access_token',
  })
  t.is(authorizations[0], `Basic ${Buffer.from('tc_api:tcs_secret').toString('base64')}`)
})

test('introspection: without cache each request introspects, so a revocation takes effect at once', async (t) => {
  const { introspections, revoked, statusOf } = await setUp(t)
  t.is(await statusOf(tokenWith('token-1')), 200)
  revoked.add(tokenWith('token-1'))
  t.is(await statusOf(tokenWith('token-1')), 401)
  t.is(await statusOf(tokenWith('token-2')), 200)
  t.is(introspections.length, 3)
})

test('introspection: a response is cached for cacheSeconds, and no longer', async (t) => {
  const { introspections, revoked, advance, statusOf } = await setUp(t, 10)
  t.is(await statusOf(tokenWith('token-1')), 200)
  revoked.add(tokenWith('token-1'))
  advance(9)
  t.is(await statusOf(tokenWith('token-1')), 200)
  t.is(introspections.length, 1)
  advance(1)
  t.is(await statusOf(tokenWith('token-1')), 401)
  t.is(await statusOf(tokenWith('token-1')), 401)
  t.is(introspections.length, 2)
  advance(-11)
  t.is(await statusOf(tokenWith('token-1')), 401)
  t.is(introspections.length, 3)
})

test('introspection: concurrent requests with one token share one introspection', async (t) => {
  const { issuer, introspections, statusOf } = await setUp(t)
  const { answer } = issuer
  let release = (): void => undefined
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  let received = 0
  issuer.answer = async (request, response) => {
    received += 1
    if (received === 2) release()
    await released
    answer(request, response)
  }
  const jwts = [...Array(5).fill(tokenWith('token-1')), tokenWith('token-2')]
  const statuses = await Promise.all(jwts.map(statusOf))
  t.deepEqual(statuses, Array(6).fill(200))
  t.is(introspections.length, 2)
})

test('introspection: caches at most 10 000 responses', async (t) => {
  let introspections = 0
  const { isRevoked } = createIntrospectionChecker({
    issuer: 'https://issuer.test',
    clientId: 'tc_api',
    clientSecret: 'tcs_secret',
    cacheSeconds: 60,
    clock: () => NOW,
    async fetch() {
      introspections += 1
      return Response.json({ active: true })
    },
  })
  // Only the id is read; signing ten thousand tokens would take a while.
  const ask = async (index: number): Promise<boolean> =>
    isRevoked({ tokenId: `token-${index}` } as never, `jwt-${index}`)
  for (let index = 0; index < 10_000; index += 1) await ask(index)
  await ask(0)
  t.is(introspections, 10_000)
  await ask(10_000)
  await ask(9_999)
  t.is(introspections, 10_001)
  await ask(0)
  t.is(introspections, 10_002)
})

const broken = {
  'status 401': serveStatus(401),
  'status 500': serveStatus(500),
  'a redirect': serveStatus(302),
  'status 200 without an introspection response': serveStatus(200),
} as const
for (const [name, answer] of Object.entries(broken)) {
  test(`introspection: the response to ${name} is 503, and is not cached`, async (t) => {
    const { issuer, statusOf } = await setUp(t, 60)
    const { answer: healthy } = issuer
    issuer.answer = answer
    t.is(await statusOf(tokenWith('token-1')), 503)
    issuer.answer = healthy
    t.is(await statusOf(tokenWith('token-1')), 200)
  })
}

test('createIntrospectionChecker: reports all problems at once', (t) => {
  const options = {
    issuer: 'http://issuer.test',
    clientId: '',
    clientSecret: '',
    introspectionUri: 'https://issuer.test/introspect',
    cacheSeconds: 61,
    fetch: 1,
    clock: 1,
    nonsense: 1,
  }
  const error = t.throws(() => createIntrospectionChecker(options as never), {
    instanceOf: ConfigurationError,
  })
  t.deepEqual(error?.issues.map(({ path }) => path).sort(), Object.keys(options).sort())
})
