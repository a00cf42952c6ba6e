/**
 * Whether access tokens were revoked: for introspection, and for APIs in the server's own process.
 *
 * @module
 */

import type { Storage } from '../storage/storage.ts'
import { createPromiseCache, type PromiseCacheOptions } from '../util/promise-cache.ts'

const MAXIMUM_ENTRIES = 10_000

/** The members of an access token that tell whether it was revoked. */
export interface RevocableAccessToken {
  /** Its `jti`. */
  readonly tokenId: string
  /** The token family, its `grant_id`; `undefined` when the client acts on its own behalf. */
  readonly familyId: string | undefined
  /** The client it was issued to. */
  readonly clientId: string
}

/** Dependencies of {@link isRevoked}. */
export interface RevocationCheckDependencies {
  readonly storage: Pick<Storage, 'clients' | 'revocations' | 'families'>
  readonly now: () => number
}

/** Whether a valid access token was revoked: itself, its family, its consent or its client. */
export async function isRevoked(
  { storage, now }: RevocationCheckDependencies,
  { tokenId, familyId, clientId }: RevocableAccessToken,
): Promise<boolean> {
  const { clients, revocations, families } = storage
  const [isTokenRevoked, isGrantValid] = await Promise.all([
    revocations.has('access-token', tokenId, now()),
    familyId === undefined
      ? clients.has(clientId)
      : families.find(familyId, clientId, now()).then((family) => family !== undefined),
  ])
  return isTokenRevoked || !isGrantValid
}

/** A verified access token. */
export interface CheckedAccessToken extends RevocableAccessToken {
  /** The `kid` of the key that signed it. */
  readonly keyId?: string | undefined
}

/** Tells whether access tokens were revoked. */
export interface TokenRevocations {
  /**
   * Whether a token was revoked: itself, its family, its consent, its client or its signing key. A
   * negative result is cached for `revocationCacheMilliseconds`, a positive one for good.
   *
   * @throws {@link StorageError} when the storage is unavailable.
   */
  isRevoked(token: CheckedAccessToken): Promise<boolean>
}

/** Creates the revocation checker of a server. */
export function createRevocationChecker(
  dependencies: RevocationCheckDependencies,
  cacheMilliseconds: number,
): TokenRevocations {
  const { storage, now } = dependencies
  const cacheOptions: PromiseCacheOptions<boolean> = {
    maximumEntries: MAXIMUM_ENTRIES,
    lifetimeMilliseconds: cacheMilliseconds,
    lifetimeOf: (isEnded) => (isEnded ? Number.POSITIVE_INFINITY : cacheMilliseconds),
  }
  const tokens = createPromiseCache(cacheOptions)
  const keys = createPromiseCache(cacheOptions)

  async function isKeyRevoked(keyId: string | undefined): Promise<boolean> {
    if (keyId === undefined) return false
    return await keys.get(keyId, () => storage.revocations.has('signing-key', keyId, now()))
  }

  return Object.freeze<TokenRevocations>({
    async isRevoked(token) {
      const results = await Promise.all([
        tokens.get(token.tokenId, () => isRevoked(dependencies, token)),
        isKeyRevoked(token.keyId),
      ])
      return results.includes(true)
    },
  })
}
