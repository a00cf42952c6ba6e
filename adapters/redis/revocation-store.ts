/**
 * Revocations: a key for each, to look it up, and one sorted set for the feed. Another set has the same
 * entries by when they expire.
 *
 * The first set is in the order in which its script ran, by the clock of Redis in microseconds. That clock may be
 * set back, so each place is later than the last one all the same; and as Redis runs one script after the
 * other, nothing ever appears before a place that a reader has passed. A cursor is the place read last.
 *
 * @module
 */

import type {
  Revocation,
  RevocationKind,
  RevocationStore,
} from '../../lib/storage/revocation-store.ts'
import type { TokenFamily } from '../../lib/storage/token-family-store.ts'
import type { Connection } from './connection.ts'
import { assertIdentifier, isIdentifier } from './keys.ts'
import { removalOf } from './records.ts'
import { createScript, runScript } from './script.ts'

/** For how long the sets are kept after the last revocation: the longest that it can matter, and an hour. */
const KEPT_SECONDS = 90_000 + 3600

/** How many expired entries are removed with each new one: more than come in, and no long wait for others. */
const REMOVED_AT_ONCE = 1000

// Both begin with a command that needs no memory: see script.ts.

/** Remembers one, and, if it is given, which life of a family it ended and with which tolerance. */
const REMEMBER_FUNCTION = `
local function remember(key, expires_at, removal, life, tolerance)
  local until_before = tonumber(string.match(redis.call('GET', key) or '', '^%d+') or 0)
  if not life and until_before >= tonumber(expires_at) then return end
  local value = string.format('%.0f', math.max(until_before, tonumber(expires_at)))
  if life then value = table.concat({ value, life, tolerance }, ':') end
  redis.call('DEL', key)
  redis.call('SET', key, value, 'EXAT', removal)
end
`

/**
 * Enters one in the sets, and removes what has expired. What was last is found before it may be removed, so that
 * places never go back.
 */
const ENTER_FUNCTION = `
local function enter(places, expiries, entry, removal)
  local time = redis.call('TIME')
  local now = time[1] * 1000000 + time[2]
  local last = redis.call('ZREVRANGE', places, 0, 0, 'WITHSCORES')[2]
  local expired = redis.call('ZRANGEBYSCORE', expiries, '-inf', time[1], 'LIMIT', 0, ${REMOVED_AT_ONCE})
  redis.call('ZREM', places, entry, unpack(expired))
  redis.call('ZREM', expiries, entry, unpack(expired))
  local place = math.max(now, (tonumber(last) or 0) + 1)
  redis.call('ZADD', places, string.format('%.0f', place), entry)
  redis.call('ZADD', expiries, removal, entry)
  redis.call('EXPIRE', places, ${KEPT_SECONDS})
  redis.call('EXPIRE', expiries, ${KEPT_SECONDS})
end
`

/** For a script that adds one, too. */
export const REVOCATION_FUNCTIONS: string = REMEMBER_FUNCTION + ENTER_FUNCTION

/** `until, removal`, and the life of a family and the tolerance. */
const REMEMBER = createScript(`${REMEMBER_FUNCTION}
remember(KEYS[1], unpack(ARGV))
return 1`)

/** `entry, removal`. */
const ENTER = createScript(`${ENTER_FUNCTION}
enter(KEYS[1], KEYS[2], ARGV[1], ARGV[2])
return 1`)

/**
 * Reads the set: `place, count`. A place behind the last one is another storage's, or this one has lost what
 * was there: then all of it.
 */
const READ = createScript(`
local last = redis.call('ZREVRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2]
local after = (tonumber(last) or 0) < tonumber(ARGV[1]) and '-inf' or '(' .. ARGV[1]
return redis.call('ZRANGEBYSCORE', KEYS[1], after, '+inf', 'WITHSCORES', 'LIMIT', 0, ARGV[2])`)

/** What a Cluster remembers of a revoked family, so that anyone can finish the revocation: see `token-family-store.ts`. */
export interface EndedLife {
  readonly life: string
  /** For how long after the access tokens of the family verifiers may accept them. */
  readonly toleranceSeconds: number
}

/**
 * Adds a revocation.
 *
 * @param ended The life of a family that it ends, remembered until the family would have expired.
 */
export async function addRevocation(
  { client, keys }: Connection,
  { kind, id, expiresAt }: Revocation,
  ended?: EndedLife & Pick<TokenFamily, 'expiresAt'>,
): Promise<void> {
  assertIdentifier(isIdentifier(id))
  const entry = [kind, id, expiresAt].join(':')
  const removal = removalOf(Math.max(expiresAt, ended?.expiresAt ?? 0))
  const remembered = [
    ...[expiresAt, removal],
    ...(ended === undefined ? [] : [ended.life, ended.toleranceSeconds]),
  ]
  await Promise.all([
    runScript(client, REMEMBER, [keys.revocation(kind, id)], remembered),
    runScript(
      client,
      ENTER,
      [keys.revocations, keys.revocationExpiries],
      [entry, removalOf(expiresAt)],
    ),
  ])
}

/** Which life of a family a revocation ended, if it is remembered. */
export async function findEndedLife(
  { client, keys }: Connection,
  familyId: string,
): Promise<EndedLife | undefined> {
  const remembered = await client.get(keys.revocation('family', familyId))
  const [, life, toleranceSeconds] = remembered?.split(':') ?? []
  return life === undefined ? undefined : { life, toleranceSeconds: Number(toleranceSeconds) }
}

const CURSOR = /^r(\d{1,16})$/

/** Creates the store of revocations. */
export function createRevocationStore(connection: Connection): RevocationStore {
  const { client, keys } = connection
  return {
    add: (revocation) => addRevocation(connection, revocation),

    async has(kind, id, now) {
      if (!isIdentifier(id)) return false
      const remembered = await client.get(keys.revocation(kind, id))
      return remembered !== null && Number(remembered.split(':')[0]) > now
    },

    async list({ cursor = '', limit }, now) {
      const after = CURSOR.exec(cursor)?.[1] ?? '0'
      const read = await runScript(client, READ, [keys.revocations], [after, limit + 1])
      const entries = parseEntries(read as ReadonlyArray<string>)
      const page = entries.slice(0, limit)
      return {
        items: page
          .map(({ revocation }) => revocation)
          .filter((revocation) => revocation.expiresAt > now),
        nextCursor: `r${page.at(-1)?.place ?? after}`,
        hasMore: entries.length > limit,
      }
    },
  }
}

interface Entry {
  readonly revocation: Revocation
  readonly place: string
}

/** Entries and their places, in turn. */
function parseEntries(read: ReadonlyArray<string>): ReadonlyArray<Entry> {
  return read.flatMap((entry, index) => {
    if (index % 2 === 1) return []
    const [kind, id, expiresAt] = entry.split(':') as [RevocationKind, string, string]
    const revocation = { kind, id, expiresAt: Number(expiresAt) }
    return [{ revocation, place: String(read[index + 1]) }]
  })
}
