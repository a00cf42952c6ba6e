/**
 * Signing a user out everywhere. Sessions are not indexed by user, so a not-before time is stored: older
 * sessions are invalid.
 *
 * @module
 */

import { ENDED_SESSION_TTL_SECONDS } from '../lifetimes.ts'
import { createArtifactReader, type NamedArtifact } from '../storage/artifact-reader.ts'
import type { ArtifactStore } from '../storage/artifact-store.ts'
import * as shape from '../storage/result-shape.ts'
import { sha256 } from '../util/sha256.ts'

/** The not-before times of users. */
export interface NotBefore {
  /**
   * Ends all sessions of a user with this server, and every sign-in in progress.
   *
   * The clocks of instances agree to a second. So a sign-in in the same second or the next one is invalid, too.
   */
  signOut(userId: string): Promise<void>
  /** Whether signing a user out has ended a sign-in of an instant; seconds since the Unix epoch. */
  wasSignedOutSince(userId: string, instant: number): Promise<boolean>
}

/** When a user was signed out everywhere; seconds since the Unix epoch. */
export interface NotBeforeRecord {
  readonly at: number
}

const notBefores = createArtifactReader<NotBeforeRecord>('NotBefore', { at: shape.integer })

/** Names a not-before, to find it together with others. @param userKey The SHA-256 of the user's id. */
export function namedNotBefore(userKey: string): NamedArtifact<NotBeforeRecord> {
  return notBefores.named(userKey)
}

/** By how much the clock of the instance where a sign-in began may be ahead. */
const CLOCK_TOLERANCE_SECONDS = 1

/** Whether a not-before ends a sign-in of that instant. */
export function signsOut(notBefore: NotBeforeRecord | undefined, signedInAt: number): boolean {
  return notBefore !== undefined && !(notBefore.at + CLOCK_TOLERANCE_SECONDS < signedInAt)
}

/** Creates the not-before times of a server. */
export function createNotBefore(artifacts: ArtifactStore, now: () => number): NotBefore {
  return {
    async signOut(userId) {
      const at = now()
      // Older sessions cannot be loaded any more, but a request in progress may still save one.
      const expiresAt = at + ENDED_SESSION_TTL_SECONDS
      await artifacts.saveLatest('NotBefore', sha256(userId), { at }, expiresAt)
    },

    async wasSignedOutSince(userId, instant) {
      return signsOut(await notBefores.find(artifacts, sha256(userId), now()), instant)
    },
  }
}
