/**
 * Introspection (RFC 7662): is a token good, and what is it for?
 *
 * A client sees its own tokens; about everybody else's it learns as much as about a token that never
 * existed.
 *
 * @module
 */

import type { Client } from '../clients/client.ts'
import { formatScopes } from '../scopes/scope.ts'
import type { Storage } from '../storage/storage.ts'
import type { AccessTokens } from '../tokens/access-token.ts'
import { parseRefreshToken } from '../tokens/refresh-token.ts'
import type { Revoker } from './revoker.ts'

/** What introspection and revocation work with. */
export interface TokenStatusDependencies {
  readonly storage: Storage
  readonly revoker: Revoker
  readonly accessTokens: AccessTokens
  readonly issuer: string
  readonly now: () => number
}

/** An introspection response (RFC 7662 §2.2). */
export interface Introspection {
  readonly active: boolean
  readonly [member: string]: string | number | boolean
}

const INACTIVE: Introspection = { active: false }

/** Tells a client about a token. Nothing but `active: false` unless the token is good and its own. */
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
  { storage, accessTokens, now }: TokenStatusDependencies,
  client: Client,
  token: string,
): Promise<Introspection> {
  const claims = await accessTokens.verify(token)
  if (claims === undefined || claims.client_id !== client.clientId) return INACTIVE
  const [isRevoked, family] = await Promise.all([
    storage.revocations.has('access-token', claims.jti, now()),
    claims.grant_id === undefined
      ? undefined
      : storage.families.find(claims.grant_id, client.clientId, now()),
  ])
  const isFamilyDead = claims.grant_id !== undefined && family === undefined
  return isRevoked || isFamilyDead ? INACTIVE : { active: true, token_type: 'Bearer', ...claims }
}
