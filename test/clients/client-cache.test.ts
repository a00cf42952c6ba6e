import { StorageError } from '@teamcast/oauth-server'
import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import test, { type ExecutionContext } from 'ava'
import { cacheClients } from '../../lib/clients/client-cache.ts'
import type { ClientStore } from '../../lib/storage/client-store.ts'
import { fullClient } from '../../lib/storage/contract/sample-records.ts'

const HOUR_MILLISECONDS = 3_600_000

/** A store with `client-1`, its cache, and how often the store was asked for a client. */
async function openCache(
  t: ExecutionContext,
  lifetimeMilliseconds: number = HOUR_MILLISECONDS,
): Promise<{ store: ClientStore; cache: ClientStore; countFinds: () => number }> {
  const { clients } = createMemoryStorage()
  let finds = 0
  const store: ClientStore = {
    ...clients,
    find(clientId) {
      finds += 1
      return clients.find(clientId)
    },
  }
  t.true(await store.insert(fullClient()))
  return { store, cache: cacheClients(store, lifetimeMilliseconds), countFinds: () => finds }
}

test('client cache: many requests at once and after one another ask the store once', async (t) => {
  const { cache, countFinds } = await openCache(t)
  const found = await Promise.all(Array.from({ length: 20 }, () => cache.find('client-1')))
  for (const client of found) t.deepEqual(client, fullClient())
  await cache.find('client-1')
  t.is(countFinds(), 1)
})

test('client cache: a client is not remembered longer than its lifetime', async (t) => {
  const { cache, countFinds } = await openCache(t, 0)
  await cache.find('client-1')
  await cache.find('client-1')
  t.is(countFinds(), 2)
})

test('client cache: a change shows at once, whether it succeeds or not', async (t) => {
  const { cache, countFinds } = await openCache(t)
  await cache.find('client-1')
  t.true(await cache.update(fullClient({ name: 'Changed', version: 2 }), 1))
  t.is((await cache.find('client-1'))?.name, 'Changed')
  t.false(await cache.update(fullClient({ name: 'Lost', version: 2 }), 1))
  t.is((await cache.find('client-1'))?.name, 'Changed')
  t.is(countFinds(), 3)
  t.true(await cache.delete('client-1'))
  t.is(await cache.find('client-1'), undefined)
})

test('client cache: the absence of a client is not remembered', async (t) => {
  const { cache, store } = await openCache(t)
  t.is(await cache.find('client-2'), undefined)
  await store.insert(fullClient({ clientId: 'client-2' }))
  t.is((await cache.find('client-2'))?.clientId, 'client-2')
})

test('client cache: clients that do not exist displace none that do', async (t) => {
  const { cache, countFinds } = await openCache(t)
  await cache.find('client-1')
  for (let index = 0; index < 1000; index += 1) await cache.find(`unknown-${index}`)
  await cache.find('client-1')
  t.is(countFinds(), 1001)
})

test('client cache: a failure is not remembered', async (t) => {
  const { store } = await openCache(t)
  const failure = new StorageError('down')
  let isDown = true
  const cache = cacheClients(
    {
      ...store,
      find: async (clientId) => {
        if (isDown) throw failure
        return await store.find(clientId)
      },
    },
    HOUR_MILLISECONDS,
  )
  t.is(await t.throwsAsync(() => cache.find('client-1')), failure)
  isDown = false
  t.deepEqual(await cache.find('client-1'), fullClient())
})

test('client cache: it is bounded', async (t) => {
  const { cache, countFinds, store } = await openCache(t)
  await cache.find('client-1')
  for (let index = 0; index < 1000; index += 1) {
    await store.insert(fullClient({ clientId: `other-${index}` }))
    await cache.find(`other-${index}`)
  }
  await cache.find('client-1')
  t.is(countFinds(), 1002)
})
