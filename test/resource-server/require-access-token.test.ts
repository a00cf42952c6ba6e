import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import http2 from 'node:http2'
import type { AddressInfo } from 'node:net'
import {
  type AccessTokenVerifier,
  createAccessTokenVerifier,
  InvalidAccessTokenError,
  MalformedAuthorizationError,
  MissingAccessTokenError,
  requireAccessToken,
} from '@teamcast/oauth-server/resource-server'
import test, { type ExecutionContext } from 'ava'
import Koa from 'koa'
import {
  AUDIENCE,
  generateTestKey,
  ISSUER,
  keysFrom,
  NOW,
  type ResourceServer,
  serveKeys,
  signToken,
  startJwksServer,
  startKoa,
  startResourceServer,
} from './resource-server-fixture.ts'

const key = generateTestKey('key-1')

const valid = signToken(key)

async function start(t: ExecutionContext): Promise<ResourceServer> {
  const { uri } = await startJwksServer(t, serveKeys(key))
  return startResourceServer(t, { jwks: keysFrom(uri) })
}

function assertRefusal(
  t: ExecutionContext,
  response: Response,
  status: number,
  challenge: string,
): void {
  t.is(response.status, status)
  t.is(response.headers.get('www-authenticate'), challenge)
  t.is(response.headers.get('cache-control'), 'no-store')
  t.is(response.headers.get('content-type'), 'application/json; charset=utf-8')
}

const INVALID_TOKEN =
  'Bearer error="invalid_token", error_description="the access token is expired, revoked, malformed or otherwise invalid"'
const INVALID_REQUEST =
  'Bearer error="invalid_request", error_description="the Authorization header must be Bearer followed by one access token"'
const MISSING = `Bearer realm="${AUDIENCE}"`

test('requireAccessToken: a valid token passes and is in ctx.state.accessToken', async (t) => {
  const resourceServer = await start(t)
  const response = await resourceServer.get(`Bearer ${valid}`)
  t.is(response.status, 200)
  t.is(response.headers.get('www-authenticate'), null)
  t.is(response.headers.get('cache-control'), null)
  t.is(resourceServer.passed[0]?.userId, 'user-1')
  t.is(resourceServer.emitted.length, 0)
})

test('requireAccessToken: the scheme is case-insensitive (RFC 9110 §11.1)', async (t) => {
  const resourceServer = await start(t)
  t.is((await resourceServer.get(`bEARER ${valid}`)).status, 200)
})

for (const authorization of [undefined, 'Basic Y2xpZW50OnNlY3JldA==']) {
  test(`requireAccessToken: Authorization ${authorization} gets 401 without error code (RFC 6750 §3.1)`, async (t) => {
    const resourceServer = await start(t)
    const response = await resourceServer.get(authorization)
    assertRefusal(t, response, 401, MISSING)
    t.deepEqual(await response.json(), { error_description: 'an access token is required' })
    t.is(resourceServer.passed.length, 0)
    t.true(resourceServer.emitted[0] instanceof MissingAccessTokenError)
  })
}

for (const authorization of ['Bearer', 'Bearer a b', 'Bearer a b c', 'Bearer "a"', 'Bearer,a']) {
  test(`requireAccessToken: Authorization ${authorization} gets 400 invalid_request (RFC 6750 §3.1)`, async (t) => {
    const resourceServer = await start(t)
    const response = await resourceServer.get(authorization)
    assertRefusal(t, response, 400, INVALID_REQUEST)
    t.deepEqual(await response.json(), {
      error: 'invalid_request',
      error_description: 'the Authorization header must be Bearer followed by one access token',
    })
    t.is(resourceServer.passed.length, 0)
    t.true(resourceServer.emitted[0] instanceof MalformedAuthorizationError)
  })
}

const twice: Record<string, readonly [ReadonlyArray<string>, number, string]> = {
  'a valid token twice': [[`Bearer ${valid}`, `Bearer ${valid}`], 400, INVALID_REQUEST],
  'a valid token and another': [[`Bearer ${valid}`, 'Bearer other'], 400, INVALID_REQUEST],
  'another and a valid token': [['Bearer other', `Bearer ${valid}`], 400, INVALID_REQUEST],
  'a valid token and Basic': [[`Bearer ${valid}`, 'Basic YTpi'], 400, INVALID_REQUEST],
  'Basic and a valid token': [['Basic YTpi', `Bearer ${valid}`], 401, MISSING],
}
for (const [name, [authorizations, status, challenge]] of Object.entries(twice)) {
  test(`requireAccessToken: two Authorization headers, ${name}, get ${status} (RFC 6750 §3.1)`, async (t) => {
    const resourceServer = await start(t)
    // fetch would join them; as pairs in an array they go out as they are.
    const headers = ['Host', 'api.test', ...authorizations.flatMap((it) => ['Authorization', it])]
    const sent = request(resourceServer.origin, { headers }).end()
    const [response]: Array<IncomingMessage> = await once(sent, 'response')
    response?.resume()
    t.is(response?.statusCode, status)
    t.is(response?.headers['www-authenticate'], challenge)
    t.is(resourceServer.passed.length, 0)
  })
}

