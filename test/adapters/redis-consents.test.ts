/**
 * Records with an index in another slot: every order in which concurrent calls can meet, and every
 * place where a process can be killed.
 *
 * @module
 */

import { createRedisStorage } from '@teamcast/oauth-server/redis'
import test, { type ExecutionContext } from 'ava'
import type { Redis } from 'ioredis'
import type { Consent, Storage, TokenFamily } from '../../lib/storage/storage.ts'
import {
  aConsent,
  aFamily,
  CONSENT_ID,
  familyIdOf,
  fullClient,
  NOW,
} from '../../lib/testing/storage-contract/sample-records.ts'
import { sha256 } from '../../lib/util/sha256.ts'
import { crashAfter, interceptCommands } from '../helpers/intercepted-redis.ts'
import { type Operation, runEveryInterleaving } from '../helpers/interleavings.ts'
import { listKeys, passMinute } from '../helpers/redis-keys.ts'
import { startRedis, type TestRedis } from '../helpers/start-redis.ts'

const FIRST = 'the-first-consents-id-'
const SECOND = 'the-second-consents-id'

let redis: TestRedis
let client: Redis
let worlds = 0
test.before(async () => {
  redis = await startRedis()
  client = redis.connect()
  // Later calls find the scripts known, so they take the same commands each time.
  const { consents, clients } = createRedisStorage({ client, keyPrefix: 'warm-up:' })
  await client.hset(indexOf('warm-up:'), 'client-1', SECOND)
  await consents.grant(granted(FIRST))
  await consents.delete('user-1', 'client-1')
  await clients.insert(fullClient())
  await clients.delete('client-1')
})
test.after.always(() => redis.stop())

const indexOf = (keyPrefix: string): string => `${keyPrefix}{user:${sha256('user-1')}}:consents`
const recordOf = (keyPrefix: string, consentId: string): string =>
  `${keyPrefix}{${consentId}}:consent`

const granted = (consentId: string): Consent =>
  aConsent({ consentId, scopes: [`${consentId}:read`] })
const familyOf = (consentId: string): TokenFamily =>
  aFamily({ consentId, familyId: familyIdOf('family', consentId) })

/** One place in Redis, and what the operations on it were told. */
interface World {
  readonly keyPrefix: string
  readonly storage: Storage
  readonly deleted: Array<boolean>
}

/** What was there before the operations. */
type Beginning = 'nothing' | 'a consent' | 'an entry without a record'

async function createWorld(beginning: Beginning): Promise<World> {
  const keyPrefix = `world-${worlds++}:`
  const storage = createRedisStorage({ client, keyPrefix })
  if (beginning === 'a consent') {
    await storage.consents.grant(granted(CONSENT_ID))
    await storage.families.create(familyOf(CONSENT_ID), NOW)
  }
  if (beginning === 'an entry without a record') {
    await client.hset(indexOf(keyPrefix), 'client-1', CONSENT_ID)
  }
  return { keyPrefix, storage, deleted: [] }
}

const grants =
  (consentId: string) =>
  ({ keyPrefix }: World): Operation =>
  async (step) => {
    const own = createRedisStorage({ client: interceptCommands(client, step), keyPrefix })
    await own.consents.grant(granted(consentId))
  }

const deletes =
  () =>
  ({ keyPrefix, deleted }: World): Operation =>
  async (step) => {
    const own = createRedisStorage({ client: interceptCommands(client, step), keyPrefix })
    deleted.push(await own.consents.delete('user-1', 'client-1'))
  }

/** Whatever happened: a consent and its record are there together, and families live by nothing else. */
async function assertSound(t: ExecutionContext, world: World): Promise<Consent | undefined> {
  const { keyPrefix, storage } = world
  const found = await storage.consents.find('user-1', 'client-1')
  t.deepEqual(await storage.consents.list('user-1'), found === undefined ? [] : [found])
  for (const consentId of [CONSENT_ID, FIRST, SECOND]) {
    const isTheOne = found?.consentId === consentId
    t.is(await client.exists(recordOf(keyPrefix, consentId)), isTheOne ? 1 : 0, consentId)
    if (isTheOne) t.is(await client.pttl(recordOf(keyPrefix, consentId)), -1, 'it must last')
  }
  return found
}

const scopesOf = (...consentIds: ReadonlyArray<string>): ReadonlyArray<string> =>
  consentIds.map((consentId) => `${consentId}:read`).sort()

