import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import {
  AmbiguousRequestError,
  type Caller,
  type CallerState,
  ConfigurationError,
  InvalidApiKeyError,
  type RequireCallerOptions,
  requireAccessToken,
  requireCaller,
  requireScopes,
  requireTenant,
  type TenantGuardOptions,
  TenantMismatchError,
  TenantMissingError,
} from '@teamcast/oauth-server/resource-server'
import test, { type ExecutionContext } from 'ava'
import { createLocalJWKSet } from 'jose'
import type { Middleware } from 'koa'
import {
  AUDIENCE,
  claims,
  generateTestKey,
  ISSUER,
  type JsonObject,
  NOW,
  type ResourceServer,
  signToken,
  startKoa,
} from './resource-server-fixture.ts'

const key = generateTestKey('key-1')
const jwks = createLocalJWKSet({ keys: [key.publicJwk] })
const VERIFIER = { issuer: ISSUER, audience: AUDIENCE, jwks, clock: () => NOW }

const bearer = (changes: JsonObject = {}): string => `Bearer ${signToken(key, claims(changes))}`
const OF_CLIENT = { sub: 'client-1', grant_id: undefined }
const ofUser = bearer()
const ofTenantClient = bearer(OF_CLIENT)
const ofPlatformClient = bearer({ ...OF_CLIENT, tenant_id: undefined })
const ofTenantlessUser = bearer({ tenant_id: undefined })

/** What the host knows of API keys. */
const verifyApiKey: NonNullable<RequireCallerOptions['verifyApiKey']> = ({ apiKey, tenantId }) =>
  apiKey === 'key of tenant-1' && tenantId === 'tenant-1'
    ? { keyId: 'key-id-1', scopes: ['interview:read'] }
    : undefined

interface GuardedServer extends ResourceServer {
  /** Callers of the requests that got past every middleware. */
  readonly callers: ReadonlyArray<Caller>
  /** Sends a request; a header with several values is sent several times. */
  send(headers: Readonly<Record<string, string | ReadonlyArray<string>>>): Promise<Response>
}

async function start(
  t: ExecutionContext,
  ...middlewares: ReadonlyArray<Middleware<never>>
): Promise<GuardedServer> {
  const callers: Array<Caller> = []
  const server = await startKoa(t, ...(middlewares as ReadonlyArray<Middleware>), (ctx, next) => {
    callers.push((ctx.state as unknown as CallerState).caller)
    return next()
  })
  const send: GuardedServer['send'] = async (headers) => {
    // fetch would join what is sent twice; as pairs in an array it goes out as it is.
    const pairs = Object.entries(headers).flatMap(([name, values]) =>
      [values].flat().flatMap((value) => [name, value]),
    )
    const sent = request(server.origin, { headers: ['Host', 'api.test', ...pairs] }).end()
    const [incoming]: Array<IncomingMessage> = await once(sent, 'response')
    if (incoming === undefined) throw new Error('no response')
    const body = (await incoming.toArray()).join('')
    const received = Object.entries(incoming.headers).map(([name, value]) => [name, String(value)])
    return new Response(body, {
      status: incoming.statusCode ?? 0,
      headers: received as Array<[string, string]>,
    })
  }
  return { ...server, callers, send }
}

const startCaller = (t: ExecutionContext, options?: RequireCallerOptions): Promise<GuardedServer> =>
  start(t, requireCaller(VERIFIER, options))

const startTenant = (t: ExecutionContext, options?: TenantGuardOptions): Promise<GuardedServer> =>
  start(t, requireAccessToken(VERIFIER), requireTenant(options))

/** As a router does. */
const withParams =
  (params: Readonly<Record<string, string>>): Middleware =>
  (ctx, next) => {
    ctx['params'] = params
    return next()
  }

