import type { ClientRecord } from '../../lib/storage/client.ts'
import {
  type ClientListRequest,
  type ClientStore,
  searchableText,
} from '../../lib/storage/client-store.ts'
import type { Connection } from './connection.ts'
import { assertIdentifier, type ClientIndexFilter, isIdentifier, type Keys } from './keys.ts'
import { writeProvisionally } from './provisional-record.ts'
import { parseJson } from './records.ts'
import { createScript, runScript } from './script.ts'

const UPDATE = createScript(`
if redis.call('HGET', KEYS[1], 'version') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], unpack(ARGV, 2))
return 1`)

/** Of the version, if one is given. */
const DELETE = createScript(`
local version, record = unpack(redis.call('HMGET', KEYS[1], 'version', 'record'))
if ARGV[1] and version ~= ARGV[1] then return false end
redis.call('DEL', KEYS[1])
return record`)

/** The most digits of an instant that JavaScript can count to. */
const INSTANT_DIGITS = 16

/** How many names a search reads at once. */
const SEARCH_BATCH = 500

/**
 * Creates the store of registered clients.
 *
 * Every client is a hash in a slot of its own. For every combination of filters that a request can name, a
 * sorted set has its clients in the order of the list; see `provisional-record.ts` for what keeps them
 * together. Names change, so they are in none: a search walks through one of the sets.
 */
export function createClientStore(connection: Connection): ClientStore {
  const { client: redis, keys } = connection

  async function findClient(clientId: string): Promise<ClientRecord | undefined> {
    const record = await redis.hget(keys.client(clientId), 'record')
    return record === null ? undefined : parseJson(record)
  }

  /**
   * What there is at places of an index. A client that was deleted by a process that crashed leaves its
   * places.
   */
  async function readPlaces<Value>(
    index: string,
    places: ReadonlyArray<string>,
    read: (clientId: string) => Promise<Value | undefined>,
  ): Promise<ReadonlyArray<Placed<Value>>> {
    const found = await Promise.all(
      places.map(async (place) => ({ place, value: await read(clientIdAt(place)) })),
    )
    const abandoned = found.filter(({ value }) => value === undefined).map(({ place }) => place)
    if (abandoned.length > 0) await redis.zrem(index, ...abandoned)
    return found.flatMap(({ place, value }) => (value === undefined ? [] : [{ place, value }]))
  }

  /** The places among these whose clients have a part of their names. */
  async function searchPlaces(
    index: string,
    places: ReadonlyArray<string>,
    part: string,
  ): Promise<ReadonlyArray<string>> {
    if (part === '') return places
    const named = await readPlaces(
      index,
      places,
      async (clientId) => (await redis.hget(keys.client(clientId), 'searchableName')) ?? undefined,
    )
    return named.filter(({ value }) => value.includes(part)).map(({ place }) => place)
  }

  /** The next places that are wanted, and behind which others may be; `undefined` at the end. */
  async function nextPlaces(
    { index, part, after }: { index: string; part: string; after: string | undefined },
    most: number,
  ): Promise<{ readonly wanted: ReadonlyArray<string>; readonly last: string | undefined }> {
    const start = after === undefined ? '+' : `(${after}`
    const count = part === '' ? most : SEARCH_BATCH
    const places = await redis.zrevrangebylex(index, start, '-', 'LIMIT', 0, count)
    const wanted = (await searchPlaces(index, places, part)).slice(0, most)
    if (wanted.length === most) return { wanted, last: wanted.at(-1) }
    return { wanted, last: places.length < count ? undefined : places.at(-1) }
  }

  async function findListed(
    request: ClientListRequest,
    most: number,
  ): Promise<ReadonlyArray<Placed<ClientRecord>>> {
    const index = keys.clientIndex(request)
    const part = searchableText(request.nameContains ?? '')
    const listed: Array<Placed<ClientRecord>> = []
    let after = request.cursor
    do {
      const { wanted, last } = await nextPlaces({ index, part, after }, most - listed.length)
      listed.push(...(await readPlaces(index, wanted, findClient)))
      after = last
    } while (listed.length < most && after !== undefined)
    return listed
  }

  return {
    async insert(client) {
      assertIdentifier(isIdentifier(client.clientId))
      const key = keys.client(client.clientId)
      const place = placeOf(client)
      const record = await writeProvisionally(connection, key, fieldsOf(client))
      if (!record.isNew) return false
      await Promise.all(indexesOf(client, keys).map((index) => redis.zadd(index, 0, place)))
      const isConfirmed = Number(await redis.persist(key)) === 1
      if (!isConfirmed) record.assertInTime()
      return true
    },

    async find(clientId) {
      return isIdentifier(clientId) ? await findClient(clientId) : undefined
    },

    async has(clientId) {
      return isIdentifier(clientId) && Number(await redis.exists(keys.client(clientId))) === 1
    },

    async list(request) {
      const { limit, cursor, audience, tenantId } = request
      const isNobody = tenantId !== undefined && audience === 'PLATFORM'
      const isGarbage = cursor !== undefined && !isPlace(cursor)
      if (isNobody || isGarbage) return { items: [], nextCursor: undefined }
      // One more than the page holds tells whether there is a next page.
      const listed = await findListed(request, limit + 1)
      const page = listed.slice(0, limit)
      return {
        items: page.map(({ value }) => value),
        nextCursor: listed.length > limit ? page.at(-1)?.place : undefined,
      }
    },

    async update(client, expectedVersion) {
      if (!isIdentifier(client.clientId)) return false
      const parameters = [expectedVersion, ...fieldsOf(client)]
      const updated = await runScript(redis, UPDATE, [keys.client(client.clientId)], parameters)
      return Number(updated) === 1
    },

    async delete(clientId, expectedVersion) {
      if (!isIdentifier(clientId)) return false
      const parameters = expectedVersion === undefined ? [] : [expectedVersion]
      const record = await runScript(redis, DELETE, [keys.client(clientId)], parameters)
      if (typeof record !== 'string') return false
      const client = parseJson<ClientRecord>(record)
      const place = placeOf(client)
      await Promise.all(indexesOf(client, keys).map((index) => redis.zrem(index, place)))
      return true
    },
  }
}

/** Something of a client, and the client's place in the list. */
interface Placed<Value> {
  readonly place: string
  readonly value: Value
}

function fieldsOf(client: ClientRecord): ReadonlyArray<string | number> {
  return [
    ...['version', client.version, 'record', JSON.stringify(client)],
    ...['searchableName', searchableText(client.name)],
  ]
}

/** The indexes that name a client. */
function indexesOf(
  { audience, tenantId, clientType }: ClientRecord,
  keys: Keys,
): ReadonlyArray<string> {
  const owners: ReadonlyArray<ClientIndexFilter> = [
    {},
    { audience },
    ...(tenantId === undefined ? [] : [{ tenantId }]),
  ]
  return owners.flatMap((owner) => [
    keys.clientIndex(owner),
    keys.clientIndex({ ...owner, clientType }),
  ])
}

/** Sorts by `createdAt`, then by id. As a cursor it names a place, whether or not a client is there. */
function placeOf({ createdAt, clientId }: ClientRecord): string {
  return `${String(createdAt).padStart(INSTANT_DIGITS, '0')}:${clientId}`
}

function clientIdAt(place: string): string {
  return place.slice(INSTANT_DIGITS + 1)
}

function isPlace(cursor: string): boolean {
  return /^\d{16}:[\w-]{1,128}$/.test(cursor)
}
