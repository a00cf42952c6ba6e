/**
 * Clients, cached for a moment: every request of a client needs it, and it hardly ever changes.
 *
 * @module
 */

import type { ClientRecord } from '../storage/client.ts'
import type { ClientStore } from '../storage/client-store.ts'
import { createPromiseCache } from '../util/promise-cache.ts'

const MAXIMUM_CLIENTS = 1000

/**
 * Wraps a client store with a cache of found clients. `has` bypasses it. A change through the same wrapper shows at once; one
 * that another process makes, after `lifetimeMilliseconds`. Token families do not wait for it: their store
 * itself knows whether a family's client exists.
 */
export function cacheClients(store: ClientStore, lifetimeMilliseconds: number): ClientStore {
  const cache = createPromiseCache<ClientRecord | undefined>({
    maximumEntries: MAXIMUM_CLIENTS,
    lifetimeMilliseconds,
    lifetimeOf: (client) => (client === undefined ? 0 : lifetimeMilliseconds),
  })

  return {
    find: (clientId) => cache.get(clientId, () => store.find(clientId)),
    has: (clientId) => store.has(clientId),

    async update(client, expectedVersion) {
      try {
        return await store.update(client, expectedVersion)
      } finally {
        cache.delete(client.clientId)
      }
    },

    async delete(clientId, expectedVersion) {
      try {
        return await store.delete(clientId, expectedVersion)
      } finally {
        cache.delete(clientId)
      }
    },

    insert: (client) => store.insert(client),
    list: (request) => store.list(request),
  }
}
