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
  readonly issuer: string
  readonly now: () => number
}

/** An introspection response (RFC 7662 §2.2). */
export interface Introspection {
  readonly active: boolean
  readonly [member: string]: string | number | boolean
}

const INACTIVE: Introspection = { active: false }

/** Tells a client about a token. Nothing but `active: false` unless the token is good and its business. */
export async function introspect(
  dependencies: TokenStatusDependencies,
  client: Client,
  token: string,
): Promise<Introspection> {
  const refreshToken = parseRefreshToken(token)
  if (refreshToken === undefined) return await introspectAccessToken(dependencies, client, token)

  const { storage, issuer, now } = dependencies
  const family = await storage.families.find(refreshToken.familyId, client.clientId, now())
  const current = family?.refreshToken
  const isActive =
    family?.clientId === client.clientId &&
    current?.hash === refreshToken.hash &&
    current.expiresAt > now()
  if (!isActive) return INACTIVE
  return {
    active: true,
    iss: issuer,
    client_id: family.clientId,
    sub: family.userId,
    tenant_id: family.tenantId,
    grant_id: family.familyId,
    scope: formatScopes(family.scopes),
    iat: current.issuedAt,
    exp: current.expiresAt,
  }
}

async function introspectAccessToken(
  { storage, accessTokens, resources, now }: TokenStatusDependencies,
  client: Client,
  token: string,
): Promise<Introspection> {
  const claims = await accessTokens.verify(token)
  if (claims === undefined || !(await maySee(claims, client, resources))) return INACTIVE
  const { jti: tokenId, grant_id: familyId, client_id: clientId } = claims
  const isDead = await isRevoked(storage, { tokenId, familyId, clientId }, now())
  return isDead ? INACTIVE : { active: true, token_type: 'Bearer', ...claims }
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
