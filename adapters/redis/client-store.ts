import type { ClientRecord } from '../../lib/storage/client.ts'
import {
  type ClientListRequest,
  type ClientStore,
  passesFilters,
  searchableText,
} from '../../lib/storage/client-store.ts'
import {
  createNameTag,
  enterName,
  nameIndexesOf,
  parseEntry,
  removeName,
  type TaggedName,
} from './client-names.ts'
import type { Connection } from './connection.ts'
import { assertIdentifier, type ClientIndexFilter, isIdentifier, type Keys } from './keys.ts'
import { writeProvisionally } from './provisional-record.ts'
import { parseJson } from './records.ts'
import { createScript, runScript } from './script.ts'

/** `expected version, version, record`, and the tag of a new name, by which a call that is sent again is known. */
const UPDATE = createScript(`
local version, name_tag = unpack(redis.call('HMGET', KEYS[1], 'version', 'nameTag'))
if ARGV[4] and name_tag == ARGV[4] then return 1 end
if version ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'version', ARGV[2], 'record', ARGV[3], 'nameTag', ARGV[4] or name_tag or '')
return 1`)

/** Of the version, if one is given. */
const DELETE = createScript(`
local version, record, name_tag = unpack(redis.call('HMGET', KEYS[1], 'version', 'record', 'nameTag'))
if not record or ARGV[1] and version ~= ARGV[1] then return false end
redis.call('DEL', KEYS[1])
return { record, name_tag or nil }`)

/** The most digits of an instant that JavaScript can count to. */
const INSTANT_DIGITS = 16

/** How many clients are read at once, at most. */
const LARGEST_BATCH = 500

/** Of a client that was saved before names had sets: it is listed, and found by name when it is renamed. */
const NO_NAME_TAG = ''

/** A client, and what its entries under its name are known by. */
interface StoredClient {
  readonly client: ClientRecord
  readonly nameTag: string
}

/**
 * Creates the store of registered clients.
 *
 * Every client is a hash in a slot of its own. For every combination of filters that a request can name, a
 * sorted set has its clients in the order of the list; see `provisional-record.ts` for what keeps them
 * together. `client-names.ts` has the sets of names. A list reads the smallest set that has all it looks for.
 */
