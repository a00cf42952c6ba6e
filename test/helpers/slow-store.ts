/**
 * How long tests give a store.
 *
 * @module
 */

/** For servers and keys whose store is to answer, however many tests share the machine. */
export const SLOW_STORE = { storageTimeoutMilliseconds: 30_000 } as const
