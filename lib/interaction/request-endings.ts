/**
 * How pending requests end: the user denies the request, or the client redeems the code. Both may happen,
 * in any order or concurrently. The denial wins.
 *
 * Each is a separate record that never changes. Each side writes its own record, then reads the other: of a
 * concurrent denial and redemption, at least one sees the other.
 *
 * @module
 */

import { AUTHORIZATION_CODE_TTL_SECONDS, PENDING_REQUEST_TTL_SECONDS } from '../lifetimes.ts'
import type { ArtifactStore } from '../storage/artifact-store.ts'
import type { TokenFamily } from '../storage/token-family-store.ts'
import { sha256 } from '../util/sha256.ts'

/** The token family that the code of a pending request was redeemed for. */
export type Redemption = Pick<TokenFamily, 'familyId' | 'consentId' | 'userId' | 'tenantId'>

/** The endings of pending requests. */
export interface RequestEndings {
  /** Whether a request was denied. */
  isDenied(requestKey: string): Promise<boolean>
  /** Records a denial: the codes of the request become invalid. */
  deny(requestKey: string): Promise<void>
  /** Finds the redemption of a request's code. */
  findRedemption(requestKey: string): Promise<Redemption | undefined>
  /**
   * Records a redemption. Call it before the family is created, so that a denial finds it.
   *
   * @returns `false` when the family must not be created: the request was denied, or another code of it
   *   was redeemed.
   */
  redeem(requestKey: string, redemption: Redemption): Promise<boolean>
}

/** The storage key of a pending request. */
export function requestKeyOf(pendingRequestToken: string): string {
  return sha256(pendingRequestToken)
}

/** Creates the request endings of a server. */
export function createRequestEndings(artifacts: ArtifactStore, now: () => number): RequestEndings {
  const isDenied = async (requestKey: string): Promise<boolean> =>
    (await artifacts.find('Denial', requestKey, now())) !== undefined
  const findRedemption = async (requestKey: string): Promise<Redemption | undefined> =>
    (await artifacts.find('Redemption', requestKey, now())) as Redemption | undefined
  return {
    isDenied,

    async deny(requestKey) {
      const at = now()
      // A code may be issued until the request expires, and redeemed until the code expires.
      const expiresAt = at + PENDING_REQUEST_TTL_SECONDS + AUTHORIZATION_CODE_TTL_SECONDS
      await artifacts.save('Denial', requestKey, { at }, expiresAt)
    },

    findRedemption,

    async redeem(requestKey, redemption) {
      const { familyId } = (await findRedemption(requestKey)) ?? redemption
      if (familyId !== redemption.familyId) return false
      const expiresAt = now() + PENDING_REQUEST_TTL_SECONDS
      await artifacts.save('Redemption', requestKey, { ...redemption }, expiresAt)
      return !(await isDenied(requestKey))
    },
  }
}
