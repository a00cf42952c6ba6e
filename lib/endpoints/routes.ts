/**
 * The routes of the server: every path with its endpoint, and the parts that the endpoints share.
 *
 * @module
 */

import type { AuditLog } from '../audit/audit-log.ts'
import type { ClientInputRegistry } from '../clients/client-registry.ts'
import { findClientRecord } from '../clients/find-client-record.ts'
import { createSecretUses } from '../clients/secret-uses.ts'
import type { Connections, Disconnect, EndFormerConnection } from '../connections/connections.ts'
import { createBrowserBinding } from '../http/browser-binding.ts'
import { cookieSettingsFor, createCookieJars } from '../http/cookies.ts'
import { createKnownBrowsers } from '../http/known-browsers.ts'
import { createPageCookies } from '../http/page-cookies.ts'
import { AUTHORIZE_PATH, USERINFO_PATH } from '../http/paths.ts'
import { publicDocument } from '../http/public-document.ts'
import { createRouteFinder, type FindRoute, type RouteTable } from '../http/route.ts'
import { createThrottle } from '../http/throttle.ts'
import { createRequestEndings } from '../interaction/request-endings.ts'
import { SESSION_TTL_SECONDS } from '../lifetimes.ts'
import { createIdTokens } from '../openid-connect/id-token.ts'
import type { AuthorizeSuperAdmin } from '../options/authorization-server-options.ts'
import type { ResolvedOptions } from '../options/resolve-options.ts'
import {
  type AuthorizationEndpoint,
  createAuthorizationEndpoint,
} from '../provider/authorization-endpoint.ts'
import type { Revoker } from '../revocation/revoker.ts'
import type { ClientRecord } from '../storage/client.ts'
import type { ClientStore } from '../storage/client-store.ts'
import { createAccessTokens } from '../tokens/access-token.ts'
import type { NotBefore } from '../users/not-before.ts'
import { createAuthorizeRoute } from './authorize.ts'
import { connectionsRoutes } from './connections/connections-routes.ts'
import type { AccountDependencies } from './connections/current-user.ts'
import { createContinueRoute, createResumeRoute } from './continue/continue-route.ts'
import {
  CONTINUE_PATH,
  type ContinueDependencies,
  continuePath,
} from './continue/interaction-context.ts'
import {
  createIntrospectionEndpoint,
  INTROSPECT_PATH,
  type IntrospectionDependencies,
} from './introspect.ts'
import { createMetadata, METADATA_PATH, OPENID_CONFIGURATION_PATH } from './metadata.ts'
import { createRevocationFeedEndpoint, REVOCATIONS_PATH } from './revocations.ts'
import { createRevocationEndpoint, REVOKE_PATH } from './revoke.ts'
import { createSuperAdminAccess } from './super-admin/super-admin-access.ts'
import { superAdminRoutes } from './super-admin/super-admin-routes.ts'
import { createSubmissions } from './super-admin-pages/submissions.ts'
import { superAdminPagesRoutes } from './super-admin-pages/super-admin-pages-routes.ts'
import { createTokenEndpoint, TOKEN_PATH, type TokenEndpointDependencies } from './token.ts'
import { createUserinfoEndpoint } from './userinfo.ts'

const JWKS_PATH = '/.well-known/jwks.json'
const RESUME_PATH = new RegExp(`^${AUTHORIZE_PATH}/(?<pendingRequestToken>[\\w-]{16,64})$`)

/** Options whose storage has timeouts and a client cache. */
export interface GuardedOptions extends ResolvedOptions {
  /** Finds a client; bypasses the cache. */
  readonly findClientNow: ClientStore['find']
}

/** The services that the routes share with the host. */
export interface Services {
  readonly clients: ClientInputRegistry
  readonly connections: Connections
  readonly disconnect: Disconnect
  readonly endFormerConnection: EndFormerConnection
  readonly notBefore: NotBefore
  readonly revoker: Revoker
  readonly audit: AuditLog
}

/** Creates the routes. */
export function createRoutes(options: GuardedOptions, services: Services): FindRoute {
  const { issuer, keys, openIdConnect, authorizeSuperAdmin, pages } = options
  const { authorization, backChannel, interaction, account } = createParts(options, services)
  const showInteraction = createContinueRoute(interaction)
  const resume = createResumeRoute(interaction, authorization.resume)
  const page = { errorFormat: 'html' } as const
  const routes: RouteTable = [
    [
      AUTHORIZE_PATH,
      createAuthorizeRoute(
        { issuer, pages, acceptsPost: openIdConnect !== undefined },
        authorization.handle,
      ),
      'authorization_endpoint',
    ],
    [RESUME_PATH, { ...page, methods: ['GET'], handle: resume }],
    [CONTINUE_PATH, { ...page, methods: ['GET', 'POST'], handle: showInteraction }],
    [TOKEN_PATH, createTokenEndpoint(backChannel), 'token_endpoint'],
    [JWKS_PATH, publicDocument(keys.publishedKeys, 'application/jwk-set+json'), 'jwks_uri'],
    [INTROSPECT_PATH, createIntrospectionEndpoint(backChannel), 'introspection_endpoint'],
    [REVOKE_PATH, createRevocationEndpoint(backChannel), 'revocation_endpoint'],
    [REVOCATIONS_PATH, createRevocationFeedEndpoint(backChannel)],
    ...(openIdConnect === undefined
      ? []
      : ([
          [USERINFO_PATH, createUserinfoEndpoint(backChannel, openIdConnect), 'userinfo_endpoint'],
        ] as const)),
    ...connectionsRoutes(account),
    ...(authorizeSuperAdmin === undefined
      ? []
      : superAdminRoutesOf(options, services, authorizeSuperAdmin)),
  ]
  const metadata = createMetadata(options, routes)
  const metadataRoute = publicDocument(() => metadata, 'application/json; charset=utf-8')
  return createRouteFinder([
    ...routes,
    [METADATA_PATH, metadataRoute],
    [OPENID_CONFIGURATION_PATH, metadataRoute],
  ])
}

