import { randomBytes } from 'node:crypto'
import type { Revocation, RevocationStore } from '../../lib/storage/revocation-store.ts'
import { ExpiringRecords, type RecordLimits } from './expiring-records.ts'

interface Entry {
  readonly revocation: Revocation
  /** Counted up; records are in its order. */
  readonly position: number
}

/** The store of revocations. */
export interface MemoryRevocationStore extends RevocationStore {
  /** Adds a revocation, at once. @throws {@link StorageError} when there is no room. */
  readonly record: (revocation: Revocation) => void
}

/**
 * Creates the store of revocations. Its cursors name the position of the last one listed, and the store: a
 * restarted process counts from the beginning.
 */
export function createRevocationStore(limits: RecordLimits): MemoryRevocationStore {
  const entries = new ExpiringRecords<Entry>({
    ...limits,
    kind: 'revocations',
    whenFull: 'refuse',
  })
  const prefix = `m${randomBytes(8).toString('hex')}.`
  let lastPosition = 0

  function positionAt(cursor: string = prefix): number {
    const position = cursor.startsWith(prefix) ? Number(cursor.slice(prefix.length)) : 0
    return position <= lastPosition ? position : 0
  }

  function record({ kind, id, expiresAt }: Revocation): void {
    const key = keyOf(kind, id)
    const before = entries.peek(key)?.revocation.expiresAt ?? expiresAt
    const revocation = { kind, id, expiresAt: Math.max(before, expiresAt) }
    lastPosition += 1
    entries.set(key, { revocation, position: lastPosition }, revocation.expiresAt)
  }

  return {
    record,

    async add(revocation) {
      record(revocation)
    },

    async has(kind, id, now) {
      return entries.find(keyOf(kind, id), now) !== undefined
    },

    async list({ cursor, limit }, now) {
      const after = positionAt(cursor)
      const rest = entries.list(now).filter(({ position }) => position > after)
      const page = rest.slice(0, limit)
      return {
        items: page.map(({ revocation }) => ({ ...revocation })),
        nextCursor: `${prefix}${page.at(-1)?.position ?? after}`,
        hasMore: rest.length > page.length,
      }
    },
  }
}

function keyOf(kind: Revocation['kind'], id: string): string {
  return `${kind} ${id}`
}
