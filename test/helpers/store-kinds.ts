/**
 * Empty storages of every kind, for tests that must hold on all of them.
 *
 * @module
 */

import type { Storage } from '@teamcast/oauth-server'
import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import { createPostgresStorage, migrateToLatest } from '@teamcast/oauth-server/postgres'
import { createRedisStorage } from '@teamcast/oauth-server/redis'
import { Kysely, PostgresDialect } from 'kysely'
import type { Pool } from 'pg'
import { type RunningPostgres, startPostgres } from './start-postgres.ts'
import { startRedis, type TestRedis } from './start-redis.ts'

export const STORE_KINDS = ['memory', 'redis', 'postgres'] as const
export type StoreKind = (typeof STORE_KINDS)[number]

/** Opens storages; starts what they need when it is first needed. */
export interface StoreOpener {
  /** Opens an empty storage. */
  open(kind: StoreKind): Promise<Storage>
  /** Ends everything that was started. */
  close(): Promise<void>
}

const TEMPLATE = 'migrated'

/** Makes what opens storages for one test file. */
export function createStoreOpener(): StoreOpener {
  let count = 0
  let redis: Promise<TestRedis> | undefined
  let postgres: Promise<RunningPostgres> | undefined
  const pools: Array<Pool> = []

  async function openDatabase(database: string): Promise<Pool> {
    postgres ??= startWithTemplate()
    const admin = (await postgres).connect({ max: 1 })
    await admin.query(`create database ${database} template ${TEMPLATE}`)
    await admin.end()
    const pool = (await postgres).connect({ database, max: 4 })
    pools.push(pool)
    return pool
  }

  return {
    async open(kind) {
      count += 1
      const name = `storage_${count}`
      switch (kind) {
        case 'memory':
          return createMemoryStorage()
        case 'redis': {
          redis ??= startRedis()
          const client = (await redis).connect()
          return createRedisStorage({ client, keyPrefix: `${name}:` })
        }
        case 'postgres':
          return createPostgresStorage({ pool: await openDatabase(name) })
      }
    },

    async close() {
      await Promise.all(pools.map((pool) => pool.end()))
      await Promise.all([(await redis)?.stop(), (await postgres)?.stop()])
    },
  }
}

async function startWithTemplate(): Promise<RunningPostgres> {
  const postgres = await startPostgres()
  const admin = postgres.connect({ max: 1 })
  await admin.query(`create database ${TEMPLATE}`)
  await admin.end()
  const pool = postgres.connect({ database: TEMPLATE, max: 1 })
  const db = new Kysely({ dialect: new PostgresDialect({ pool }) })
  await migrateToLatest(db)
  await pool.end()
  return postgres
}
