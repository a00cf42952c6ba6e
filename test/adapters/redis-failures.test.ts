/**
 * What the Redis store does when Redis forgets, fails, is full, or does not get its answer across.
 *
 * @module
 */

import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { inspect } from 'node:util'
import { createRedisStorage } from '@teamcast/oauth-server/redis'
import test, { type ExecutionContext } from 'ava'
import { Redis } from 'ioredis'
import { keepConnectionFresh } from '../../adapters/redis/fresh-connection.ts'
import { StorageError } from '../../lib/errors.ts'
import { findFamily } from '../../lib/storage/contract/read-records.ts'
import {
  ANYTIME,
  aFamily,
  aFamilyRevocation,
  aGrant,
  anEncryptedKey,
  aReplay,
  aRotation,
  CONSENT_ID,
  familyIdOf,
  fullClient,
  NOW,
  OWNER,
  openConnected,
  refreshToken,
} from '../../lib/storage/contract/sample-records.ts'
import type { Storage } from '../../lib/storage/storage.ts'
import { findFreePort } from '../helpers/free-port.ts'
import { type LossyProxy, startLossyProxy } from '../helpers/lossy-proxy.ts'
import { connectQuietly, startRedis, type TestRedis } from '../helpers/start-redis.ts'
import { STORAGE_METHODS, useEverything } from '../helpers/use-everything.ts'

const { familyId } = aFamily()

async function start(t: ExecutionContext, ...settings: ReadonlyArray<string>): Promise<TestRedis> {
  const redis = await startRedis(settings)
  t.teardown(redis.stop)
  return redis
}

const connected = (client: Redis): Promise<Storage> =>
  openConnected(async () => createRedisStorage({ client }))

async function fails(t: ExecutionContext, call: () => Promise<unknown>): Promise<StorageError> {
  const error = await t.throwsAsync(call, { instanceOf: StorageError, code: 'ERR_STORAGE' })
  t.regex(error?.message ?? '', /^redis: [a-zA-Z]+\.[a-zA-Z]+\(\) failed$/)
  t.true(error?.cause instanceof Error)
  return error as StorageError
}

test('redis: scripts that the server has forgotten are sent again', async (t) => {
  const client = (await start(t)).connect()
  const { families, consents, clients } = await connected(client)
  const forget = (): Promise<unknown> => client.script('FLUSH')
  await forget()
  t.is(await families.create(aFamily(), NOW, ANYTIME), 'created')
  await forget()
  t.deepEqual(await families.rotate(familyId, aRotation(0, 1), NOW), { outcome: 'rotated' })
  await forget()
  t.not(await findFamily(families, familyId, NOW), undefined)
  await forget()
  t.deepEqual(await families.revoke(familyId, aFamilyRevocation(NOW + 60), NOW), OWNER)
  await forget()
  await consents.grant(aGrant({ scopes: ['more:read'] }))
  await forget()
  t.not(await consents.withdraw({ ...aGrant(), requestKey: 'request-2' }, NOW), undefined)
  await forget()
  t.true(await consents.delete('user-1', 'client-1'))
  await forget()
  t.true(await clients.update(fullClient({ version: 2 }), 1))
})

