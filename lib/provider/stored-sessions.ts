/**
 * Finding browser sessions in the store.
 *
 * @module
 */

import type { AdapterPayload } from 'oidc-provider'
import { findTogether, type NamedArtifact } from '../storage/artifact-reader.ts'
import type { ArtifactStore } from '../storage/artifact-store.ts'
import {
  type NotBefore,
  type NotBeforeRecord,
  namedNotBefore,
  signsOut,
} from '../users/not-before.ts'
import { sha256 } from '../util/sha256.ts'
import { type SessionRecord, sessionRecords, withoutNulls } from './stored-records.ts'

/** Dependencies of finding sessions. */
export interface StoredSessionsDependencies {
  readonly artifacts: ArtifactStore
  /** Whether signing a user out everywhere has ended a sign-in of an instant. */
  readonly wasSignedOutSince: NotBefore['wasSignedOutSince']
  readonly now: () => number
}

/** Finds sessions, with others or alone. */
export interface StoredSessions {
  /** Names the artifacts of a session. @param id `undefined` when the browser has none. */
  named(id: string | undefined): {
    readonly session: NamedArtifact<SessionRecord> | undefined
    readonly notBefore: NamedArtifact<NotBeforeRecord> | undefined
  }
  /** Checks what was found. @returns The session for oidc-provider; `undefined` when there is none, or it has ended. */
  check(
    id: string | undefined,
    found: {
      readonly session: SessionRecord | undefined
      readonly notBefore: NotBeforeRecord | undefined
    },
  ): Promise<AdapterPayload | undefined>
  /** Finds a session that has not ended. */
  find(id: string): Promise<AdapterPayload | undefined>
}

/** An identifier of oidc-provider, and the hash of a user. */
const WITH_USER = /^[\w-]+\.(?<userKey>[\w-]{43})$/

/**
 * Adds a hash of its user to a new identifier of a session, so that the user's not-before is found together with the
 * session.
 */
export function withUser(sessionId: string, userId: string): string {
  return `${sessionId}.${sha256(userId)}`
}

/** Creates the finder. */
export function createStoredSessions({
  artifacts,
  wasSignedOutSince,
  now,
}: StoredSessionsDependencies): StoredSessions {
  const userKeyOf = (id: string): string | undefined => WITH_USER.exec(id)?.groups?.['userKey']

  const named: StoredSessions['named'] = (id) => {
    const userKey = id === undefined ? undefined : userKeyOf(id)
    return {
      session: id === undefined ? undefined : sessionRecords.named(sha256(id)),
      notBefore: userKey === undefined ? undefined : namedNotBefore(userKey),
    }
  }

  const check: StoredSessions['check'] = async (id, { session, notBefore }) => {
    if (id === undefined || session === undefined || session.uid === null) return undefined
    const { accountId, loginTs } = session
    if (accountId !== null) {
      const isOfUser = userKeyOf(id) === sha256(accountId)
      const hasEnded = isOfUser
        ? signsOut(notBefore, loginTs ?? 0)
        : await wasSignedOutSince(accountId, loginTs ?? 0)
      if (hasEnded) return undefined
    }
    return { ...withoutNulls(session), jti: id }
  }

  return {
    named,
    check,
    find: async (id) => await check(id, await findTogether(artifacts, named(id), now())),
  }
}
