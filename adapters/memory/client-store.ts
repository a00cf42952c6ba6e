import type { ClientStore } from '../../lib/storage/storage.ts'

type ClientRecord = Parameters<ClientStore['insert']>[0]

interface Entry {
  /** Grows from client to client: the place in the list, and the cursor that names it. */
  readonly sequence: number
  readonly client: ClientRecord
}

/** Creates the store of registered clients. */
export function createClientStore(): ClientStore {
  const entries = new Map<string, Entry>()
  let lastSequence = 0

  return {
    async insert(client) {
      if (entries.has(client.clientId)) return false
      lastSequence += 1
      entries.set(client.clientId, { sequence: lastSequence, client: structuredClone(client) })
      return true
    },

    async find(clientId) {
      return structuredClone(entries.get(clientId)?.client)
    },

    async list({ limit, cursor }) {
      const before = cursor === undefined ? Number.POSITIVE_INFINITY : Number(cursor)
      const rest = [...entries.values()].reverse().filter(({ sequence }) => sequence < before)
      const page = rest.slice(0, limit)
      const nextCursor = rest.length > limit ? page.at(-1)?.sequence.toString() : undefined
      return { items: page.map(({ client }) => structuredClone(client)), nextCursor }
    },

    async update(client, expectedVersion) {
      const entry = entries.get(client.clientId)
      if (entry?.client.version !== expectedVersion) return false
      entries.set(client.clientId, { ...entry, client: structuredClone(client) })
      return true
    },

    async delete(clientId) {
      return entries.delete(clientId)
    },
  }
}