const SECRETIVE = 'not-to-be-told'
const calls: Readonly<Record<string, (storage: Storage) => Promise<unknown>>> = {
  'clients.insert()': ({ clients }) => clients.insert(fullClient({ clientId: SECRETIVE })),
  'clients.find()': ({ clients }) => clients.find(SECRETIVE),
  'clients.has()': ({ clients }) => clients.has(SECRETIVE),
  'clients.list()': ({ clients }) => clients.list({ limit: 10 }),
  'clients.update()': ({ clients }) => clients.update(fullClient({ clientId: SECRETIVE }), 1),
  'clients.delete()': ({ clients }) => clients.delete(SECRETIVE),
  'consents.grant()': ({ consents }) => consents.grant(aGrant({ userId: SECRETIVE })),
  'consents.find()': ({ consents }) => consents.find('user-1', SECRETIVE),
  'consents.findTimed()': ({ consents }) => consents.findTimed('user-1', SECRETIVE),
  'consents.list()': ({ consents }) => consents.list(SECRETIVE),
  'consents.listBatch()': ({ consents }) => consents.listBatch({ clientId: SECRETIVE }, 1),
  'consents.withdraw()': ({ consents }) =>
    consents.withdraw({ ...aGrant(), userId: SECRETIVE }, NOW),
  'consents.cancelGrants()': ({ consents }) => consents.cancelGrants(SECRETIVE, NOW),
  'consents.delete()': ({ consents }) => consents.delete('user-1', SECRETIVE),
  'families.create()': ({ families }) =>
    families.create(aFamily({ familyId: CONSENT_ID + SECRETIVE }), NOW, ANYTIME),
  'families.find()': ({ families }) => families.find(CONSENT_ID + SECRETIVE, 'client-1', NOW),
  'families.rotate()': ({ families }) =>
    families.rotate(CONSENT_ID + SECRETIVE, aRotation(0, 1), NOW),
  'families.revoke()': ({ families }) =>
    families.revoke(CONSENT_ID + SECRETIVE, aFamilyRevocation(NOW + 60), NOW),
  'artifacts.save()': ({ artifacts }) =>
    artifacts.save('Session', SECRETIVE, { SECRETIVE }, NOW + 60),
  'artifacts.saveLatest()': ({ artifacts }) =>
    artifacts.saveLatest('Session', SECRETIVE, { SECRETIVE }, NOW + 60),
  'artifacts.insert()': ({ artifacts }) =>
    artifacts.insert('Session', SECRETIVE, { SECRETIVE }, NOW + 60, NOW),
  'artifacts.find()': ({ artifacts }) => artifacts.find('Session', SECRETIVE, NOW),
  'artifacts.findAll()': ({ artifacts }) =>
    artifacts.findAll([{ kind: 'Session', key: SECRETIVE }], NOW),
  'artifacts.findTimed()': ({ artifacts }) => artifacts.findTimed('Session', SECRETIVE, NOW),
  'revocations.add()': ({ revocations }) =>
    revocations.add({ kind: 'client', id: SECRETIVE, expiresAt: NOW + 60 }),
  'revocations.has()': ({ revocations }) => revocations.has('client', SECRETIVE, NOW),
  'revocations.list()': ({ revocations }) => revocations.list({ limit: 1 }, NOW),
  'encryptedKeys.insert()': ({ encryptedKeys }) =>
    encryptedKeys.insert(anEncryptedKey({ encrypted: SECRETIVE })),
  'encryptedKeys.list()': ({ encryptedKeys }) => encryptedKeys.list(),
  'encryptedKeys.update()': ({ encryptedKeys }) =>
    encryptedKeys.update(anEncryptedKey({ encrypted: SECRETIVE, version: 2 }), 1),
  'encryptedKeys.delete()': ({ encryptedKeys }) => encryptedKeys.delete('signing', 1),
  'pendingEvents.add()': ({ pendingEvents }) => pendingEvents.add(SECRETIVE),
  'pendingEvents.take()': ({ pendingEvents }) => pendingEvents.take(1),
  'backend.ping()': async ({ backends }) => await Promise.all(backends.map(({ ping }) => ping())),
}

test('redis: every call of a server that is down is a StorageError, and none of one that is back', async (t) => {
  const named = Object.keys(calls).map((call) => call.replace('()', ''))
  t.deepEqual(
    STORAGE_METHODS.filter((method) => !named.includes(method)),
    [],
  )
  const redis = await start(t)
  const client = redis.connect({ enableOfflineQueue: false, retryStrategy: () => 5 })
  await new Promise((resolve) => client.once('ready', resolve))
  const storage = createRedisStorage({ client })
  await redis.kill()
  for (const [call, make] of Object.entries(calls)) {
    const error = await fails(t, () => make(storage))
    t.is(error.message, `redis: ${call} failed`)
  }
  await redis.restart()
  for (const [call, make] of Object.entries(calls)) await t.notThrowsAsync(make(storage), call)
})

