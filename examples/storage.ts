/**
 * The storage of the example, chosen by `STORAGE`.
 *
 * @module
 */

import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { createLayeredStorage, type Storage } from '@teamcast/oauth-server'
import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import {
  createPostgresStorage,
  migrateToLatest,
  startSweeper,
} from '@teamcast/oauth-server/postgres'
import { createRedisStorage } from '@teamcast/oauth-server/redis'
import { Redis } from 'ioredis'
import { Kysely, PGliteDialect, PostgresDialect } from 'kysely'
import { Pool } from 'pg'

/** The values of `STORAGE`. */
export const STORAGES = ['memory', 'redis', 'postgres', 'pglite', 'layered'] as const

/** Settings of the storage. */
export interface StorageSettings {
  readonly storage: (typeof STORAGES)[number]
  readonly redisUrl: string
  readonly databaseUrl: string
  /** Directory of the embedded database and of the partner's registration. */
  readonly dataDirectory: string
}

/** An open storage. */
export interface OpenedStorage {
  readonly storage: Storage
  close(): Promise<void>
}

/** Opens the storage and creates its tables. */
export async function openStorage(settings: StorageSettings): Promise<OpenedStorage> {
  switch (settings.storage) {
    case 'memory':
      return { storage: createMemoryStorage(), close: async () => undefined }
    case 'redis':
      return await openRedis(settings.redisUrl)
    case 'postgres':
      return await openPostgres(settings.databaseUrl)
    case 'pglite':
      return await openPglite(settings.dataDirectory)
    case 'layered': {
      const durable = await openPostgres(settings.databaseUrl)
      const ephemeral = await openRedis(settings.redisUrl)
      return {
        storage: createLayeredStorage({
          durable: durable.storage,
          ephemeral: ephemeral.storage,
        }),
        async close() {
          await Promise.all([durable.close(), ephemeral.close()])
        },
      }
    }
  }
}

async function openRedis(url: string): Promise<OpenedStorage> {
  // Without a connection, requests fail at once instead of waiting.
  const client = new Redis(url, {
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
  })
  client.on('error', ({ message }) => console.error(`Redis: ${message}`))
  await client.connect()
  return { storage: createRedisStorage({ client }), close: async () => client.disconnect() }
}

async function openPostgres(connectionString: string): Promise<OpenedStorage> {
  const pool = new Pool({ connectionString, connectionTimeoutMillis: 2000 })
  pool.on('error', ({ message }) => console.error(`Postgres: ${message}`))
  const db = new Kysely({ dialect: new PostgresDialect({ pool }) })
  await migrateToLatest(db)
  return closeWithSweeper(db, createPostgresStorage({ pool }))
}

async function openPglite(dataDirectory: string): Promise<OpenedStorage> {
  await mkdir(dataDirectory, { recursive: true })
  const pglite = new PGlite(join(dataDirectory, 'pglite'))
  const db = new Kysely({ dialect: new PGliteDialect({ pglite }) })
  await migrateToLatest(db)
  return closeWithSweeper(db, createPostgresStorage({ db }))
}

function closeWithSweeper(db: Kysely<unknown>, storage: Storage): OpenedStorage {
  const sweeper = startSweeper({ db, onError: (error) => console.error('Sweeper:', error) })
  return {
    storage,
    async close() {
      await sweeper.stop()
      await db.destroy()
    },
  }
}
