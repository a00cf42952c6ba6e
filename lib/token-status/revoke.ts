/**
 * Revocation (RFC 7009). A refresh token takes its whole family with it; an access token goes alone.
 *
 * @module
 */

import type { Client } from '../clients/client.ts'
import { parseRefreshToken } from '../tokens/refresh-token.ts'
import { subjectOf, type TokenStatusDependencies, type TokenSubject } from './introspect.ts'

/** What a revocation request came to. */
export type RevocationOutcome =
  /** The token is dead. */
  | { readonly outcome: 'revoked'; readonly subject: TokenSubject }
  /** There was nothing to revoke: the token was never issued, has expired or is dead already. */
  | { readonly outcome: 'nothing-to-revoke' }
  /** The token is another client's; it was left alone. */
  | { readonly outcome: 'not-yours' }

/** Revokes a client's own token. */
export async function revoke(
  dependencies: TokenStatusDependencies,
  client: Client,
  token: string,
): Promise<RevocationOutcome> {
  const refreshToken = parseRefreshToken(token)
  if (refreshToken === undefined) return await revokeAccessToken(dependencies, client, token)

  const { storage, revoker, now } = dependencies
  const family = await storage.families.find(refreshToken.familyId, client.clientId, now())
  if (family === undefined) return { outcome: 'nothing-to-revoke' }
  if (family.clientId !== client.clientId) return { outcome: 'not-yours' }
  // A spent token revokes the family too: its holder wants it dead, and it may have been stolen.
  await revoker.revokeFamily(family.familyId)
  const { userId, tenantId, familyId } = family
  return { outcome: 'revoked', subject: { userId, tenantId, familyId } }
}

async function revokeAccessToken(
  { revoker, accessTokens }: TokenStatusDependencies,
  client: Client,
  token: string,
): Promise<RevocationOutcome> {
  const claims = await accessTokens.verify(token)
  if (claims === undefined) return { outcome: 'nothing-to-revoke' }
  if (claims.client_id !== client.clientId) return { outcome: 'not-yours' }
  await revoker.revokeAccessToken(claims.jti, claims.exp)
  return { outcome: 'revoked', subject: subjectOf(claims) }
}