test('redis: an error tells nothing of what was stored or asked for', async (t) => {
  const redis = await start(t)
  const client = redis.connect()
  const storage = createRedisStorage({ client })
  const wrongType = async (key: string): Promise<void> => void (await client.lpush(key, 'item'))
  const prefix = 'teamcast-oauth:'
  await wrongType(`${prefix}client:${SECRETIVE}`)
  await wrongType(`${prefix}artifact:Session:${SECRETIVE}`)
  await wrongType(`${prefix}{${CONSENT_ID}}:family:${CONSENT_ID}${SECRETIVE}`)
  for (const call of ['clients.find()', 'artifacts.find()', 'families.rotate()']) {
    const error = await fails(t, () => calls[call]?.(storage) ?? Promise.resolve())
    t.notRegex(inspect(error, { depth: 9, showHidden: true }), /not-to-be-told|teamcast-oauth/)
  }
})

test('redis: a record that is not JSON is a StorageError that does not quote it', async (t) => {
  const client = (await start(t)).connect()
  const storage = createRedisStorage({ client })
  await client.set('teamcast-oauth:artifact:Session:key', '{"secret": oops')
  const error = await t.throwsAsync(() => storage.artifacts.find('Session', 'key', NOW), {
    instanceOf: StorageError,
    message: 'redis: a record is not JSON',
  })
  t.notRegex(inspect(error), /secret|oops/)
})

/** A Cluster of one server, which its client takes for a single server. */
async function startHiddenCluster(t: ExecutionContext): Promise<Storage> {
  const busPort = String(await findFreePort()) // otherwise 10000, which one server on a machine can have
  const server = await start(t, '--cluster-enabled', 'yes', '--cluster-port', busPort)
  const client = server.connect()
  await client.cluster('ADDSLOTSRANGE', 0, 16_383)
  while (!String(await client.cluster('INFO')).includes('cluster_state:ok')) {
    // until it serves
  }
  return await connected(client)
}

test('redis: behind a client or proxy that hides a Cluster, a family is found in several steps', async (t) => {
  const { clients, families } = await startHiddenCluster(t)
  const family = aFamily()
  await families.create(family, NOW, ANYTIME)
  const found = await families.find(familyId, family.clientId, NOW)
  t.is(found?.familyId, familyId)
  await clients.delete(family.clientId)
  t.is(await families.find(familyId, family.clientId, NOW), undefined)
})

test('redis: behind a client or proxy that hides a Cluster, a family is revoked in several steps', async (t) => {
  const { families, revocations } = await startHiddenCluster(t)
  await families.create(aFamily(), NOW, ANYTIME)
  t.deepEqual(await families.revoke(familyId, aFamilyRevocation(NOW + 60), NOW), OWNER)
  t.is(await families.revoke(familyId, aFamilyRevocation(NOW + 60), NOW), undefined)
  t.true(await revocations.has('family', familyId, NOW))
  t.is((await revocations.list({ limit: 10 }, NOW)).items.length, 1)
})

test('redis: a full memory refuses whole rotations and lets revoke and delete do their work', async (t) => {
  const client = (await start(t)).connect()
  const storage = await connected(client)
  const { families, consents, clients, backends } = storage
  const other = familyIdOf('other')
  await families.create(aFamily(), NOW, ANYTIME)
  await families.create(aFamily({ familyId: other }), NOW, ANYTIME)
  await families.rotate(other, aRotation(0, 1), NOW)
  // Redis looks at the limit from time to time; and knows the scripts by then.
  await families.revoke(familyIdOf('never'), aFamilyRevocation(NOW + 60), NOW)
  await client.config('SET', 'maxmemory', '1')

  await fails(t, () => families.rotate(familyId, aRotation(0, 1, { replay: aReplay(0, 's') }), NOW))
  await fails(t, () => families.create(aFamily({ familyId: familyIdOf('third') }), NOW, ANYTIME))
  await fails(t, () => consents.grant(aGrant({ scopes: ['more:read'] })))
  await fails(t, () => clients.update(fullClient({ version: 2 }), 1))
  await fails(t, async () => await backends[0]?.ping())
  t.deepEqual(await findFamily(families, familyId, NOW), aFamily())

  t.deepEqual(await families.rotate(other, aRotation(0, 2), NOW), { outcome: 'reused' })
  t.deepEqual(await families.revoke(familyId, aFamilyRevocation(NOW + 60), NOW), OWNER)
  t.is(await families.create(aFamily(), NOW + 59, ANYTIME), 'taken')
  t.true(await consents.delete('user-1', 'client-1'))
  t.true(await clients.delete('client-1'))
})

