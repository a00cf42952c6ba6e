import type { ClientRecord, ClientStore } from '../../lib/storage/storage.ts'
import type { Keys } from './keys.ts'
import { type RedisCommands, script } from './redis-commands.ts'

// A client is a hash of its `version` and its `record`, each in a slot of its own. The index is a sorted
// set of places, equal in score and so in the order of their letters: the creation time, then the id. A
// place is noted before its client is written and removed after it was deleted, so a crash in between
// leaves a place without a client, which is passed over, and never a client without a place.

const INSERT = script(`
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('HSET', KEYS[1], 'version', ARGV[1], 'record', ARGV[2])
return 1`)

const UPDATE = script(`
if redis.call('HGET', KEYS[1], 'version') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'version', ARGV[2], 'record', ARGV[3])
return 1`)

const INSTANT_DIGITS = 13
const PLACE = /^\d{13}:[\w-]{1,128}$/

/** Creates the store of registered clients. */
export function createClientStore(commands: RedisCommands, keys: Keys): ClientStore {
  const find = async (clientId: string): Promise<ClientRecord | undefined> => {
    const record = await commands.run('HGET', keys.client(clientId), 'record')
    return record === null ? undefined : (JSON.parse(String(record)) as ClientRecord)
  }

  return {
    find,

    async insert(client) {
      const { clientId, version } = client
      const place = placeOf(client)
      await commands.run('ZADD', keys.clientIndex, 0, place)
      const parameters = [version, JSON.stringify(client)]
      const inserted = await commands.runScript(INSERT, [keys.client(clientId)], parameters)
      if (inserted === 1) return true
      const existing = await find(clientId)
      const isPlaceOfAnother = existing === undefined || placeOf(existing) !== place
      if (isPlaceOfAnother) await commands.run('ZREM', keys.clientIndex, place)
      return false
    },

    async list({ limit, cursor }) {
      if (cursor !== undefined && !PLACE.test(cursor)) return { items: [], nextCursor: undefined }
      const after = cursor === undefined ? '+' : `(${cursor}`
      const places = (await commands.run(
        ...(['ZRANGE', keys.clientIndex, after, '-', 'BYLEX', 'REV', 'LIMIT'] as const),
        0,
        limit + 1,
      )) as ReadonlyArray<string>
      const page = places.slice(0, limit)
      const clients = await Promise.all(page.map((place) => find(clientIdAt(place))))
      return {
        items: clients.filter((client) => client !== undefined),
        nextCursor: places.length > limit ? page.at(-1) : undefined,
      }
    },

    async update(client, expectedVersion) {
      const parameters = [expectedVersion, client.version, JSON.stringify(client)]
      return (await commands.runScript(UPDATE, [keys.client(client.clientId)], parameters)) === 1
    },

    async delete(clientId) {
      const client = await find(clientId)
      if (client === undefined) return false
      const deleted = await commands.run('DEL', keys.client(clientId))
      await commands.run('ZREM', keys.clientIndex, placeOf(client))
      return deleted === 1
    },
  }
}

function placeOf({ createdAt, clientId }: ClientRecord): string {
  return `${String(createdAt).padStart(INSTANT_DIGITS, '0')}:${clientId}`
}

function clientIdAt(place: string): string {
  return place.slice(INSTANT_DIGITS + 1)
}
