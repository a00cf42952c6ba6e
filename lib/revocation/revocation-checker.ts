/**
 * Whether tokens were revoked, for APIs in the server's own process: they ask the storage.
 *
 * @module
 */

import {
  type AccessTokenStatusDependencies,
  isRevoked,
  type RevocableAccessToken,
} from './access-token-status.ts'
import { createAnswerCache } from './answer-cache.ts'

/** An access token that is good in every other way, as a verifier hands it out. */
export interface CheckedAccessToken extends RevocableAccessToken {
  /** Which key signed it: its `kid`. */
  readonly keyId?: string | undefined
}

/** Says whether access tokens were revoked. */
export interface TokenRevocations {
  /**
   * Whether a token was revoked: itself, or with its family, its consent, its client or the key that
   * signed it. That it was not is remembered for `revocationCacheMilliseconds`, that it was for good.
   *
   * @throws {@link StorageError} when the storage does not answer.
   */
  isRevoked(token: CheckedAccessToken): Promise<boolean>
}

/** Creates the checker of a server. */
export function createRevocationChecker(
  dependencies: AccessTokenStatusDependencies,
  cacheMilliseconds: number,
): TokenRevocations {
  const { storage, now } = dependencies
  const tokens = createAnswerCache(cacheMilliseconds)
  const keys = createAnswerCache(cacheMilliseconds)

  async function isKeyRevoked(keyId: string | undefined): Promise<boolean> {
    if (keyId === undefined) return false
    return await keys.answer(keyId, () => storage.revocations.has('signing-key', keyId, now()))
  }

  return Object.freeze<TokenRevocations>({
    async isRevoked(token) {
      const isEnded = await Promise.all([
        tokens.answer(token.tokenId, () => isRevoked(dependencies, token)),
        isKeyRevoked(token.keyId),
      ])
      return isEnded.includes(true)
    },
  })
}