test('redis: a server that became a replica fails its ping and changes nothing', async (t) => {
  const client = (await start(t)).connect()
  const { families, backends } = await connected(client)
  await families.create(aFamily(), NOW, ANYTIME)
  await client.replicaof('127.0.0.1', 1)
  await fails(t, async () => await backends[0]?.ping())
  await fails(t, () => families.rotate(familyId, aRotation(0, 1), NOW))
  await fails(t, () => families.revoke(familyId, aFamilyRevocation(NOW + 60), NOW))
  await client.replicaof('NO', 'ONE')
  t.deepEqual(await families.rotate(familyId, aRotation(0, 1), NOW), { outcome: 'rotated' })
})

for (const command of ['eval', 'evalsha']) {
  test(`redis: a user who may not ${command} fails the ping, as requests do`, async (t) => {
    const client = (await start(t)).connect()
    const { families, backends } = await connected(client)
    await client.call('ACL', 'SETUSER', 'default', `-${command}`)
    await client.script('FLUSH')
    await fails(t, () => families.create(aFamily(), NOW, ANYTIME))
    await fails(t, async () => await backends[0]?.ping())
    await client.call('ACL', 'SETUSER', 'default', `+${command}`)
    await t.notThrowsAsync(async () => backends[0]?.ping())
  })
}

/** A primary and its replica behind one name, and a client that knows the name only. */
interface Replicated {
  readonly client: Redis
  readonly primary: Redis
  readonly replica: Redis
  readonly toReplica: LossyProxy
  /** The replica takes over; the primary stays up, as its replica, and so do connections to it. */
  failOver(): Promise<void>
  /** The name is the replica's from now on. */
  rename(): void
}

async function openReplicated(t: ExecutionContext): Promise<Replicated> {
  const settings = ['--repl-diskless-sync-delay', '0']
  const [first, second] = await Promise.all([start(t, ...settings), start(t, ...settings)])
  const [name, toFirst, toSecond] = await Promise.all(
    [first, first, second].map(({ socketPath }) => startLossyProxy(socketPath)),
  )
  if (!name || !toFirst || !toSecond) throw new Error('three proxies must start')
  for (const { close } of [name, toFirst, toSecond]) t.teardown(close)
  const [primary, replica] = [first.connect(), second.connect()]
  await replica.replicaof(toFirst.host, toFirst.port)
  while ((await primary.wait(1, 0)) < 1) {
    // until it has connected
  }
  const client = connectQuietly({ host: name.host, port: name.port, enableOfflineQueue: false })
  t.teardown(() => client.disconnect())
  await once(client, 'ready')
  return {
    client,
    primary,
    replica,
    toReplica: toSecond,
    async failOver() {
      await client.wait(1, 0)
      await replica.replicaof('NO', 'ONE')
      await primary.replicaof(toSecond.host, toSecond.port)
      name.switchTo(second.socketPath)
    },
    rename: () => name.switchTo(second.socketPath),
  }
}

test('redis: when the replica takes over and the old primary stays up, no call fails and none is taken for reuse', async (t) => {
  const { client, replica, failOver } = await openReplicated(t)
  const storage = await connected(client)
  const { families, artifacts, backends } = storage
  const ids = Array.from({ length: 50 }, (_, index) => familyIdOf(`family ${index}`))
  for (const id of ids) await families.create(aFamily({ familyId: id }), NOW, ANYTIME)
  await failOver()
  const outcomes = await Promise.all(
    ids.map(async (id, index) => {
      await artifacts.find('Session', 'any', NOW)
      return await families.rotate(id, aRotation(0, index + 1), NOW)
    }),
  )
  t.deepEqual(new Set(outcomes.map(({ outcome }) => outcome)), new Set(['rotated']))
  await backends[0]?.ping()
  await replica.flushall()
  await useEverything(t, storage)
})

