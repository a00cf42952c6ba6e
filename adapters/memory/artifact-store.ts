import type { ArtifactData, ArtifactKind, ArtifactStore } from '../../lib/storage/artifact-store.ts'
import { ExpiringRecords, type RecordLimits } from './expiring-records.ts'

/** Creates the store of artifacts. Each kind has its limit. */
export function createArtifactStore(limits: RecordLimits): ArtifactStore {
  const artifacts: Readonly<Record<ArtifactKind, ExpiringRecords<ArtifactData>>> = {
    AuthorizationCode: new ExpiringRecords({
      ...limits,
      kind: 'authorization codes',
      whenFull: 'refuse',
    }),
    PendingRequest: new ExpiringRecords({
      ...limits,
      kind: 'pending requests',
      whenFull: 'drop-oldest',
    }),
    // Dropping one would make sessions valid again that the user has signed out of.
    NotBefore: new ExpiringRecords({ ...limits, kind: 'sign-outs', whenFull: 'refuse' }),
    EndedSession: new ExpiringRecords({
      ...limits,
      kind: 'ended sessions',
      whenFull: 'drop-oldest',
    }),
    // Dropping one would make a code valid again that its user denied.
    Denial: new ExpiringRecords({ ...limits, kind: 'denials', whenFull: 'refuse' }),
    // Dropping one would let another code of its request be redeemed, too.
    Redemption: new ExpiringRecords({ ...limits, kind: 'redemptions', whenFull: 'refuse' }),
    LastGrant: new ExpiringRecords({ ...limits, kind: 'last grants', whenFull: 'drop-oldest' }),
    Session: new ExpiringRecords({ ...limits, kind: 'sessions', whenFull: 'drop-oldest' }),
  }

  return {
    async save(kind, key, data, expiresAt) {
      artifacts[kind].set(key, structuredClone(data), expiresAt)
    },

    async insert(kind, key, data, expiresAt, now) {
      if (artifacts[kind].find(key, now) !== undefined) return false
      artifacts[kind].set(key, structuredClone(data), expiresAt)
      return true
    },

    async find(kind, key, now) {
      return structuredClone(artifacts[kind].find(key, now))
    },

    async findTimed(kind, key, now) {
      const data = structuredClone(artifacts[kind].find(key, now))
      return data && { data, foundAtMilliseconds: Date.now() }
    },

    async delete(kind, key) {
      artifacts[kind].delete(key)
    },
  }
}
