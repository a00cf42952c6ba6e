import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import http2 from 'node:http2'
import type { AddressInfo } from 'node:net'
import {
  type AccessTokenVerifier,
  createAccessTokenVerifier,
  InvalidAccessTokenError,
  type InvalidAccessTokenReason,
  MalformedAuthorizationError,
  MissingAccessTokenError,
  requireAccessToken,
} from '@teamcast/oauth-server/resource-server'
import test, { type ExecutionContext } from 'ava'
import { exportJWK } from 'jose'
import Koa from 'koa'
import {
  AUDIENCE,
  claims,
  generateTestKey,
  hmacToken,
  ISSUER,
  NOW,
  type ResourceServer,
  serveKeys,
  signToken,
  startJwksServer,
  startKoa,
  startResourceServer,
  unsignedToken,
} from './resource-server-fixture.ts'

const key = generateTestKey('key-1')
const evil = generateTestKey('key-1')
const evilJwk = await exportJWK(evil.privateKey).then(({ kty, n, e }) => ({ kty, n, e }))

const valid = signToken(key)

async function start(t: ExecutionContext): Promise<ResourceServer> {
  const { uri } = await startJwksServer(t, serveKeys(key))
  return startResourceServer(t, { jwksUri: uri })
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
  test(`requireAccessToken: Authorization ${authorization} is answered with 401 and no error code (RFC 6750 §3.1)`, async (t) => {
    const resourceServer = await start(t)
    const response = await resourceServer.get(authorization)
    assertRefusal(t, response, 401, MISSING)
    t.deepEqual(await response.json(), { error_description: 'an access token is required' })
    t.is(resourceServer.passed.length, 0)
    t.true(resourceServer.emitted[0] instanceof MissingAccessTokenError)
  })
}