async function assertRefusal(
  t: ExecutionContext,
  server: GuardedServer,
  response: Response,
  expected: readonly [
    status: number,
    error: string,
    description: string,
    refusal: abstract new (...args: never) => Error,
  ],
): Promise<void> {
  const [status, error, description, refusal] = expected
  t.is(response.status, status)
  t.is(response.headers.get('cache-control'), 'no-store')
  t.is(
    response.headers.get('www-authenticate'),
    status === 401 ? `Bearer realm="${AUDIENCE}"` : null,
  )
  t.deepEqual(await response.json(), { error, error_description: description })
  t.true(server.emitted[0] instanceof refusal)
  t.true(server.emitted[0]?.expose)
  t.deepEqual(server.callers, [])
}

const MISMATCH = [
  ...([403, 'tenant_mismatch', 'the credentials are not for this tenant'] as const),
  TenantMismatchError,
] as const
const MISSING = [
  ...([400, 'tenant_missing', 'the request must name a tenant'] as const),
  TenantMissingError,
] as const
const AMBIGUOUS = [
  ...([
    400,
    'invalid_request',
    'send one access token or one API key, and name one tenant',
  ] as const),
  AmbiguousRequestError,
] as const
const WRONG_KEY = [
  ...([401, 'invalid_api_key', 'the API key is not valid for this tenant'] as const),
  InvalidApiKeyError,
] as const

const guards = {
  requireCaller: startCaller,
  'requireTenant behind requireAccessToken': startTenant,
}
for (const [name, startGuard] of Object.entries(guards)) {
  test(`${name}: a user of the tenant that the header names passes`, async (t) => {
    const server = await startGuard(t)
    const response = await server.send({ Authorization: ofUser, 'X-Tenant-ID': 'tenant-1' })
    t.is(response.status, 200)
    const [caller] = server.callers
    t.like(caller, { kind: 'user', tenantId: 'tenant-1', userId: 'user-1', clientId: 'client-1' })
    t.deepEqual(caller?.scopes, new Set(['interview:read', 'candidate:read']))
    t.is(caller?.accessToken?.familyId, 'family-1')
    t.true(Object.isFrozen(caller))
  })

  test(`${name}: a TENANT client that acts for itself passes in its tenant`, async (t) => {
    const server = await startGuard(t)
    await server.send({ Authorization: ofTenantClient, 'X-Tenant-ID': 'tenant-1' })
    t.like(server.callers[0], { kind: 'client', tenantId: 'tenant-1', userId: undefined })
  })

  test(`${name}: a request that names no tenant is about the caller's own`, async (t) => {
    const server = await startGuard(t)
    t.is((await server.send({ Authorization: ofUser })).status, 200)
    t.is(server.callers[0]?.tenantId, 'tenant-1')
  })

  for (const tenantId of ['tenant-2', 'TENANT-1', 'tenant-1 tenant-2', 'tenant-1, tenant-2']) {
    test(`${name}: a user of tenant-1 gets 403 for tenant "${tenantId}"`, async (t) => {
      const server = await startGuard(t)
      const response = await server.send({ Authorization: ofUser, 'X-Tenant-ID': tenantId })
      await assertRefusal(t, server, response, MISMATCH)
    })
  }

  for (const tenantIds of [
    ['tenant-1', 'tenant-1'],
    ['tenant-1', 'tenant-2'],
    ['tenant-1', ''],
  ]) {
    test(`${name}: X-Tenant-ID twice, ${tenantIds.join(' and ')}, gets 400`, async (t) => {
      const server = await startGuard(t)
      const response = await server.send({ Authorization: ofUser, 'X-Tenant-ID': tenantIds })
      await assertRefusal(t, server, response, AMBIGUOUS)
    })
  }

  test(`${name}: an empty X-Tenant-ID gets 400`, async (t) => {
    const server = await startGuard(t, { allowTenantlessClients: true })
    for (const authorization of [ofUser, ofPlatformClient]) {
      const response = await server.send({ Authorization: authorization, 'X-Tenant-ID': '' })
      await assertRefusal(t, server, response, MISSING)
    }
  })

  test(`${name}: a client without tenant is refused, whatever tenant it names`, async (t) => {
    const server = await startGuard(t)
    const named = await server.send({ Authorization: ofPlatformClient, 'X-Tenant-ID': 'tenant-1' })
    await assertRefusal(t, server, named, MISMATCH)
    const unnamed = await server.send({ Authorization: ofPlatformClient })
    await assertRefusal(t, server, unnamed, MISMATCH)
  })

  test(`${name}: with allowTenantlessClients it acts in the tenant that it names, and must name one`, async (t) => {
    const server = await startGuard(t, { allowTenantlessClients: true })
    const unnamed = await server.send({ Authorization: ofPlatformClient })
    await assertRefusal(t, server, unnamed, MISSING)
    await server.send({ Authorization: ofPlatformClient, 'X-Tenant-ID': 'tenant-7' })
    t.like(server.callers[0], { kind: 'client', tenantId: 'tenant-7', clientId: 'client-1' })
  })

  test(`${name}: allowTenantlessClients admits no other callers`, async (t) => {
    const server = await startGuard(t, { allowTenantlessClients: true })
    for (const authorization of [ofTenantlessUser, ofUser, ofTenantClient]) {
      const response = await server.send({
        Authorization: authorization,
        'X-Tenant-ID': 'tenant-2',
      })
      await assertRefusal(t, server, response, MISMATCH)
    }
  })

  test(`${name}: tenantOf may name another header`, async (t) => {
    const server = await startGuard(t, { tenantOf: { header: 'X-Workspace' } })
    const headers = { Authorization: ofUser, 'X-Tenant-ID': 'tenant-1' }
    t.is((await server.send({ ...headers, 'x-workspace': 'tenant-1' })).status, 200)
    t.is((await server.send({ ...headers, 'x-workspace': 'tenant-2' })).status, 403)
  })

  test(`${name}: tenantOf may be a function, sync or async`, async (t) => {
    for (const result of ['tenant-2', Promise.resolve('tenant-2')]) {
      const server = await startGuard(t, { tenantOf: () => result })
      await assertRefusal(t, server, await server.send({ Authorization: ofUser }), MISMATCH)
    }
    const silent = await startGuard(t, { tenantOf: () => undefined })
    t.is((await silent.send({ Authorization: ofUser })).status, 200)
  })

  test(`${name}: when tenantOf throws or returns something else the response is 500`, async (t) => {
    const functions: ReadonlyArray<() => unknown> = [
      () => Promise.reject(new Error('host')),
      () => 7,
      () => ['tenant-1'],
    ]
    for (const tenantOf of functions) {
      const server = await startGuard(t, { tenantOf: tenantOf as () => string })
      t.is((await server.send({ Authorization: ofUser })).status, 500)
      t.deepEqual(server.callers, [])
    }
  })
}

