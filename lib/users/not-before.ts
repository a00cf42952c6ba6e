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
   * The resolution is a second: a sign-in within the same second is invalid too.
   */
  signOut(userId: string): Promise<void>
  /** Whether a user was signed out at or after an instant; seconds since the Unix epoch. */
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

/** Whether a not-before ends a sign-in of that instant. */
export function signsOut(notBefore: NotBeforeRecord | undefined, signedInAt: number): boolean {
  return notBefore !== undefined && !(notBefore.at < signedInAt)
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
