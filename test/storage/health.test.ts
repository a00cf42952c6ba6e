import { StorageError } from '@teamcast/oauth-server'
import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import test from 'ava'
import { startServer } from '../helpers/start-server.ts'

test('health(): every backend responds', async (t) => {
  const { authorizationServer } = await startServer(t)
  t.deepEqual(await authorizationServer.health(), {
    isHealthy: true,
    backends: [{ name: 'memory', isReachable: true, error: undefined }],
  })
})

test('health(): says which backend fails, and why', async (t) => {
  const storage = createMemoryStorage()
  const failure = new StorageError('redis: ping failed')
  const broken = {
    name: 'redis',
    ping: async () => {
      throw failure
    },
  }
  const { authorizationServer } = await startServer(t, {
    storage: { ...storage, backends: [...storage.backends, broken] },
  })
  t.deepEqual(await authorizationServer.health(), {
    isHealthy: false,
    backends: [
      { name: 'memory', isReachable: true, error: undefined },
      { name: 'redis', isReachable: false, error: failure },
    ],
  })
})

test('health(): a backend with a pool says how many connections there were, reachable or not', async (t) => {
  const storage = createMemoryStorage()
  let isFailing = false
  const pooled = {
    name: 'pooled',
    counts: { open: 10, idle: 0, waiting: 3 },
    connections() {
      return this.counts
    },
    async ping() {
      if (isFailing) throw new StorageError('out of order')
    },
  }
  const { authorizationServer } = await startServer(t, {
    storage: { ...storage, backends: [pooled] },
  })
  for (isFailing of [false, true]) {
    const { backends } = await authorizationServer.health()
    t.like(backends[0], { isReachable: !isFailing, connections: pooled.counts })
  }
})

test('health(): a backend that is frozen is not reachable after storageTimeoutMilliseconds', async (t) => {
  const storage = createMemoryStorage()
  const frozen = { name: 'frozen', ping: () => new Promise<void>(() => undefined) }
  const { authorizationServer } = await startServer(t, {
    storage: { ...storage, backends: [frozen] },
    storageTimeoutMilliseconds: 100,
  })
  const health = await authorizationServer.health()
  t.false(health.isHealthy)
  t.is(health.backends[0]?.error?.message, 'the storage did not respond within 100 ms')
})
