/** Fixtures of the resource server's tests: an issuer's keys and tokens, and two servers. */

import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  type AccessTokenState,
  type AccessTokenVerifier,
  type AccessTokenVerifierOptions,
  type ProtectedResourceError,
  requireAccessToken,
} from '@teamcast/oauth-server/resource-server'
import type { ExecutionContext } from 'ava'
import type { JWK, JWTVerifyGetKey } from 'jose'
import Koa, { type DefaultContext, type Middleware } from 'koa'
import { createRemoteJwks } from '../../lib/resource-server/verify/remote-jwks.ts'

export const ISSUER = 'https://issuer.test'
export const AUDIENCE = 'https://api.test'
/** The time in all of these tests; seconds since the Unix epoch. */
export const NOW = 1_800_000_000

const PATIENCE_MILLISECONDS = 120_000

export interface TestKey {
  readonly kid: string
  readonly privateKey: KeyObject
  readonly publicJwk: JWK
  readonly publicPem: string
}

/** Slow (tens of milliseconds): call it once per file and key, not per test. */
export function generateTestKey(kid: string): TestKey {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return {
    kid,
    privateKey,
    publicJwk: { ...publicKey.export({ format: 'jwk' }), kid, alg: 'RS256', use: 'sig' },
    publicPem: publicKey.export({ format: 'pem', type: 'spki' }).toString(),
  }
}

export type JsonObject = Readonly<Record<string, unknown>>

/** The claims of a user's token; `undefined` takes one away. */
export function claims(changes: JsonObject = {}): JsonObject {
  return {
    iss: ISSUER,
    aud: AUDIENCE,
    sub: 'user-1',
    client_id: 'client-1',
    scope: 'interview:read candidate:read',
    tenant_id: 'tenant-1',
    grant_id: 'family-1',
    jti: 'token-1',
    iat: NOW - 10,
    exp: NOW + 890,
    ...changes,
  }
}

const encode = (json: JsonObject | string): string =>
  Buffer.from(typeof json === 'string' ? json : JSON.stringify(json)).toString('base64url')

const input = (header: JsonObject, payload: JsonObject | string): string =>
  `${encode(header)}.${encode(payload)}`

/** Signed by hand, because no library would make the tokens that we need. */
export function signToken(
  key: TestKey,
  payload: JsonObject | string = claims(),
  header: JsonObject = {},
): string {
  const unsigned = input({ alg: 'RS256', typ: 'at+jwt', kid: key.kid, ...header }, payload)
  return `${unsigned}.${sign('sha256', Buffer.from(unsigned), key.privateKey).toString('base64url')}`
}

export const unsignedToken = (): string => `${input({ alg: 'none', typ: 'at+jwt' }, claims())}.`

/** The confusion of an RSA public key with an HMAC secret. */
export function hmacToken(key: TestKey): string {
  const unsigned = input({ alg: 'HS256', typ: 'at+jwt', kid: key.kid }, claims())
  return `${unsigned}.${createHmac('sha256', key.publicPem).update(unsigned).digest('base64url')}`
}

async function listen(t: ExecutionContext, listener: RequestListener): Promise<Server> {
  // On a busy machine a test may take longer to its next request than a server keeps a connection.
  const server = createServer({ keepAliveTimeout: 0 }, listener)
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return server
}

const originOf = (server: Server): string =>
  `http://127.0.0.1:${(server.address() as AddressInfo).port}`

export interface JwksServer {
  readonly origin: string
  readonly uri: URL
  /** Requested paths, in order. */
  readonly requests: ReadonlyArray<string>
  /** Writes the responses from now on. */
  answer: RequestListener
}

export const serveKeys =
  (...keys: ReadonlyArray<TestKey>): RequestListener =>
  (_request, response) => {
    response.setHeader('content-type', 'application/jwk-set+json')
    response.end(JSON.stringify({ keys: keys.map(({ publicJwk }) => publicJwk) }))
  }

export const serveStatus =
  (status: number): RequestListener =>
  (_request, response) => {
    response.writeHead(status).end('{}')
  }

export async function startJwksServer(
  t: ExecutionContext,
  answer: RequestListener,
): Promise<JwksServer> {
  const requests: Array<string> = []
  const server = await listen(t, (request, response) => {
    requests.push(request.url ?? '')
    jwksServer.answer(request, response)
  })
  const origin = originOf(server)
  const uri = new URL(`${origin}/.well-known/jwks.json`)
  const jwksServer: JwksServer = { origin, uri, requests, answer }
  return jwksServer
}

export interface ResourceServer {
  readonly origin: string
  /** Errors that the application emitted. */
  readonly emitted: ReadonlyArray<ProtectedResourceError>
  /** Requests that got past every middleware. */
  readonly passed: ReadonlyArray<AccessTokenState['accessToken']>
  /** GET / with an Authorization header. */
  get(authorization?: string): Promise<Response>
}

/** A Koa application: the middlewares, then a route with status 200. */
export async function startKoa(
  t: ExecutionContext,
  ...middlewares: ReadonlyArray<Middleware<AccessTokenState, DefaultContext>>
): Promise<ResourceServer> {
  const emitted: Array<ProtectedResourceError> = []
  const passed: Array<AccessTokenState['accessToken']> = []
  const app = new Koa<AccessTokenState>()
  app.on('error', (error: ProtectedResourceError) => emitted.push(error))
  for (const middleware of middlewares) app.use(middleware)
  app.use((ctx) => {
    passed.push(ctx.state.accessToken)
    ctx.body = 'passed'
  })
  const origin = originOf(await listen(t, app.callback()))
  const get = async (authorization?: string): Promise<Response> =>
    fetch(origin, authorization === undefined ? {} : { headers: { authorization } })
  return { origin, emitted, passed, get }
}

/** Keys from there, however long a busy machine takes to fetch them. */
export const keysFrom = (uri: URL): JWTVerifyGetKey =>
  createRemoteJwks({ uri, clock: () => NOW, fetchTimeoutMilliseconds: PATIENCE_MILLISECONDS })

/** An application behind `requireAccessToken`, at the time {@link NOW}. */
export async function startResourceServer(
  t: ExecutionContext,
  options: AccessTokenVerifier | Partial<AccessTokenVerifierOptions>,
  ...middlewares: ReadonlyArray<Middleware<AccessTokenState, DefaultContext>>
): Promise<ResourceServer> {
  const verifier =
    'verify' in options
      ? options
      : { issuer: ISSUER, audience: AUDIENCE, clock: () => NOW, ...options }
  return startKoa(t, requireAccessToken(verifier), ...middlewares)
}