test('redis: the health check finds the new primary by itself', async (t) => {
  const { client, failOver } = await openReplicated(t)
  const { backends } = createRedisStorage({ client })
  await failOver()
  await t.notThrowsAsync(async () => backends[0]?.ping())
})

/** What a server may say that has the name no longer, and how it comes to that. */
const REFUSALS: Readonly<Record<string, (replicated: Replicated) => Promise<unknown>>> = {
  NOREPLICAS: ({ primary }) => primary.config('SET', 'min-replicas-to-write', '3'),
  async MASTERDOWN({ primary }) {
    await primary.config('SET', 'replica-serve-stale-data', 'no')
    await primary.replicaof('127.0.0.1', 1)
  },
  async LOADING({ primary, replica, toReplica }) {
    for (let key = 0; key < 300; key += 1) {
      await replica.set(`key ${key}`, randomBytes(1000))
    }
    await primary.config('SET', 'key-load-delay', '100000') // microseconds
    await primary.config('SET', 'loading-process-events-interval-bytes', '1024')
    await primary.set('not', 'what the other one has') // so that it has to load everything
    await primary.replicaof(toReplica.host, toReplica.port)
  },
}
for (const [code, refuse] of Object.entries(REFUSALS)) {
  test(`redis: a server that answers ${code} is left for the one that has its name now`, async (t) => {
    const replicated = await openReplicated(t)
    const { client, primary, replica, rename } = replicated
    await replica.replicaof('NO', 'ONE')
    await refuse(replicated)
    const answer = async (): Promise<string> => {
      const refusals = await Promise.allSettled([primary.get('any'), primary.set('any', 'value')])
      return refusals.map((refusal) => ('reason' in refusal ? refusal.reason : '')).join()
    }
    while (!(await answer()).includes(code)) {
      // until it says so
    }
    rename()
    await useEverything(t, createRedisStorage({ client }))
  })
}

/** A client that never connects, of which the first command fails. */
function failingOnce(message: string) {
  const counts = { sent: 0, connections: 1 }
  const client = new Redis({ lazyConnect: true })
  const fake = Object.assign(client, {
    ping: async () => 'PONG',
    disconnect() {
      counts.connections += 1
      setImmediate(() => client.emit('ready'))
    },
    async get() {
      counts.sent += 1
      if (counts.sent === 1) throw new Error(message)
      return 'value'
    },
  })
  return { fake, counts }
}

const IN_A_SCRIPT = 'ERR Error running script (call to f_0123abc): @user_script:7: -'
for (const [message, isSentAgain] of [
  ["READONLY You can't write against a read only replica.", true],
  [`${IN_A_SCRIPT}READONLY You can't write against a read only replica.`, true], // Redis 6
  [`${IN_A_SCRIPT}NOREPLICAS Not enough good replicas to write.`, true],
  ['LOADING Redis is loading the dataset in memory', true],
  [`${IN_A_SCRIPT}WRONGTYPE Operation against a key holding the wrong kind of value`, false],
  ["OOM command not allowed when used memory > 'maxmemory'.", false],
  ['ERR unknown command READONLY ', false],
  ['READONLYISH ', false],
  ['Connection is closed.', false],
  ['Command timed out', false],
] as const) {
  test(`redis: "${message}" ${isSentAgain ? 'is sent once more, over another connection' : 'is told: it does not prove that nothing was done'}`, async (t) => {
    const { fake, counts } = failingOnce(message)
    const client = keepConnectionFresh(fake)
    if (isSentAgain) t.is(await client.get('key'), 'value')
    else await t.throwsAsync(async () => await client.get('key'), { message })
    const times = isSentAgain ? 2 : 1
    t.deepEqual(counts, { sent: times, connections: times })
  })
}

