import {
  type AccessTokenVerifier,
  createAccessTokenVerifier,
  InvalidAccessTokenError,
  JwksUnavailableError,
} from '@teamcast/oauth-server/resource-server'
import test, { type ExecutionContext } from 'ava'
import type { FlattenedJWSInput } from 'jose'
import { createRemoteJwks } from '../../lib/resource-server/verify/remote-jwks.ts'
import {
  AUDIENCE,
  claims,
  generateTestKey,
  ISSUER,
  type JwksServer,
  NOW,
  serveKeys,
  serveStatus,
  signToken,
  startJwksServer,
  startResourceServer,
} from './resource-server-fixture.ts'

const first = generateTestKey('key-1')
const second = generateTestKey('key-2')
const longLived = claims({ exp: NOW + 86_400 })

interface Setup {
  readonly jwks: JwksServer
  readonly verifier: AccessTokenVerifier
  /** Lets time pass, in seconds. */
  readonly advance: (seconds: number) => void
}

async function setUp(t: ExecutionContext, answer = serveKeys(first)): Promise<Setup> {
  const jwks = await startJwksServer(t, answer)
  let time = NOW
  const verifier = createAccessTokenVerifier({
    issuer: ISSUER,
    audience: AUDIENCE,
    jwksUri: jwks.uri,
    clock: () => time,
  })
  const advance = (seconds: number): void => {
    time += seconds
  }
  return { jwks, verifier, advance }
}

const unknownKid = (index: number): string => signToken(first, longLived, { kid: `kid-${index}` })

test('jwks: the keys are fetched once, on first use, from an http loopback issuer too', async (t) => {
  const jwks = await startJwksServer(t, serveKeys(first))
  const verifier = createAccessTokenVerifier({
    issuer: jwks.origin,
    audience: AUDIENCE,
    clock: () => NOW,
  })
  t.deepEqual(jwks.requests, [])
  const jwt = signToken(first, claims({ iss: jwks.origin }))
  await Promise.all(Array.from({ length: 20 }, async () => verifier.verify(jwt)))
  await verifier.verify(jwt)
  t.deepEqual(jwks.requests, ['/.well-known/jwks.json'])
})

test('jwks: after 5 minutes the keys are fetched again, and no request waits for it', async (t) => {
  const { jwks, verifier, advance } = await setUp(t)
  const jwt = signToken(first, longLived)
  await verifier.verify(jwt)
  advance(299)
  await verifier.verify(jwt)
  t.is(jwks.requests.length, 1)
  const asked = new Promise<void>((resolve) => {
    // Never answers.
    jwks.answer = () => resolve()
  })
  advance(1)
  await Promise.all(Array.from({ length: 20 }, async () => verifier.verify(jwt)))
  await asked
  t.is(jwks.requests.length, 2)
})

test('jwks: fetched keys replace the old ones', async (t) => {
  const { jwks, verifier, advance } = await setUp(t)
  const jwt = signToken(first, longLived)
  await verifier.verify(jwt)
  jwks.answer = serveKeys(second)
  advance(300)
  await verifier.verify(jwt)
  // Waits for the fetch in progress.
  await verifier.verify(signToken(second, longLived))
  await t.throwsAsync(verifier.verify(jwt), { instanceOf: InvalidAccessTokenError })
  t.is(jwks.requests.length, 2)
})

test('jwks: while the issuer is down known keys are used until they are 10 minutes old', async (t) => {
  const { jwks, verifier, advance } = await setUp(t)
  const jwt = signToken(first, longLived)
  await verifier.verify(jwt)
  jwks.answer = serveStatus(500)
  advance(599)
  await t.notThrowsAsync(verifier.verify(jwt))
  advance(1)
  await t.throwsAsync(verifier.verify(jwt), {
    instanceOf: JwksUnavailableError,
    code: 'ERR_JWKS_UNAVAILABLE',
  })
})

test('jwks: an issuer with a path has its keys below that path', async (t) => {
  const jwks = await startJwksServer(t, serveKeys(first))
  const issuer = `${jwks.origin}/tenant`
  const verifier = createAccessTokenVerifier({ issuer, audience: AUDIENCE, clock: () => NOW })
  await verifier.verify(signToken(first, claims({ iss: issuer })))
  t.deepEqual(jwks.requests, ['/tenant/.well-known/jwks.json'])
})

test('jwks: a revoked key is trusted for at most 10 minutes', async (t) => {
  const { jwks, verifier, advance } = await setUp(t)
  const jwt = signToken(first, longLived)
  await verifier.verify(jwt)
  jwks.answer = serveKeys(second)
  advance(600)
  const error = await t.throwsAsync(verifier.verify(jwt), {
    instanceOf: InvalidAccessTokenError,
    code: 'ERR_ACCESS_TOKEN_INVALID',
  })
  t.is(error?.reason, 'key_unknown')
})

test('jwks: a key published 30 seconds before it signs is found by one refetch', async (t) => {
  const { jwks, verifier, advance } = await setUp(t)
  await verifier.verify(signToken(first, longLived))
  jwks.answer = serveKeys(second, first)
  advance(30)
  const { tokenId } = await verifier.verify(signToken(second, longLived))
  t.is(tokenId, 'token-1')
  await verifier.verify(signToken(first, longLived))
  t.is(jwks.requests.length, 2)
})

