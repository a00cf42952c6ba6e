import {
  ARTIFACT_KINDS,
  type ArtifactData,
  type ArtifactKind,
  type ArtifactStore,
} from '../../lib/storage/artifact-store.ts'
import { copyJson } from './copy-json.ts'
import { ExpiringRecords, type RecordLimits } from './expiring-records.ts'

/** Creates the store of artifacts. Each kind has its limit. */
export function createArtifactStore(limits: RecordLimits): ArtifactStore {
  const byKind = new Map<ArtifactKind, ExpiringRecords<ArtifactData>>()
  function recordsOf(kind: ArtifactKind): ExpiringRecords<ArtifactData> {
    const existing = byKind.get(kind)
    if (existing !== undefined) return existing
    const whenFull = ARTIFACT_KINDS[kind].isDroppable ? 'drop-oldest' : 'refuse'
    const records = new ExpiringRecords<ArtifactData>({
      ...limits,
      kind: `${kind} artifacts`,
      whenFull,
    })
    byKind.set(kind, records)
    return records
  }

  return {
    async save(kind, key, data, expiresAt) {
      recordsOf(kind).set(key, copyJson(data), expiresAt)
    },

    async saveLatest(kind, key, data, expiresAt) {
      if (recordsOf(kind).expiresLater(key, expiresAt)) return
      recordsOf(kind).set(key, copyJson(data), expiresAt)
    },

    async insert(kind, key, data, expiresAt, now) {
      if (recordsOf(kind).expiresLater(key, now)) return false
      recordsOf(kind).set(key, copyJson(data), expiresAt)
      return true
    },

    async find(kind, key, now) {
      return copyJson(recordsOf(kind).find(key, now))
    },

    async findAll(names, now) {
      return names.map(({ kind, key }) => copyJson(recordsOf(kind).find(key, now)))
    },

    async findTimed(kind, key, now) {
      const data = copyJson(recordsOf(kind).find(key, now))
      return data && { data, foundAtMilliseconds: Date.now() }
    },
  }
}