test('redis: a connection that does not answer in time is replaced with the help of socketTimeout', async (t) => {
  const [first, second] = await Promise.all([start(t), start(t)])
  const name = await startLossyProxy(first.socketPath)
  t.teardown(name.close)
  const client = connectQuietly({ host: name.host, port: name.port, socketTimeout: 500 })
  t.teardown(() => client.disconnect())
  const { artifacts } = createRedisStorage({ client })
  await artifacts.save('Session', 'before', {}, NOW)
  name.silence()
  name.switchTo(second.socketPath)
  await artifacts.save('Session', 'after', {}, NOW)
  t.deepEqual(await second.connect().keys('*'), ['teamcast-oauth:artifact:Session:after'])
})

test('redis: a server that stays a replica is connected to once a second, and READONLY is told', async (t) => {
  const redis = await start(t)
  const admin = redis.connect()
  const client = redis.connect({ retryStrategy: () => 1 })
  let now = 0
  keepConnectionFresh(client, () => now)
  const { artifacts } = createRedisStorage({ client })
  await artifacts.save('Session', 'key', {}, NOW)
  await admin.replicaof('127.0.0.1', 1)
  let connections = 0
  client.on('ready', () => {
    connections += 1
  })
  for (let times = 0; times < 20; times += 1) {
    const error = await fails(t, () => artifacts.save('Session', 'key', {}, NOW))
    t.regex(String(error.cause), /READONLY/)
    t.deepEqual(await artifacts.find('Session', 'key', NOW - 1), {})
  }
  t.is(connections, 1)
  now = 1000
  await fails(t, () => artifacts.save('Session', 'key', {}, NOW))
  t.is(connections, 2)
  await admin.replicaof('NO', 'ONE')
  await artifacts.save('Session', 'key', {}, NOW)
  t.is(connections, 2)
})

test('redis: a client that does not connect again by itself is told READONLY, and no call hangs', async (t) => {
  const redis = await start(t)
  const client = redis.connect({ retryStrategy: () => null })
  const { artifacts } = createRedisStorage({ client })
  await artifacts.save('Session', 'key', {}, NOW)
  await redis.connect().replicaof('127.0.0.1', 1)
  const error = await fails(t, () => artifacts.save('Session', 'key', {}, NOW))
  t.regex(String(error.cause), /READONLY/)
})

/** A storage whose next answer can be lost, with a driver that then connects and asks again. */
async function openLossy(t: ExecutionContext): Promise<{
  readonly storage: Storage
  readonly loseNextAnswer: () => void
}> {
  const redis = await start(t)
  const proxy = await startLossyProxy(redis.socketPath)
  t.teardown(proxy.close)
  const client = connectQuietly({ host: proxy.host, port: proxy.port, retryStrategy: () => 1 })
  t.teardown(() => client.disconnect())
  return { storage: await connected(client), loseNextAnswer: proxy.loseNextAnswer }
}

test('redis: a rotation whose answer is lost on the way is not reuse when the driver asks again', async (t) => {
  const { storage, loseNextAnswer } = await openLossy(t)
  const { families } = storage
  await families.create(aFamily(), NOW, ANYTIME)
  await families.rotate(familyId, aRotation(0, 1), NOW)
  loseNextAnswer()
  t.deepEqual(await families.rotate(familyId, aRotation(1, 2), NOW), { outcome: 'rotated' })
  const found = await findFamily(families, familyId, NOW)
  t.deepEqual(found, aFamily({ refreshToken: refreshToken(2) }))
  t.deepEqual(await families.rotate(familyId, aRotation(1, 2), NOW), { outcome: 'reused' })
})

test('redis: reuse whose answer is lost on the way is told as reuse again', async (t) => {
  const { storage, loseNextAnswer } = await openLossy(t)
  const { families } = storage
  await families.create(aFamily(), NOW, ANYTIME)
  await families.rotate(familyId, aRotation(0, 1), NOW)
  loseNextAnswer()
  t.deepEqual(await families.rotate(familyId, aRotation(0, 2), NOW), { outcome: 'reused' })
  const found = await findFamily(families, familyId, NOW)
  t.deepEqual(found, aFamily({ refreshToken: refreshToken(1) }))
})

