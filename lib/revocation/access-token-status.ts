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

/** What is asked whether an access token was revoked. */
export interface AccessTokenStatusDependencies {
  readonly storage: Pick<Storage, 'revocations' | 'families'>
  /** Whether a client exists at this moment: not one that is remembered. */
  readonly isRegistered: (clientId: string) => Promise<boolean>
  readonly now: () => number
}

/**
 * Whether an access token that is good in every other way was revoked: itself, or with its family, its
 * consent or its client.
 */
export async function isRevoked(
  { storage, isRegistered, now }: AccessTokenStatusDependencies,
  { tokenId, familyId, clientId }: RevocableAccessToken,
): Promise<boolean> {
  const { revocations, families } = storage
  const [isTokenRevoked, isGrantAlive] = await Promise.all([
    revocations.has('access-token', tokenId, now()),
    familyId === undefined
      ? isRegistered(clientId)
      : families.find(familyId, clientId, now()).then((family) => family !== undefined),
  ])
  return isTokenRevoked || !isGrantAlive
}
