/**
 * What the three grants share: what they are given, what they answer, and the checks that each repeats.
 *
 * @module
 */

import type { Client, GrantType } from '../clients/client.ts'
import {
  chooseTarget,
  findResource,
  type ProtectedResource,
  type Target,
} from '../resources/protected-resource.ts'
import { formatScopes, isSubset, parseScopes } from '../scopes/scope.ts'
import type { Storage } from '../storage/storage.ts'
import { mayUseClient } from '../tenancy/client-audience-policy.ts'
import type { Revoker } from '../token-status/revoker.ts'
import type { AccessTokenSubject, AccessTokens } from '../tokens/access-token.ts'
import type { FindUser, User } from '../users/user.ts'
import { GrantRefusal, type RefusalSubject } from './refusal.ts'

/** What a grant works with. */
export interface GrantDependencies {
  readonly storage: Storage
  readonly revoker: Revoker
  readonly accessTokens: AccessTokens
  readonly findUser: FindUser
  readonly resources: ReadonlyArray<ProtectedResource>
  /** Whether a client exists at this moment; `storage` may remember one that was just deleted. */
  readonly isRegistered: (clientId: string) => Promise<boolean>
  /** See the option of the same name. */
  readonly refreshTokenGraceSeconds: number
  /** See the option of the same name. */
  readonly storageTimeoutMilliseconds: number
  readonly now: () => number
}

/** A token request of an authenticated client. */
export interface TokenRequest {
  readonly client: Client
  /** The parameters of the request body; an empty one is absent (RFC 6749 §3.2). */
  readonly parameters: Readonly<Partial<Record<TokenParameter, string>>>
  /** The values of its `resource` parameters: the one parameter that may be repeated (RFC 8707 §2). */
  readonly resources: ReadonlyArray<string>
}

/** A parameter that some grant reads. */
export type TokenParameter = 'code' | 'code_verifier' | 'redirect_uri' | 'refresh_token' | 'scope'

/** A granted token request. */
export interface Granted {
  /** The response body: JSON text, so that a retry gets it byte for byte. */
  readonly body: string
  /** Whom it was granted for, for the audit event. */
  readonly userId: string | undefined
  readonly tenantId: string | undefined
  readonly familyId: string | undefined
}

/** A grant type's behaviour. @throws GrantRefusal when the request is refused. */
export type Grant = (dependencies: GrantDependencies, request: TokenRequest) => Promise<Granted>

/** Refuses a client that is not registered for a grant type. */
export function requireGrantType(client: Client, grantType: GrantType): void {
  if (!client.allowedGrantTypes.includes(grantType))
    throw new GrantRefusal('grant-type-not-allowed')
}

/** Refuses a client that was deleted, be it by another process and a moment ago. */
export async function requireRegistered(
  { isRegistered }: GrantDependencies,
  { clientId }: Client,
): Promise<void> {
  if (!(await isRegistered(clientId))) throw new GrantRefusal('client-gone')
}

/**
 * The resources that an access token may be for: the one that the request names (RFC 8707 §2.2), out of
 * those that come into question, or any of these when it names none. A token has one audience, so naming
 * several is refused.
 */
export function requestedResources(
  { resources: named }: TokenRequest,
  resources: ReadonlyArray<ProtectedResource>,
): ReadonlyArray<ProtectedResource> {
  if (named.length === 0) return resources
  const found = new Set(named.map((uri) => findResource(resources, uri)))
  const [resource] = found
  if (resource === undefined || found.has(undefined)) throw new GrantRefusal('target-unknown')
  if (found.size > 1) throw new GrantRefusal('target-ambiguous')
  return [resource]
}

/** The resources with these audiences that the server still has. */
export function grantedResources(
  { resources }: GrantDependencies,
  audiences: ReadonlyArray<string>,
): ReadonlyArray<ProtectedResource> {
  const granted = audiences.flatMap((audience) => findResource(resources, audience) ?? [])
  if (granted.length === 0) throw new GrantRefusal('target-gone')
  return granted
}

/** What an access token is for. Refuses scopes that no resource understands. */
export function requireTarget(
  resources: ReadonlyArray<ProtectedResource>,
  scopes: ReadonlyArray<string>,
  subject?: RefusalSubject,
): Target {
  const target = chooseTarget(resources, scopes)
  if (target === undefined) throw new GrantRefusal('scope-exceeded', subject)
  return target
}

/**
 * The scopes a client asks for, within a ceiling.
 *
 * @returns The ceiling when the request names none.
 */
export function requestedScopes(
  scopeString: string | undefined,
  ceiling: ReadonlyArray<string>,
): ReadonlyArray<string> {
  if (scopeString === undefined) return ceiling
  const requested = parseScopes(scopeString)
  if (requested === undefined) throw new GrantRefusal('scope-malformed')
  if (!isSubset(requested, ceiling)) throw new GrantRefusal('scope-exceeded')
  return requested
}

/** Finds the user a grant is for, and refuses one who is gone, disabled or of a foreign tenant. */
export async function requireUser(
  findUser: FindUser,
  userId: string,
  client: Client,
): Promise<User> {
  const user = await findUser(userId)
  if (user === undefined) throw new GrantRefusal('user-unavailable', { userId })
  if (!mayUseClient(user, client)) {
    throw new GrantRefusal('tenant-refused', { userId, tenantId: user.tenantId })
  }
  return user
}

/** Issues an access token and writes the token response (RFC 6749 §5.1). */
export async function respondWithTokens(
  accessTokens: AccessTokens,
  subject: AccessTokenSubject,
  refreshToken: string | undefined,
): Promise<string> {
  const { token } = await accessTokens.issue(subject)
  return JSON.stringify({
    access_token: token,
    token_type: 'Bearer',
    expires_in: subject.ttlSeconds,
    ...(refreshToken === undefined ? {} : { refresh_token: refreshToken }),
    scope: formatScopes(subject.scopes),
  })
}
