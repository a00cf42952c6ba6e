/**
 * Introspection (RFC 7662): is a token good, and what is it for?
 *
 * A client sees its own tokens, and a resource server the access tokens that are for it, whoever's they
 * are (RFC 7662 §4); about all others they learn as much as about a token that never existed.
 *
 * @module
 */

import type { Client } from '../clients/client.ts'
import {
  findResource,
  type ProtectedResource,
  resourcesServedBy,
} from '../resources/protected-resource.ts'
import { formatScopes } from '../scopes/scope.ts'
import type { Storage } from '../storage/storage.ts'
import type { AccessTokenClaims, AccessTokens } from '../tokens/access-token.ts'
import { parseRefreshToken } from '../tokens/refresh-token.ts'
import { isRevoked } from './access-token-status.ts'
import type { Revoker } from './revoker.ts'

/** What introspection and revocation work with. */
export interface TokenStatusDependencies {
  readonly storage: Storage
  readonly revoker: Revoker
  readonly accessTokens: AccessTokens
  readonly resources: ReadonlyArray<ProtectedResource>
  /** Whether a client exists at this moment; `storage` may remember one that was just deleted. */
  readonly isRegistered: (clientId: string) => Promise<boolean>
  readonly issuer: string
  readonly now: () => number
}

/** An introspection response (RFC 7662 §2.2). */
export interface Introspection {
  readonly active: boolean
  readonly [member: string]: string | number | boolean
}

/** Whose token it is; for the audit event. */
export interface TokenSubject {
  readonly userId?: string
  readonly tenantId?: string
  readonly familyId?: string
}

/** What introspection found out. */
export interface IntrospectionOutcome {
  /** What the client is told. */
  readonly response: Introspection
  /** As far as known: of a token that is not the client's business, or never was, nothing is. */
  readonly subject: TokenSubject
}

const INACTIVE: Introspection = { active: false }

/** Tells a client about a token. Nothing but `active: false` unless the token is good and its business. */
export async function introspect(
  dependencies: TokenStatusDependencies,
  client: Client,
  token: string,
): Promise<IntrospectionOutcome> {
  const refreshToken = parseRefreshToken(token)
  if (refreshToken === undefined) return await introspectAccessToken(dependencies, client, token)

  const { storage, issuer, now } = dependencies
  const family = await storage.families.find(refreshToken.familyId, client.clientId, now())
  if (family?.clientId !== client.clientId) return { response: INACTIVE, subject: {} }
  const { userId, tenantId, familyId, refreshToken: current } = family
  const subject = { userId, tenantId, familyId }
  const isActive = current?.hash === refreshToken.hash && current.expiresAt > now()
  if (!isActive) return { response: INACTIVE, subject }
  const response = {
    active: true,
    iss: issuer,
    client_id: family.clientId,
    sub: userId,
    tenant_id: tenantId,
    grant_id: familyId,
    scope: formatScopes(family.scopes),
    iat: current.issuedAt,
    exp: current.expiresAt,
  }
  return { response, subject }
}

async function introspectAccessToken(
  dependencies: TokenStatusDependencies,
  client: Client,
  token: string,
): Promise<IntrospectionOutcome> {
  const claims = await dependencies.accessTokens.verify(token)
  if (claims === undefined || !(await maySee(claims, client, dependencies.resources))) {
    return { response: INACTIVE, subject: {} }
  }
  const { jti: tokenId, grant_id: familyId, client_id: clientId } = claims
  const isDead = await isRevoked(dependencies, { tokenId, familyId, clientId })
  const response = isDead ? INACTIVE : { active: true, token_type: 'Bearer', ...claims }
  return { response, subject: subjectOf(claims) }
}

async function maySee(
  claims: AccessTokenClaims,
  { clientId }: Client,
  resources: ReadonlyArray<ProtectedResource>,
): Promise<boolean> {
  if (claims.client_id === clientId) return true
  const resource = findResource(resources, claims.aud)
  return resource !== undefined && (await resourcesServedBy([resource], clientId)).length > 0
}

/** Whom an access token is for. */
export function subjectOf({ sub, tenant_id, grant_id }: AccessTokenClaims): TokenSubject {
  return {
    ...(tenant_id === undefined ? {} : { tenantId: tenant_id }),
    ...(grant_id === undefined ? {} : { userId: sub, familyId: grant_id }),
  }
}
