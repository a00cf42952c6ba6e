import type { ArtifactData, ArtifactKind, ArtifactStore } from '../../lib/storage/storage.ts'
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
    // To forget one would bring sessions back that do not count any more.
    NotBefore: new ExpiringRecords({ ...limits, kind: 'sign-outs', whenFull: 'refuse' }),
    // To forget one would make a code good that its user took back.
    Denial: new ExpiringRecords({ ...limits, kind: 'denials', whenFull: 'refuse' }),
    Redemption: new ExpiringRecords({ ...limits, kind: 'redemptions', whenFull: 'drop-oldest' }),
    Session: new ExpiringRecords({ ...limits, kind: 'sessions', whenFull: 'drop-oldest' }),
  }

  return {
    async save(kind, key, data, expiresAt) {
      artifacts[kind].set(key, structuredClone(data), expiresAt)
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