const beginnings: ReadonlyArray<Beginning> = ['nothing', 'a consent', 'an entry without a record']
for (const beginning of beginnings) {
  test(`redis: consents.grant() twice in every order, where there was ${beginning}`, async (t) => {
    const before = beginning === 'a consent' ? [CONSENT_ID] : []
    const orders = await runEveryInterleaving(
      async () => {
        const world = await createWorld(beginning)
        return { world, operations: [grants(FIRST)(world), grants(SECOND)(world)] }
      },
      async (world) => {
        const found = await assertSound(t, world)
        t.deepEqual([...(found?.scopes ?? [])].sort(), scopesOf(...before, FIRST, SECOND))
        if (beginning === 'a consent') t.is(found?.consentId, CONSENT_ID)
      },
    )
    t.true(orders >= 20, `${orders} orders`)
  })

  test(`redis: consents.grant() and delete() in every order, where there was ${beginning}`, async (t) => {
    const ends = new Set<string>()
    await runEveryInterleaving(
      async () => {
        const world = await createWorld(beginning)
        return { world, operations: [grants(FIRST)(world), deletes()(world)] }
      },
      async (world) => {
        const found = await assertSound(t, world)
        const wasDeleted = world.deleted.includes(true)
        const end = `${wasDeleted ? 'deleted' : 'not deleted'}, ${found?.scopes.join() ?? 'gone'}`
        ends.add(end)
        if (beginning === 'a consent') t.true(wasDeleted, 'it must find the consent')
        else t.is(found === undefined, wasDeleted, 'either it was deleted or it is there')
        if (found !== undefined) t.deepEqual(found.scopes, scopesOf(FIRST))
      },
    )
    t.is(ends.size, 2, [...ends].join('; '))
  })

  test(`redis: consents.delete() twice in every order, where there was ${beginning}`, async (t) => {
    await runEveryInterleaving(
      async () => {
        const world = await createWorld(beginning)
        return { world, operations: [deletes()(world), deletes()(world)] }
      },
      async (world) => {
        t.is(await assertSound(t, world), undefined)
        const deletions = world.deleted.filter(Boolean).length
        t.is(deletions, beginning === 'a consent' ? 1 : 0)
        const rest = await listKeys(client, world.keyPrefix)
        t.true(rest.every((key) => key.includes(':family:')))
      },
    )
  })

  test(`redis: consents.grant() heals wherever another was killed, where there was ${beginning}`, async (t) => {
    const before = beginning === 'a consent' ? scopesOf(CONSENT_ID) : []
    const kills = await killEverywhere(beginning, (own) => own.consents.grant(granted(FIRST)))
    for (const { world } of kills) {
      await passMinute(client, world.keyPrefix)
      const survived = (await world.storage.consents.find('user-1', 'client-1'))?.scopes ?? []
      t.true([before, [...before, ...scopesOf(FIRST)]].some((all) => sameScopes(all, survived)))
      await world.storage.consents.grant(granted(SECOND))
      const found = await assertSound(t, world)
      t.deepEqual([...(found?.scopes ?? [])].sort(), [...survived, ...scopesOf(SECOND)].sort())
      await assertDeletes(t, world)
    }
    t.true(kills.length >= 3)
  })

  test(`redis: consents.grant() heals at once wherever another was killed, where there was ${beginning}`, async (t) => {
    const kills = await killEverywhere(beginning, (own) => own.consents.grant(granted(FIRST)))
    for (const { world } of kills) {
      await world.storage.consents.grant(granted(SECOND))
      await passMinute(client, world.keyPrefix)
      const found = await assertSound(t, world)
      t.true(found?.scopes.includes(`${SECOND}:read`))
      await assertDeletes(t, world)
    }
  })

  test(`redis: consents.delete() ends the families or nothing wherever it was killed, where there was ${beginning}`, async (t) => {
    const kills = await killEverywhere(beginning, (own) =>
      own.consents.delete('user-1', 'client-1'),
    )
    for (const { world } of kills) {
      const { consents, families, clients } = world.storage
      await clients.insert(fullClient())
      const found = await assertSound(t, world)
      const family = await families.find(familyOf(CONSENT_ID).familyId, 'client-1', NOW)
      t.is(family === undefined, found === undefined)
      await consents.grant(granted(SECOND))
      const after = await assertSound(t, world)
      t.is(after?.consentId, found?.consentId ?? SECOND)
      await assertDeletes(t, world)
    }
  })
}

const sameScopes = (left: ReadonlyArray<string>, right: ReadonlyArray<string>): boolean =>
  [...left].sort().join() === [...right].sort().join()

