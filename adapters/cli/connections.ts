/**
 * Connections to the stores. Drivers are loaded when one is needed: they are optional packages.
 *
 * @module
 */

import type { Cluster, Redis } from 'ioredis'
import type { Kysely } from 'kysely'
import type { EncryptedKeyStore } from '../../lib/storage/encrypted-key-store.ts'
import { createLayeredStorage } from '../../lib/storage/layered-storage.ts'
import type { Storage } from '../../lib/storage/storage.ts'
import type { SchemaOption } from '../postgres/index.ts'
import { CommandError, type Environment } from './command.ts'

const CONNECT_TIMEOUT_MILLISECONDS = 10_000

const A_DATABASE = 'postgres://user:password@host:5432/name'

/** What `pg` takes: a URL, or a Unix socket. It would take anything else for the name of a database. */
const IS_DATABASE = /^(?:postgres(?:ql)?:\/\/|socket:|\/)/

/** What ioredis takes for something else than a Redis, without saying so. */
const IS_OTHER_URL = /^(?!rediss?:)[a-z][a-z+.-]*:\/\//i

/** An open connection. */
interface Opened<Value> {
  readonly value: Value
  close(): Promise<unknown>
}

/** Connects to the database of `DATABASE_URL`, and closes the connection afterwards. */
export async function withDatabase<Result>(
  environment: Environment,
  work: (db: Kysely<unknown>) => Promise<Result>,
): Promise<Result> {
  const url = environment['DATABASE_URL']
  if (!url) {
    throw new CommandError(
      `DATABASE_URL is missing: set it to the database, for example ${A_DATABASE}`,
    )
  }
  if (!IS_DATABASE.test(url)) {
    throw new CommandError(`DATABASE_URL must begin with postgres://, for example ${A_DATABASE}`)
  }
  return await using(await openDatabase(url), work)
}

/** Connects to the key store of `DATABASE_URL` or else `REDIS_URL`, and closes the connection afterwards. */
export async function withKeyStore<Result>(
  environment: Environment,
  work: (store: EncryptedKeyStore) => Promise<Result>,
): Promise<Result> {
  if (environment['DATABASE_URL']) {
    return await withDatabase(environment, async (db) => {
      const { createPostgresStorage } = await import('../postgres/index.ts')
      return await work(createPostgresStorage({ db, ...schemaOption(environment) }).encryptedKeys)
    })
  }
  if (!environment['REDIS_URL']) {
    throw new CommandError(
      'DATABASE_URL or REDIS_URL is missing: set it to the storage of the server',
    )
  }
  return await withRedis(environment, (storage) => work(storage.encryptedKeys))
}

/**
 * Connects to the storage of `DATABASE_URL` or of `REDIS_URL`, and closes the connection afterwards. With both, it is
 * layered, as `createLayeredStorage` does it.
 */
export async function withStorage<Result>(
  environment: Environment,
  work: (storage: Storage) => Promise<Result>,
): Promise<Result> {
  const { DATABASE_URL: databaseUrl, REDIS_URL: redisUrl } = environment
  if (!databaseUrl && !redisUrl) {
    throw new CommandError(
      'DATABASE_URL or REDIS_URL is missing: it names where the clients are; see --help',
    )
  }
  if (!databaseUrl) return await withRedis(environment, work)
  return await withDatabase(environment, async (db) => {
    const { createPostgresStorage } = await import('../postgres/index.ts')
    const durable = createPostgresStorage({ db, ...schemaOption(environment) })
    if (!redisUrl) return await work(durable)
    return await withRedis(environment, (ephemeral) =>
      work(createLayeredStorage({ durable, ephemeral })),
    )
  })
}

/** Connects to the storage of `REDIS_URL`, and closes the connection afterwards. */
async function withRedis<Result>(
  { REDIS_URL: url = '', REDIS_KEY_PREFIX: keyPrefix }: Environment,
  work: (storage: Storage) => Promise<Result>,
): Promise<Result> {
  return await using(await openRedis(url), async (client) => {
    const { createRedisStorage } = await import('../redis/index.ts')
    return await work(createRedisStorage({ client, ...(keyPrefix && { keyPrefix }) }))
  })
}

/** The schema that `DATABASE_SCHEMA` names. */
export function schemaOption(environment: Environment): SchemaOption {
  const schema = environment['DATABASE_SCHEMA']
  return schema ? { schema } : {}
}

async function using<Value, Result>(
  { value, close }: Opened<Value>,
  work: (value: Value) => Promise<Result>,
): Promise<Result> {
  try {
    return await work(value)
  } finally {
    await close()
  }
}

async function openDatabase(connectionString: string): Promise<Opened<Kysely<unknown>>> {
  const [{ Kysely, PostgresDialect }, { Pool }] = await load('kysely pg', () =>
    Promise.all([import('kysely'), import('pg')]),
  )
  const pool = new Pool({
    connectionString,
    max: 1,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MILLISECONDS,
  })
  pool.on('error', () => undefined) // what is in progress fails by itself
  const db = new Kysely({ dialect: new PostgresDialect({ pool }) })
  return { value: db, close: () => db.destroy() }
}

/** Opens a connection; to a cluster, if several URLs are given. Gives up at the first failure. */
async function openRedis(urls: string): Promise<Opened<Redis | Cluster>> {
  const [driver] = await load('ioredis', () => Promise.all([import('ioredis')]))
  const options = { lazyConnect: true, maxRetriesPerRequest: 0, retryStrategy: () => null }
  const nodes = urls.split(',')
  if (nodes.some((url) => IS_OTHER_URL.test(url.trim()))) {
    throw new CommandError(
      'REDIS_URL must begin with redis:// or rediss://, for example redis://host:6379',
    )
  }
  const client =
    nodes.length === 1
      ? new driver.Redis(urls, { ...options, connectTimeout: CONNECT_TIMEOUT_MILLISECONDS })
      : new driver.Cluster(nodes, { lazyConnect: true, clusterRetryStrategy: () => null })
  const failures: Array<Error> = []
  client.on('error', (error: Error) => failures.push(error))
  try {
    await client.connect()
  } catch (error) {
    client.disconnect()
    throw failures[0] ?? error
  }
  return { value: client, close: async () => client.disconnect() }
}

async function load<Modules>(
  packages: string,
  importModules: () => Promise<Modules>,
): Promise<Modules> {
  try {
    return await importModules()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error
    throw new CommandError(`a driver is missing: npm install ${packages}`)
  }
}
