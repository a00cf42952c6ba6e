import { createRedisStorage } from '@teamcast/oauth-server/redis'
import test from 'ava'
import { startRedisCluster } from '../helpers/start-redis-cluster.ts'
import { createStoreOpener, STORE_KINDS } from '../helpers/store-kinds.ts'
import { testServerOn } from './test-server-on.ts'

const stores = createStoreOpener()
const [cluster, storages] = await Promise.all([
  startRedisCluster(),
  Promise.all(STORE_KINDS.map(async (kind) => [kind, await stores.open(kind)] as const)),
])
test.after.always(() => Promise.all([stores.close(), cluster.stop()]))

for (const [kind, storage] of storages) testServerOn(kind, storage)
testServerOn('redis cluster', createRedisStorage({ client: cluster.connect() }))
