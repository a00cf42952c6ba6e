import { ConfigurationError, createLayeredStorage, type Storage } from '@teamcast/oauth-server'
import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import { createPostgresStorage, migrateToLatest } from '@teamcast/oauth-server/postgres'
import { createRedisStorage } from '@teamcast/oauth-server/redis'
import test from 'ava'
import { Redis } from 'ioredis'
import { Kysely, PostgresDialect } from 'kysely'
import { emptyDatabase } from '../helpers/empty-database.ts'
import { startPostgres } from '../helpers/start-postgres.ts'
import { startRedis } from '../helpers/start-redis.ts'
import { testStorageContract } from './test-storage-contract.ts'

const [postgres, redis] = await Promise.all([startPostgres(), startRedis()])
const pool = postgres.connect({ max: 8 })
const db = new Kysely({ dialect: new PostgresDialect({ pool }) })
await migrateToLatest(db)
const client = new Redis(redis.socketPath)

test.after.always(async () => {
  client.disconnect()
  await pool.end()
  await Promise.all([postgres.stop(), redis.stop()])
})

function layer(): Storage {
  return createLayeredStorage({
    durable: createPostgresStorage({ pool }),
    ephemeral: createRedisStorage({ client }),
  })
}

testStorageContract(
  'layered',
  async () => {
    await Promise.all([emptyDatabase(db), client.flushall()])
    return layer()
  },
  test.serial,
)

test.serial('layered: both backends are pinged', async (t) => {
  t.deepEqual(
    layer().backends.map(({ name }) => name),
    ['postgres', 'redis'],
  )
})

test.serial(
  'layered: durable records are in one storage, ephemeral ones in the other',
  async (t) => {
    await Promise.all([emptyDatabase(db), client.flushall()])
    const storage = layer()
    await storage.artifacts.save('Session', 'key', {}, 4_000_000_000)
    // Beside the families, which are revoked and recorded in one step.
    await storage.revocations.add({ kind: 'client', id: 'client-1', expiresAt: 4_000_000_000 })
    t.is(await client.dbsize(), 1)
    // Beside the families: the clock that finds a code judges how late its exchange is.
    await storage.artifacts.save('AuthorizationCode', 'code', { of: 'durable' }, 4_000_000_000)
    t.deepEqual(await storage.artifacts.find('AuthorizationCode', 'code', 1), { of: 'durable' })
    await storage.consents.grant({
      consentId: 'a-consent-of-22-chars-',
      userId: 'user-1',
      clientId: 'client-1',
      tenantId: 'acme',
      scopes: ['interview:read'],
      requestKey: 'request-1',
      grantedAt: 1,
      deadlineMilliseconds: Number.MAX_SAFE_INTEGER,
      cancellation: '',
    })
    t.is(await client.dbsize(), 1)
  },
)

const A_STORAGE = 'must be a Storage, for example createMemoryStorage()'

test('layered: wrong options are reported at once', (t) => {
  const storage = createMemoryStorage()
  const wrong: ReadonlyArray<[options: unknown, message: string]> = [
    [undefined, `"durable" ${A_STORAGE}; "ephemeral" ${A_STORAGE}`],
    [{ durable: storage, ephemeral: {} }, `"ephemeral" ${A_STORAGE}`],
    [
      { durable: { ...storage, consents: { ...storage.consents, withdraw: 7 } }, ephemeral: {} },
      `"durable.consents.withdraw" must be a function: the storage contract has this method; "ephemeral" ${A_STORAGE}`,
    ],
    [
      { durable: storage, ephemeral: storage },
      '"ephemeral" must be another storage than "durable"',
    ],
  ]
  for (const [options, message] of wrong) {
    t.throws(() => createLayeredStorage(options as never), {
      instanceOf: ConfigurationError,
      message,
    })
  }
})
