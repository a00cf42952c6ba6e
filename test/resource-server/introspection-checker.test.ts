import type { IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import {
  ConfigurationError,
  createIntrospectionChecker,
  type RevocationChecker,
} from '@teamcast/oauth-server/resource-server'
import test, { type ExecutionContext } from 'ava'
import { createLocalJWKSet } from 'jose'
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
  readonly questions: Array<URLSearchParams>
  readonly authorizations: Array<string | undefined>
  /** Tokens that are not active any more. */
  readonly revoked: Set<string>
  readonly advance: (seconds: number) => void
  readonly revocations: RevocationChecker
  readonly statusOf: (jwt: string) => Promise<number>
}

async function setUp(t: ExecutionContext, cacheSeconds?: number): Promise<Setup> {
  const questions: Array<URLSearchParams> = []
  const authorizations: Array<string | undefined> = []
  const revoked = new Set<string>()
  let time = NOW
  const clock = (): number => time
  const answer = async (request: IncomingMessage): Promise<string> => {
    authorizations.push(request.headers.authorization)
    const question = new URLSearchParams(await text(request))
    questions.push(question)
    return JSON.stringify({ active: !revoked.has(question.get('token') ?? '') })
  }
  const issuer = await startJwksServer(t, async (request, response) => {
    response.end(await answer(request))
  })
  const revocations = createIntrospectionChecker({
    issuer: issuer.origin,
    clientId: 'tc_api',
    clientSecret: 'tcs_secret',
    clock,
    ...(cacheSeconds === undefined ? {} : { cacheSeconds }),
  })
  const resourceServer = await startResourceServer(t, { jwks, revocations, clock })
  return {
    ...{ issuer, questions, authorizations, revoked, revocations },
    advance: (seconds) => {
      time += seconds
    },
    statusOf: async (jwt) => (await resourceServer.get(`Bearer ${jwt}`)).status,
  }
}

test('introspection: asks about the token as it was sent, as its client (RFC 7662 §2.1)', async (t) => {
  const { issuer, questions, authorizations, statusOf } = await setUp(t)
  t.is(await statusOf(tokenWith('token-1')), 200)
  t.deepEqual(issuer.requests, ['/oauth/introspect'])
  t.deepEqual(Object.fromEntries(questions[0] ?? []), {
    token: tokenWith('token-1'),
    token_type_hint: 'access_token',
  })
  t.is(authorizations[0], `Basic ${Buffer.from('tc_api:tcs_secret').toString('base64')}`)
})

test('introspection: each request asks, so that a revocation shows in the next one', async (t) => {
  const { questions, revoked, statusOf } = await setUp(t)
  t.is(await statusOf(tokenWith('token-1')), 200)
  revoked.add(tokenWith('token-1'))
  t.is(await statusOf(tokenWith('token-1')), 401)
  t.is(await statusOf(tokenWith('token-2')), 200)
  t.is(questions.length, 3)
})

test('introspection: an answer is good for cacheSeconds, and no longer', async (t) => {
  const { questions, revoked, advance, statusOf } = await setUp(t, 10)
  t.is(await statusOf(tokenWith('token-1')), 200)
  revoked.add(tokenWith('token-1'))
  advance(9)
  t.is(await statusOf(tokenWith('token-1')), 200)
  t.is(questions.length, 1)
  advance(1)
  t.is(await statusOf(tokenWith('token-1')), 401)
  t.is(await statusOf(tokenWith('token-1')), 401)
  t.is(questions.length, 2)
  advance(-11)
  t.is(await statusOf(tokenWith('token-1')), 401)
  t.is(questions.length, 3)
})

test('introspection: requests about one token at once are one question', async (t) => {
  const { issuer, questions, statusOf } = await setUp(t)
  const { answer } = issuer
  let release = (): void => undefined
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  let asked = 0
  issuer.answer = async (request, response) => {
    asked += 1
    if (asked === 2) release()
    await released
    answer(request, response)
  }
  const jwts = [...Array(5).fill(tokenWith('token-1')), tokenWith('token-2')]
  const statuses = await Promise.all(jwts.map(statusOf))
  t.deepEqual(statuses, Array(6).fill(200))
  t.is(questions.length, 2)
})

test('introspection: remembers 10 000 answers, and not one more', async (t) => {
  let questions = 0
  const { isRevoked } = createIntrospectionChecker({
    issuer: 'https://issuer.test',
    clientId: 'tc_api',
    clientSecret: 'tcs_secret',
    cacheSeconds: 60,
    clock: () => NOW,
    async fetch() {
      questions += 1
      return Response.json({ active: true })
    },
  })
  // Only the id is looked at; signing ten thousand tokens would take a while.
  const ask = async (index: number): Promise<boolean> =>
    isRevoked({ tokenId: `token-${index}` } as never, `jwt-${index}`)
  for (let index = 0; index < 10_000; index += 1) await ask(index)
  await ask(0)
  t.is(questions, 10_000)
  await ask(10_000)
  await ask(9_999)
  t.is(questions, 10_001)
  await ask(0)
  t.is(questions, 10_002)
})

const broken = {
  'status 401': serveStatus(401),
  'status 500': serveStatus(500),
  'a redirect': serveStatus(302),
  'status 200 but no answer': serveStatus(200),
} as const
for (const [name, answer] of Object.entries(broken)) {
  test(`introspection: ${name} is answered with 503, and not remembered`, async (t) => {
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
