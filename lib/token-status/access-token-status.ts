import type { Storage } from '../storage/storage.ts'

/** What of an access token says whether it was revoked. */
export interface RevocableAccessToken {
  /** Its `jti`. */
  readonly tokenId: string
  /** The family it belongs to, its `grant_id`; `undefined` when the client acts for itself. */
  readonly familyId: string | undefined
  /** The client it was issued to. */
  readonly clientId: string
}

/**
 * Whether an access token that is good in every other way was revoked: itself, or with its family, its
 * consent or its client.
 */
export async function isRevoked(
  { revocations, families, clients }: Pick<Storage, 'revocations' | 'families' | 'clients'>,
  { tokenId, familyId, clientId }: RevocableAccessToken,
  now: number,
): Promise<boolean> {
  const [isTokenRevoked, grantedBy] = await Promise.all([
    revocations.has('access-token', tokenId, now),
    familyId === undefined ? clients.find(clientId) : families.find(familyId, clientId, now),
  ])
  return isTokenRevoked || grantedBy === undefined
}
