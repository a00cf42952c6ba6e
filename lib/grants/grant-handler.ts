/**
 * The interface of grant handlers, and the checks that several of them share.
 *
 * @module
 */

import type { AuthorizeStoredClient } from '../clients/client-access.ts'
import type { EndFormerConnection } from '../connections/connections.ts'
import type { RequestEndings } from '../interaction/request-endings.ts'
import type { IdTokens } from '../openid-connect/id-token.ts'
import type { OpenIdConnect } from '../openid-connect/openid-connect-options.ts'
import {
  chooseTarget,
  findResource,
  type Resource,
  type Target,
} from '../resources/protected-resource.ts'
import type { Revoker } from '../revocation/revoker.ts'
import { formatScopes, isSubset, parseScopes, splitAtSpaces } from '../scopes/scope.ts'
import type { ClientRecord, ClientType } from '../storage/client.ts'
import type { Storage } from '../storage/storage.ts'
import type { TokenFamily } from '../storage/token-family-store.ts'
import type { AccessTokenSubject, AccessTokens, TokenSubject } from '../tokens/access-token.ts'
import type { FindUser, User } from '../users/user.ts'
import { TokenRequestError } from './token-request-error.ts'

/** Dependencies of the grant handlers. */
export interface GrantDependencies {
  readonly storage: Storage
  readonly revoker: Revoker
  readonly accessTokens: AccessTokens
  readonly findUser: FindUser
  readonly authorizeClient: AuthorizeStoredClient
  readonly endFormerConnection: EndFormerConnection
  readonly endings: Pick<RequestEndings, 'redeem'>
  readonly resources: ReadonlyArray<Resource>
  /** `undefined` when it is off. */
  readonly openIdConnect: OpenIdConnect | undefined
  readonly idTokens: Pick<IdTokens, 'issue'>
  /** See the option of the same name. */
  readonly refreshTokenGraceSeconds: number
  /** See the option of the same name. */
  readonly storageTimeoutMilliseconds: number
  readonly now: () => number
}

/** A token request of an authenticated client. */
export interface TokenRequest {
  readonly client: ClientRecord
  readonly parameters: TokenRequestParameters
  /** Address it came from. */
  readonly ip: string
}

/** The parameters of a token request. An empty one counts as absent (RFC 6749 §3.2). */
export interface TokenRequestParameters {
  /** The value of a parameter. Throws when it was sent more than once (RFC 6749 §3.2). */
  get(name: string): string | undefined
  /** The values of a parameter that may be sent more than once: `resource` (RFC 8707 §2). */
  getAll(name: string): ReadonlyArray<string>
}

/** A successful token response. */
export interface IssuedTokens {
  /** The token response (RFC 6749 §5.1) as JSON text, so that it can be replayed byte for byte. */
  readonly body: string
  /** Whether an earlier response is replayed, and no tokens were issued. */
  readonly isReplay: boolean
  /** Whom they are for; for the audit event. */
  readonly subject: Pick<AccessTokenSubject, 'userId' | 'tenantId' | 'familyId'>
}

/** A grant type: who may use it, and how its token requests are handled. */
export interface GrantHandler {
  /** The types of the clients that can be registered for it. */
  readonly clientTypes: ReadonlyArray<ClientType>
  /**
   * Handles a token request. The client has authenticated and may use the grant type.
   *
   * @throws {@link TokenRequestError} when the request is refused.
   */
  readonly handle: (dependencies: GrantDependencies, request: TokenRequest) => Promise<IssuedTokens>
}

/** Rejects a client that was deleted; bypasses the client cache. */
export async function requireRegistered(
  { storage }: GrantDependencies,
  { clientId }: ClientRecord,
): Promise<void> {
  if (!(await storage.clients.has(clientId))) throw new TokenRequestError('client-not-found')
}

/**
 * The resources that the access token may be for: the one named by `resource` (RFC 8707 §2.2), or all of
 * `resources` without that parameter. A token has one audience, so only one resource may be named.
 */
