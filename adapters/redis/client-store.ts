import type { ClientRecord, ClientStore } from '../../lib/storage/storage.ts'
import type { Connection } from './connection.ts'
import { parseJson } from './json.ts'
import { assertIdentifier, isIdentifier } from './keys.ts'
import { writeProvisionally } from './provisional-record.ts'
import { createScript, runScript } from './script.ts'

const UPDATE = createScript(`
if redis.call('HGET', KEYS[1], 'version') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'version', ARGV[2], 'record', ARGV[3])
return 1`)

const DELETE = createScript(`
local record = redis.call('HGET', KEYS[1], 'record')
redis.call('DEL', KEYS[1])
return record`)

/** The most digits of an instant that JavaScript can count to. */
const INSTANT_DIGITS = 16

/**
 * Creates the store of registered clients.
 *
 * Every client is a hash in a slot of its own. A sorted set names all of them in the order of the list;
 * see `provisional-record.ts` for what keeps the two together.
 */
export function createClientStore(connection: Connection): ClientStore {
  const { client: redis, keys } = connection

  async function findClient(clientId: string): Promise<ClientRecord | undefined> {
    const record = await redis.hget(keys.client(clientId), 'record')
    return record === null ? undefined : parseJson(record)
  }

  /** The clients at these places. A client that was deleted by a process that crashed leaves its place. */
  async function findAtPlaces(places: ReadonlyArray<string>): Promise<Array<Listed>> {
    const found = await Promise.all(
      places.map(async (place) => ({ place, client: await findClient(clientIdAt(place)) })),
    )
    const abandoned = found.filter(({ client }) => client === undefined).map(({ place }) => place)
    if (abandoned.length > 0) await redis.zrem(keys.clientIndex, ...abandoned)
    return found.flatMap(({ place, client }) => (client === undefined ? [] : [{ place, client }]))
  }

  return {
    async insert(client) {
      assertIdentifier(isIdentifier(client.clientId))
      const key = keys.client(client.clientId)
      const place = placeOf(client)
      const record = await writeProvisionally(connection, key, fieldsOf(client))
      if (!record.isNew) return false
      await redis.zadd(keys.clientIndex, 0, place)
      const isConfirmed = Number(await redis.persist(key)) === 1
      if (!isConfirmed) record.assertInTime()
      return true
    },

    async find(clientId) {
      return isIdentifier(clientId) ? await findClient(clientId) : undefined
    },

    async list({ limit, cursor }) {
      if (cursor !== undefined && !isPlace(cursor)) return { items: [], nextCursor: undefined }
      const listed: Array<Listed> = []
      let after = cursor
      // One more than the page holds tells whether there is a next page.
      while (listed.length <= limit) {
        const start = after === undefined ? '+' : `(${after}`
        const count = limit + 1 - listed.length
        const places = await redis.zrevrangebylex(keys.clientIndex, start, '-', 'LIMIT', 0, count)
        listed.push(...(await findAtPlaces(places)))
        after = places.at(-1)
        if (places.length < count) break
      }
      const page = listed.slice(0, limit)
      return {
        items: page.map(({ client }) => client),
        nextCursor: listed.length > limit ? page.at(-1)?.place : undefined,
      }
    },

    async update(client, expectedVersion) {
      if (!isIdentifier(client.clientId)) return false
      const parameters = [expectedVersion, client.version, JSON.stringify(client)]
      const updated = await runScript(redis, UPDATE, [keys.client(client.clientId)], parameters)
      return Number(updated) === 1
    },

    async delete(clientId) {
      if (!isIdentifier(clientId)) return false
      const record = await runScript(redis, DELETE, [keys.client(clientId)], [])
      if (typeof record !== 'string') return false
      await redis.zrem(keys.clientIndex, placeOf(parseJson<ClientRecord>(record)))
      return true
    },
  }
}

/** A client and its place in the list. */
interface Listed {
  readonly place: string
  readonly client: ClientRecord
}

function fieldsOf(client: ClientRecord): ReadonlyArray<string | number> {
  return ['version', client.version, 'record', JSON.stringify(client)]
}

/** Sorts by `createdAt`, then by id, and is a cursor: it names a place, whether somebody is there or not. */
function placeOf({ createdAt, clientId }: ClientRecord): string {
  return `${String(createdAt).padStart(INSTANT_DIGITS, '0')}:${clientId}`
}

function clientIdAt(place: string): string {
  return place.slice(INSTANT_DIGITS + 1)
}

function isPlace(cursor: string): boolean {
  return /^\d{16}:[\w-]{1,128}$/.test(cursor)
}
