import { createRedisStorage } from '@teamcast/oauth-server/redis'
import test from 'ava'
import { connectToCluster, startRedisCluster } from '../helpers/start-redis-cluster.ts'
import { testStorageContract } from './test-storage-contract.ts'

const servers = await startRedisCluster()
const client = await connectToCluster(servers.ports)
let storages = 0

test.after.always(async () => {
  client.disconnect()
  await servers.stop()
})

// Scripts whose keys were not in one slot would fail with CROSSSLOT.
testStorageContract('redis cluster', async () =>
  createRedisStorage({ client, keyPrefix: `case-${storages++}:` }),
)

test('redis cluster: the records are spread over all masters', async (t) => {
  const { artifacts } = createRedisStorage({ client, keyPrefix: 'spread:' })
  const keys = Array.from({ length: 100 }, (_, index) => `key-${index}`)
  await Promise.all(keys.map((key) => artifacts.save('Session', key, {}, 10_000_000_000)))
  const sizes = await Promise.all(client.nodes('master').map((node) => node.dbsize()))
  t.is(sizes.length, 3)
  t.true(sizes.every((size) => size > 0))
})
