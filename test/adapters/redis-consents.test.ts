/**
 * Records with an index in another slot: every order in which concurrent calls can meet, and every
 * place where a process can be killed.
 *
 * @module
 */

import { createRedisStorage } from '@teamcast/oauth-server/redis'
import test, { type ExecutionContext } from 'ava'
import type { Redis } from 'ioredis'
import { scopesOf } from '../../lib/consent/consent.ts'
import type { ClientStore } from '../../lib/storage/client-store.ts'
import type {
  Consent,
  ConsentGrant,
  ConsentOwner,
  GrantOutcome,
} from '../../lib/storage/consent-store.ts'
import {
  ANYTIME,
  aFamily,
  aGrant,
  CONSENT_ID,
  familyIdOf,
  fullClient,
  grantAnew,
  NOW,
} from '../../lib/storage/contract/sample-records.ts'
import type { Storage } from '../../lib/storage/storage.ts'
import type { TokenFamily } from '../../lib/storage/token-family-store.ts'
import { sha256 } from '../../lib/util/sha256.ts'
import { crashAfter, interceptCommands } from '../helpers/intercepted-redis.ts'
import { type Operation, runEveryInterleaving, type Step } from '../helpers/interleavings.ts'
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
  await consents.grant({ ...granted(SECOND), deadlineMilliseconds: 1 })
  await consents.withdraw(granted(FIRST), NOW)
  await consents.delete('user-1', 'client-1')
  await clients.insert(fullClient())
  await clients.delete('client-1')
})
test.after.always(() => redis.stop())

const indexOf = (keyPrefix: string): string => `${keyPrefix}{user:${sha256('user-1')}}:consents`
const recordOf = (keyPrefix: string, consentId: string): string =>
  `${keyPrefix}{${consentId}}:consent`

const granted = (consentId: string): ConsentGrant =>
  aGrant({ consentId, requestKey: consentId, scopes: [`${consentId}:read`] })
const familyOf = (consentId: string): TokenFamily =>
  aFamily({ consentId, familyId: familyIdOf('family', consentId) })

const OWNERS: ReadonlyArray<ConsentOwner> = [{ tenantId: 'tenant:1' }, { clientId: 'client-1' }]

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
    await storage.families.create(familyOf(CONSENT_ID), NOW, ANYTIME)
  }
  if (beginning === 'an entry without a record') {
    await client.hset(indexOf(keyPrefix), 'client-1', CONSENT_ID)
  }
  return { keyPrefix, storage, deleted: [] }
}

/** As {@link runEveryInterleaving}, leaving nothing: whoever lists keys looks at everybody's. */
const inEveryOrder: typeof runEveryInterleaving<World> = (start, check) =>
  runEveryInterleaving(start, async (world) => {
    await check(world)
    const keys = await listKeys(client, world.keyPrefix)
    if (keys.length > 0) await client.del(...keys)
  })

type Parameters = ReadonlyArray<unknown>

const isForKey = (parameters: Parameters, key: RegExp): boolean =>
  parameters.some((parameter) => typeof parameter === 'string' && key.test(parameter))

/** A client that takes a step before each command of which this is true: it touches the command's keys. */
const stepping = (step: Step, isStep: (parameters: Parameters) => boolean = () => true): Redis =>
  interceptCommands(client, async (parameters) => {
    if (isStep(parameters)) await step(keysAmong(parameters))
  })

const keysAmong = (parameters: Parameters): ReadonlyArray<string> =>
  parameters.flat().filter((it): it is string => typeof it === 'string' && it.startsWith('world-'))

const LIST = /\{(tenant|client):[^}]+\}:consents$/

/** What it does with the lists is seen below: here there would be too many orders. */
const grants =
  (consentId: string) =>
  ({ keyPrefix }: World): Operation =>
  async (step) => {
    const ownClient = stepping(step, (parameters) => !isForKey(parameters, LIST))
    const own = createRedisStorage({ client: ownClient, keyPrefix })
    await own.consents.grant(granted(consentId))
  }

const deletes =
  () =>
  ({ keyPrefix, deleted }: World): Operation =>
  async (step) => {
    const own = createRedisStorage({ client: stepping(step), keyPrefix })
    deleted.push(await own.consents.delete('user-1', 'client-1'))
  }

