import { createRedisStorage } from '@teamcast/oauth-server/redis'
import test, { type ExecutionContext } from 'ava'
import type { Redis } from 'ioredis'
import type { Revocation, RevocationPage, Storage } from '../../lib/storage/storage.ts'
import { NOW } from '../../lib/testing/storage-contract/sample-records.ts'
import { startRedis } from '../helpers/start-redis.ts'

const FEED = 'teamcast-oauth:revocations'
const DAY_SECONDS = 86_400

async function open(
  t: ExecutionContext,
): Promise<Pick<Storage, 'revocations'> & { readonly client: Redis }> {
  const redis = await startRedis()
  t.teardown(redis.stop)
  const client = redis.connect()
  return { client, revocations: createRedisStorage({ client }).revocations }
}

const aFamily = (id: string): Revocation => ({ kind: 'family', id, expiresAt: NOW + 60 })

const idsOf = ({ items }: RevocationPage): ReadonlyArray<string> => items.map(({ id }) => id)

test('redis: a revocation comes after the last one although the clock of Redis was set back', async (t) => {
  const { revocations, client } = await open(t)
  await revocations.add(aFamily('first'))
  const [, place] = await client.zrange(FEED, '0', '0', 'WITHSCORES')
  const later = Number(place) + 3_600_000_000
  await client.zadd(FEED, String(later), `family:before:${NOW + 60}`)
  const { nextCursor: cursor } = await revocations.list({ limit: 10 }, NOW)
  await revocations.add(aFamily('after'))
  await revocations.add(aFamily('last'))
  t.deepEqual(idsOf(await revocations.list({ limit: 10, cursor }, NOW)), ['after', 'last'])
})

test('redis: a reader is told once', async (t) => {
  const { revocations } = await open(t)
  await revocations.add(aFamily('first'))
  const { nextCursor: cursor } = await revocations.list({ limit: 10 }, NOW)
  const again = await revocations.list({ limit: 10, cursor }, NOW)
  t.deepEqual(again, { items: [], nextCursor: cursor, hasMore: false })
})

test('redis: a reader who is ahead of what Redis kept begins anew', async (t) => {
  const { revocations, client } = await open(t)
  await revocations.add(aFamily('first'))
  await revocations.add(aFamily('lost'))
  const { nextCursor: cursor } = await revocations.list({ limit: 10 }, NOW)
  await client.zrem(FEED, `family:lost:${NOW + 60}`)
  t.deepEqual(idsOf(await revocations.list({ limit: 10, cursor }, NOW)), ['first'])
})

test('redis: what was recorded more than 25 hours ago is trimmed, and all of it if nothing follows', async (t) => {
  const { revocations, client } = await open(t)
  const [seconds] = await client.time()
  const hoursAgo = (hours: number): string => String((Number(seconds) - hours * 3600) * 1_000_000)
  await client.zadd(
    FEED,
    hoursAgo(26),
    `family:old:${NOW}`,
    hoursAgo(24),
    `family:kept:${NOW + 60}`,
  )
  await revocations.add(aFamily('new'))
  t.deepEqual(idsOf(await revocations.list({ limit: 10 }, NOW)), ['kept', 'new'])
  t.is(await client.zcard(FEED), 2)
  const lifetime = await client.ttl(FEED)
  t.true(lifetime > DAY_SECONDS && lifetime <= DAY_SECONDS + 3600)
})

test('redis: the same revocation added a hundred times is one entry', async (t) => {
  const { revocations, client } = await open(t)
  for (let times = 0; times < 100; times++) await revocations.add(aFamily('one'))
  t.is(await client.zcard(FEED), 1)
})

test('redis: a full memory lets revocations be recorded', async (t) => {
  const { revocations, client } = await open(t)
  await revocations.add(aFamily('known')) // Redis knows the scripts by then
  await client.config('SET', 'maxmemory', '1')
  await t.throwsAsync(async () => await client.set('any', 'value'), { message: /OOM/ })
  for (const id of ['first', 'known'])
    await revocations.add({ ...aFamily(id), expiresAt: NOW + 99 })
  t.true(await revocations.has('family', 'first', NOW))
  t.true(await revocations.has('family', 'known', NOW + 98))
  t.true(idsOf(await revocations.list({ limit: 10 }, NOW)).includes('first'))
})