/** Runs an operation once for each of its commands, killed before it. */
async function killEverywhere(
  beginning: Beginning,
  operate: (storage: Storage) => Promise<unknown>,
): Promise<ReadonlyArray<{ readonly world: World }>> {
  const kills: Array<{ readonly world: World }> = []
  for (;;) {
    const world = await createWorld(beginning)
    const { keyPrefix } = world
    const own = createRedisStorage({ client: crashAfter(client, kills.length), keyPrefix })
    const isKilled = await operate(own).then(
      () => false,
      () => true,
    )
    if (!isKilled) return kills
    kills.push({ world })
  }
}

/** Deleting what is there leaves nothing but families that are dead. */
async function assertDeletes(t: ExecutionContext, world: World): Promise<void> {
  const { consents, clients } = world.storage
  t.true(await consents.delete('user-1', 'client-1'))
  await clients.delete('client-1')
  t.is(await assertSound(t, world), undefined)
  const rest = await listKeys(client, world.keyPrefix)
  t.true(
    rest.every((key) => key.includes(':family:')),
    rest.join(),
  )
}

test('redis: a family that begins under a consent whose grant() was killed makes it last', async (t) => {
  const kills = await killEverywhere('nothing', (own) => own.consents.grant(granted(FIRST)))
  let seen = 0
  for (const { world } of kills) {
    const { consents, families } = world.storage
    if ((await consents.find('user-1', 'client-1')) === undefined) continue
    seen += 1
    t.is(await families.create(familyOf(FIRST), NOW), 'created')
    await passMinute(client, world.keyPrefix)
    t.is((await assertSound(t, world))?.consentId, FIRST)
  }
  t.is(seen, 1)
})

test('redis: a client whose insert() was killed is listed or goes within a minute', async (t) => {
  const kills = await killEverywhere('nothing', (own) => own.clients.insert(fullClient()))
  t.is(kills.length, 3)
  for (const { world } of kills) {
    const { clients } = world.storage
    await passMinute(client, world.keyPrefix)
    t.is(await clients.find('client-1'), undefined)
    t.deepEqual((await clients.list({ limit: 10 })).items, [])
    t.deepEqual(await listKeys(client, world.keyPrefix), [], 'the list must clean its index')
    t.true(await clients.insert(fullClient()))
    t.is((await clients.list({ limit: 10 })).items.length, 1)
  }
})

test('redis: a client whose delete() was killed is there as before or gone, and never half', async (t) => {
  const kills: Array<World> = []
  for (const commands of [0, 1]) {
    const world = await createWorld('nothing')
    const { keyPrefix, storage } = world
    await storage.clients.insert(fullClient())
    const own = createRedisStorage({ client: crashAfter(client, commands), keyPrefix })
    await t.throwsAsync(() => own.clients.delete('client-1'))
    kills.push(world)
  }
  const [before, after] = kills
  t.is((await before?.storage.clients.list({ limit: 10 }))?.items.length, 1)
  t.not(await before?.storage.clients.find('client-1'), undefined)
  t.is((await after?.storage.clients.list({ limit: 10 }))?.items.length, 0)
  t.deepEqual(await listKeys(client, after?.keyPrefix), [])
})

test('redis: clients.list() fills its pages past clients that went without a trace', async (t) => {
  const { keyPrefix, storage } = await createWorld('nothing')
  const { clients } = storage
  for (let index = 0; index < 9; index++) {
    await clients.insert(fullClient({ clientId: `client-${index}`, createdAt: NOW + index }))
  }
  for (const index of [8, 7, 5, 4, 1, 0]) await client.del(`${keyPrefix}client:client-${index}`)
  const first = await clients.list({ limit: 2 })
  t.deepEqual(
    first.items.map(({ clientId }) => clientId),
    ['client-6', 'client-3'],
  )
  const second = await clients.list({ limit: 2, cursor: first.nextCursor ?? '' })
  t.deepEqual(
    second.items.map(({ clientId }) => clientId),
    ['client-2'],
  )
  t.is(second.nextCursor, undefined)
  t.is(await client.zcard(`${keyPrefix}clients`), 3)
})

test('redis: clients.insert() and list() in every order lose no client', async (t) => {
  const orders = await runEveryInterleaving(
    async () => {
      const world = await createWorld('nothing')
      const { keyPrefix } = world
      const operation =
        (operate: (storage: Storage) => Promise<unknown>): Operation =>
        async (step) => {
          const own = interceptCommands(client, step)
          await operate(createRedisStorage({ client: own, keyPrefix }))
        }
      const operations = [
        operation(({ clients }) => clients.insert(fullClient())),
        operation(({ clients }) => clients.list({ limit: 10 })),
      ]
      return { world, operations }
    },
    async ({ storage }) => {
      t.is((await storage.clients.list({ limit: 10 })).items.length, 1)
    },
  )
  t.true(orders >= 4)
})
