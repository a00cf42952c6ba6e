import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import middie from '@fastify/middie'
import {
  type AccessTokenVerifierOptions,
  ConfigurationError,
  InvalidAccessTokenError,
  type ProtectedResourceError,
} from '@teamcast/oauth-server/resource-server'
import {
  accessTokenOf,
  callerOf,
  type NodeMiddleware,
  protectedResourceMetadata,
  requireAccessToken,
  requireCaller,
  requireScopes,
  requireTenant,
} from '@teamcast/oauth-server/resource-server/node'
import test, { type ExecutionContext } from 'ava'
import express from 'express'
import {
  type FastifyReply,
  type FastifyRequest,
  fastify,
  type HookHandlerDoneFunction,
} from 'fastify'
import { catchWarnings } from '../helpers/catch-warnings.ts'
import { listen } from '../helpers/listen.ts'
import {
  AUDIENCE,
  claims,
  generateTestKey,
  ISSUER,
  keysFrom,
  NOW,
  serveKeys,
  serveStatus,
  signToken,
  startJwksServer,
} from '../resource-server/resource-server-fixture.ts'

const key = generateTestKey('key-1')
const bearer = (changes = {}): Record<string, string> => ({
  authorization: `Bearer ${signToken(key, claims(changes))}`,
})

/** An API: the middleware, then a route that responds with what `read` finds. */
type StartApi = (
  middleware: ReadonlyArray<NodeMiddleware>,
  read: (request: IncomingMessage) => unknown,
) => RequestListener | Promise<RequestListener>

const FRAMEWORKS: Readonly<Record<string, StartApi>> = {
  'node:http':
    (middleware, read) =>
    (request, response): void => {
      const [first, ...others] = middleware
      const pass = (rest: ReadonlyArray<NodeMiddleware>, error?: Error): void => {
        const [next, ...more] = rest
        if (error !== undefined) response.writeHead(500).end()
        else if (next === undefined) response.end(JSON.stringify(read(request)))
        else next(request, response, (failure) => pass(more, failure))
      }
      pass(first === undefined ? [] : [first, ...others])
    },
  Express(middleware, read) {
    const app = express()
    if (middleware.length > 0) app.use(...middleware)
    app.use((request, response) => {
      response.json(read(request))
    })
    const handleError: express.ErrorRequestHandler = (error, _request, response, _next) => {
      response.status(error.status ?? 500).end()
    }
    return app.use(handleError)
  },
  async 'Fastify with middie'(middleware, read) {
    const app = fastify()
    await app.register(middie)
    for (const each of middleware) app.use(each)
    app.all('*', async (request) => read(request.raw))
    await app.ready()
    return (request, response) => app.routing(request, response)
  },
  async 'Fastify with hooks'(middleware, read) {
    const app = fastify()
    for (const each of middleware) app.addHook('onRequest', toHook(each))
    app.all('*', async (request) => read(request.raw))
    await app.ready()
    return (request, response) => app.routing(request, response)
  },
}

/** As a host may write it: what the middleware returns is returned to Fastify. */
const toHook =
  (middleware: NodeMiddleware) =>
  (request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction): void =>
    middleware(Object.assign(request.raw, { params: request.params }), reply.raw, done)

interface Api {
  readonly get: (headers?: Readonly<Record<string, string>>, path?: string) => Promise<Response>
  readonly options: AccessTokenVerifierOptions
  /** How many requests reached the route. */
  readonly passed: () => number
}

async function startApi(
  t: ExecutionContext,
  create: StartApi,
  middlewareOf: (options: AccessTokenVerifierOptions) => ReadonlyArray<NodeMiddleware>,
  read: (request: IncomingMessage) => unknown = () => 'passed',
): Promise<Api> {
  const { uri } = await startJwksServer(t, serveKeys(key))
  const options = { issuer: ISSUER, audience: AUDIENCE, jwks: keysFrom(uri), clock: () => NOW }
  let passed = 0
  const listener = await create(middlewareOf(options), (request) => {
    passed += 1
    return read(request)
  })
  const { origin, serve } = await listen(t)
  serve(listener)
  return {
    options,
    passed: () => passed,
    get: (headers = {}, path = '/') => fetch(origin + path, { headers }),
  }
}

