import type { ClientRecord } from '../../lib/storage/client.ts'
import {
  type ClientListRequest,
  type ClientStore,
  passesFilters,
  searchableText,
} from '../../lib/storage/client-store.ts'

/** A client's position in the list. */
type Place = Pick<ClientRecord, 'createdAt' | 'clientId'>

/** A client at its position in the list. */
interface Listed extends Place {
  readonly client: ClientRecord
  readonly searchableName: string
}

/** Before every client. */
const FIRST: Place = { createdAt: Number.POSITIVE_INFINITY, clientId: '' }

/**
 * Creates the store of registered clients.
 *
 * @param clients The map that holds them.
 */
export function createClientStore(clients: Map<string, ClientRecord>): ClientStore {
  // All of them, in order.
  const list: Array<Listed> = []

  return {
    async insert(client) {
      if (clients.has(client.clientId)) return false
      const record = structuredClone(client)
      clients.set(client.clientId, record)
      list.splice(firstAfter(list, client), 0, listedAs(record))
      return true
    },

    async find(clientId) {
      return structuredClone(clients.get(clientId))
    },

    async has(clientId) {
      return clients.has(clientId)
    },

    async list(request) {
      const { limit, cursor } = request
      const after = cursor === undefined ? FIRST : parseCursor(cursor)
      if (after === undefined) return { items: [], nextCursor: undefined }
      // One more than the page holds tells whether there is a next page.
      const found = findMatches(list, firstAfter(list, after), request, limit + 1)
      const items = structuredClone(found.slice(0, limit))
      const last = items.at(-1)
      const hasMore = found.length > limit
      return { items, nextCursor: hasMore && last !== undefined ? cursorOf(last) : undefined }
    },

    async update(client, expectedVersion) {
      if (clients.get(client.clientId)?.version !== expectedVersion) return false
      const record = structuredClone(client)
      clients.set(client.clientId, record)
      list[firstAfter(list, client) - 1] = listedAs(record)
      return true
    },

    async delete(clientId, expectedVersion) {
      const client = clients.get(clientId)
      if (client === undefined) return false
      if (expectedVersion !== undefined && client.version !== expectedVersion) return false
      list.splice(firstAfter(list, client) - 1, 1)
      return clients.delete(clientId)
    },
  }
}

function listedAs(client: ClientRecord): Listed {
  const { createdAt, clientId, name } = client
  return { createdAt, clientId, client, searchableName: searchableText(name) }
}

function findMatches(
  list: ReadonlyArray<Listed>,
  start: number,
  request: ClientListRequest,
  most: number,
): ReadonlyArray<ClientRecord> {
  const part = searchableText(request.nameContains ?? '')
  const found: Array<ClientRecord> = []
  for (let index = start; found.length < most; index += 1) {
    const listed = list[index]
    if (listed === undefined) break
    const { client, searchableName } = listed
    if (passesFilters(client, request) && searchableName.includes(part)) found.push(client)
  }
  return found
}

/** The index of the first client after a position. */
function firstAfter(list: ReadonlyArray<Place>, place: Place): number {
  let [low, high] = [0, list.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (comparePlaces(list[middle] ?? place, place) <= 0) low = middle + 1
    else high = middle
  }
  return low
}

/** Newest first; then by id, so that no two clients have the same position. */
function comparePlaces(left: Place, right: Place): number {
  if (left.createdAt !== right.createdAt) return right.createdAt - left.createdAt
  if (left.clientId === right.clientId) return 0
  return left.clientId < right.clientId ? -1 : 1
}

/** Names a position, not a client: that may be deleted before the next page is requested. */
function cursorOf({ createdAt, clientId }: Place): string {
  return `${createdAt}.${clientId}`
}

function parseCursor(cursor: string): Place | undefined {
  const [, createdAt, clientId] = /^(\d+)\.([\w-]+)$/.exec(cursor) ?? []
  return clientId === undefined ? undefined : { createdAt: Number(createdAt), clientId }
}
