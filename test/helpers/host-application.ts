/**
 * An application, of Koa unless it says otherwise, that mounts an authorization server beside routes of its
 * own.
 *
 * @module
 */

import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  type AuthorizationServer,
  type AuthorizationServerOptions,
  createAuthorizationServer,
  type RegisteredClient,
} from '@teamcast/oauth-server'
import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import type { ExecutionContext } from 'ava'
import Koa from 'koa'
import { testSigningKey } from '../../lib/testing/test-keys.ts'
import { type Browser, type BrowserOptions, PASSWORD, startBrowser } from './browser.ts'
import { SLOW_STORE } from './slow-store.ts'
import { ADA, CONFIDENTIAL_CLIENT, PUBLIC_CLIENT } from './start-server.ts'

export interface HostOptions {
  /** Issuer, when it is not the address that the application really listens at. */
  readonly issuer?: string
  /** Path of the issuer. Defaults to the root. */
  readonly issuerPath?: string
  readonly options?: Partial<AuthorizationServerOptions>
  /** Puts the application together. Defaults to the server's middleware at the root. */
  readonly assemble?: (app: Koa, server: AuthorizationServer) => void
  /** Puts an application without Koa together. `reportError` adds to the host's errors. */
  readonly createListener?: (
    server: AuthorizationServer,
    reportError: (error: unknown) => void,
  ) => RequestListener | Promise<RequestListener>
}

export interface HostApplication {
  readonly issuer: string
  /** Where it really listens. */
  readonly origin: string
  readonly client: RegisteredClient
  readonly publicClient: RegisteredClient
  /** What the application reported as an error. */
  readonly errors: ReadonlyArray<unknown>
  /** A browser that reaches the issuer through the proxy, if there is one. */
  startBrowser(options?: BrowserOptions): Browser
  /** The URL that a URL of the issuer is really reached at. */
  reach(url: string | URL): URL
}

const GIVEN_KEYS = {
  signingKeys: [testSigningKey()],
  cookieKeys: ['cookie key of a test server, not a secret'],
} as const

/** Starts a host application that ends with the test. */
export async function startHost(
  t: ExecutionContext,
  hostOptions: HostOptions = {},
): Promise<HostApplication> {
  const { assemble = (app, server) => app.use(server.middleware()), options } = hostOptions
  // On a busy machine a test may take longer to its next request than a server keeps a connection.
  const listener = createServer({ keepAliveTimeout: 0 })
  await new Promise<void>((resolve) => {
    listener.listen(0, '127.0.0.1', resolve)
  })
  t.teardown(() => {
    listener.close()
    listener.closeAllConnections()
  })
  const { port } = listener.address() as AddressInfo
  const origin = `http://127.0.0.1:${port}`
  const issuer = hostOptions.issuer ?? origin + (hostOptions.issuerPath ?? '')

  const serverOptions = {
    storage: createMemoryStorage(),
    ...SLOW_STORE,
    ...(options?.keys === undefined ? GIVEN_KEYS : {}),
    findUser: async (userId) => (userId === ADA.userId ? ADA : undefined),
    authenticateUser: async ({ username, password }) =>
      username === ADA.email && password === PASSWORD ? ADA : undefined,
    ...options,
    issuer,
  } as AuthorizationServerOptions
  const server = createAuthorizationServer(serverOptions)
  const errors: Array<unknown> = []
  const reportError = (error: unknown): void => void errors.push(error)
  const createKoaListener = (): RequestListener => {
    const app = new Koa()
    app.on('error', reportError)
    assemble(app, server)
    return app.callback()
  }
  const { createListener = createKoaListener } = hostOptions
  listener.on('request', await createListener(server, reportError))

  const { origin: publicOrigin } = new URL(issuer)
  const reach = (url: string | URL): URL => new URL(String(url).replace(publicOrigin, origin))
  return {
    issuer,
    origin,
    client: await server.clients.register(CONFIDENTIAL_CLIENT),
    publicClient: await server.clients.register(PUBLIC_CLIENT),
    errors,
    startBrowser: (browserOptions) => startBrowser({ reach, ...browserOptions }),
    reach,
  }
}
