/**
 * How pending requests end: their user denies them, or their client redeems the code. Both may happen, in
 * either order or at once, and denying wins.
 *
 * Each is a record of its own, never changed, and who writes one reads the other afterwards: of a denial and
 * a redemption at the same moment, at least one sees the other.
 *
 * @module
 */

import { AUTHORIZATION_CODE_TTL_SECONDS, PENDING_REQUEST_TTL_SECONDS } from '../lifetimes.ts'
import type { ArtifactStore, TokenFamily } from '../storage/storage.ts'
import { sha256 } from '../util/sha256.ts'

/** The family that began when the code of a pending request was redeemed. */
export type Redemption = Pick<TokenFamily, 'familyId' | 'consentId' | 'userId' | 'tenantId'>

/** How pending requests ended. */
export interface RequestEndings {
  /** Whether one was denied. */
  isDenied(requestKey: string): Promise<boolean>
  /** Records that one was denied: no code of it is good from now on. */
  deny(requestKey: string): Promise<void>
  /** How its code was redeemed; `undefined` when it was not. */
  findRedemption(requestKey: string): Promise<Redemption | undefined>
  /**
   * Records that its code is being redeemed; before the family begins, so that a denial finds it.
   *
   * @returns `false` when the family must not begin: the request was denied, or another code of it redeemed.
   */
  redeem(requestKey: string, redemption: Redemption): Promise<boolean>
}

/** What a pending request is stored under. */
export function requestKeyOf(pendingRequestToken: string): string {
  return sha256(pendingRequestToken)
}

/** Creates what tells how pending requests ended. */
export function createRequestEndings(artifacts: ArtifactStore, now: () => number): RequestEndings {
  const isDenied = async (requestKey: string): Promise<boolean> =>
    (await artifacts.find('Denial', requestKey, now())) !== undefined
  const findRedemption = async (requestKey: string): Promise<Redemption | undefined> =>
    (await artifacts.find('Redemption', requestKey, now())) as Redemption | undefined
  return {
    isDenied,

    async deny(requestKey) {
      const at = now()
      // A code may be issued until the request expires, and redeemed for a while longer.
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
