/**
 * Records that expire: bounded in number, found only while they live, removed some time later.
 *
 * @module
 */

import { StorageError } from '../../lib/errors.ts'

/**
 * The `now` of the storage's latest call. Writes without a `now` use it to remove expired records. What a
 * call *finds* is decided by its own `now` alone.
 */
export interface LatestInstant {
  now: number
}

/** Shared by all kinds of records of a storage. */
export interface RecordLimits {
  readonly maxRecords: number
  readonly latestInstant: LatestInstant
}

/** How one kind of record behaves. */
export interface ExpiringRecordsOptions extends RecordLimits {
  /** What the records are, in the plural; for the error message. */
  readonly kind: string
  /** What happens to a new record when there are `maxRecords` live ones. */
  readonly whenFull: 'drop-oldest' | 'refuse'
}

interface Entry<Value> {
  readonly value: Value
  readonly expiresAt: number
}

/** Records of one kind, by key. */
export class ExpiringRecords<Value> {
  readonly #options: ExpiringRecordsOptions
  readonly #entries = new Map<string, Entry<Value>>()
  /** No record expires earlier. */
  #earliestExpiry = Number.POSITIVE_INFINITY

  constructor(options: ExpiringRecordsOptions) {
    this.#options = options
  }

  /** Finds a record that lives. */
  find(key: string, now: number): Value | undefined {
    this.#options.latestInstant.now = now
    const entry = this.#entries.get(key)
    return entry !== undefined && entry.expiresAt > now ? entry.value : undefined
  }

  /** Finds a record that was not removed yet, whether or not it lives. */
  peek(key: string): Value | undefined {
    return this.#entries.get(key)?.value
  }

  /** Whether there is a record that expires after an instant. */
  expiresLater(key: string, instant: number): boolean {
    const entry = this.#entries.get(key)
    return entry !== undefined && entry.expiresAt > instant
  }

  /** Lists the records that live, youngest last. */
  list(now: number): ReadonlyArray<Value> {
    this.#options.latestInstant.now = now
    return [...this.#entries.values()]
      .filter(({ expiresAt }) => expiresAt > now)
      .map(({ value }) => value)
  }

  /**
   * Inserts or replaces. Replacing makes a record the youngest, and never meets the limit.
   *
   * @throws {@link StorageError} when there is no room; nothing is changed then.
   */
  set(key: string, value: Value, expiresAt: number): void {
    this.#removeExpired()
    this.#entries.delete(key)
    this.#makeRoom()
    this.#entries.set(key, { value, expiresAt })
    this.#earliestExpiry = Math.min(this.#earliestExpiry, expiresAt)
  }

  /** Visits all records, but only when one of them may have expired: not every write may cost that. */
  #removeExpired(): void {
    const { now } = this.#options.latestInstant
    if (now < this.#earliestExpiry) return
    this.#earliestExpiry = Number.POSITIVE_INFINITY
    for (const [key, { expiresAt }] of this.#entries) {
      if (expiresAt <= now) this.#entries.delete(key)
      else this.#earliestExpiry = Math.min(this.#earliestExpiry, expiresAt)
    }
  }

  #makeRoom(): void {
    const { maxRecords, kind, whenFull } = this.#options
    if (this.#entries.size < maxRecords) return
    if (whenFull === 'refuse') {
      throw new StorageError(`memory: no room for more than ${maxRecords} ${kind} ("maxRecords")`)
    }
    const [oldest] = this.#entries.keys()
    if (oldest !== undefined) this.#entries.delete(oldest)
  }
}
