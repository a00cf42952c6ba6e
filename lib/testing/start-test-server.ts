/**
 * An authorization server in memory, for tests.
 *
 * @module
 */

import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import Koa from 'koa'
import { createMemoryStorage } from '../../adapters/memory/index.ts'
import { type AuthorizationServer, createAuthorizationServer } from '../authorization-server.ts'
import type { NewClient, RegisteredClient } from '../clients/client-registry.ts'
import { TOKEN_PATH } from '../endpoints/token.ts'
import { AUTHORIZE_PATH } from '../http/paths.ts'
import { DEFAULT_ACCESS_TOKEN_TTL_SECONDS } from '../lifetimes.ts'
import type { AuthorizationServerOptions } from '../options/authorization-server-options.ts'
import { createAccessTokens } from '../tokens/access-token.ts'
import type { User } from '../users/user.ts'
import { audienceFor } from './audience.ts'
import { type Authorization, authorize } from './authorize.ts'
import { createTestClock, type TestClock } from './test-clock.ts'
import { keysOf } from './test-keys.ts'
import type { UserAgent } from './user-agent.ts'

const DEFAULT_PASSWORD = 'correct horse battery staple'

/** A user of a test server. Signs in with the email address. */
export interface TestUser extends User {
  /** Defaults to `correct horse battery staple`. */
  readonly password?: string
}

/** Options of {@link startTestServer}. All are optional. */
export interface TestServerOptions extends Partial<Omit<AuthorizationServerOptions, 'issuer'>> {
  /**
   * Users who can sign in, with their email address and password.
   *
   * @defaultValue None
   */
  readonly users?: ReadonlyArray<TestUser>
  /**
   * Clients to register.
   *
   * @defaultValue None
   */
  readonly clients?: ReadonlyArray<NewClient>
  /**
   * Path of the issuer, for example `/auth`.
   *
   * @defaultValue The root
   */
  readonly issuerPath?: string
}

/** An authorization: a user grants scopes to a client. */
export interface TestAuthorization {
  readonly userId: string
  readonly clientId: string
  /** Defaults to all scopes of the client. */
  readonly scopes?: ReadonlyArray<string>
  /** The `resource` parameters (RFC 8707). Defaults to none: the server chooses by the scopes. */
  readonly resources?: ReadonlyArray<string>
  /** Defaults to the first redirect URI of the client. */
  readonly redirectUri?: string
  /** The `nonce`, which the ID token repeats (OIDC Core §2). Defaults to none. */
  readonly nonce?: string
  /** The `max_age`: how long ago the user may have signed in (OIDC Core §3.1.2.1). Defaults to any time. */
  readonly maxAgeSeconds?: number
  /** Defaults to a browser without cookies. */
  readonly userAgent?: UserAgent
}

/** The content of an access token. Neither user nor client need to exist. */
export interface TestAccessToken {
  /** `undefined` for a token of the client itself (`client_credentials`). */
  readonly userId?: string
  readonly clientId: string
  readonly tenantId?: string
  readonly scopes: ReadonlyArray<string>
  /**
   * Token audience. Defaults to that of the first resource that accepts the scopes; identity scopes alone are for the
   * userinfo endpoint.
   */
  readonly audience?: string
  /** Defaults to 900. */
  readonly ttlSeconds?: number
}

/** A token response (RFC 6749 §5.1, OIDC Core §3.1.3.3). */
export interface TokenResponse {
  readonly access_token: string
  readonly token_type: 'Bearer'
  readonly expires_in: number
  readonly refresh_token?: string
  /** With `openIdConnect` and the scope `openid`. */
  readonly id_token?: string
  readonly scope: string
}

/** An authorization server that listens on a free port of 127.0.0.1. */
export interface TestServer {
  /** Its issuer, with the port. */
  readonly issuer: string
  /** The authorization server. */
  readonly authorizationServer: AuthorizationServer
  /** Its users by id. Delete a user to disable it, set one to add or change it. */
  readonly users: Map<string, TestUser>
  /** The clients of the options, in their order. */
  readonly clients: ReadonlyArray<RegisteredClient>
  /** Its clock. */
  readonly clock: TestClock
  /** Registers a client. */
  registerClient(newClient: NewClient): Promise<RegisteredClient>
  /** Signs a user in without a browser, grants all scopes, and returns the authorization code. */
  authorize(authorization: TestAuthorization): Promise<Authorization>
  /** Signs a user in without a browser, redeems the code, and returns the tokens. */
  issueTokens(authorization: TestAuthorization): Promise<TokenResponse>
  /** Issues an access token without any checks. */
  issueAccessToken(accessToken: TestAccessToken): Promise<string>
  /** Stops the server. */
  close(): Promise<void>
}

/**
 * Starts an authorization server in memory, on a free port of 127.0.0.1. The first one in a process takes
 * longer, because it generates the signing key that all share.
 *
 * @throws {@link ConfigurationError} when options are invalid.
 * @throws {@link ClientMetadataError} when a client is invalid.
 *
 * @example
 *
 * A token for a test of an API
 *
 * ```ts
 * const server = await startTestServer()
 * const accessToken = await server.issueAccessToken({
 *   userId: 'ada',
 *   clientId: 'acme-recruiter',
 *   tenantId: 'acme',
 *   scopes: ['interview:read'],
 * })
 * await server.close()
 * ```
 */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const listener = await listenOnFreePort()
  try {
    return await serveOn(listener, options)
  } catch (error) {
    listener.close()
    throw error
  }
}