for (const [name, create] of Object.entries(FRAMEWORKS)) {
  test(`${name}: a valid token passes, and accessTokenOf returns it`, async (t) => {
    const { get } = await startApi(
      t,
      create,
      (options) => [requireAccessToken(options), requireScopes('interview:read')],
      (request) => {
        const { userId, tenantId, scopes } = accessTokenOf(request)
        return { userId, tenantId, scopes: [...scopes] }
      },
    )
    const response = await get(bearer())
    t.is(response.status, 200)
    t.deepEqual(await response.json(), {
      userId: 'user-1',
      tenantId: 'tenant-1',
      scopes: ['interview:read', 'candidate:read'],
    })
  })

  test(`${name}: refused requests get the responses of RFC 6750 §3, reach no route, and onError hears of each`, async (t) => {
    const errors: Array<ProtectedResourceError> = []
    const onError = (error: ProtectedResourceError): void => void errors.push(error)
    const { get, passed } = await startApi(t, create, (options) => [
      requireAccessToken(options, {
        onError,
        resourceMetadata: true,
        scopes: ['interview:read'],
      }),
      requireScopes('interview:delete'),
    ])
    const metadata = `resource_metadata="${AUDIENCE}/.well-known/oauth-protected-resource"`
    for (const [headers, status, challenge, body] of [
      [
        {},
        401,
        `Bearer realm="${AUDIENCE}", scope="interview:read", ${metadata}`,
        { error_description: 'an access token is required' },
      ],
      [
        { authorization: 'Bearer a b' },
        400,
        /^Bearer error="invalid_request", .*resource_metadata=/,
        { error: 'invalid_request' },
      ],
      [
        bearer({ exp: NOW - 1 }),
        401,
        /^Bearer error="invalid_token", .* scope="interview:read", resource_metadata=/,
        { error: 'invalid_token' },
      ],
      [
        bearer(),
        403,
        /^Bearer error="insufficient_scope", .* scope="interview:delete", resource_metadata=/,
        { error: 'insufficient_scope' },
      ],
    ] as const) {
      const response = await get(headers)
      t.is(response.status, status)
      const written = response.headers.get('www-authenticate') ?? ''
      if (typeof challenge === 'string') t.is(written, challenge)
      else t.regex(written, challenge)
      t.is(response.headers.get('cache-control'), 'no-store')
      t.is(response.headers.get('content-type'), 'application/json; charset=utf-8')
      t.like(await response.json(), body)
    }
    t.is(passed(), 0)
    t.is(errors.length, 4)
    t.true(errors[2] instanceof InvalidAccessTokenError)
    t.like(errors[2], { reason: 'expired' })
  })

  test(`${name}: requireCaller compares tenants and checks API keys, which the host's function sees with the request`, async (t) => {
    const seen: Array<string | undefined> = []
    const { get, passed } = await startApi(
      t,
      create,
      (options) => [
        requireCaller(options, {
          verifyApiKey({ apiKey, tenantId }, request) {
            seen.push(request.url)
            const isKnown = apiKey === 'key' && tenantId === 'tenant-1'
            return isKnown ? { keyId: 'key-1', scopes: ['interview:read'] } : undefined
          },
        }),
        requireScopes('interview:read'),
      ],
      (request) => ({ kind: callerOf(request).kind, tenantId: callerOf(request).tenantId }),
    )
    const tenant = (id: string): Record<string, string> => ({ 'x-tenant-id': id })
    t.deepEqual(await (await get(bearer())).json(), { kind: 'user', tenantId: 'tenant-1' })
    t.deepEqual(await (await get({ 'x-api-key': 'key', ...tenant('tenant-1') }, '/a?b')).json(), {
      kind: 'api-key',
      tenantId: 'tenant-1',
    })
    t.deepEqual(seen, ['/a?b'])
    t.is((await get({ ...bearer(), ...tenant('other') })).status, 403)
    t.is((await get({ 'x-api-key': 'key', ...tenant('other') })).status, 401)
    t.is((await get({ 'x-api-key': 'key' })).status, 400)
    t.is((await get({ ...bearer(), 'x-api-key': 'key', ...tenant('tenant-1') })).status, 400)
    t.is(passed(), 2)
  })

  test.serial(
    `${name}: while the keys are unavailable 503, and what the host’s function throws goes to the host, as a 500`,
    async (t) => {
      const warnings = catchWarnings(t, /access tokens cannot be verified/)
      const jwks = await startJwksServer(t, serveStatus(500))
      const { get, passed } = await startApi(t, create, (options) => [
        requireCaller(
          { ...options, jwks: keysFrom(jwks.uri) },
          {
            verifyApiKey() {
              throw Object.assign(new Error('of the host'), { status: 404, statusCode: 404 })
            },
          },
        ),
      ])
      const unavailable = await get(bearer())
      t.is(unavailable.status, 503)
      t.is(unavailable.headers.get('retry-after'), '5')
      t.is(warnings.length, 1)
      t.is((await get({ 'x-api-key': 'key', 'x-tenant-id': 'a' })).status, 500)
      t.is(passed(), 0)
    },
  )

  test(`${name}: the middleware that needs another one in front passes nothing on without it`, async (t) => {
    for (const middleware of [requireScopes('interview:read'), requireTenant()]) {
      const { get, passed } = await startApi(t, create, () => [middleware])
      t.is((await get(bearer())).status, 500)
      t.is(passed(), 0)
    }
  })

  test(`${name}: the metadata of the resource, in front of what requires a token (RFC 9728 §3)`, async (t) => {
    const { get } = await startApi(t, create, (options) => [
      protectedResourceMetadata({ resource: AUDIENCE, authorizationServers: [ISSUER] }),
      requireAccessToken(options),
    ])
    const response = await get({}, '/.well-known/oauth-protected-resource?a=b')
    t.is(response.status, 200)
    t.is(response.headers.get('access-control-allow-origin'), '*')
    t.like(await response.json(), { resource: AUDIENCE, authorization_servers: [ISSUER] })
    t.is((await get({}, '/')).status, 401)
  })
}

