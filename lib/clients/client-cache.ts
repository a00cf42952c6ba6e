/**
 * Clients, remembered for a moment: every request of a client asks for it, and it hardly ever changes.
 *
 * @module
 */

import type { ClientStore } from '../storage/storage.ts'

const MAXIMUM_CLIENTS = 1000

/**
 * Wraps a store of clients. A client that was found is found again for a moment without asking the
 * store. A change through the same wrapper shows at once; one that another process makes, after that
 * moment. Tokens do not wait for it: the store itself knows whether a family's client exists.
 */
export function cacheClients(store: ClientStore, lifetimeMilliseconds: number): ClientStore {
  const found = new Map<
    string,
    { readonly answer: ReturnType<ClientStore['find']>; until: number }
  >()

  function remember(clientId: string, now: number): ReturnType<ClientStore['find']> {
    const [oldest] = found.keys()
    if (found.size >= MAXIMUM_CLIENTS && oldest !== undefined) found.delete(oldest)
    const answer = store.find(clientId)
    found.set(clientId, { answer, until: now + lifetimeMilliseconds })
    // Neither a failure nor the absence of a client is worth remembering.
    const forget = (): void => {
      if (found.get(clientId)?.answer === answer) found.delete(clientId)
    }
    answer.then((client) => client ?? forget(), forget)
    return answer
  }

  return {
    find(clientId) {
      const now = performance.now()
      const known = found.get(clientId)
      if (known !== undefined && now < known.until) return known.answer
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