/**
 * Whatever happened: a consent and its record are there together, families live by nothing else, and
 * whoever lists a tenant's or a client's consents finds it.
 */
async function assertSound(t: ExecutionContext, world: World): Promise<Consent | undefined> {
  const { keyPrefix, storage } = world
  const found = await assertOnLists(t, storage)
  for (const consentId of [CONSENT_ID, FIRST, SECOND]) {
    const isTheOne = found?.consentId === consentId
    t.is(await client.exists(recordOf(keyPrefix, consentId)), isTheOne ? 1 : 0, consentId)
    if (isTheOne) t.is(await client.pttl(recordOf(keyPrefix, consentId)), -1, 'it must last')
  }
  return found
}

/** The consent, and nothing else that might become one, is on every list. */
async function assertOnLists(
  t: ExecutionContext,
  { consents }: Storage,
): Promise<Consent | undefined> {
  const found = await consents.find('user-1', 'client-1')
  const expected = found === undefined ? [] : [found]
  t.deepEqual(await consents.list('user-1'), expected)
  for (const owner of OWNERS) t.deepEqual(await consents.listBatch(owner, 10), expected)
  return found
}

const scopesOfGrants = (...consentIds: ReadonlyArray<string>): ReadonlyArray<string> =>
  consentIds.map((consentId) => `${consentId}:read`).sort()