test('requireAccessToken: reads HTTP/2 requests', async (t) => {
  const { uri } = await startJwksServer(t, serveKeys(key))
  const app = new Koa()
  app.use(
    requireAccessToken({
      issuer: ISSUER,
      audience: AUDIENCE,
      jwks: keysFrom(uri),
      clock: () => NOW,
    }),
  )
  app.use((ctx) => {
    ctx.status = 204
  })
  const server = http2.createServer(app.callback()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const session = http2.connect(`http://127.0.0.1:${port}`)
  t.teardown(() => {
    session.destroy()
    server.close()
  })
  const [answer] = await once(session.request({ authorization: `Bearer ${valid}` }), 'response')
  t.is(answer[':status'], 204)
})

test('requireAccessToken: a token in query or body is ignored (RFC 6750 §2.2, §2.3)', async (t) => {
  const resourceServer = await start(t)
  const inQuery = await fetch(`${resourceServer.origin}/?access_token=${valid}`)
  assertRefusal(t, inQuery, 401, MISSING)
  const body = new URLSearchParams({ access_token: valid })
  const inBody = await fetch(resourceServer.origin, { method: 'POST', body })
  assertRefusal(t, inBody, 401, MISSING)
  t.is(resourceServer.passed.length, 0)
})

test('requireAccessToken: headers set before it, such as CORS, stay in error responses', async (t) => {
  const { uri } = await startJwksServer(t, serveKeys(key))
  const resourceServer = await startKoa(
    t,
    async (ctx, next) => {
      ctx.set('Access-Control-Allow-Origin', 'https://spa.test')
      await next()
    },
    requireAccessToken({ issuer: ISSUER, audience: AUDIENCE, jwksUri: uri }),
  )
  const response = await resourceServer.get()
  t.is(response.status, 401)
  t.is(response.headers.get('access-control-allow-origin'), 'https://spa.test')
})

test('requireAccessToken: middlewares can share a verifier and its cache', async (t) => {
  const jwks = await startJwksServer(t, serveKeys(key))
  const verifier = createAccessTokenVerifier({
    issuer: ISSUER,
    audience: AUDIENCE,
    jwks: keysFrom(jwks.uri),
    clock: () => NOW,
  })
  for (const place of [0, 1]) {
    const resourceServer = await startResourceServer(t, verifier)
    t.is((await resourceServer.get(`Bearer ${valid}`)).status, 200, String(place))
  }
  t.is(jwks.requests.length, 1)
})

test('requireAccessToken: accepts a verifier that wraps ours', async (t) => {
  const inner: AccessTokenVerifier = {
    issuer: ISSUER,
    audience: AUDIENCE,
    verify: () => Promise.reject(new InvalidAccessTokenError('claim_rejected', 'not today')),
  }
  const resourceServer = await startResourceServer(t, inner)
  assertRefusal(t, await resourceServer.get('Bearer x'), 401, INVALID_TOKEN)
})

test('requireAccessToken: when the verifier itself fails the response is 500, not 401', async (t) => {
  const verify = (): Promise<never> => Promise.reject(new RangeError('bug'))
  const resourceServer = await startResourceServer(t, {
    issuer: ISSUER,
    audience: AUDIENCE,
    verify,
  })
  t.is((await resourceServer.get('Bearer x')).status, 500)
  t.is(resourceServer.passed.length, 0)
})

test('requireAccessToken: does not touch errors of the route behind it', async (t) => {
  const { uri } = await startJwksServer(t, serveKeys(key))
  const resourceServer = await startResourceServer(t, { jwks: keysFrom(uri) }, () => {
    throw new MissingAccessTokenError('another service')
  })
  const response = await resourceServer.get(`Bearer ${valid}`)
  t.is(response.status, 401)
  t.is(response.headers.get('www-authenticate'), 'Bearer realm="another service"')
  t.is(await response.text(), 'an access token is required')
})
