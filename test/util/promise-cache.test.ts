import test from 'ava'
import { createPromiseCache, type PromiseCache } from '../../lib/util/promise-cache.ts'

/** Caches `false` for its lifetime and `true` for ever. */
function createCache(
  lifetimeMilliseconds: number,
  monotonicNow: () => number,
): PromiseCache<boolean> {
  return createPromiseCache<boolean>({
    maximumEntries: 10,
    lifetimeMilliseconds,
    lifetimeOf: (value) => (value ? Number.POSITIVE_INFINITY : lifetimeMilliseconds),
    monotonicNow,
  })
}

/** Loads one value after the other, and counts. */
function createLoader(values: ReadonlyArray<boolean>): {
  readonly load: () => Promise<boolean>
  readonly loads: () => number
} {
  let loads = 0
  return {
    async load() {
      loads += 1
      return values[loads - 1] ?? false
    },
    loads: () => loads,
  }
}

test('promise cache: a value is cached for its lifetime, counted from the load', async (t) => {
  let now = 0
  const cache = createCache(1000, () => now)
  const { load, loads } = createLoader([false, true])
  t.false(await cache.get('a', load))
  now = 999
  t.false(await cache.get('a', load))
  t.is(loads(), 1)
  now = 1000
  t.true(await cache.get('a', load))
})

test('promise cache: a value may have a lifetime of its own', async (t) => {
  let now = 0
  const cache = createCache(1000, () => now)
  const { load, loads } = createLoader([true, false])
  t.true(await cache.get('a', load))
  now = 1_000_000
  t.true(await cache.get('a', load))
  t.is(loads(), 1)
})

test('promise cache: concurrent loads of the same key are one', async (t) => {
  const cache = createCache(1000, () => 0)
  const { promise, resolve } = Promise.withResolvers<boolean>()
  let loads = 0
  const load = (): Promise<boolean> => {
    loads += 1
    return promise
  }
  const values = ['a', 'a', 'b', 'a'].map((key) => cache.get(key, load))
  resolve(true)
  t.deepEqual(await Promise.all(values), [true, true, true, true])
  t.is(loads, 2)
})

test('promise cache: with a lifetime of 0 every call loads', async (t) => {
  const cache = createCache(0, () => 0)
  const { load, loads } = createLoader([false, false])
  await cache.get('a', load)
  await cache.get('a', load)
  t.is(loads(), 2)
})

test('promise cache: a failure rejects for everyone waiting, and is not cached', async (t) => {
  const cache = createCache(1000, () => 0)
  const fail = (): Promise<boolean> => Promise.reject(new Error('down'))
  const both = await Promise.allSettled([cache.get('a', fail), cache.get('a', fail)])
  t.deepEqual(
    both.map(({ status }) => status),
    ['rejected', 'rejected'],
  )
  t.true(await cache.get('a', async () => true))
})

test('promise cache: it forgets the oldest rather than grow', async (t) => {
  const cache = createCache(1000, () => 0)
  const oldest = createLoader([true, true])
  await cache.get('oldest', oldest.load)
  for (let index = 0; index < 10; index += 1) await cache.get(`${index}`, async () => false)
  await cache.get('oldest', oldest.load)
  t.is(oldest.loads(), 2)
})