const beginnings: ReadonlyArray<Beginning> = ['nothing', 'a consent', 'an entry without a record']
for (const beginning of beginnings) {
  test(`redis: consents.grant() twice in every order, where there was ${beginning}`, async (t) => {
    const before = beginning === 'a consent' ? [CONSENT_ID] : []
    const orders = await inEveryOrder(
      async () => {
        const world = await createWorld(beginning)
        return { world, operations: [grants(FIRST)(world), grants(SECOND)(world)] }
      },
      async (world) => {
        const found = await assertSound(t, world)
        t.deepEqual([...scopesOf(found)].sort(), scopesOfGrants(...before, FIRST, SECOND))
        if (beginning === 'a consent') t.is(found?.consentId, CONSENT_ID)
      },
    )
    t.true(orders >= 8, `${orders} orders`)
  })

  test(`redis: consents.grant() and delete() in every order, where there was ${beginning}`, async (t) => {
    const ends = new Set<string>()
    await inEveryOrder(
      async () => {
        const world = await createWorld(beginning)
        return { world, operations: [grants(FIRST)(world), deletes()(world)] }
      },
      async (world) => {
        const found = await assertSound(t, world)
        const wasDeleted = world.deleted.includes(true)
        const end = `${wasDeleted ? 'deleted' : 'not deleted'}, ${found ? scopesOf(found).join() : 'not-found'}`
        ends.add(end)
        if (beginning === 'a consent') t.true(wasDeleted, 'it must find the consent')
        else t.is(found === undefined, wasDeleted, 'either it was deleted or it is there')
        if (found !== undefined) t.deepEqual(scopesOf(found), scopesOfGrants(FIRST))
      },
    )
    t.is(ends.size, 2, [...ends].join('; '))
  })

  test(`redis: consents.delete() twice in every order, where there was ${beginning}`, async (t) => {
    await inEveryOrder(
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
    const before = beginning === 'a consent' ? scopesOfGrants(CONSENT_ID) : []
    const kills = await killEverywhere(beginning, (own) => own.consents.grant(granted(FIRST)))
    for (const { world } of kills) {
      await assertOnLists(t, world.storage)
      await passMinute(client, world.keyPrefix)
      const survived = scopesOf(await world.storage.consents.find('user-1', 'client-1'))
      t.true(
        [before, [...before, ...scopesOfGrants(FIRST)]].some((all) => sameScopes(all, survived)),
      )
      await world.storage.consents.grant(granted(SECOND))
      const found = await assertSound(t, world)
      t.deepEqual([...scopesOf(found)].sort(), [...survived, ...scopesOfGrants(SECOND)].sort())
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
      t.true(scopesOf(found).includes(`${SECOND}:read`))
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

/** What decides whether a grant stays: its entry in the index, its addition to a record, and their refusal. */
const isDecisive = (parameters: Parameters): boolean =>
  isForKey(parameters, /\{user:.+:(consents|cancellation)$/) ||
  isForKey(parameters, /\}:withdrawn:/)

const decides =
  (operate: (consents: Storage['consents']) => Promise<unknown>, isStep = isDecisive) =>
  ({ keyPrefix }: World): Operation =>
  async (step) => {
    await operate(createRedisStorage({ client: stepping(step, isStep), keyPrefix }).consents)
  }

for (const beginning of beginnings) {
  const before = beginning === 'a consent' ? scopesOfGrants(CONSENT_ID) : []

  test(`redis: consents.grant() and withdraw() of its request in every order, where there was ${beginning}: nothing of it stays`, async (t) => {
    const orders = await inEveryOrder(
      async () => {
        const world = await createWorld(beginning)
        const withdraw = decides((consents) => consents.withdraw(granted(FIRST), NOW))
        return { world, operations: [grants(FIRST)(world), withdraw(world)] }
      },
      async (world) => {
        t.deepEqual(scopesOf(await assertSound(t, world)), before)
        t.is(await world.storage.consents.grant(granted(FIRST)), 'withdrawn')
        t.deepEqual(scopesOf(await world.storage.consents.find('user-1', 'client-1')), before)
      },
    )
    t.true(orders >= 4, `${orders} orders`)
  })

  test(`redis: consents.withdraw() of a request while it and another grant, in every order, where there was ${beginning}: what the other granted stays`, async (t) => {
    const orders = await inEveryOrder(
      async () => {
        const world = await createWorld(beginning)
        const operations = [
          decides((consents) => consents.grant(granted(FIRST))),
          decides((consents) => consents.withdraw(granted(FIRST), NOW)),
          decides((consents) => grantAnew(consents, granted(SECOND))),
        ]
        return { world, operations: operations.map((operation) => operation(world)) }
      },
      async (world) => {
        const scopes = scopesOf(await assertSound(t, world))
        t.deepEqual([...scopes].sort(), [...before, ...scopesOfGrants(SECOND)].sort())
      },
    )
    t.true(orders >= 20, `${orders} orders`)
  })

  test(`redis: consents.withdraw() that was killed anywhere can be repeated, where there was ${beginning}`, async (t) => {
    const kills = await killEverywhere(
      beginning,
      ({ consents }) => consents.withdraw(granted(FIRST), NOW),
      ({ consents }) => consents.grant(granted(FIRST)),
    )
    t.true(kills.length >= 2)
    for (const { world } of kills) {
      const { consents } = world.storage
      await consents.withdraw(granted(FIRST), NOW)
      t.is(await consents.grant(granted(FIRST)), 'withdrawn')
      t.deepEqual(scopesOf(await assertSound(t, world)), before)
    }
  })
}

test('redis: consents.withdraw() returns the consent that it left without scopes, although a grant replaces it, in every order', async (t) => {
  const returned = new Map<World, Consent | undefined>()
  const ends = new Set<boolean>()
  await inEveryOrder(
    async () => {
      const world = await createWorld('a consent')
      const { keyPrefix } = world
      const withdraw: Operation = async (step) => {
        const { consents } = createRedisStorage({ client: stepping(step), keyPrefix })
        returned.set(world, await consents.withdraw(granted(CONSENT_ID), NOW))
      }
      const replace: Operation = async (step) => {
        const { consents } = createRedisStorage({ client: stepping(step), keyPrefix })
        await grantAnew(consents, granted(SECOND))
      }
      return { world, operations: [withdraw, replace] }
    },
    async (world) => {
      const found = await assertSound(t, world)
      const isReplaced = found?.consentId === SECOND
      ends.add(isReplaced)
      t.is(returned.get(world)?.consentId, CONSENT_ID)
      t.deepEqual(scopesOf(returned.get(world)), isReplaced ? [] : scopesOfGrants(SECOND))
    },
  )
  t.is(ends.size, 2)
})

for (const beginning of beginnings) {
  test(`redis: consents.grant() that is under way, and cancelGrants() with delete() of what is found, in every order, where there was ${beginning}: nothing stays`, async (t) => {
    const orders = await inEveryOrder(
      async () => {
        const world = await createWorld(beginning)
        const operations = [
          decides((consents) => consents.grant(granted(FIRST))),
          decides(async (consents) => {
            await consents.cancelGrants('user-1', NOW)
            const found = await consents.find('user-1', 'client-1')
            if (found !== undefined) await consents.delete('user-1', 'client-1', found.consentId)
          }),
        ]
        return { world, operations: operations.map((operation) => operation(world)) }
      },
      async ({ storage: { consents } }) => {
        t.is(await consents.find('user-1', 'client-1'), undefined)
        t.deepEqual(await consents.list('user-1'), [])
        t.is(await consents.grant(granted(FIRST)), 'cancelled')
      },
    )
    t.true(orders >= 4, `${orders} orders`)
  })
}

test('redis: consents.grant(), withdraw() of its request and delete() in every order leave nothing of it', async (t) => {
  const orders = await inEveryOrder(
    async () => {
      const world = await createWorld('a consent')
      const operations = [
        decides((consents) => consents.grant(granted(FIRST))),
        decides((consents) => consents.withdraw(granted(FIRST), NOW)),
        decides(
          (consents) => consents.delete('user-1', 'client-1'),
          () => true,
        ),
      ]
      return { world, operations: operations.map((operation) => operation(world)) }
    },
    async (world) => {
      const found = await assertSound(t, world)
      t.deepEqual(scopesOf(found), [])
    },
  )
  t.true(orders >= 20, `${orders} orders`)
})

for (const beginning of beginnings) {
  test(`redis: consents.grant() whose deadline passes before any of its commands, where there was ${beginning}`, async (t) => {
    const before = beginning === 'a consent' ? scopesOfGrants(CONSENT_ID) : []
    const outcomes: Array<GrantOutcome> = []
    for (let inTime = 0; outcomes.at(-1) !== 'granted'; inTime += 1) {
      const world = await createWorld(beginning)
      outcomes.push(await grantsLate(world, inTime))
      const found = await assertSound(t, world)
      const added = outcomes.at(-1) === 'late' ? [] : scopesOfGrants(FIRST)
      t.deepEqual([...scopesOf(found)].sort(), [...before, ...added].sort())
    }
    t.true(outcomes.length >= 3)
  })
}

test('redis: consents.grant() whose deadline passes before any of its commands, and another one in every order: that of the other stays', async (t) => {
  for (const inTime of [0, 1]) {
    const orders = await inEveryOrder(
      async () => {
        const world = await createWorld('nothing')
        const late: Operation = async (step) => void (await grantsLate(world, inTime, step))
        return { world, operations: [late, grants(SECOND)(world)] }
      },
      async (world) => {
        const scopes = scopesOf(await assertSound(t, world))
        t.true(scopes.includes(`${SECOND}:read`))
      },
    )
    t.true(orders >= 3, `${orders} orders`)
  }
})

/** Grants; the deadline has passed when so many scripts that check it have run. */
async function grantsLate(
  { keyPrefix }: World,
  inTime: number,
  step: Step = async () => undefined,
): Promise<GrantOutcome> {
  let checked = 0
  const own = new Proxy(client, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      return async (...parameters: Parameters) => {
        if (!isForKey(parameters, LIST)) await step(keysAmong(parameters))
        const position = parameters.indexOf(ANYTIME)
        const isLate = position >= 0 && checked++ >= inTime
        const sent = isLate ? parameters.with(position, 1) : parameters
        return await Reflect.apply(member, target, sent)
      }
    },
  })
  return await createRedisStorage({ client: own, keyPrefix }).consents.grant(granted(FIRST))
}

const sameScopes = (left: ReadonlyArray<string>, right: ReadonlyArray<string>): boolean =>
  [...left].sort().join() === [...right].sort().join()

/** Runs an operation once for each of its commands, killed before it, after what prepares for it. */
async function killEverywhere(
  beginning: Beginning,
  operate: (storage: Storage) => Promise<unknown>,
  prepare: (storage: Storage) => Promise<unknown> = async () => undefined,
): Promise<ReadonlyArray<{ readonly world: World }>> {
  const kills: Array<{ readonly world: World }> = []
  for (;;) {
    const world = await createWorld(beginning)
    const { keyPrefix } = world
    await prepare(world.storage)
    const own = createRedisStorage({ client: crashAfter(client, kills.length), keyPrefix })
    const isRevoked = await operate(own).then(
      () => false,
      () => true,
    )
    if (!isRevoked) return kills
    kills.push({ world })
  }
}

/** Deleting what is there leaves nothing but families that are dead, once the lists were read. */
async function assertDeletes(t: ExecutionContext, world: World): Promise<void> {
  const { consents, clients } = world.storage
  t.true(await consents.delete('user-1', 'client-1'))
  await clients.delete('client-1')
  await passMinute(client, world.keyPrefix)
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
    t.is(await families.create(familyOf(FIRST), NOW, ANYTIME), 'created')
    await passMinute(client, world.keyPrefix)
    t.is((await assertSound(t, world))?.consentId, FIRST)
  }
  t.is(seen, 1)
})

const listOf = (keyPrefix: string, tenantId: string): string =>
  `${keyPrefix}{tenant:${sha256(tenantId)}}:consents`

/** What it does with the lists of clients is like what it does with those of tenants. */
const isStepOfMove = (parameters: Parameters): boolean => !isForKey(parameters, CLIENT_LIST)
const CLIENT_LIST = /\{client:[^}]+\}:consents$/