const byParameter = { tenantOf: { parameter: 'tenantId' } } as const

test('tenantOf a parameter: the tenant in the route is compared', async (t) => {
  for (const [tenantId, status] of Object.entries({ 'tenant-1': 200, 'tenant-2': 403 })) {
    const server = await start(t, withParams({ tenantId }), requireCaller(VERIFIER, byParameter))
    t.is((await server.send({ Authorization: ofUser })).status, status)
  }
})

test('tenantOf a parameter: on a route without it the response is 500', async (t) => {
  for (const params of [withParams({ tenant: 'tenant-2' }), requireAccessToken(VERIFIER)]) {
    const server = await start(t, params, requireCaller(VERIFIER, byParameter))
    t.is((await server.send({ Authorization: ofUser })).status, 500)
    t.true((server.emitted[0] as unknown) instanceof ConfigurationError)
  }
})

test('requireTenant: behind requireCaller it compares again, for clients without tenant too', async (t) => {
  const guard = requireCaller(VERIFIER, { allowTenantlessClients: true, verifyApiKey })
  const server = await start(
    t,
    guard,
    withParams({ tenantId: 'tenant-1' }),
    requireTenant({ ...byParameter, allowTenantlessClients: true }),
  )
  const requests = [
    [{ Authorization: ofPlatformClient, 'X-Tenant-ID': 'tenant-1' }, 200],
    [{ Authorization: ofPlatformClient, 'X-Tenant-ID': 'tenant-2' }, 403],
    [{ 'X-API-Key': 'key of tenant-1', 'X-Tenant-ID': 'tenant-1' }, 200],
  ] as const
  for (const [headers, status] of requests) t.is((await server.send(headers)).status, status)
})

