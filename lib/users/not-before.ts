/**
 * Signing a user out everywhere. Nobody knows which sessions a user has, so what is kept is since when
 * they do not count any more.
 *
 * @module
 */

import { SESSION_TTL_SECONDS } from '../lifetimes.ts'
import type { ArtifactStore } from '../storage/storage.ts'
import { sha256 } from '../util/sha256.ts'

/** When users were signed out everywhere. */
export interface NotBefore {
  /**
   * Ends all sessions of a user with this server, and every sign-in that is under way.
   *
   * Time is told in seconds: what happened in the same second counts as before it. So a user who signs
   * in within that second has to do it once more.
   */
  signOut(userId: string): Promise<void>
  /** Whether a user was signed out at an instant or since; in seconds since the Unix epoch. */
  wasSignedOutSince(userId: string, instant: number): Promise<boolean>
}

/** Creates the sign-outs of a server. */
export function createNotBefore(artifacts: ArtifactStore, now: () => number): NotBefore {
  return {
    async signOut(userId) {
      const at = now()
      // A session from before cannot be loaded, so it is not prolonged: none of them lives longer.
      await artifacts.save('NotBefore', sha256(userId), { at }, at + SESSION_TTL_SECONDS)
    },

    async wasSignedOutSince(userId, instant) {
      const signOut = await artifacts.find('NotBefore', sha256(userId), now())
      // What does not say when counts as now.
      return signOut !== undefined && !(Number(signOut['at']) < instant)
    },
  }
}