for (const authorization of ['Bearer', 'Bearer a b', 'Bearer a b c', 'Bearer "a"', 'Bearer,a']) {
  test(`requireAccessToken: Authorization ${authorization} is answered with 400 invalid_request (RFC 6750 §3.1)`, async (t) => {
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
  test(`requireAccessToken: two Authorization headers, ${name}, are answered with ${status} (RFC 6750 §3.1)`, async (t) => {
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

test('requireAccessToken: HTTP/2 requests are read too', async (t) => {
  const { uri } = await startJwksServer(t, serveKeys(key))
  const app = new Koa()
  app.use(
    requireAccessToken({ issuer: ISSUER, audience: AUDIENCE, jwksUri: uri, clock: () => NOW }),
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

const idTokenClaims = claims({ aud: 'client-1', client_id: undefined, scope: undefined })
const withHeader = (header: Record<string, unknown>): string => signToken(key, claims(), header)
const byEvil = (header: Record<string, unknown>): string => signToken(evil, claims(), header)

const refused: Record<string, readonly [string, InvalidAccessTokenReason]> = {
  'alg none': [unsignedToken(), 'header_rejected'],
  'alg None': [withHeader({ alg: 'None' }), 'header_rejected'],
  'HS256 with the public key as secret': [hmacToken(key), 'header_rejected'],
  RS512: [withHeader({ alg: 'RS512' }), 'header_rejected'],
  'no alg': [withHeader({ alg: undefined }), 'malformed'],
  'another issuer': [signToken(key, claims({ iss: 'https://evil.test' })), 'claim_rejected'],
  'an issuer with a slash more': [signToken(key, claims({ iss: `${ISSUER}/` })), 'claim_rejected'],
  'another audience': [signToken(key, claims({ aud: 'https://other.test' })), 'claim_rejected'],
  'no audience in the list': [signToken(key, claims({ aud: [] })), 'claim_rejected'],
  expired: [signToken(key, claims({ exp: NOW })), 'expired'],
  'nbf in the future': [signToken(key, claims({ nbf: NOW + 1 })), 'claim_rejected'],
  'an ID token': [signToken(key, idTokenClaims, { typ: 'JWT' }), 'claim_rejected'],
  'typ JWT': [withHeader({ typ: 'JWT' }), 'claim_rejected'],
  'no typ': [withHeader({ typ: undefined }), 'claim_rejected'],
  'sub missing': [signToken(key, claims({ sub: undefined })), 'claim_rejected'],
  'a refresh token': [`tcr_${'aB3-_'.repeat(20).slice(0, 96)}`, 'malformed'],
  'an opaque token': ['2YotnFZFEjr1zCsicMWpAA', 'malformed'],
  'an opaque token in three parts': ['2YotnFZ.FEjr1zC.sicMWpAA', 'malformed'],
  'cut short by 10 characters': [valid.slice(0, -10), 'signature_invalid'],
  'cut in half': [valid.slice(0, valid.length / 2), 'malformed'],
  'without signature': [valid.slice(0, valid.lastIndexOf('.') + 1), 'signature_invalid'],
  'one segment short': [valid.slice(0, valid.lastIndexOf('.')), 'malformed'],
  'dots only': ['..', 'malformed'],
  'five segments': ['a.b.c.d.e', 'malformed'],
  'a claim changed': [
    [valid.split('.')[0], signToken(evil).split('.')[1], 'AAAA'].join('.'),
    'signature_invalid',
  ],
  'signed by another key': [byEvil({}), 'signature_invalid'],
  'jwk header': [byEvil({ jwk: evilJwk }), 'header_rejected'],
  'jku header': [byEvil({ jku: 'https://evil.test/jwks.json' }), 'header_rejected'],
  'x5u header': [byEvil({ x5u: 'https://evil.test/cert.pem' }), 'header_rejected'],
  'x5c header': [byEvil({ x5c: ['MIIB'] }), 'header_rejected'],
  'jwk header on a token of the issuer': [withHeader({ jwk: key.publicJwk }), 'header_rejected'],
  'a crit header jose knows': [withHeader({ crit: ['b64'], b64: true }), 'header_rejected'],
  'a crit header nobody knows': [withHeader({ crit: ['x'], x: 1 }), 'malformed'],
  'unknown kid': [withHeader({ kid: 'key-9' }), 'key_unknown'],
  'kid that is no string': [withHeader({ kid: { $ne: '' } }), 'key_unknown'],
}

for (const [name, [jwt, reason]] of Object.entries(refused)) {
  test(`requireAccessToken: ${name} is answered with 401 invalid_token (RFC 9068 §4, RFC 6750 §3.1)`, async (t) => {
    const resourceServer = await start(t)
    const response = await resourceServer.get(`Bearer ${jwt}`)
    assertRefusal(t, response, 401, INVALID_TOKEN)
    t.deepEqual(await response.json(), {
      error: 'invalid_token',
      error_description: 'the access token is expired, revoked, malformed or otherwise invalid',
    })
    t.is(resourceServer.passed.length, 0)
    const [error] = resourceServer.emitted
    t.true(error instanceof InvalidAccessTokenError)
    // What has `expose`, Koa's own error listener does not log.
    t.true(error?.expose)
    t.is((error as InvalidAccessTokenError).reason, reason)
  })
}

for (const name of ['jku', 'x5u']) {
  test(`requireAccessToken: the URL in a ${name} header is never fetched (RFC 8725 §3.10)`, async (t) => {
    const resourceServer = await start(t)
    const evilServer = await startJwksServer(t, serveKeys(evil))
    const response = await resourceServer.get(`Bearer ${byEvil({ [name]: evilServer.uri.href })}`)
    assertRefusal(t, response, 401, INVALID_TOKEN)
    t.deepEqual(evilServer.requests, [])
  })
}

test('requireAccessToken: headers set before, such as CORS, survive a refusal', async (t) => {
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

test('requireAccessToken: one verifier serves several places with one cache', async (t) => {
  const jwks = await startJwksServer(t, serveKeys(key))
  const verifier = createAccessTokenVerifier({
    issuer: ISSUER,
    audience: AUDIENCE,
    jwksUri: jwks.uri,
    clock: () => NOW,
  })
  for (const place of [0, 1]) {
    const resourceServer = await startResourceServer(t, verifier)
    t.is((await resourceServer.get(`Bearer ${valid}`)).status, 200, String(place))
  }
  t.is(jwks.requests.length, 1)
})

test('requireAccessToken: takes any verifier, so that checks can be put around ours', async (t) => {
  const inner: AccessTokenVerifier = {
    issuer: ISSUER,
    audience: AUDIENCE,
    verify: () => Promise.reject(new InvalidAccessTokenError('claim_rejected', 'not today')),
  }
  const resourceServer = await startResourceServer(t, inner)
  assertRefusal(t, await resourceServer.get('Bearer x'), 401, INVALID_TOKEN)
})

test('requireAccessToken: a fault of the verifier is a 500, not a refusal', async (t) => {
  const verify = (): Promise<never> => Promise.reject(new RangeError('bug'))
  const resourceServer = await startResourceServer(t, {
    issuer: ISSUER,
    audience: AUDIENCE,
    verify,
  })
  t.is((await resourceServer.get('Bearer x')).status, 500)
  t.is(resourceServer.passed.length, 0)
})

test('requireAccessToken: an error of the route behind it is left alone', async (t) => {
  const { uri } = await startJwksServer(t, serveKeys(key))
  const resourceServer = await startResourceServer(t, { jwksUri: uri }, () => {
    throw new MissingAccessTokenError('another service')
  })
  const response = await resourceServer.get(`Bearer ${valid}`)
  t.is(response.status, 401)
  t.is(response.headers.get('www-authenticate'), 'Bearer realm="another service"')
  t.is(await response.text(), 'an access token is required')
})
