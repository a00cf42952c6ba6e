import { inspect } from 'node:util'
import { createRedisStorage, type RedisStorageOptions } from '@teamcast/oauth-server/redis'
import test from 'ava'
import { Cluster, Redis } from 'ioredis'
import { ConfigurationError, type Issue } from '../../lib/errors.ts'
import { startRedis, type TestRedis } from '../helpers/start-redis.ts'
import { testStorageContract } from './test-storage-contract.ts'

let redis: TestRedis
let client: Redis
let unusualClient: Redis<'resp3'>
let storages = 0
test.before(async () => {
  redis = await startRedis()
  client = redis.connect()
  unusualClient = new Redis({
    path: redis.socketPath,
    keyPrefix: 'host:',
    enableAutoPipelining: true,
    stringNumbers: true,
    replyMapping: 'resp3',
  })
})
test.after.always(async () => {
  unusualClient.disconnect()
  await redis.stop()
})

const createKeyPrefix = (): string => `storage-${storages++}:`

testStorageContract('redis', async () =>
  createRedisStorage({ client, keyPrefix: createKeyPrefix() }),
)

testStorageContract('redis with a client of unusual options', async () =>
  createRedisStorage({ client: unusualClient, keyPrefix: createKeyPrefix() }),
)

const anyClient = new Redis({ lazyConnect: true })
const NOT_A_CLIENT: Issue = { path: 'client', message: 'must be a Redis or Cluster of ioredis' }
const WRONG_PREFIX: Issue = {
  path: 'keyPrefix',
  message: 'must be 1 to 64 characters out of A–Z a–z 0–9 : . _ / -',
}
const invalidOptions: ReadonlyArray<readonly [unknown, ReadonlyArray<Issue>]> = [
  ...[undefined, null, 'redis://localhost', {}].map(
    (value) => [{ client: value }, [NOT_A_CLIENT]] as const,
  ),
  ...['', 'a{b}', 'a*', 'ä', 'a\n', 'a b', 'x'.repeat(65), 7, null].map(
    (keyPrefix) => [{ keyPrefix }, [WRONG_PREFIX]] as const,
  ),
  [{ prefix: 'a:' }, [{ path: 'prefix', message: 'is not an option; check its spelling' }]],
  [
    { client: null, keyPrefix: '', url: 'a' },
    [NOT_A_CLIENT, { path: 'url', message: 'is not an option; check its spelling' }, WRONG_PREFIX],
  ],
]
for (const [options, issues] of invalidOptions) {
  test(`redis: createRedisStorage() rejects ${inspect(options)}`, (t) => {
    const given = { client: anyClient, ...(options as object) } as RedisStorageOptions
    const error = t.throws(() => createRedisStorage(given), {
      instanceOf: ConfigurationError,
      code: 'ERR_CONFIGURATION_INVALID',
    })
    t.deepEqual(error?.issues, issues)
  })
}

for (const scaleReads of ['slave', 'all'] as const) {
  test(`redis: createRedisStorage() rejects a Cluster that reads from replicas (${scaleReads})`, (t) => {
    const cluster = new Cluster([7000], { lazyConnect: true, scaleReads })
    const error = t.throws(() => createRedisStorage({ client: cluster }), {
      instanceOf: ConfigurationError,
    })
    const message = 'must read from masters: "scaleReads" must be "master"'
    t.deepEqual(error?.issues, [{ path: 'client', message }])
  })
}

test('redis: createRedisStorage() sends nothing', (t) => {
  createRedisStorage({ client: anyClient })
  createRedisStorage({ client: new Cluster([7000], { lazyConnect: true }), keyPrefix: 'a:b-1_c./' })
  t.is(anyClient.status, 'wait')
})
