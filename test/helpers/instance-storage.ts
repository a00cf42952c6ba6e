/**
 * The storages that several server processes of a test share.
 *
 * @module
 */

import { createLayeredStorage, type Storage } from '@teamcast/oauth-server'
import { createPostgresStorage, migrateToLatest } from '@teamcast/oauth-server/postgres'
import { createRedisStorage } from '@teamcast/oauth-server/redis'
import { Cluster, Redis } from 'ioredis'
import { Kysely, PostgresDialect } from 'kysely'
import { Pool } from 'pg'
import { createPoolDialect } from '../../adapters/postgres/pool-dialect.ts'
import { type RenamedColumn, renameColumn } from './renamed-column.ts'

/** What the keys in the storage are encrypted under. */
export const INSTANCE_SECRET = 'the secret that all instances of a test share'

/** Where the records are; may be handed to another process as JSON. */
export type StoreLocation =
  | { readonly kind: 'redis'; readonly socket: string }
  | { readonly kind: 'redis-cluster'; readonly ports: ReadonlyArray<number> }
  | {
      readonly kind: 'postgres'
      readonly socketDirectory: string
      /** If given, the storage is the next version's, which knows the column by its new name only. */
      readonly renamedColumn?: RenamedColumn
    }
  | { readonly kind: 'layered'; readonly socket: string; readonly socketDirectory: string }

/** A storage with its connections. */
export interface OpenedStorage {
  readonly storage: Storage
  close(): Promise<void>
}

/** Connects to a store, as a host is advised to: nothing waits for a connection that is not there. */
export async function openStorageAt(location: StoreLocation): Promise<OpenedStorage> {
  switch (location.kind) {
    case 'redis':
      return await openRedis(location.socket)
    case 'redis-cluster':
      return await openCluster(location.ports)
    case 'postgres':
      return await openPostgres(location.socketDirectory, location.renamedColumn)
    case 'layered': {
      const [durable, ephemeral] = await Promise.all([
        openPostgres(location.socketDirectory),
        openRedis(location.socket),
      ])
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

async function openRedis(path: string): Promise<OpenedStorage> {
  const client = new Redis({
    path,
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: () => 50,
  })
  client.on('error', () => undefined) // every request says it itself
  await client.connect()
  return { storage: createRedisStorage({ client }), close: async () => client.disconnect() }
}

async function openCluster(ports: ReadonlyArray<number>): Promise<OpenedStorage> {
  const client = new Cluster(ports.map((port) => ({ host: '127.0.0.1', port })))
  client.on('error', () => undefined)
  await client.call('GET', ['any'])
  return { storage: createRedisStorage({ client }), close: async () => client.disconnect() }
}

async function openPostgres(host: string, renamedColumn?: RenamedColumn): Promise<OpenedStorage> {
  // A machine that is busy may take seconds to connect; how long a request waits, the storage's timeout says.
  const pool = new Pool({ host, user: 'postgres', max: 10, connectionTimeoutMillis: 20_000 })
  pool.on('error', () => undefined)
  await migrateToLatest(new Kysely({ dialect: new PostgresDialect({ pool }) }))
  const storage =
    renamedColumn === undefined
      ? createPostgresStorage({ pool })
      : createPostgresStorage({
          db: new Kysely({ dialect: renameColumn(createPoolDialect(pool), renamedColumn) }),
        })
  return { storage, close: () => pool.end() }
}