test('Express: requireTenant reads the parameter of the route, or the request of Express', async (t) => {
  const { get } = await startApi(
    t,
    (middleware, read) => {
      const app = express()
      if (middleware.length > 0) app.use(...middleware)
      const respond: express.RequestHandler = (request, response) => {
        response.json(read(request))
      }
      app.get('/tenants/:tenantId', requireTenant({ tenantOf: { parameter: 'tenantId' } }), respond)
      app.get(
        '/query',
        requireTenant({ tenantOf: (request: express.Request) => String(request.query['tenant']) }),
        respond,
      )
      return app
    },
    (options) => [requireAccessToken(options)],
    (request) => callerOf(request).tenantId,
  )
  for (const path of ['/tenants/', '/query?tenant=']) {
    t.is(await (await get(bearer(), `${path}tenant-1`)).json(), 'tenant-1')
    t.is((await get(bearer(), `${path}other`)).status, 403)
  }
})

test('Fastify: requireTenant reads the parameter of the route in a hook of it', async (t) => {
  const { get, passed } = await startApi(
    t,
    async (middleware, read) => {
      const app = fastify()
      for (const each of middleware) app.addHook('onRequest', toHook(each))
      const onRequest = toHook(requireTenant({ tenantOf: { parameter: 'tenantId' } }))
      app.get('/tenants/:tenantId', { onRequest }, async (request) => read(request.raw))
      await app.ready()
      return (request, response) => app.routing(request, response)
    },
    (options) => [requireAccessToken(options)],
    (request) => callerOf(request).tenantId,
  )
  t.is(await (await get(bearer(), '/tenants/tenant-1')).text(), 'tenant-1')
  t.is((await get(bearer(), '/tenants/other')).status, 403)
  t.is(passed(), 1)
})

test('Fastify: a refused request ends its life: onResponse runs, and the next one on the connection is served', async (t) => {
  const responded: Array<number> = []
  const { get } = await startApi(
    t,
    async (middleware, read) => {
      const app = fastify()
      app.addHook('onResponse', async (_request, reply) => {
        responded.push(reply.raw.statusCode)
      })
      for (const each of middleware) app.addHook('onRequest', toHook(each))
      app.all('*', async (request) => read(request.raw))
      await app.ready()
      return (request, response) => app.routing(request, response)
    },
    (options) => [requireAccessToken(options)],
  )
  t.is((await get()).status, 401)
  t.is((await get(bearer())).status, 200)
  t.is(responded[0], 401)
})

test('accessTokenOf, callerOf: throw for a request that nothing has checked', (t) => {
  const request = {} as IncomingMessage
  for (const read of [accessTokenOf, callerOf]) {
    t.throws(() => read(request), {
      instanceOf: ConfigurationError,
      code: 'ERR_CONFIGURATION_INVALID',
    })
  }
})

test('middleware: a response that was sent before is an error of the host, and nothing is passed on', async (t) => {
  const failures: Array<unknown> = []
  const { get, passed } = await startApi(
    t,
    (middleware, read) => (request: IncomingMessage, response: ServerResponse) => {
      response.end('too late')
      middleware[0]?.(request, response, (error) => {
        if (error === undefined) read(request)
        failures.push(error)
      })
    },
    (options) => [requireAccessToken(options)],
  )
  t.is(await (await get()).text(), 'too late')
  t.like(failures, [{ code: 'ERR_HTTP_HEADERS_SENT' }])
  t.is(passed(), 0)
})

test('middleware: unknown options are rejected at start', (t) => {
  const verifier = { issuer: ISSUER, audience: AUDIENCE }
  for (const create of [
    () => requireAccessToken(verifier, { onRefused: 1 } as object),
    () => requireCaller(verifier, { onError: 1 } as object),
    () => requireTenant({ onError: 1 } as object),
    () => requireScopes('not a scope'),
    () => protectedResourceMetadata({ resource: 'x', authorizationServers: [] }),
  ]) {
    t.throws(create, { instanceOf: ConfigurationError })
  }
})
