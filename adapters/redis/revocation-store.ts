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
import type { Connection } from './connection.ts'
import { assertIdentifier, isIdentifier } from './keys.ts'
import { removalOf } from './records.ts'
import { createScript, runScript } from './script.ts'

/** For how long the sets are kept after the last revocation: the longest that it can matter, and an hour. */
const KEPT_SECONDS = 90_000 + 3600

/** How many expired entries are removed with each new one: more than come in, and no long wait for others. */
const REMOVED_AT_ONCE = 1000

// Both begin with a command that needs no memory: see script.ts.

/** Remembers one: `until, removal`. */
const REMEMBER = createScript(`
local until_before = redis.call('GET', KEYS[1])
if until_before and tonumber(until_before) >= tonumber(ARGV[1]) then return 1 end
redis.call('DEL', KEYS[1])
redis.call('SET', KEYS[1], ARGV[1], 'EXAT', ARGV[2])
return 1`)

/**
 * Enters one in the sets, and removes what has expired: `seconds kept, removed at once, removal, entry`. What was
 * last is found before it may be removed, so that places never go back.
 */
const ENTER = createScript(`
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local last = redis.call('ZREVRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2]
local expired = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', time[1], 'LIMIT', 0, ARGV[2])
redis.call('ZREM', KEYS[1], ARGV[4], unpack(expired))
redis.call('ZREM', KEYS[2], ARGV[4], unpack(expired))
local place = math.max(now, (tonumber(last) or 0) + 1)
redis.call('ZADD', KEYS[1], string.format('%.0f', place), ARGV[4])
redis.call('ZADD', KEYS[2], ARGV[3], ARGV[4])
redis.call('EXPIRE', KEYS[1], ARGV[1])
redis.call('EXPIRE', KEYS[2], ARGV[1])
return 1`)

/**
 * Reads the set: `place, count`. A place behind the last one is another storage's, or this one has lost what
 * was there: then all of it.
 */
const READ = createScript(`
local last = redis.call('ZREVRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2]
local after = (tonumber(last) or 0) < tonumber(ARGV[1]) and '-inf' or '(' .. ARGV[1]
return redis.call('ZRANGEBYSCORE', KEYS[1], after, '+inf', 'WITHSCORES', 'LIMIT', 0, ARGV[2])`)

const CURSOR = /^r(\d{1,16})$/

/** Creates the store of revocations. */
export function createRevocationStore({ client, keys }: Connection): RevocationStore {
  return {
    async add({ kind, id, expiresAt }) {
      assertIdentifier(isIdentifier(id))
      const entry = [kind, id, expiresAt].join(':')
      const lifetime = [expiresAt, removalOf(expiresAt)]
      await Promise.all([
        runScript(client, REMEMBER, [keys.revocation(kind, id)], lifetime),
        runScript(
          client,
          ENTER,
          [keys.revocations, keys.revocationExpiries],
          [KEPT_SECONDS, REMOVED_AT_ONCE, removalOf(expiresAt), entry],
        ),
      ])
    },

    async has(kind, id, now) {
      if (!isIdentifier(id)) return false
      const expiresAt = await client.get(keys.revocation(kind, id))
      return expiresAt !== null && Number(expiresAt) > now
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