const grantsIn =
  (tenantId: string, consentId: string, isStep = isStepOfMove) =>
  ({ keyPrefix }: World): Operation =>
  async (step) => {
    const own = createRedisStorage({ client: stepping(step, isStep), keyPrefix })
    await grantAnew(own.consents, aGrant({ consentId, tenantId, scopes: [`${consentId}:read`] }))
  }

const lists =
  (owner: ConsentOwner) =>
  ({ keyPrefix }: World): Operation =>
  async (step) => {
    const own = createRedisStorage({ client: stepping(step, isStepOfMove), keyPrefix })
    await own.consents.listBatch(owner, 10)
  }

/**
 * The consent is listed in its tenant, now and later, and nowhere else; the families of the one before
 * live only if it does.
 */
async function assertListed(
  t: ExecutionContext,
  { keyPrefix, storage }: World,
): Promise<Consent | undefined> {
  for (const isLater of [false, true]) {
    if (isLater) await passMinute(client, keyPrefix)
    const found = await storage.consents.find('user-1', 'client-1')
    for (const owner of [{ tenantId: 'tenant:1' }, { tenantId: 'tenant:2' }]) {
      const expected = owner.tenantId === found?.tenantId ? [found] : []
      t.deepEqual(await storage.consents.listBatch(owner, 10), expected)
      const isClean = (await client.zcard(listOf(keyPrefix, owner.tenantId))) === expected.length
      t.true(isClean || !isLater, 'it must be clean')
    }
    const family = await storage.families.find(familyOf(CONSENT_ID).familyId, 'client-1', NOW)
    t.is(family === undefined, found?.consentId !== CONSENT_ID)
  }
  return await storage.consents.find('user-1', 'client-1')
}

