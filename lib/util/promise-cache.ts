/**
 * A cache of loaded values. Concurrent loads of the same key are one.
 *
 * @module
 */

/** Caches values by key. */
export interface PromiseCache<Value> {
  /** Returns the cached value, or loads it. A failed load rejects for everyone waiting; it is not cached. */
  get(key: string, load: () => Promise<Value>): Promise<Value>
  /** Forgets a value, also one that is being loaded. */
  delete(key: string): void
}

/** Options of {@link createPromiseCache}. */
export interface PromiseCacheOptions<Value> {
  /** When there are more, the oldest goes. */
  readonly maximumEntries: number
  /** How long a value is cached, counted from when its load began. */
  readonly lifetimeMilliseconds: number
  /** How long this value is, if that differs; 0 for not at all. */
  readonly lifetimeOf?: (value: Value) => number
  /** Counts milliseconds. Defaults to the process's monotonic clock. */
  readonly monotonicNow?: () => number
}

interface Entry<Value> {
  readonly promise: Promise<Value>
  until: number
}

/** Creates an empty cache. */
export function createPromiseCache<Value>({
  maximumEntries,
  lifetimeMilliseconds,
  lifetimeOf = () => lifetimeMilliseconds,
  monotonicNow = () => performance.now(),
}: PromiseCacheOptions<Value>): PromiseCache<Value> {
  const entries = new Map<string, Entry<Value>>()

  return {
    get(key, load) {
      const now = monotonicNow()
      const known = entries.get(key)
      if (known !== undefined && now < known.until) return known.promise
      entries.delete(key)
      const [oldest] = entries.keys()
      if (entries.size >= maximumEntries && oldest !== undefined) entries.delete(oldest)
      const entry = { promise: load(), until: now + lifetimeMilliseconds }
      entries.set(key, entry)
      const forget = (): void => {
        if (entries.get(key) === entry) entries.delete(key)
      }
      entry.promise.then((value) => {
        const lifetime = lifetimeOf(value)
        entry.until = now + lifetime
        if (lifetime <= 0) forget() // it must not displace others
      }, forget)
      return entry.promise
    },

    delete: (key) => void entries.delete(key),
  }
}
