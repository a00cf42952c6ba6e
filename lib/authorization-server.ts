/**
 * The composition root: creates the parts of the server.
 *
 * @module
 */

import type { JWTVerifyGetKey } from 'jose'
import type { Middleware } from 'koa'
import { createAuditLog } from './audit/audit-log.ts'
import { cacheClients } from './clients/client-cache.ts'
import { type ClientRegistry, createClientRegistry } from './clients/client-registry.ts'
import { findClientRecord } from './clients/find-client-record.ts'
import {
  type Connections,
  createConnections,
  createDisconnect,
  createEndFormerConnection,
} from './connections/connections.ts'
import { METADATA_PATH, OPENID_CONFIGURATION_PATH } from './endpoints/metadata.ts'
import { createRoutes, type GuardedOptions } from './endpoints/routes.ts'
import {
  createNodeHandler,
  type NodeHandler,
  type NodeHandlerOptions,
} from './http/node-handler.ts'
import { createRouter } from './http/router.ts'
import type { AuthorizationServerOptions } from './options/authorization-server-options.ts'
import { type ResolvedOptions, resolveOptions } from './options/resolve-options.ts'
import { createDeleteClient } from './revocation/delete-client.ts'
import { createRevocationChecker, type TokenRevocations } from './revocation/revocation-checker.ts'
import { createRevoker } from './revocation/revoker.ts'
import { checkHealth, type Health } from './storage/health.ts'
import { boundStorage } from './storage/wrap-storage.ts'
import { createNotBefore } from './users/not-before.ts'

/** An authorization server. */
export interface AuthorizationServer {
  /** Its issuer identifier. */
  readonly issuer: string
  /** The registered clients. */
  readonly clients: ClientRegistry
  /**
   * The verification keys, for `createAccessTokenVerifier` or jose in an API in the same process, which then
   * need not fetch the JWKS.
   */
  readonly jwks: JWTVerifyGetKey
  /** The connections of users to clients. */
  readonly connections: Connections
  /**
   * Whether access tokens were revoked, for APIs in the same process: the `revocations` of
   * `requireAccessToken`.
   */
  readonly revocations: TokenRevocations
  /** Checks every backend of the storage; takes at most `storageTimeoutMilliseconds`. */
  health(): Promise<Health>
  /**
   * The Koa middleware, which handles the server's own paths and calls `next()` for every other.
   *
   * Use it at the root of the host application, even for an issuer with a path, or mount it at that path
   * with koa-mount. Put it before body parsers.
   */
  middleware(): Middleware
  /**
   * The server as a request handler of Node, for hosts without Koa: `node:http`, Express, Connect, Fastify,
   * NestJS, Hono. It handles the server's own paths and calls `next()` for every other; without `next`,
   * these get 404.
   *
   * Use it at the root of the host application, or mount it at the path of the issuer.
   *
   * @param options Whether to trust a proxy, and where failures are reported.
   *
   * @throws {@link ConfigurationError} with everything that is wrong with the options.
   *
   * @example
   *
   * An Express application
   *
   * ```ts
   * const app = express()
   * app.use(server.handler({ proxy: true }))
   * app.listen(3000)
   * ```
   */
  handler(options?: NodeHandlerOptions): NodeHandler
}

/**
 * Creates an authorization server.
 *
 * @throws {@link ConfigurationError} with everything that is wrong with the options.
 */
export function createAuthorizationServer(
  options: AuthorizationServerOptions,
): AuthorizationServer {
  const resolved = withGuardedStorage(resolveOptions(options))
  const { issuer, storage, scopes, onEvent, pages, clock: now } = resolved
  const audit = createAuditLog(onEvent, now)
  // Changes and revocations bypass the client cache.
  const store = { ...storage.clients, find: resolved.findClientNow }
  const revoker = createRevoker({ ...storage, clients: store }, now)
  const clients = createClientRegistry({
    ...resolved.clientReferences,
    store,
    now,
    audit,
    deleteClient: createDeleteClient({ store, consents: storage.consents, revoker, audit }),
  })
  const notBefore = createNotBefore(storage.artifacts, now)
  const connectionsDependencies = {
    consents: storage.consents,
    findClient: (clientId: string) => findClientRecord(storage.clients, clientId),
    findUser: resolved.findUser,
    catalogue: scopes,
    signOut: notBefore.signOut,
    revoker,
    audit,
    now,
  }
  const connections = createConnections(connectionsDependencies)
  const disconnect = createDisconnect(connectionsDependencies)
  const endFormerConnection = createEndFormerConnection(connectionsDependencies)
  const findRoute = createRoutes(resolved, {
    clients,
    connections,
    disconnect,
    endFormerConnection,
    notBefore,
    revoker,
    audit,
  })
  const { pathname: issuerPath } = new URL(issuer)
  const router = createRouter({
    issuer,
    findRoute,
    rootRoutes: (path) =>
      [METADATA_PATH, OPENID_CONFIGURATION_PATH].some((metadata) => path === metadata + issuerPath)
        ? findRoute(METADATA_PATH)
        : undefined,
    pages,
    audit,
  })
  return Object.freeze({
    issuer,
    clients,
    jwks: resolved.keys.verificationKey,
    connections,
    revocations: createRevocationChecker({ storage, now }, resolved.revocationCacheMilliseconds),
    health: () => checkHealth(storage.backends),
    middleware: () => router.middleware,
    handler: (handlerOptions?: NodeHandlerOptions) => createNodeHandler(router, handlerOptions),
  })
}

/** Adds timeouts and a client cache to the storage. */
function withGuardedStorage(options: ResolvedOptions): GuardedOptions {
  const storage = boundStorage(options.storage, options.storageTimeoutMilliseconds)
  const clients = cacheClients(storage.clients, options.clientCacheMilliseconds)
  const findClientNow = storage.clients.find
  return { ...options, storage: { ...storage, clients }, findClientNow }
}