test('jwks: 200 unknown kids, one by one and concurrently, cause at most 2 fetches', async (t) => {
  const { jwks, verifier, advance } = await setUp(t)
  const resourceServer = await startResourceServer(t, verifier)
  const statuses = new Set<number>()
  for (let index = 0; index < 100; index += 1) {
    statuses.add((await resourceServer.get(`Bearer ${unknownKid(index)}`)).status)
  }
  t.is(jwks.requests.length, 1)
  advance(30)
  const flood = Array.from({ length: 100 }, async (_, index) =>
    resourceServer.get(`Bearer ${unknownKid(100 + index)}`),
  )
  for (const response of await Promise.all(flood)) statuses.add(response.status)
  t.deepEqual([...statuses], [401])
  t.is(jwks.requests.length, 2)
})

test('jwks: a token without kid that matches several keys causes no refetch', async (t) => {
  const { jwks, verifier, advance } = await setUp(t, serveKeys(first, second))
  await verifier.verify(signToken(first, longLived))
  advance(30)
  const jwt = signToken(first, longLived, { kid: undefined })
  await t.throwsAsync(verifier.verify(jwt), { instanceOf: InvalidAccessTokenError })
  t.is(jwks.requests.length, 1)
})

test('jwks: when the clock is set back the cache is old, not eternal', async (t) => {
  const { jwks, verifier, advance } = await setUp(t)
  await verifier.verify(signToken(first, longLived))
  advance(-3_600)
  await verifier.verify(signToken(first, longLived))
  t.is(jwks.requests.length, 2)
})

const broken = {
  'status 500': serveStatus(500),
  'status 200 but no key set': serveStatus(200),
  'a redirect': serveStatus(302),
} as const
for (const [name, answer] of Object.entries(broken)) {
  test(`jwks: ${name} gives 503 and Retry-After, not 401`, async (t) => {
    const { verifier } = await setUp(t, answer)
    const resourceServer = await startResourceServer(t, verifier)
    const response = await resourceServer.get(`Bearer ${signToken(first)}`)
    t.is(response.status, 503)
    t.is(response.headers.get('retry-after'), '5')
    t.is(response.headers.get('cache-control'), 'no-store')
    t.is(response.headers.get('www-authenticate'), null)
    t.deepEqual(await response.json(), {
      error: 'temporarily_unavailable',
      error_description: 'access tokens cannot be verified at the moment',
    })
    t.is(resourceServer.passed.length, 0)
    t.true(resourceServer.emitted[0] instanceof JwksUnavailableError)
    t.false(resourceServer.emitted[0]?.expose)
  })
}

test('jwks: a broken connection gives 503', async (t) => {
  const { verifier } = await setUp(t, (request) => request.destroy())
  const resourceServer = await startResourceServer(t, verifier)
  t.is((await resourceServer.get(`Bearer ${signToken(first)}`)).status, 503)
})

test('jwks: a fetch that takes too long is aborted', async (t) => {
  const jwks = await startJwksServer(t, () => undefined)
  const askWithin = async (fetchTimeoutMilliseconds: number): Promise<unknown> => {
    const getKey = createRemoteJwks({ uri: jwks.uri, clock: () => NOW, fetchTimeoutMilliseconds })
    return await getKey({ alg: 'RS256', kid: 'key-1' }, {} as FlattenedJWSInput)
  }
  // The patient one waits still, until the server ends with the test.
  const patient = askWithin(600_000).catch(() => 'the patient one gave up first')
  const impatient = t.throwsAsync(askWithin(20), {
    instanceOf: JwksUnavailableError,
    code: 'ERR_JWKS_UNAVAILABLE',
  })
  const error = await Promise.race([impatient, patient])
  t.like(error, { cause: { code: 'ERR_JWKS_TIMEOUT' } })
})

test('jwks: while the issuer is down there is one fetch in 5 seconds; then tokens are accepted again', async (t) => {
  const { jwks, verifier, advance } = await setUp(t, serveStatus(500))
  const jwt = signToken(first, longLived)
  for (let index = 0; index < 10; index += 1) {
    await t.throwsAsync(verifier.verify(jwt), { instanceOf: JwksUnavailableError })
  }
  t.is(jwks.requests.length, 1)
  jwks.answer = serveKeys(first)
  advance(5)
  await t.notThrowsAsync(verifier.verify(jwt))
  t.is(jwks.requests.length, 2)
})

test('jwks: while the issuer is down known keys stay in use, and an unknown kid gives 503', async (t) => {
  const { jwks, verifier, advance } = await setUp(t)
  await verifier.verify(signToken(first, longLived))
  jwks.answer = serveStatus(500)
  advance(30)
  await t.throwsAsync(verifier.verify(unknownKid(1)), { instanceOf: JwksUnavailableError })
  await t.throwsAsync(verifier.verify(unknownKid(2)), { instanceOf: JwksUnavailableError })
  await t.notThrowsAsync(verifier.verify(signToken(first, longLived)))
  t.is(jwks.requests.length, 2)
})