test('requireTenant: without checked credentials the response is 500', async (t) => {
  const server = await start(t, requireTenant())
  t.is((await server.send({ Authorization: ofUser })).status, 500)
  const [error] = server.emitted as ReadonlyArray<unknown>
  t.is(
    (error as ConfigurationError).message,
    '"requireTenant" must be used behind requireAccessToken or requireCaller',
  )
})

test('requireCaller: an API key of the tenant passes, and its caller is in ctx.state.caller', async (t) => {
  const server = await startCaller(t, { verifyApiKey })
  const headers = { 'X-API-Key': 'key of tenant-1', 'X-Tenant-ID': 'tenant-1' }
  t.is((await server.send(headers)).status, 200)
  t.deepEqual(server.callers[0], {
    kind: 'api-key',
    tenantId: 'tenant-1',
    userId: undefined,
    clientId: undefined,
    keyId: 'key-id-1',
    scopes: new Set(['interview:read']),
    accessToken: undefined,
  })
})

const apiKeyRefusals = {
  'a wrong key': [{ 'X-API-Key': 'guessed', 'X-Tenant-ID': 'tenant-1' }, WRONG_KEY],
  'a key of another tenant': [
    { 'X-API-Key': 'key of tenant-1', 'X-Tenant-ID': 'tenant-2' },
    WRONG_KEY,
  ],
  'an empty key': [{ 'X-API-Key': '', 'X-Tenant-ID': 'tenant-1' }, WRONG_KEY],
  'a key without tenant': [{ 'X-API-Key': 'key of tenant-1' }, MISSING],
  'a key of the empty tenant': [{ 'X-API-Key': 'key of tenant-1', 'X-Tenant-ID': '' }, MISSING],
  'two keys': [
    { 'X-API-Key': ['key of tenant-1', 'key of tenant-1'], 'X-Tenant-ID': 'tenant-1' },
    AMBIGUOUS,
  ],
  'a key with two tenants': [
    { 'X-API-Key': 'key of tenant-1', 'X-Tenant-ID': ['tenant-1', 'tenant-2'] },
    AMBIGUOUS,
  ],
  'a key and an access token': [
    { 'X-API-Key': 'key of tenant-1', 'X-Tenant-ID': 'tenant-1', Authorization: ofUser },
    AMBIGUOUS,
  ],
  'a key and a malformed access token': [
    { 'X-API-Key': 'key of tenant-1', 'X-Tenant-ID': 'tenant-1', Authorization: 'Bearer a b' },
    AMBIGUOUS,
  ],
} as const
for (const [name, [headers, refusal]] of Object.entries(apiKeyRefusals)) {
  test(`requireCaller: ${name} gets ${refusal[0]} ${refusal[1]}`, async (t) => {
    const server = await startCaller(t, { verifyApiKey })
    await assertRefusal(t, server, await server.send(headers), refusal)
  })
}

test('requireCaller: an API key of tenant-1 is refused on routes of tenant-2', async (t) => {
  const server = await start(
    t,
    withParams({ tenantId: 'tenant-2' }),
    requireCaller(VERIFIER, { ...byParameter, verifyApiKey }),
  )
  const headers = { 'X-API-Key': 'key of tenant-1', 'X-Tenant-ID': 'tenant-1' }
  await assertRefusal(t, server, await server.send(headers), MISMATCH)
})

test('requireCaller: Basic credentials, such as those of a proxy, may accompany an API key', async (t) => {
  const server = await startCaller(t, { verifyApiKey })
  const headers = { 'X-API-Key': 'key of tenant-1', 'X-Tenant-ID': 'tenant-1' }
  t.is((await server.send({ ...headers, Authorization: 'Basic YTpi' })).status, 200)
})

