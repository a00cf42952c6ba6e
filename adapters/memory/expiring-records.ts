/**
 * Records that expire: bounded in number, found only while they live, removed some time later.
 *
 * @module
 */

import { StorageError } from '../../lib/errors.ts'

/**
 * The `now` of the storage's latest call. Some writes are not told the time; this is what they go by
 * when they remove expired records. What a call *finds* is decided by its own `now` alone.
 */
export interface LatestInstant {
  now: number
}

/** What all kinds of records of a storage have in common. */
export interface RecordLimits {
  readonly maxRecords: number
  readonly latestInstant: LatestInstant
}

/** How one kind of record behaves. */
export interface ExpiringRecordsOptions<Value> extends RecordLimits {
  /** What the records are, in the plural; for the error message. */
  readonly kind: string
  /** What a new record meets when `maxRecords` others are alive. */
  readonly whenFull: 'drop-oldest' | 'refuse'
  /** Called with each record that leaves: expired, dropped, deleted or replaced. */
  readonly onRemove?: (key: string, value: Value) => void
}

interface Entry<Value> {
  readonly value: Value
  readonly expiresAt: number
}

// More than one, so that the visits outrun the writes and every record's turn comes.
const VISITS_PER_WRITE = 2

/** Records of one kind, by key. */
export class ExpiringRecords<Value> {
  readonly #options: ExpiringRecordsOptions<Value>
  readonly #entries = new Map<string, Entry<Value>>()
  #nextVisits = this.#entries.entries()
  #sweptAt: number | undefined

  constructor(options: ExpiringRecordsOptions<Value>) {
    this.#options = options
  }

  /** Finds a record that lives. */
  find(key: string, now: number): Value | undefined {
    this.#options.latestInstant.now = now
    const entry = this.#entries.get(key)
    return entry !== undefined && entry.expiresAt > now ? entry.value : undefined
  }

  /**
   * Inserts or replaces. Replacing makes a record the youngest, and never meets the limit.
   *
   * @throws {@link StorageError} when there is no room; nothing is changed then.
   */
  set(key: string, value: Value, expiresAt: number): void {
    this.#visitSome()
    if (!this.#entries.has(key)) this.#makeRoom()
    this.delete(key)
    this.#entries.set(key, { value, expiresAt })
  }

  /** Deletes a record; does nothing when there is none. */
  delete(key: string): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    this.#entries.delete(key)
    this.#options.onRemove?.(key, entry.value)
  }

  /** Removes expired records at a constant price: a few are visited at each write, round and round. */
  #visitSome(): void {
    for (let visits = 0; visits < VISITS_PER_WRITE; visits++) {
      const { done, value } = this.#nextVisits.next()
      if (done) {
        this.#nextVisits = this.#entries.entries()
        return
      }
      this.#deleteIfExpired(...value)
    }
  }

  #makeRoom(): void {
    const { maxRecords, kind, whenFull } = this.#options
    if (this.#entries.size < maxRecords) return
    this.#removeExpired()
    if (this.#entries.size < maxRecords) return
    if (whenFull === 'refuse') {
      throw new StorageError(`memory: no room for more than ${maxRecords} ${kind} ("maxRecords")`)
    }
    const [oldest] = this.#entries.keys()
    if (oldest !== undefined) this.delete(oldest)
  }

  /** Visits all records, but once per instant: a full store must not cost that at every write. */
  #removeExpired(): void {
    const { now } = this.#options.latestInstant
    if (this.#sweptAt === now) return
    this.#sweptAt = now
    for (const [key, entry] of this.#entries) this.#deleteIfExpired(key, entry)
  }

  #deleteIfExpired(key: string, { expiresAt }: Entry<Value>): void {
    if (expiresAt <= this.#options.latestInstant.now) this.delete(key)
  }
}
