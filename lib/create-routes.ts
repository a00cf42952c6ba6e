/**
 * Which path is answered by what: the parts of the server, made and put on their paths.
 *
 * @module
 */

import type Cookies from 'cookies'
import type { Context } from 'koa'
import type { AuditLog } from './audit/audit-log.ts'
import type { ClientRecord } from './clients/client.ts'
import type { ClientRegistry } from './clients/client-registry.ts'
import { findClientRecord } from './clients/find-client-record.ts'
import { createSecretUses } from './clients/secret-uses.ts'
import type { Connections, Disconnect } from './consent/connections.ts'
import { createAccountCookies } from './http/account/account-cookies.ts'
import { connectionsRoutes } from './http/account/connections-routes.ts'
import { createBrowserBinding } from './http/browser-binding.ts'
import { createContinueRoute } from './http/continue/continue-route.ts'
import { cookieSettingsFor, createCookieJar } from './http/cookies.ts'
import { createKnownBrowsers } from './http/known-browsers.ts'
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
import { superAdminRoutes } from './http/super-admin/super-admin-routes.ts'
import { createThrottle } from './http/throttle.ts'
import { SESSION_TTL_SECONDS } from './lifetimes.ts'
import { createProtocolEndpoints } from './provider/create-provider.ts'
import type { ResolvedOptions } from './resolve-options.ts'
import type { ClientStore } from './storage/storage.ts'
import type { Revoker } from './token-status/revoker.ts'
import { createAccessTokens } from './tokens/access-token.ts'
import type { SignOuts } from './users/sign-outs.ts'

const RESUME_PATH = new RegExp(`^${AUTHORIZE_PATH}/[\\w-]{16,64}$`)

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
  readonly signOuts: SignOuts
  readonly revoker: Revoker
  readonly audit: AuditLog
}

/** Makes the parts and says which path is whose. */
export function createRoutes(
  options: GuardedOptions,
  { clients, connections, disconnect, signOuts, revoker, audit }: Services,
): FindRoute {
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
    clientThrottle,
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
    knownBrowsers,
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
    knownBrowsers,
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
