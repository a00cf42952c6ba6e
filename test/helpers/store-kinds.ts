/**
 * Empty storages of every kind, for tests that must hold on all of them.
 *
 * @module
 */

import { createLayeredStorage, type Storage } from '@teamcast/oauth-server'
import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import { createPostgresStorage, migrateToLatest } from '@teamcast/oauth-server/postgres'
import { createRedisStorage } from '@teamcast/oauth-server/redis'
import type { ExecutionContext } from 'ava'
import type { Redis } from 'ioredis'
import { Kysely, PostgresDialect } from 'kysely'
import type { Pool } from 'pg'
import { emptyDatabase } from './empty-database.ts'
import { type RunningPostgres, startPostgres } from './start-postgres.ts'
import { startRedis, type TestRedis } from './start-redis.ts'

export const STORE_KINDS = ['memory', 'redis', 'postgres', 'layered'] as const
export type StoreKind = (typeof STORE_KINDS)[number]

/** Opens storages; starts what they need when it is first needed. */
export interface StoreOpener {
  /** Opens an empty storage. The next test may get its tables when the test that has it has ended. */
  open(kind: StoreKind, t?: Pick<ExecutionContext, 'teardown'>): Promise<Storage>
  /** Ends everything that was started. */
  close(): Promise<void>
}

/** Connections to a Postgres, for all storages of a test file: opening one is what costs. */
const CONNECTIONS = 8

/** Makes what opens storages for one test file. */
export function createStoreOpener(): StoreOpener {
  let count = 0
  let redis: Promise<TestRedis> | undefined
  let redisClient: Redis | undefined
  let postgres: Promise<StartedPostgres> | undefined
  // Making the tables takes a tenth of a second of CPU, emptying them a hundredth of that.
  const unusedSchemas: Array<string> = []

  const opener: StoreOpener = {
    async open(kind, t) {
      count += 1
      const name = `storage_${count}`
      switch (kind) {
        case 'memory':
          return createMemoryStorage()
        case 'redis': {
          redis ??= startRedis()
          const server = await redis
          redisClient ??= server.connect()
          return createRedisStorage({ client: redisClient, keyPrefix: `${name}:` })
        }
        case 'postgres': {
          postgres ??= startWithPool()
          const { pool } = await postgres
          const db = new Kysely({ dialect: new PostgresDialect({ pool }) })
          const unused = unusedSchemas.pop()
          const schema = unused ?? name
          await (unused === undefined ? migrateToLatest(db, { schema }) : emptyDatabase(db, schema))
          t?.teardown(() => unusedSchemas.push(schema))
          return createPostgresStorage({ pool, schema })
        }
        case 'layered': {
          const [durable, ephemeral] = await Promise.all([
            opener.open('postgres', t),
            opener.open('redis', t),
          ])
          return createLayeredStorage({ durable, ephemeral })
        }
      }
    },

    async close() {
      await (await postgres)?.pool.end()
      await Promise.all([(await redis)?.stop(), (await postgres)?.server.stop()])
    },
  }
  return opener
}

interface StartedPostgres {
  readonly server: RunningPostgres
  readonly pool: Pool
}

async function startWithPool(): Promise<StartedPostgres> {
  const server = await startPostgres()
  return { server, pool: server.connect({ max: CONNECTIONS }) }
}
