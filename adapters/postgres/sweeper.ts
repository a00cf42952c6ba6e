/**
 * Deletes expired records. Several instances may do it at once: each takes rows that no other holds.
 *
 * @module
 */

import { type Kysely, type RawBuilder, sql } from 'kysely'
import { ConfigurationError, type Issue } from '../../lib/errors.ts'
import { driverFailure } from '../../lib/storage/driver-failure.ts'
import { DEFAULT_SCHEMA, findSchemaIssues, type SchemaOption } from './schema-option.ts'

const TABLES = [
  'artifacts',
  'granting_requests',
  'granting_users',
  'revocations',
  'token_families',
] as const
const DEFAULT_BATCH_SIZE = 1000
const DEFAULT_INTERVAL_SECONDS = 300

/** Options of {@link sweepExpired}. */
export interface SweepOptions extends SchemaOption {
  /**
   * How many rows a statement deletes at most.
   *
   * @range At least 1
   * @defaultValue `1000`
   */
  readonly batchSize?: number
}

/**
 * Deletes everything that has expired, batch by batch.
 *
 * @param now Seconds since the Unix epoch.
 *
 * @returns How many rows were deleted.
 *
 * @throws {@link StorageError} when the database is unavailable; what was deleted before stays deleted.
 */
export async function sweepExpired<Tables>(
  db: Kysely<Tables>,
  now: number,
  { batchSize = DEFAULT_BATCH_SIZE, schema = DEFAULT_SCHEMA }: SweepOptions = {},
): Promise<number> {
  let total = 0
  for (const name of TABLES) {
    const table = sql.id(schema, name)
    let deleted = batchSize
    while (deleted === batchSize) {
      deleted = await deleteBatch(db, table, now, batchSize)
      total += deleted
    }
  }
  return total
}

async function deleteBatch<Tables>(
  db: Kysely<Tables>,
  table: RawBuilder<unknown>,
  now: number,
  batchSize: number,
): Promise<number> {
  const query = sql`
    delete from ${table} where ctid = any(array(
      select ctid from ${table} where expires_at <= ${now}
      limit ${batchSize} for update skip locked))
      and expires_at <= ${now} -- a ctid is unique within one partition only
    returning 1`
  try {
    return (await query.execute(db)).rows.length
  } catch (error) {
    throw driverFailure('postgres: the sweeper', error)
  }
}

/** Options of {@link startSweeper}. */
export interface SweeperOptions<Tables> extends SchemaOption {
  /** The host's own `Kysely` instance. */
  readonly db: Kysely<Tables>
  /**
   * How often it sweeps.
   *
   * @range 1 to 86 400 seconds
   * @defaultValue `300`
   * @cost One statement for each table, and one more for every 1000 expired rows
   */
  readonly intervalSeconds?: number
  /** Receives failures; the sweeper tries again after the interval. */
  readonly onError: (error: unknown) => void
}

/** A running sweeper. */
export interface Sweeper {
  /** Stops it after the current batch. */
  stop(): Promise<void>
}

/**
 * Sweeps at an interval until it is stopped. It does not keep the process alive.
 *
 * @throws {@link ConfigurationError} when an option is wrong.
 */
export function startSweeper<Tables>(options: SweeperOptions<Tables>): Sweeper {
  const {
    db,
    schema = DEFAULT_SCHEMA,
    intervalSeconds = DEFAULT_INTERVAL_SECONDS,
    onError,
  } = options
  const isInRange = intervalSeconds >= 1 && intervalSeconds <= 86_400
  const issues: Array<Issue> = [...findSchemaIssues(schema)]
  if (!isInRange) issues.push({ path: 'intervalSeconds', message: 'must be 1 to 86400' })
  if (typeof onError !== 'function') issues.push({ path: 'onError', message: 'must be a function' })
  if (issues.length > 0) throw new ConfigurationError(issues)

  let sweep = Promise.resolve()
  const timer = setInterval(() => {
    sweep = sweep
      .then(() => sweepExpired(db, Math.floor(Date.now() / 1000), { schema }))
      .then(() => undefined, onError)
  }, intervalSeconds * 1000)
  timer.unref()
  return {
    async stop() {
      clearInterval(timer)
      await sweep
    },
  }
}
