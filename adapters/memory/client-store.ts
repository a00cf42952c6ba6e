import type { ClientRecord, ClientStore } from '../../lib/storage/storage.ts'

/** A client's place in the list. */
type Place = Pick<ClientRecord, 'createdAt' | 'clientId'>

/** Before every client: none is as new. */
const FIRST: Place = { createdAt: Number.POSITIVE_INFINITY, clientId: '' }

/**
 * Creates the store of registered clients.
 *
 * @param clients Where it keeps them.
 */
export function createClientStore(clients: Map<string, ClientRecord>): ClientStore {
  return {
    async insert(client) {
      if (clients.has(client.clientId)) return false
      clients.set(client.clientId, structuredClone(client))
      return true
    },

    async find(clientId) {
      return structuredClone(clients.get(clientId))
    },

    async list({ limit, cursor }) {
      const after = cursor === undefined ? FIRST : parseCursor(cursor)
      if (after === undefined) return { items: [], nextCursor: undefined }
      const rest = [...clients.values()]
        .filter((client) => comparePlaces(after, client) < 0)
        .sort(comparePlaces)
      const items = structuredClone(rest.slice(0, limit))
      const last = items.at(-1)
      const hasMore = rest.length > items.length
      return { items, nextCursor: hasMore && last !== undefined ? cursorOf(last) : undefined }
    },

    async update(client, expectedVersion) {
      if (clients.get(client.clientId)?.version !== expectedVersion) return false
      clients.set(client.clientId, structuredClone(client))
      return true
    },

    async delete(clientId) {
      return clients.delete(clientId)
    },
  }
}

/** Newest first; among equals by id, so that no two clients have the same place. */
function comparePlaces(left: Place, right: Place): number {
  if (left.createdAt !== right.createdAt) return right.createdAt - left.createdAt
  if (left.clientId === right.clientId) return 0
  return left.clientId < right.clientId ? -1 : 1
}

/** Names a place rather than a client, which may be deleted before the next page is asked for. */
function cursorOf({ createdAt, clientId }: Place): string {
  return `${createdAt}.${clientId}`
}

function parseCursor(cursor: string): Place | undefined {
  const [, createdAt, clientId] = /^(\d+)\.([\w-]+)$/.exec(cursor) ?? []
  return clientId === undefined ? undefined : { createdAt: Number(createdAt), clientId }
}