test('requireCaller: without verifyApiKey, X-API-Key is ignored', async (t) => {
  const server = await startCaller(t)
  const headers = { 'X-API-Key': 'key of tenant-1', 'X-Tenant-ID': 'tenant-1' }
  const response = await server.send(headers)
  t.is(response.status, 401)
  t.is(response.headers.get('www-authenticate'), `Bearer realm="${AUDIENCE}"`)
  t.is((await server.send({ ...headers, Authorization: ofUser })).status, 200)
})

/** What a host's function may throw. Koa would send the status and the message that it finds there. */
const THROWN: ReadonlyArray<unknown> = [
  new Error('down'),
  Object.assign(new Error('down'), { status: 200, expose: true }),
  Object.assign(new Error('down'), { statusCode: 404, headers: { 'x-down': '1' } }),
  { status: 200, expose: true, message: 'down' },
  null,
]

test('requireCaller: when verifyApiKey, tenantOf or the verifier throws anything the response is 500', async (t) => {
  for (const thrown of THROWN) {
    const fail = async (): Promise<never> => {
      throw thrown
    }
    const byKey = await startCaller(t, { verifyApiKey: fail })
    const byTenant = await startCaller(t, { tenantOf: fail })
    const responses = [
      await byKey.send({ 'X-API-Key': 'a', 'X-Tenant-ID': 'tenant-1' }),
      await byTenant.send({ Authorization: ofUser }),
    ]
    const byVerifier = await startKoa(
      t,
      requireCaller({ issuer: ISSUER, audience: AUDIENCE, verify: fail }) as Middleware,
    )
    responses.push(await byVerifier.get('Bearer x'))
    for (const response of responses) {
      t.is(response.status, 500)
      t.is(response.headers.get('x-down'), null)
      t.is(await response.text(), 'Internal Server Error')
    }
    t.deepEqual([...byKey.callers, ...byTenant.callers], [])
  }
})

test('requireCaller: invalid tokens get the responses of requireAccessToken, whatever the tenant', async (t) => {
  const server = await startCaller(t, { tenantOf: () => t.fail('asked') as never })
  const none = await server.send({ 'X-Tenant-ID': 'tenant-1' })
  t.is(none.headers.get('www-authenticate'), `Bearer realm="${AUDIENCE}"`)
  const expired = await server.send({ Authorization: bearer({ exp: NOW }) })
  t.regex(expired.headers.get('www-authenticate') ?? '', /^Bearer error="invalid_token"/)
  const malformed = await server.send({ Authorization: 'Bearer' })
  t.regex(malformed.headers.get('www-authenticate') ?? '', /^Bearer error="invalid_request"/)
  t.deepEqual([none.status, expired.status, malformed.status], [401, 401, 400])
})

test('requireScopes: behind requireCaller it checks tokens and API keys', async (t) => {
  const server = await start(
    t,
    requireCaller(VERIFIER, { verifyApiKey }),
    requireScopes('candidate:read'),
  )
  t.is((await server.send({ Authorization: ofUser })).status, 200)
  const key = { 'X-API-Key': 'key of tenant-1', 'X-Tenant-ID': 'tenant-1' }
  const response = await server.send(key)
  t.is(response.status, 403)
  t.regex(response.headers.get('www-authenticate') ?? '', /scope="candidate:read"/)
})

const badOptions = {
  tenantOf: [{}, { header: '' }, { header: 'a b' }, { header: 'a', parameter: 'b' }, 'header', 7],
  allowTenantlessClients: ['yes', 1, null],
  nonsense: [1],
}
for (const [name, values] of Object.entries(badOptions)) {
  for (const value of values) {
    test(`tenant guard: ${name} ${JSON.stringify(value)} is refused at start-up`, (t) => {
      for (const create of [
        () => requireTenant({ [name]: value } as never),
        () => requireCaller(VERIFIER, { [name]: value } as never),
      ]) {
        const error = t.throws(create, { instanceOf: ConfigurationError })
        t.deepEqual(
          error?.issues.map(({ path }) => path.split('.')[0]),
          [name],
        )
      }
    })
  }
}

test('requireCaller: verifyApiKey must be a function', (t) => {
  t.throws(() => requireCaller(VERIFIER, { verifyApiKey: 'key' as never }), {
    message: '"verifyApiKey" must be a function',
  })
})