async function createWorldWithClient(): Promise<World> {
  const world = await createWorld('a consent')
  await world.storage.clients.insert(fullClient())
  return world
}

test('redis: consents.grant() in another tenant and listBatch() there, in every order', async (t) => {
  const orders = await inEveryOrder(
    async () => {
      const world = await createWorldWithClient()
      const operations = [
        grantsIn('tenant:2', FIRST)(world),
        lists({ tenantId: 'tenant:2' })(world),
      ]
      return { world, operations }
    },
    async (world) => {
      const found = await assertListed(t, world)
      t.is(found?.consentId, FIRST)
      t.deepEqual(scopesOf(found), scopesOfGrants(FIRST))
    },
  )
  t.true(orders >= 25, `${orders} orders`)
})

test('redis: consents.grant() in two tenants at once, in every order: one wins, and gets no scopes of the other', async (t) => {
  const ends = new Set<string>()
  // What decides: who is entered in the index, and what becomes of the record that is entered.
  const isStep = (parameters: Parameters): boolean =>
    isForKey(parameters, /\{user:.+:consents$/) ||
    (isForKey(parameters, /^scope:/) && !parameters.includes('createdAt'))
  const orders = await inEveryOrder(
    async () => {
      const world = await createWorldWithClient()
      const operations = [
        grantsIn('tenant:2', FIRST, isStep)(world),
        grantsIn('tenant:1', SECOND, isStep)(world),
      ]
      return { world, operations }
    },
    async (world) => {
      const found = await assertListed(t, world)
      ends.add(found === undefined ? 'nobody' : `${found.tenantId}: ${scopesOf(found).join()}`)
    },
  )
  const winners = [`tenant:1: ${SECOND}:read`, `tenant:2: ${FIRST}:read`]
  t.deepEqual([...ends].sort(), winners)
  t.true(orders >= 80, `${orders} orders`)
})

test('redis: a consent whose grant() in another tenant was killed is as before or gone', async (t) => {
  const ends: Array<string | undefined> = []
  for (let commands = 0; ; commands++) {
    const world = await createWorldWithClient()
    const { keyPrefix } = world
    const own = createRedisStorage({ client: crashAfter(client, commands), keyPrefix })
    const isRevoked = await grantAnew(
      own.consents,
      aGrant({ consentId: FIRST, tenantId: 'tenant:2' }),
    ).then(
      () => false,
      () => true,
    )
    ends.push((await assertListed(t, world))?.consentId)
    if (!isRevoked) break
  }
  t.deepEqual([...new Set(ends)], [CONSENT_ID, undefined, FIRST])
})

test('redis: a client whose insert() was killed is listed or goes within a minute', async (t) => {
  const kills = await killEverywhere('nothing', (own) => own.clients.insert(SHORT_NAMED))
  t.is(kills.length, 11)
  for (const { world } of kills) {
    const { clients } = world.storage
    await passMinute(client, world.keyPrefix)
    t.is(await clients.find('client-1'), undefined)
    t.deepEqual(await countListed(clients), [0, 0, 0, 0, 0, 0, 0])
    t.deepEqual(await listKeptKeys(world.keyPrefix), [], 'the lists must clean their indexes')
    t.true(await clients.insert(SHORT_NAMED))
    t.deepEqual(await countListed(clients), [1, 1, 1, 1, 1, 1, 1])
  }
})

/** A client that is in few sets of names. */
const SHORT_NAMED = fullClient({ name: 'Io' })

/** Without the sets of names: what they have of a client that is gone has no effect, and only a search finds it. */
async function listKeptKeys(keyPrefix: string): Promise<ReadonlyArray<string>> {
  const keys = await listKeys(client, keyPrefix)
  return keys.filter((key) => !key.startsWith(`${keyPrefix}clients:name:`))
}

/** How many clients there are on each list that `client-1` is on. */
async function countListed(clients: ClientStore): Promise<ReadonlyArray<number>> {
  const { audience, tenantId = '', clientType } = SHORT_NAMED
  const filters = [{}, { audience }, { tenantId }].flatMap((owner) => [
    owner,
    { ...owner, clientType },
  ])
  const requests = [{ nameContains: 'io' }, ...filters]
  const pages = await Promise.all(requests.map((filter) => clients.list({ limit: 10, ...filter })))
  return pages.map(({ items }) => items.length)
}

test('redis: a client whose delete() was killed is there as before or gone, and never half', async (t) => {
  for (let commands = 0; commands < 10; commands++) {
    const { keyPrefix, storage } = await createWorld('nothing')
    const { clients } = storage
    await clients.insert(SHORT_NAMED)
    const own = createRedisStorage({ client: crashAfter(client, commands), keyPrefix })
    await t.throwsAsync(() => own.clients.delete('client-1'))
    const isThere = commands === 0
    t.is((await clients.find('client-1')) !== undefined, isThere)
    t.deepEqual(await countListed(clients), Array(7).fill(isThere ? 1 : 0))
    if (!isThere) t.deepEqual(await listKeptKeys(keyPrefix), [], 'nothing must stay')
  }
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
  const orders = await inEveryOrder(
    async () => {
      const world = await createWorld('nothing')
      const { keyPrefix } = world
      const operation =
        (operate: (storage: Storage) => Promise<unknown>): Operation =>
        async (step) => {
          const own = stepping(step)
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