export function requestedResources(
  { parameters }: TokenRequest,
  resources: ReadonlyArray<Resource>,
): ReadonlyArray<Resource> {
  const named = parameters.getAll('resource')
  if (named.length === 0) return resources
  const found = new Set(named.map((uri) => findResource(resources, uri)))
  const [resource] = found
  if (resource === undefined || found.has(undefined)) throw new TokenRequestError('target-unknown')
  if (found.size > 1) throw new TokenRequestError('target-ambiguous')
  return [resource]
}

/** The granted resources that the server still has. */
export function grantedResources(
  { resources }: GrantDependencies,
  audiences: ReadonlyArray<string>,
): ReadonlyArray<Resource> {
  const granted = audiences.flatMap((audience) => findResource(resources, audience) ?? [])
  if (granted.length === 0) throw new TokenRequestError('target-not-found')
  return granted
}

/** Chooses audience and scopes of the access token. Rejects scopes that no resource accepts. */
export function requireTarget(
  resources: ReadonlyArray<Resource>,
  scopes: ReadonlyArray<string>,
  subject?: TokenSubject,
): Target {
  const target = chooseTarget(resources, scopes)
  if (target === undefined) throw new TokenRequestError('scope-exceeded', subject)
  return target
}

/**
 * The requested scopes, which must be among the allowed ones.
 *
 * @returns The allowed scopes when the request has no `scope`, or one of spaces only.
 */
export function requestedScopes(
  scopeString: string | undefined,
  allowed: ReadonlyArray<string>,
): ReadonlyArray<string> {
  if (scopeString === undefined || splitAtSpaces(scopeString).length === 0) return allowed
  const requested = parseScopes(scopeString)
  if (requested === undefined) throw new TokenRequestError('scope-malformed')
  if (!isSubset(requested, allowed)) throw new TokenRequestError('scope-exceeded')
  return requested
}

/**
 * Finds the user of a connection. Rejects a user who does not exist or is disabled. If the user has moved to another
 * tenant, the connection ends.
 */
export async function requireUser(
  { findUser, endFormerConnection }: Pick<GrantDependencies, 'findUser' | 'endFormerConnection'>,
  { client, ip }: Pick<TokenRequest, 'client' | 'ip'>,
  connection: Pick<TokenFamily, 'consentId' | 'userId' | 'tenantId'>,
): Promise<User> {
  const { consentId, userId, tenantId } = connection
  const user = await findUser(userId)
  if (user === undefined) throw new TokenRequestError('user-unavailable', { userId })
  if (user.tenantId !== tenantId) {
    const { clientId } = client
    await endFormerConnection({ consentId, userId, clientId, tenantId }, { ip })
    throw new TokenRequestError('tenant-changed', { userId, tenantId })
  }
  return user
}

/** A token response, and when its access token expires. */
export interface SerializedTokenResponse {
  /** The response (RFC 6749 §5.1) as JSON text. */
  readonly body: string
  /** Seconds since the Unix epoch. The lifetime begins after the host's functions have returned. */
  readonly accessTokenExpiresAt: number
}

/**
 * Issues an access token and writes the token response.
 *
 * @param issueIdToken Issues the ID token that belongs to the access token, if there is one.
 */
export async function respondWithTokens(
  accessTokens: AccessTokens,
  subject: AccessTokenSubject,
  refreshToken: string | undefined,
  issueIdToken?: (accessToken: string) => Promise<string>,
): Promise<SerializedTokenResponse> {
  const { token, claims } = await accessTokens.issue(subject)
  const idToken = await issueIdToken?.(token)
  const body = JSON.stringify({
    access_token: token,
    token_type: 'Bearer',
    expires_in: subject.ttlSeconds,
    refresh_token: refreshToken,
    scope: formatScopes(subject.scopes),
    id_token: idToken,
  })
  return { body, accessTokenExpiresAt: claims.exp }
}
