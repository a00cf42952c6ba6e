/**
 * What a store holds, and what has expired. Redis removes records by a clock of its own, which cannot be moved: here it
 * is told to remove what it would have removed at that time.
 *
 * @module
 */

import { sweepExpired } from '@teamcast/oauth-server/postgres'
import type { Redis } from 'ioredis'
import { Kysely, PostgresDialect } from 'kysely'
import type { Pool } from 'pg'

/** What the names of keys begin with, unless the host says otherwise. */
export const KEY_PREFIX = 'teamcast-oauth:'

/** The connection to the store. Neither in memory, where writing removes what has expired. */
export interface StoreConnection {
  readonly redis: Redis | undefined
  readonly pool: Pool | undefined
}

const TABLES = [
  'artifacts',
  'clients',
  'consents',
  'granting_requests',
  'granting_users',
  'pending_events',
  'revocations',
  'token_families',
]

const COUNT_ROWS = TABLES.map((table) => `(select count(*) from oauth.${table})`).join(' + ')

/** Keys and the members of sorted sets. */
const COUNT_KEYS = `
local records = 0
for _, key in ipairs(redis.call('KEYS', '*')) do
  local is_index = redis.call('TYPE', key).ok == 'zset'
  records = records + (is_index and redis.call('ZCARD', key) or 1)
end
return records`

/** Keys, and those entries of the revocations that adding the next one removes. */
const REMOVE_EXPIRED = `
for _, key in ipairs(redis.call('KEYS', '*')) do
  local at = redis.call('EXPIRETIME', key)
  if at > 0 and at <= tonumber(ARGV[1]) then redis.call('DEL', key) end
end
local places, expiries = '${KEY_PREFIX}{revocations}', '${KEY_PREFIX}{revocations}:expiries'
for _, entry in ipairs(redis.call('ZRANGEBYSCORE', expiries, '-inf', ARGV[1])) do
  redis.call('ZREM', places, entry)
  redis.call('ZREM', expiries, entry)
end`

/** Removes what has expired by a clock. */
export async function removeExpired({ redis, pool }: StoreConnection, now: number): Promise<void> {
  await redis?.eval(REMOVE_EXPIRED, 0, now)
  if (pool === undefined) return
  await sweepExpired(new Kysely({ dialect: new PostgresDialect({ pool }) }), now)
}

/** Counts keys and members of sorted sets, or rows. `undefined` in memory. */
export async function countRecords({ redis, pool }: StoreConnection): Promise<number | undefined> {
  if (redis !== undefined) return Number(await redis.eval(COUNT_KEYS, 0))
  if (pool === undefined) return undefined
  const { rows } = await pool.query(`select ${COUNT_ROWS} as records`)
  return Number(rows[0]?.records)
}
