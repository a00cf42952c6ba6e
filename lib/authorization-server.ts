/**
 * The composition root: puts the parts together and hands the host what it needs.
 *
 * @module
 */

import type Cookies from 'cookies'
import type { JWTVerifyGetKey } from 'jose'
import type { Context, Middleware } from 'koa'
import { type AuditLog, createAuditLog } from './audit/audit-log.ts'
import type { ClientRecord } from './clients/client.ts'
import { cacheClients } from './clients/client-cache.ts'
import { type ClientRegistry, createClientRegistry } from './clients/client-registry.ts'
import { findClientRecord } from './clients/find-client-record.ts'
import { createSecretUses } from './clients/secret-uses.ts'
import {
  type Connections,
  createConnections,
  createDisconnect,
  type Disconnect,
} from './consent/connections.ts'
import { createAccountCookies } from './http/account/account-cookies.ts'
import { connectionsRoutes } from './http/account/connections-routes.ts'
import { createBrowserBinding } from './http/browser-binding.ts'
import { createContinueRoute } from './http/continue/continue-route.ts'
import { cookieSettingsFor, createCookieJar } from './http/cookies.ts'
import { metadataOf } from './http/metadata.ts'
import {
  AUTHORIZE_PATH,
  CONTINUE_PATH,
  continuePath,
  INTROSPECT_PATH,
  JWKS_PATH,
  METADATA_PATH,
  REVOCATIONS_PATH,
  REVOKE_PATH,
  TOKEN_PATH,
} from './http/paths.ts'
import { publicDocument } from './http/public-document.ts'
import { createRevocationsRoute } from './http/revocations-route.ts'
import { createRouteFinder, type FindRoute, type RouteTable } from './http/route.ts'
import { createRouter } from './http/router.ts'
import { superAdminRoutes } from './http/super-admin/super-admin-routes.ts'
import { createThrottle } from './http/throttle.ts'
import { SESSION_TTL_SECONDS } from './lifetimes.ts'
import type { AuthorizationServerOptions } from './options.ts'
import { createProtocolEndpoints } from './provider/create-provider.ts'
import { type ResolvedOptions, resolveOptions } from './resolve-options.ts'
import { boundStorage } from './storage/bounded-storage.ts'
import { checkHealth, type Health } from './storage/health.ts'
import type { ClientStore } from './storage/storage.ts'
import {
  createRevocationChecker,
  type RevocationChecker,
} from './token-status/revocation-checker.ts'
import { createRevoker, type Revoker } from './token-status/revoker.ts'
import { createAccessTokens } from './tokens/access-token.ts'
import { createSignOuts, type SignOuts } from './users/sign-outs.ts'

const RESUME_PATH = new RegExp(`^${AUTHORIZE_PATH}/[\\w-]{16,64}$`)

/** An authorization server, ready to be mounted. */
export interface AuthorizationServer {
  /** Its issuer identifier. */
  readonly issuer: string
  /** The registered clients. */
  readonly clients: ClientRegistry
  /**
   * Finds the key that verifies an access token, as jose and `createAccessTokenVerifier` ask for it: for an
   * API in the same process, which then need not fetch the JWKS.
   */
  readonly jwks: JWTVerifyGetKey
  /** What clients may do for users, and how that ends. */
  readonly connections: Connections
  /**
   * Whether tokens were revoked, for APIs in the same process: what `requireAccessToken` takes as its
   * `revocations`.
   */
  readonly revocations: RevocationChecker
  /** Asks every backend of the storage whether it answers; takes at most `storageTimeoutMilliseconds`. */
  health(): Promise<Health>
  /**
   * The Koa middleware that answers the server's own paths and calls `next()` for every other.
   *
   * Use it at the root of the host application, where an issuer with a path is served too, or below
   * that path with koa-mount. Put it before body parsers.
   */
  middleware(): Middleware
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
  const revoker = createRevoker(storage, now)
  const clients = createClientRegistry({
    // Who looks after clients must see them as they are now.
    store: { ...storage.clients, find: resolved.findClientNow },
    consents: storage.consents,
    revoker,
    catalogue: scopes,
    now,
    audit,
  })
  const signOuts = createSignOuts(storage.artifacts, now)
  const connectionsDependencies = {
    consents: storage.consents,
    findClient: (clientId: string) => findClientRecord(storage.clients, clientId),
    catalogue: scopes,
    signOut: signOuts.signOut,
    revoker,
    audit,
  }
  const connections = createConnections(connectionsDependencies)
  const disconnect = createDisconnect(connectionsDependencies)
  const findRoute = createRoutes(resolved, {
    clients,
    connections,
    disconnect,
    signOuts,
    revoker,
    audit,
  })
  const { pathname: issuerPath } = new URL(issuer)
  const router = createRouter({
    issuer,
    findRoute,
    rootRoutes: (path) =>
      path === METADATA_PATH + issuerPath ? findRoute(METADATA_PATH) : undefined,
    pages,
    audit,
  })
  return Object.freeze({
    issuer,
    clients,
    jwks: resolved.keys.verificationKey,
    connections,
    revocations: createRevocationChecker(
      { storage, isRegistered: resolved.isRegistered, now },
      resolved.revocationCacheMilliseconds,
    ),
    health: () => checkHealth(storage.backends),
    middleware: () => router,
  })
}

