/**
 * Which path is answered by what: the parts of the server, made and put on their paths.
 *
 * @module
 */

import type Cookies from 'cookies'
import type { Context } from 'koa'
import type { AuditLog } from '../audit/audit-log.ts'
import type { ClientRecord } from '../clients/client.ts'
import type { ClientRegistry } from '../clients/client-registry.ts'
import { findClientRecord } from '../clients/find-client-record.ts'
import { createSecretUses } from '../clients/secret-uses.ts'
import type { Connections, Disconnect, EndFormerConnection } from '../connections/connections.ts'
import { createBrowserBinding } from '../http/browser-binding.ts'
import { cookieSettingsFor, createCookieJar } from '../http/cookies.ts'
import { createKnownBrowsers } from '../http/known-browsers.ts'
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
} from '../http/paths.ts'
import { publicDocument } from '../http/public-document.ts'
import { createRouteFinder, type FindRoute, type Route, type RouteTable } from '../http/route.ts'
import { createThrottle } from '../http/throttle.ts'
import { SESSION_TTL_SECONDS } from '../lifetimes.ts'
import type { ResolvedOptions } from '../options/resolve-options.ts'
import { createAuthorizationEndpoint } from '../provider/create-provider.ts'
import type { Revoker } from '../revocation/revoker.ts'
import type { ClientStore } from '../storage/storage.ts'
import { createAccessTokens } from '../tokens/access-token.ts'
import type { NotBefore } from '../users/not-before.ts'
import { createAccountCookies } from './connections/account-cookies.ts'
import { connectionsRoutes } from './connections/connections-routes.ts'
import { createContinueRoute, createResumeRoute } from './continue/continue-route.ts'
import { createIntrospectionEndpoint } from './introspect.ts'
import { metadataOf } from './metadata.ts'
import { createRevocationFeedEndpoint } from './revocations.ts'
import { createRevocationEndpoint } from './revoke.ts'
import { superAdminRoutes } from './super-admin/super-admin-routes.ts'
import { createTokenEndpoint } from './token.ts'

const RESUME_PATH = new RegExp(`^${AUTHORIZE_PATH}/(?<pendingRequestToken>[\\w-]{16,64})$`)

/** Options whose storage is bounded in time, and remembers clients for a moment. */
export interface GuardedOptions extends ResolvedOptions {
  /** Finds a client in the storage, past what is remembered. */
  readonly findClientNow: ClientStore['find']
  /** Whether there is one. */
  readonly isRegistered: (clientId: string) => Promise<boolean>
}

/** What the routes share with the host. */
export interface Services {
  readonly clients: ClientRegistry
  readonly connections: Connections
  readonly disconnect: Disconnect
  readonly endFormerConnection: EndFormerConnection
  readonly signOuts: NotBefore
  readonly revoker: Revoker
  readonly audit: AuditLog
}

/** Creates the parts and says which path is whose. */
export function createRoutes(options: GuardedOptions, services: Services): FindRoute {
  const { clients, connections, disconnect, endFormerConnection } = services
  const { signOuts, revoker, audit } = services
  const { issuer, storage, keys, scopes, findUser, hostSession, clock: now } = options
  const cookies = cookieSettingsFor(issuer)
  const binding = createBrowserBinding(cookies, keys.cookieKeys)
  const { wasSignedOutSince } = signOuts
  const cookieJar = (ctx: Context): Cookies => createCookieJar(ctx, issuer, keys.cookieKeys())
  const signInThrottle = createThrottle()
  const knownBrowsers = createKnownBrowsers({
    namePrefix: cookies.namePrefix,
    createCookieJar: cookieJar,
    cookieKeys: keys.cookieKeys,
    now,
  })

  const findClient = (clientId: string): Promise<ClientRecord | undefined> =>
    findClientRecord(storage.clients, clientId)
  const clientEndpoints = {
    ...options,
    audit,
    now,
    findClient,
    noteSecretUse: createSecretUses({ clients: storage.clients, audit, now }),
    clientThrottle: createThrottle(),
    accessTokens: createAccessTokens({ issuer, keys, now }),
    revoker,
    endFormerConnection,
  }
  const authorizationEndpoint = createAuthorizationEndpoint({
    ...options,
    now,
    audit,
    hostSession,
    findClient,
    wasSignedOutSince,
    scopes: Object.keys(scopes),
    cookies,
    createCookieJar: cookieJar,
    interactionUrl(ctx, pendingRequestToken, clientId) {
      binding.bind(ctx, pendingRequestToken, clientId, now())
      return issuer.slice(new URL(issuer).origin.length) + continuePath(pendingRequestToken)
    },
  })
  const continueDependencies = {
    ...options,
    audit,
    now,
    binding,
    consents: storage.consents,
    revoker,
    endFormerConnection,
    findClient,
    findUser,
    hostSession,
    authenticateUser: options.authenticateUser,
    pendingRequests: authorizationEndpoint.pendingRequests,
    browserSessions: authorizationEndpoint.browserSessions,
    signInThrottle,
    knownBrowsers,
    wasSignedOutSince,
  }
  const accountRoutes = connectionsRoutes({
    ...options,
    audit,
    now,
    hostSession,
    authenticateUser: options.authenticateUser,
    findClient,
    connections,
    disconnect,
    browserSessions: authorizationEndpoint.browserSessions,
    signInThrottle,
    knownBrowsers,
    cookies: createAccountCookies(cookies.namePrefix, cookieJar, SESSION_TTL_SECONDS),
  })

  const continueRoute = createContinueRoute(continueDependencies)
  const resumeRoute = createResumeRoute(continueDependencies, authorizationEndpoint.resume)
  const metadata = metadataOf(issuer, scopes, options.resources)
  const authorizeRoute: Route = {
    methods: ['GET'],
    errorFormat: 'html',
    handle: authorizationEndpoint.handle,
  }
  const { authorizeSuperAdmin } = options
  const table: RouteTable = [
    [METADATA_PATH, publicDocument(() => metadata, 'json')],
    [JWKS_PATH, publicDocument(keys.publishedKeys, 'application/jwk-set+json')],
    [AUTHORIZE_PATH, authorizeRoute],
    [RESUME_PATH, { methods: ['GET'], errorFormat: 'html', handle: resumeRoute }],
    [CONTINUE_PATH, { methods: ['GET', 'POST'], errorFormat: 'html', handle: continueRoute }],
    [TOKEN_PATH, createTokenEndpoint(clientEndpoints)],
    [INTROSPECT_PATH, createIntrospectionEndpoint(clientEndpoints)],
    [REVOKE_PATH, createRevocationEndpoint(clientEndpoints)],
    [REVOCATIONS_PATH, createRevocationFeedEndpoint(clientEndpoints)],
    ...accountRoutes,
    ...(authorizeSuperAdmin === undefined
      ? []
      : superAdminRoutes({ issuer, clients, authorizeSuperAdmin, audit, now })),
  ]
  return createRouteFinder(table)
}