async function serveOn(listener: Server, options: TestServerOptions): Promise<TestServer> {
  const { users: initialUsers = [], clients: newClients = [], issuerPath = '', ...given } = options
  const users = new Map(initialUsers.map((user) => [user.userId, user]))
  const clock = createTestClock()
  const now = given.clock ?? clock.now
  const keys = keysOf(given)

  const { port } = listener.address() as AddressInfo
  const issuer = `http://127.0.0.1:${port}${issuerPath}`
  // The server validates options that exclude each other.
  const serverOptions = {
    storage: createMemoryStorage(),
    clientCacheMilliseconds: 0, // a test may change a client behind the server's back
    findUser: async (userId) => users.get(userId),
    ...(given.hostSession === undefined ? { authenticateUser: authenticateAmong(users) } : {}),
    ...given,
    ...keys.options,
    issuer,
    clock: now,
  } as AuthorizationServerOptions
  const authorizationServer = createAuthorizationServer(serverOptions)
  const app = new Koa()
  app.silent = true // errors are in the audit events
  app.use(authorizationServer.middleware())
  listener.on('request', app.callback())

  const secrets = new Map<string, string>()
  const registerClient = async (newClient: NewClient): Promise<RegisteredClient> => {
    const registered = await authorizationServer.clients.register(newClient)
    const { client, clientSecret } = registered
    if (clientSecret !== undefined) secrets.set(client.clientId, clientSecret)
    return registered
  }
  const clients: Array<RegisteredClient> = []
  for (const newClient of newClients) clients.push(await registerClient(newClient))

  const accessTokens = createAccessTokens({ issuer, keys: keys.ring, now })

  /** The credentials of a client, for its registered method. */
  async function credentialsOf(clientId: string): Promise<{
    readonly headers?: Readonly<Record<string, string>>
    readonly parameters: Readonly<Record<string, string>>
  }> {
    const client = await authorizationServer.clients.find(clientId)
    const clientSecret = secrets.get(clientId) ?? ''
    switch (client?.tokenEndpointAuthMethod) {
      case 'client_secret_basic': {
        const pair = Buffer.from(`${clientId}:${clientSecret}`).toString('base64')
        return { headers: { authorization: `Basic ${pair}` }, parameters: {} }
      }
      case 'client_secret_post':
        return { parameters: { client_id: clientId, client_secret: clientSecret } }
      default:
        return { parameters: { client_id: clientId } }
    }
  }

  async function authorizeUser(authorization: TestAuthorization): Promise<Authorization> {
    const { userId, ...request } = authorization
    const { clientId } = request
    const user = users.get(userId)
    const client = await authorizationServer.clients.find(clientId)
    if (user === undefined) throw new Error(`there is no user "${userId}"`)
    if (client === undefined) throw new Error(`there is no client "${clientId}"`)
    const { redirectUri = client.redirectUris[0], scopes = client.scopes } = request
    if (redirectUri === undefined) throw new Error(`client "${clientId}" has no redirect URI`)
    if (!client.redirectUris.includes(redirectUri)) {
      throw new Error(`"${redirectUri}" is not a redirect URI of client "${clientId}"`)
    }
    return await authorize({
      ...request,
      authorizationEndpoint: issuer + AUTHORIZE_PATH,
      redirectUri,
      scopes,
      username: user.email,
      password: user.password ?? DEFAULT_PASSWORD,
    })
  }

  return {
    issuer,
    authorizationServer,
    users,
    clients,
    clock,
    registerClient,
    authorize: authorizeUser,

    async issueTokens(authorization) {
      const { clientId } = authorization
      const { code, codeVerifier, redirectUri } = await authorizeUser(authorization)
      const { headers = {}, parameters } = await credentialsOf(clientId)
      const body = new URLSearchParams({
        grant_type: 'authorization_code',
        code,
        code_verifier: codeVerifier,
        redirect_uri: redirectUri,
        ...parameters,
      })
      const response = await fetch(issuer + TOKEN_PATH, { method: 'POST', headers, body })
      if (response.ok) return (await response.json()) as TokenResponse
      throw new Error(
        `the token endpoint responded with ${response.status}: ${await response.text()}`,
      )
    },

    async issueAccessToken({ userId, clientId, tenantId, scopes, audience, ttlSeconds }) {
      const { token } = await accessTokens.issue({
        userId,
        clientId,
        tenantId,
        familyId: undefined,
        scopes,
        audience: audience ?? audienceFor({ ...given, issuer }, scopes),
        ttlSeconds: ttlSeconds ?? DEFAULT_ACCESS_TOKEN_TTL_SECONDS,
      })
      return token
    },

    close: () =>
      new Promise((resolve) => {
        listener.close(() => resolve())
        listener.closeAllConnections()
      }),
  }
}

function authenticateAmong(
  users: ReadonlyMap<string, TestUser>,
): NonNullable<AuthorizationServerOptions['authenticateUser']> {
  return async ({ username, password }) => {
    const user = [...users.values()].find(({ email }) => email === username)
    return user !== undefined && password === (user.password ?? DEFAULT_PASSWORD) ? user : undefined
  }
}

function listenOnFreePort(): Promise<Server> {
  return new Promise((resolve, reject) => {
    // Keeps idle connections open: a slow test would find them reset.
    const server = createServer({ keepAliveTimeout: 0 })
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => resolve(server))
  })
}