export function createClientStore(connection: Connection): ClientStore {
  const { client: redis, keys } = connection

  async function findStored(clientId: string): Promise<StoredClient | undefined> {
    const [record, nameTag] = await redis.hmget(keys.client(clientId), 'record', 'nameTag')
    return typeof record === 'string'
      ? { client: parseJson(record), nameTag: nameTag ?? NO_NAME_TAG }
      : undefined
  }

  async function findSmallestIndex(request: ClientListRequest, part: string): Promise<string> {
    const [index, ...others] = [keys.clientIndex(request), ...nameIndexesOf(connection, part)]
    if (others.length === 0) return index
    const sizes = await Promise.all([index, ...others].map((key) => redis.zcard(key)))
    const smallest = sizes.map(Number).indexOf(Math.min(...sizes.map(Number)))
    return [index, ...others][smallest] ?? index
  }

  /**
   * The clients at entries of an index that are wanted. A client that was deleted by a process that crashed leaves its
   * entries; those of an earlier name may be of an update under way.
   */
  async function readWanted(
    index: string,
    entries: ReadonlyArray<string>,
    request: ClientListRequest,
    part: string,
  ): Promise<ReadonlyArray<Placed>> {
    const found = await Promise.all(
      entries.map(async (entry) => {
        const { place, nameTag } = parseEntry(entry)
        return { entry, place, nameTag, stored: await findStored(clientIdAt(place)) }
      }),
    )
    const abandoned = found.filter(({ stored }) => stored === undefined).map(({ entry }) => entry)
    if (abandoned.length > 0) await redis.zrem(index, ...abandoned)
    return found.flatMap(({ place, nameTag, stored }) => {
      if (stored === undefined || (nameTag ?? stored.nameTag) !== stored.nameTag) return []
      const { client } = stored
      const isWanted = passesFilters(client, request) && searchableText(client.name).includes(part)
      return isWanted ? [{ place, client }] : []
    })
  }

  async function findListed(
    request: ClientListRequest,
    most: number,
  ): Promise<ReadonlyArray<Placed>> {
    const part = searchableText(request.nameContains ?? '')
    const index = await findSmallestIndex(request, part)
    const listed: Array<Placed> = []
    let after = request.cursor
    let count = most
    do {
      const start = after === undefined ? '+' : `(${after}`
      const entries = await redis.zrevrangebylex(index, start, '-', 'LIMIT', 0, count)
      listed.push(...(await readWanted(index, entries, request, part)))
      after = entries.length < count ? undefined : entries.at(-1)
      count = Math.max(count, Math.min(2 * count, LARGEST_BATCH))
    } while (listed.length < most && after !== undefined)
    return listed.slice(0, most)
  }

  return {
    async insert(client) {
      assertIdentifier(isIdentifier(client.clientId))
      const key = keys.client(client.clientId)
      const place = placeOf(client)
      const name = { name: searchableText(client.name), nameTag: createNameTag() }
      const fields = ['version', client.version, 'record', JSON.stringify(client)]
      const record = await writeProvisionally(connection, key, [
        ...fields,
        ...['nameTag', name.nameTag],
      ])
      if (!record.isNew) return false
      await Promise.all([
        ...indexesOf(client, keys).map((index) => redis.zadd(index, 0, place)),
        enterName(connection, place, name),
      ])
      const isConfirmed = Number(await redis.persist(key)) === 1
      if (!isConfirmed) record.assertInTime()
      return true
    },

    async find(clientId) {
      if (!isIdentifier(clientId)) return undefined
      const record = await redis.hget(keys.client(clientId), 'record')
      return record === null ? undefined : parseJson(record)
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
        items: page.map(({ client }) => client),
        nextCursor: listed.length > limit ? page.at(-1)?.place : undefined,
      }
    },

    async update(client, expectedVersion) {
      if (!isIdentifier(client.clientId)) return false
      const stored = await findStored(client.clientId)
      if (stored?.client.version !== expectedVersion) return false
      const before = taggedNameOf(stored)
      const name = { name: searchableText(client.name), nameTag: createNameTag() }
      const isRenamed = name.name !== before.name
      const key = keys.client(client.clientId)
      const place = placeOf(client)
      if (isRenamed) await enterName(connection, place, name)
      const fields = [expectedVersion, client.version, JSON.stringify(client)]
      const parameters = isRenamed ? [...fields, name.nameTag] : fields
      const isUpdated = Number(await runScript(redis, UPDATE, [key], parameters)) === 1
      if (isRenamed) await removeName(connection, place, isUpdated ? before : name)
      return isUpdated
    },

    async delete(clientId, expectedVersion) {
      if (!isIdentifier(clientId)) return false
      const parameters = expectedVersion === undefined ? [] : [expectedVersion]
      const deleted = await runScript(redis, DELETE, [keys.client(clientId)], parameters)
      if (deleted === null) return false
      const [record, nameTag = NO_NAME_TAG] = deleted as readonly [record: string, nameTag?: string]
      const client = parseJson<ClientRecord>(record)
      const place = placeOf(client)
      await Promise.all([
        ...indexesOf(client, keys).map((index) => redis.zrem(index, place)),
        removeName(connection, place, taggedNameOf({ client, nameTag })),
      ])
      return true
    },
  }
}

/** A client, and its place in the list. */
interface Placed {
  readonly place: string
  readonly client: ClientRecord
}

function taggedNameOf({ client, nameTag }: StoredClient): TaggedName {
  return { name: searchableText(client.name), nameTag }
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
