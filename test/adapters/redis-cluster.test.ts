import { createRedisStorage } from '@teamcast/oauth-server/redis'
import test from 'ava'
import type { Cluster, Redis } from 'ioredis'
import { findFamily } from '../../lib/storage/contract/read-records.ts'
import {
  ANYTIME,
  aFamily,
  aGrant,
  aRotation,
  familyIdOf,
  fullClient,
  NOW,
  refreshToken,
} from '../../lib/storage/contract/sample-records.ts'
import { listKeys } from '../helpers/redis-keys.ts'
import { startRedisCluster, type TestRedisCluster } from '../helpers/start-redis-cluster.ts'
import { testStorageContract } from './test-storage-contract.ts'

let redis: TestRedisCluster
let client: Cluster
let pipeliningClient: Cluster
let storages = 0
test.before(async () => {
  redis = await startRedisCluster()
  client = redis.connect()
  pipeliningClient = redis.connect({ enableAutoPipelining: true, keyPrefix: 'host:' })
})
test.after.always(() => redis?.stop())

const createKeyPrefix = (): string => `storage-${storages++}:`

testStorageContract('redis cluster', async () =>
  createRedisStorage({ client, keyPrefix: createKeyPrefix() }),
)

testStorageContract('redis cluster with a client that pipelines', async () =>
  createRedisStorage({ client: pipeliningClient, keyPrefix: createKeyPrefix() }),
)

test('redis cluster: families of different consents are spread over all masters', async (t) => {
  const keyPrefix = createKeyPrefix()
  const { consents, families } = createRedisStorage({ client, keyPrefix })
  for (let index = 0; index < 60; index++) {
    const consentId = `consent-number-${1_000_000 + index}`
    await consents.grant(aGrant({ consentId, userId: `user-${index}` }))
    const familyId = familyIdOf('family', consentId)
    t.is(await families.create(aFamily({ familyId, consentId }), NOW, ANYTIME), 'created')
  }
  for (const master of redis.masters) {
    const keys = await listKeys(master, keyPrefix)
    t.true(keys.some((key) => key.includes(':family:')))
    t.true(keys.some((key) => key.endsWith(':consents')))
  }
})

// Before all others, which may have keys in that slot; the one client that follows no move is told of it.
test.serial(
  'redis cluster: rotations go on while their slot moves to another master',
  async (t) => {
    const keyPrefix = createKeyPrefix()
    const { clients, consents, families } = createRedisStorage({ client, keyPrefix })
    const consentId = 'the-consent-that-moves'
    const familyId = familyIdOf('family', consentId)
    await clients.insert(fullClient())
    await consents.grant(aGrant({ consentId }))
    await families.create(aFamily({ consentId, familyId }), NOW, ANYTIME)

    let isMoving = true
    const moved = moveSlotOf(`${keyPrefix}{${consentId}}:consent`).finally(() => {
      isMoving = false
    })
    let rotations = 0
    while (isMoving) {
      const rotation = aRotation(rotations, rotations + 1)
      t.deepEqual(await families.rotate(familyId, rotation, NOW), { outcome: 'rotated' })
      rotations += 1
    }
    await moved
    await families.rotate(familyId, aRotation(rotations, rotations + 1), NOW)
    const found = await findFamily(families, familyId, NOW)
    t.deepEqual(found, aFamily({ consentId, familyId, refreshToken: refreshToken(rotations + 1) }))
    await new Promise((resolve) => pipeliningClient.refreshSlotsCache(resolve))
  },
)

/** Moves the slot of a key from the master that has it to another, key by key. */
async function moveSlotOf(key: string): Promise<void> {
  const [any] = redis.masters
  const slot = Number(await any?.cluster('KEYSLOT', key))
  const counts = await Promise.all(
    redis.masters.map(async (master) => Number(await master.exists(key).catch(() => 0))),
  )
  const source = redis.masters[counts.indexOf(1)] as Redis
  const target = redis.masters.find((master) => master !== source) as Redis
  const [sourceId, targetId] = [await idOf(source), await idOf(target)]
  await target.cluster('SETSLOT', slot, 'IMPORTING', sourceId)
  await source.cluster('SETSLOT', slot, 'MIGRATING', targetId)
  for (const name of await source.cluster('GETKEYSINSLOT', slot, 1000)) {
    await source.migrate('127.0.0.1', target.options.port ?? 0, String(name), 0, 5000)
  }
  for (const master of [target, ...redis.masters.filter((one) => one !== target)]) {
    await master.cluster('SETSLOT', slot, 'NODE', targetId)
  }
}

async function idOf(master: Redis): Promise<string> {
  return String(await master.cluster('MYID'))
}
