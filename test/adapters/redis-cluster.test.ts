import type { Storage } from '@teamcast/oauth-server'
import { createRedisStorage } from '@teamcast/oauth-server/redis'
import test from 'ava'
import type { Cluster, Redis } from 'ioredis'
import { createKeys } from '../../adapters/redis/keys.ts'
import { findFamily } from '../../lib/storage/contract/read-records.ts'
import {
  ANYTIME,
  aFamily,
  aFamilyRevocation,
  aGrant,
  aRotation,
  familyIdOf,
  fullClient,
  NOW,
  refreshToken,
} from '../../lib/storage/contract/sample-records.ts'
import { interceptCommands } from '../helpers/intercepted-redis.ts'
import { listKeys } from '../helpers/redis-keys.ts'
import {
  moveSlot,
  startRedisCluster,
  type TestRedisCluster,
} from '../helpers/start-redis-cluster.ts'
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

test('redis cluster: a family that its master brings back after a fail-over, and whose revocation another one has, is revoked when it is found', async (t) => {
  const keyPrefix = createKeyPrefix()
  const { consents, families, revocations } = await openWithClient(keyPrefix)
  const { familyId, consentId, expiresAt } = aFamily()
  await consents.grant(aGrant({ consentId }))
  await families.create(aFamily(), NOW, ANYTIME)
  const key = createKeys(keyPrefix).family(familyId)
  const before = await client.hgetall(key)
  t.truthy(await families.revoke(familyId, aFamilyRevocation(NOW + 660), NOW))
  await client.del(key)
  await client.hset(key, before)

  t.is(await families.find(familyId, 'client-1', NOW), undefined)
  t.deepEqual(await families.rotate(familyId, aRotation(0, 1), NOW), { outcome: 'not-found' })
  t.is(await families.revoke(familyId, aFamilyRevocation(NOW + 660), NOW), undefined)

  // For as long as the family could have lived, although its access tokens expire long before.
  await client.del(key)
  await client.hset(key, before)
  const last = expiresAt - 1
  t.false(await revocations.has('family', familyId, last))
  t.is(await families.find(familyId, 'client-1', last), undefined)
  const removal = await client.call('EXPIRETIME', [
    createKeys(keyPrefix).revocation('family', familyId),
  ])
  t.is(Number(removal), expiresAt + 60)
})

test('redis cluster: whoever finds a family while it is being revoked finishes that, and the owner goes to who revokes it', async (t) => {
  const keyPrefix = createKeyPrefix()
  const { consents, families, revocations } = await openWithClient(keyPrefix)
  const { familyId, consentId, userId, tenantId } = aFamily()
  await consents.grant(aGrant({ consentId }))
  await families.create(aFamily(), NOW, ANYTIME)
  const rotation = aRotation(0, 1, { accessTokensExpireAt: NOW + 960 })
  const { accessTokensExpireAt } = rotation
  let rounds = 0
  const meanwhile = interceptCommands(client, async (parameters) => {
    if (!parameters.includes('owner')) return
    rounds += 1
    if (rounds > 1) return
    t.deepEqual(await families.rotate(familyId, rotation, NOW), { outcome: 'rotated' })
    t.is(await families.find(familyId, 'client-1', NOW), undefined)
    t.deepEqual(await families.rotate(familyId, aRotation(1, 2), NOW), { outcome: 'not-found' })
  })
  const revoking = createRedisStorage({ client: meanwhile, keyPrefix })
  const revoked = await revoking.families.revoke(familyId, aFamilyRevocation(NOW + 660), NOW)
  t.deepEqual(revoked, { userId, tenantId })
  t.is(rounds, 2)
  // It has waited for the tokens of the rotation, too.
  t.true(await revocations.has('family', familyId, accessTokensExpireAt + 299))
  t.is(await families.revoke(familyId, aFamilyRevocation(NOW + 660), NOW), undefined)
})

test('redis cluster: a revocation whose process died before the feed had it is in the feed when the family has been found', async (t) => {
  const keyPrefix = createKeyPrefix()
  const { consents, families, revocations } = await openWithClient(keyPrefix)
  const { familyId, consentId, accessTokensExpireAt } = aFamily()
  await consents.grant(aGrant({ consentId }))
  await families.create(aFamily(), NOW, ANYTIME)
  const keys = createKeys(keyPrefix)
  const dying = interceptCommands(client, async (parameters) => {
    if (!parameters.includes(keys.revocations)) return
    while ((await client.exists(keys.revocation('family', familyId))) === 0);
    throw new Error('the process has died')
  })
  const { families: revoking } = createRedisStorage({ client: dying, keyPrefix })
  await t.throwsAsync(revoking.revoke(familyId, aFamilyRevocation(NOW + 660), NOW))

  t.is(await families.find(familyId, 'client-1', NOW), undefined)
  const { items } = await revocations.list({ limit: 10 }, NOW)
  t.deepEqual(items, [{ kind: 'family', id: familyId, expiresAt: accessTokensExpireAt + 300 }])
})

test('redis cluster: a revocation whose process died after a rotation ends the tokens of that, too, when the family has been found', async (t) => {
  const keyPrefix = createKeyPrefix()
  const { consents, families, revocations } = await openWithClient(keyPrefix)
  const { familyId, consentId } = aFamily()
  await consents.grant(aGrant({ consentId }))
  await families.create(aFamily(), NOW, ANYTIME)
  const rotation = aRotation(0, 1, { accessTokensExpireAt: NOW + 960 })
  const dying = interceptCommands(client, async (parameters) => {
    if (!parameters.includes('owner')) return
    t.deepEqual(await families.rotate(familyId, rotation, NOW), { outcome: 'rotated' })
    throw new Error('the process has died')
  })
  const { families: revoking } = createRedisStorage({ client: dying, keyPrefix })
  await t.throwsAsync(revoking.revoke(familyId, aFamilyRevocation(NOW + 660), NOW))

  t.is(await families.find(familyId, 'client-1', NOW), undefined)
  const { items } = await revocations.list({ limit: 10 }, NOW)
  const expiresAt = rotation.accessTokensExpireAt + 300
  t.true(items.some((item) => item.id === familyId && item.expiresAt === expiresAt))
  t.true(await revocations.has('family', familyId, expiresAt - 1))
})

async function openWithClient(keyPrefix: string): Promise<Storage> {
  const storage = createRedisStorage({ client, keyPrefix })
  await storage.clients.insert(fullClient())
  return storage
}

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
  await moveSlot(redis, slot, { from: source, to: target })
}
