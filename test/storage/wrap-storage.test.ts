import { once } from 'node:events'
import { StorageError } from '@teamcast/oauth-server'
import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import test from 'ava'
import type { Storage } from '../../lib/storage/storage.ts'
import { boundStorage } from '../../lib/storage/wrap-storage.ts'

const MINUTE_MILLISECONDS = 60_000

/** A storage whose client store never responds. */
function frozen(find: Storage['clients']['find'] = () => new Promise(() => undefined)): Storage {
  const storage = createMemoryStorage()
  return { ...storage, clients: { ...storage.clients, find } }
}

test('bounded storage: results pass unchanged', async (t) => {
  const storage = boundStorage(createMemoryStorage(), MINUTE_MILLISECONDS)
  t.is(await storage.clients.find('nobody'), undefined)
  t.false(await storage.clients.delete('nobody'))
  t.deepEqual(await storage.encryptedKeys.list(), [])
  await storage.backends[0]?.ping()
})

test('bounded storage: a call that does not end fails with a StorageError', async (t) => {
  const { clients } = boundStorage(frozen(), 1)
  await t.throwsAsync(() => clients.find('any'), {
    instanceOf: StorageError,
    code: 'ERR_STORAGE',
    message: 'the storage did not respond within 1 ms',
  })
})

test('bounded storage: a failure passes unchanged', async (t) => {
  const failure = new StorageError('down')
  const rejecting = boundStorage(
    frozen(async () => {
      throw failure
    }),
    MINUTE_MILLISECONDS,
  )
  t.is(await t.throwsAsync(() => rejecting.clients.find('any')), failure)
})

test('bounded storage: a failure after the timeout is no unhandled rejection', async (t) => {
  const { promise, reject } = Promise.withResolvers<undefined>()
  const { clients } = boundStorage(
    frozen(() => promise),
    1,
  )
  await t.throwsAsync(() => clients.find('any'), { code: 'ERR_STORAGE' })
  const unhandled = once(process, 'unhandledRejection').then(() => 'unhandled')
  reject(new Error('too late'))
  const quiet = new Promise((resolve) => setImmediate(resolve, 'quiet'))
  t.is(await Promise.race([unhandled, quiet]), 'quiet')
})

test('bounded storage: methods of a class keep their this', async (t) => {
  class Clients {
    readonly #answer = undefined
    async find(): Promise<undefined> {
      return this.#answer
    }
  }
  const storage = createMemoryStorage()
  const clients = Object.assign(new Clients(), { ...storage.clients, find: Clients.prototype.find })
  const bounded = boundStorage({ ...storage, clients }, MINUTE_MILLISECONDS)
  t.is(await bounded.clients.find('any'), undefined)
})