interface Services {
  readonly clients: ClientRegistry
  readonly connections: Connections
  readonly disconnect: Disconnect
  readonly signOuts: SignOuts
  readonly revoker: Revoker
  readonly audit: AuditLog
}

interface GuardedOptions extends ResolvedOptions {
  /** Finds a client in the storage, past what is remembered. */
  readonly findClientNow: ClientStore['find']
  /** Whether there is one. */
  readonly isRegistered: (clientId: string) => Promise<boolean>
}

/** Bounds every call of the storage, and remembers clients for a moment. */
function withGuardedStorage(options: ResolvedOptions): GuardedOptions {
  const storage = boundStorage(options.storage, options.storageTimeoutMilliseconds)
  const clients = cacheClients(storage.clients, options.clientCacheMilliseconds)
  const findClientNow = storage.clients.find
  const isRegistered = async (clientId: string): Promise<boolean> =>
    (await findClientNow(clientId)) !== undefined
  return { ...options, storage: { ...storage, clients }, findClientNow, isRegistered }
}

function createRoutes(
  options: GuardedOptions,
  { clients, connections, disconnect, signOuts, revoker, audit }: Services,
): FindRoute {
  const { issuer, storage, keys, scopes, findUser, hostSession, clock: now } = options
  const cookies = cookieSettingsFor(issuer)
  const binding = createBrowserBinding(cookies, keys.cookieKeys)
  const { wasSignedOutSince } = signOuts
  const cookieJar = (ctx: Context): Cookies => createCookieJar(ctx, issuer, keys.cookieKeys())
  const signInThrottle = createThrottle()

  const findClient = (clientId: string): Promise<ClientRecord | undefined> =>
    findClientRecord(storage.clients, clientId)
  const noteSecretUse = createSecretUses({ clients: storage.clients, audit, now })
  const clientThrottle = createThrottle()
  const protocol = createProtocolEndpoints({
    ...options,
    now,
    audit,
    hostSession,
    accessTokens: createAccessTokens({ issuer, keys, now }),
    revoker,
    findClient,
    noteSecretUse,
    wasSignedOutSince,
    scopes: Object.keys(scopes),
    cookies,
    createCookieJar: cookieJar,
    interactionUrl(ctx, pendingRequestToken) {
      binding.bind(ctx, pendingRequestToken, now())
      return issuer.slice(new URL(issuer).origin.length) + continuePath(pendingRequestToken)
    },
    isBoundToBrowser: (ctx, pendingRequestToken) =>
      binding.find(ctx, pendingRequestToken) !== undefined,
    throttle: clientThrottle,
  })
  const continueRoute = createContinueRoute({
    ...options,
    audit,
    now,
    binding,
    consents: storage.consents,
    revoker,
    findClient,
    findUser,
    hostSession,
    authenticateUser: options.authenticateUser,
    pendingRequests: protocol.pendingRequests,
    signInThrottle,
    wasSignedOutSince,
  })
  const accountRoutes = connectionsRoutes({
    ...options,
    audit,
    now,
    hostSession,
    authenticateUser: options.authenticateUser,
    findClient,
    connections,
    disconnect,
    browserSessions: protocol.browserSessions,
    signInThrottle,
    cookies: createAccountCookies(cookies.namePrefix, cookieJar, SESSION_TTL_SECONDS),
  })

  const revocationsRoute = createRevocationsRoute({
    ...options,
    revocations: storage.revocations,
    findClient,
    noteSecretUse,
    clientThrottle,
    audit,
    now,
  })

  const metadata = metadataOf(issuer, scopes, options.resources)
  const forPeople = { audience: 'people', handle: protocol.handle } as const
  const forPrograms = { audience: 'programs', handle: protocol.handle } as const
  const { authorizeSuperAdmin } = options
  const table: RouteTable = [
    [METADATA_PATH, publicDocument(() => metadata, 'json')],
    [JWKS_PATH, publicDocument(keys.publishedKeys, 'application/jwk-set+json')],
    [AUTHORIZE_PATH, { ...forPeople, methods: ['GET'] }],
    [RESUME_PATH, { ...forPeople, methods: ['GET'] }],
    [CONTINUE_PATH, { audience: 'people', methods: ['GET', 'POST'], handle: continueRoute }],
    [TOKEN_PATH, { ...forPrograms, methods: ['POST', 'OPTIONS'] }],
    [INTROSPECT_PATH, { ...forPrograms, methods: ['POST'] }],
    [REVOKE_PATH, { ...forPrograms, methods: ['POST', 'OPTIONS'] }],
    [REVOCATIONS_PATH, { audience: 'programs', methods: ['GET'], handle: revocationsRoute }],
    ...accountRoutes,
    ...(authorizeSuperAdmin === undefined
      ? []
      : superAdminRoutes({ issuer, clients, authorizeSuperAdmin })),
  ]
  return createRouteFinder(table)
}