/** The routes of the SuperAdmin API, and of the pages if the host wants them. */
function superAdminRoutesOf(
  options: GuardedOptions,
  { clients, audit }: Services,
  authorizeSuperAdmin: AuthorizeSuperAdmin,
): RouteTable {
  const { issuer, keys, storage, pages, superAdminPages, clock: now } = options
  const decideAccess = createSuperAdminAccess({ issuer, authorizeSuperAdmin, audit, now })
  const api = superAdminRoutes({ issuer, clients, decideAccess })
  if (superAdminPages === undefined) return api
  const cookieJarOf = createCookieJars(issuer, keys.cookieKeys)
  const { namePrefix } = cookieSettingsFor(issuer)
  return [
    ...api,
    ...superAdminPagesRoutes({
      ...{ issuer, decideAccess, clients, pages, audit, now },
      options: superAdminPages,
      references: options.clientReferences,
      submissions: createSubmissions(storage.artifacts, cookieJarOf, now),
      cookies: createPageCookies(
        `${namePrefix}oauth_super_admin`,
        cookieJarOf,
        SESSION_TTL_SECONDS,
      ),
    }),
  ]
}

/** The dependencies of the endpoints. */
interface Parts {
  readonly authorization: AuthorizationEndpoint
  readonly backChannel: TokenEndpointDependencies & IntrospectionDependencies
  readonly interaction: ContinueDependencies
  readonly account: AccountDependencies
}

function createParts(options: GuardedOptions, services: Services): Parts {
  const { issuer, storage, keys, clock: now, hostSession, authenticateUser } = options
  const { connections, disconnect, endFormerConnection, revoker, audit } = services
  const { wasSignedOutSince } = services.notBefore
  const cookies = cookieSettingsFor(issuer)
  const { namePrefix } = cookies
  const binding = createBrowserBinding(cookies, keys.cookieKeys)
  const cookieJarOf = createCookieJars(issuer, keys.cookieKeys)
  const findClient = (clientId: string): Promise<ClientRecord | undefined> =>
    findClientRecord(storage.clients, clientId)
  const endings = createRequestEndings(storage, now)
  const { openIdConnect } = options
  const resources =
    openIdConnect === undefined ? options.resources : [...options.resources, openIdConnect.userinfo]
  const shared = {
    // All of them: each endpoint declares those it needs, and no second list has to name a new one.
    ...options,
    resources,
    idTokens: createIdTokens({ issuer, keys, now }),
    now,
    audit,
    findClient,
    revoker,
    endFormerConnection,
    endings,
  }

  const issuerPath = issuer.slice(new URL(issuer).origin.length)
  const continueUrl = (pendingRequestToken: string): string =>
    issuerPath + continuePath(pendingRequestToken)

  const authorization = createAuthorizationEndpoint({
    ...shared,
    hostSession,
    wasSignedOutSince,
    scopes: Object.keys(options.scopes),
    cookies,
    createCookieJar: cookieJarOf,
    continueUrl,
    interactionUrl(ctx, pendingRequestToken, clientId) {
      binding.bind(ctx, pendingRequestToken, clientId, now())
      return continueUrl(pendingRequestToken)
    },
  })
  const { browserSessions, pendingRequests } = authorization
  const signIn = {
    hostSession,
    authenticateUser,
    browserSessions,
    signInThrottle: createThrottle(),
    knownBrowsers: createKnownBrowsers({
      namePrefix,
      createCookieJar: cookieJarOf,
      cookieKeys: keys.cookieKeys,
      now,
    }),
  }
  return {
    authorization,
    backChannel: {
      ...shared,
      artifacts: storage.artifacts,
      recordSecretUse: createSecretUses({ clients: storage.clients, audit, now }),
      clientThrottle: createThrottle(),
      accessTokens: createAccessTokens({ issuer, keys, now }),
    },
    interaction: {
      ...shared,
      ...signIn,
      binding,
      artifacts: storage.artifacts,
      consents: storage.consents,
      pendingRequests,
    },
    account: {
      ...shared,
      ...signIn,
      connections,
      disconnect,
      cookies: createPageCookies(`${namePrefix}oauth_account`, cookieJarOf, SESSION_TTL_SECONDS),
    },
  }
}
