/**
 * A short-lived cache of clients: every request of a client needs it, and it rarely changes.
 *
 * @module
 */

import type { ClientStore } from '../storage/storage.ts'

const MAXIMUM_CLIENTS = 1000

/**
 * Wraps a client store with a cache of {@link ClientStore.find}. A change through the same wrapper is
 * visible at once; a change by another process after `lifetimeMilliseconds`. The deletion of a client
 * revokes its tokens at once all the same: token families do not use the cache.
 */
export function cacheClients(store: ClientStore, lifetimeMilliseconds: number): ClientStore {
  const found = new Map<
    string,
    { readonly result: ReturnType<ClientStore['find']>; until: number }
  >()

  function remember(clientId: string, now: number): ReturnType<ClientStore['find']> {
    const [oldest] = found.keys()
    if (found.size >= MAXIMUM_CLIENTS && oldest !== undefined) found.delete(oldest)
    const result = store.find(clientId)
    found.set(clientId, { result, until: now + lifetimeMilliseconds })
    // Failures and missing clients are not cached.
    const forget = (): void => {
      if (found.get(clientId)?.result === result) found.delete(clientId)
    }
    result.then((client) => client ?? forget(), forget)
    return result
  }

  return {
    find(clientId) {
      const now = performance.now()
      const known = found.get(clientId)
      if (known !== undefined && now < known.until) return known.result
      found.delete(clientId)
      return remember(clientId, now)
    },

    async update(client, expectedVersion) {
      try {
        return await store.update(client, expectedVersion)
      } finally {
        found.delete(client.clientId)
      }
    },

    async delete(clientId, expectedVersion) {
      try {
        return await store.delete(clientId, expectedVersion)
      } finally {
        found.delete(clientId)
      }
    },

    insert: (client) => store.insert(client),
    list: (request) => store.list(request),
  }
}