test('redis: a family whose creation is not answered is created once', async (t) => {
  const { storage, loseNextAnswer } = await openLossy(t)
  const { families } = storage
  await families.create(aFamily({ familyId: familyIdOf('warm up') }), NOW, ANYTIME)
  loseNextAnswer()
  t.is(await families.create(aFamily(), NOW, ANYTIME), 'created')
  t.is(await families.create(aFamily(), NOW, ANYTIME), 'taken')
  t.deepEqual(await findFamily(families, familyId, NOW), aFamily())
})

test('redis: a revocation whose answer is lost on the way is told to have revoked', async (t) => {
  const { storage, loseNextAnswer } = await openLossy(t)
  const { families } = storage
  await families.create(aFamily(), NOW, ANYTIME)
  await families.revoke(familyIdOf('warm up'), aFamilyRevocation(NOW + 60), NOW)
  loseNextAnswer()
  t.deepEqual(await families.revoke(familyId, aFamilyRevocation(NOW + 60), NOW), OWNER)
  t.is(await families.revoke(familyId, aFamilyRevocation(NOW + 60), NOW), undefined)
})

test('redis: a rotation that a frozen server gets to after its deadline does nothing', async (t) => {
  const redis = await start(t)
  const { families } = await connected(redis.connect())
  await families.create(aFamily(), NOW, ANYTIME)
  const foundAt = (await families.find(familyId, 'client-1', NOW))?.foundAtMilliseconds ?? 0
  process.kill(redis.pid, 'SIGSTOP')
  const rotation = families.rotate(
    familyId,
    aRotation(0, 1, { deadlineMilliseconds: foundAt + 20 }),
    NOW,
  )
  while (Date.now() <= foundAt + 20) await new Promise(setImmediate)
  process.kill(redis.pid, 'SIGCONT')
  t.deepEqual(await rotation, { outcome: 'late' })
  t.deepEqual(await findFamily(families, familyId, NOW), aFamily())
})

test('redis: a grant that a frozen server gets to after its deadline leaves nothing', async (t) => {
  const redis = await start(t)
  const client = redis.connect()
  const { consents } = createRedisStorage({ client })
  const { foundAtMilliseconds: foundAt } = await consents.findTimed('user-1', 'client-1')
  process.kill(redis.pid, 'SIGSTOP')
  const grant = consents.grant(aGrant({ deadlineMilliseconds: foundAt + 20 }))
  while (Date.now() <= foundAt + 20) await new Promise(setImmediate)
  process.kill(redis.pid, 'SIGCONT')
  t.is(await grant, 'late')
  t.deepEqual(await client.keys('*'), [])
  t.is(await consents.grant(aGrant()), 'granted')
})

test('redis: a family that a frozen server gets to after its deadline does not begin', async (t) => {
  const redis = await start(t)
  const { artifacts, families } = await connected(redis.connect())
  await artifacts.save('AuthorizationCode', 'code', {}, NOW)
  const found = await artifacts.findTimed('AuthorizationCode', 'code', NOW - 1)
  const deadline = (found?.foundAtMilliseconds ?? 0) + 20
  process.kill(redis.pid, 'SIGSTOP')
  const creation = families.create(aFamily(), NOW, deadline)
  while (Date.now() <= deadline) await new Promise(setImmediate)
  process.kill(redis.pid, 'SIGCONT')
  t.is(await creation, 'late')
  t.is(await findFamily(families, familyId, NOW), undefined)
  t.is(await families.create(aFamily(), NOW, ANYTIME), 'created')
})

test('redis: what was answered before a kill is there after it with appendonly and fsync always', async (t) => {
  const redis = await start(t, '--appendonly', 'yes', '--appendfsync', 'always')
  const client = redis.connect({ retryStrategy: () => 5 })
  const { families, clients } = await connected(client)
  await families.create(aFamily(), NOW, ANYTIME)
  for (let index = 0; index < 50; index++) {
    await families.rotate(familyId, aRotation(index, index + 1), NOW)
  }
  await redis.kill()
  await redis.restart()
  const found = await findFamily(families, familyId, NOW)
  t.deepEqual(found, aFamily({ refreshToken: refreshToken(50) }))
  t.not(await clients.find('client-1'), undefined)
})
