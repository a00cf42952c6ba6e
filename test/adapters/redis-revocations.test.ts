import { createRedisStorage } from '@teamcast/oauth-server/redis'
import test, { type ExecutionContext } from 'ava'
import type { Redis } from 'ioredis'
import { NOW } from '../../lib/storage/contract/sample-records.ts'
import type { Revocation, RevocationPage } from '../../lib/storage/revocation-store.ts'
import type { Storage } from '../../lib/storage/storage.ts'
import { startRedis } from '../helpers/start-redis.ts'

const FEED = 'teamcast-oauth:{revocations}'
const EXPIRIES = 'teamcast-oauth:{revocations}:expiries'
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

/** Adds a revocation that expires so many seconds from now, by the clock of Redis. */
async function addExpiring(
  { client, revocations }: Awaited<ReturnType<typeof open>>,
  id: string,
  seconds: number,
): Promise<void> {
  const [now] = await client.time()
  await revocations.add({ kind: 'family', id, expiresAt: Number(now) + seconds })
}

test('redis: what has expired a minute ago is removed with the next revocation, whenever it was recorded', async (t) => {
  const storage = await open(t)
  const { client } = storage
  await addExpiring(storage, 'a-day', DAY_SECONDS)
  for (let index = 0; index < 20; index += 1) await addExpiring(storage, `expired-${index}`, -60)
  await addExpiring(storage, 'last', DAY_SECONDS)
  await addExpiring(storage, 'just-expired', -1) // last: in a minute it would be removed
  for (const set of [FEED, EXPIRIES]) {
    const entries = await client.zrange(set, '0', '-1')
    const ids = entries.map((entry) => entry.split(':')[1]).sort()
    t.deepEqual(ids, ['a-day', 'just-expired', 'last'], set)
  }
})

test('redis: a thousand expired revocations are removed at once, however many there are', async (t) => {
  const storage = await open(t)
  const { client } = storage
  const [now] = await client.time()
  const places = Array.from({ length: 2500 }, (_, index) => [
    String(index + 1),
    `family:${index}:1`,
  ])
  await client.zadd(FEED, ...places.flat())
  await client.zadd(EXPIRIES, ...places.flat())
  const left: Array<number> = []
  for (const id of ['first', 'second', 'third']) {
    await storage.revocations.add({ kind: 'family', id, expiresAt: Number(now) + 60 })
    t.is(await client.zcard(FEED), await client.zcard(EXPIRIES))
    left.push(await client.zcard(FEED))
  }
  t.deepEqual(left, [1501, 502, 3])
})

test('redis: places go on from the last one although that has expired and the clock was set back', async (t) => {
  const storage = await open(t)
  const { client, revocations } = storage
  await addExpiring(storage, 'first', 60)
  const [, place] = await client.zrange(FEED, '0', '0', 'WITHSCORES')
  await client.zadd(FEED, String(Number(place) + 3_600_000_000), 'family:ahead:1')
  await client.zadd(EXPIRIES, '61', 'family:ahead:1')
  const { nextCursor: cursor } = await revocations.list({ limit: 10 }, 0)
  await addExpiring(storage, 'next', 60)
  t.is(await client.zscore(FEED, 'family:ahead:1'), null)
  t.deepEqual(idsOf(await revocations.list({ limit: 10, cursor }, 0)), ['next'])
})

test('redis: the sets go when no revocation has followed for longer than any can matter', async (t) => {
  const { revocations, client } = await open(t)
  await revocations.add(aFamily('last'))
  for (const set of [FEED, EXPIRIES]) {
    const lifetime = await client.ttl(set)
    t.true(lifetime > 90_000 && lifetime <= 90_000 + 3600)
  }
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
