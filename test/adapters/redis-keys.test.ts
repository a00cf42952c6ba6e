/**
 * What the Redis store leaves in Redis: which keys, for how long, how much, and nothing usable.
 *
 * @module
 */

import { createRedisStorage } from '@teamcast/oauth-server/redis'
import test, { type ExecutionContext } from 'ava'
import type { Redis } from 'ioredis'
import { StorageError } from '../../lib/errors.ts'
import { WITHDRAWAL_SECONDS } from '../../lib/storage/consent-store.ts'
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
} from '../../lib/storage/contract/sample-records.ts'
import type { Storage } from '../../lib/storage/storage.ts'
import { sha256 } from '../../lib/util/sha256.ts'
import { dumpRedis, listKeys } from '../helpers/redis-keys.ts'
import { startRedis, type TestRedis } from '../helpers/start-redis.ts'

let redis: TestRedis
let client: Redis
let storages = 0
test.before(async () => {
  redis = await startRedis()
  client = redis.connect()
})
test.after.always(() => redis.stop())

interface Opened {
  readonly storage: Storage
  readonly keyPrefix: string
}

function open(): Opened {
  const keyPrefix = `storage-${storages++}:`
  return { storage: createRedisStorage({ client, keyPrefix }), keyPrefix }
}

const { familyId } = aFamily()
const KEY = 'an-artifact'

/** One of everything: a family that rotated, one that was revoked, and what is durable. */
async function fill(storage: Storage): Promise<void> {
  const { clients, consents, families, artifacts, revocations, encryptedKeys, pendingEvents } =
    storage
  await clients.insert(fullClient({ name: 'Xy' }))
  await clients.insert(fullClient({ clientId: 'client-2' }))
  await clients.update(fullClient({ name: 'Ab', version: 2 }), 1)
  await clients.delete('client-2')
  await consents.grant(aGrant())
  await consents.grant(aGrant({ consentId: 'another-consent-id-of-', scopes: ['more:read'] }))
  await consents.withdraw({ ...aGrant(), requestKey: 'request-2' }, NOW)
  await families.create(aFamily(), NOW, ANYTIME)
  await families.rotate(familyId, aRotation(0, 1, { replay: aReplay(0, 'encrypted') }), NOW)
  await families.create(aFamily({ familyId: familyIdOf('revoked') }), NOW, ANYTIME)
  await families.revoke(familyIdOf('revoked'), aFamilyRevocation(NOW + 60), NOW)
  const kinds = [
    'AuthorizationCode',
    'PendingRequest',
    'Denial',
    'Redemption',
    'SentResponse',
    'Submission',
    'Session',
    'NotBefore',
  ] as const
  for (const kind of kinds) {
    await artifacts.save(kind, KEY, { kind }, NOW + 600)
  }
  await revocations.add({ kind: 'access-token', id: 'jti-1', expiresAt: NOW + 900 })
  await revocations.add({ kind: 'client', id: 'client-2', expiresAt: NOW + 86_400 })
  await encryptedKeys.insert(anEncryptedKey())
  await pendingEvents.add('{}')
  for (const { ping } of storage.backends) await ping()
}

const TENANT_ID_HASH = sha256('tenant:1')
const LASTING = [
  'client:client-1',
  'clients',
  'clients:CONFIDENTIAL',
  'clients:TENANT',
  'clients:TENANT:CONFIDENTIAL',
  'clients:name:a',
  'clients:name:ab',
  'clients:name:b',
  `clients:tenant:${TENANT_ID_HASH}`,
  `clients:tenant:${TENANT_ID_HASH}:CONFIDENTIAL`,
  'encrypted-keys',
  'pending-events',
  `{${CONSENT_ID}}:consent`,
  '{client:client-1}:consents',
  `{tenant:${TENANT_ID_HASH}}:consents`,
  `{user:${sha256('user-1')}}:consents`,
]
const SHORT_LIVED = [
  'artifact:AuthorizationCode:an-artifact',
  'artifact:Denial:an-artifact',
  'artifact:PendingRequest:an-artifact',
  'artifact:Redemption:an-artifact',
  'artifact:SentResponse:an-artifact',
  'artifact:Submission:an-artifact',
  'artifact:Session:an-artifact',
  'artifact:NotBefore:an-artifact',
  'ping',
  '{revocations}',
  '{revocations}:expiries',
  'revoked:client:client-2',
  'revoked:access-token:jti-1',
  `revoked:family:${familyIdOf('revoked')}`,
  `{${CONSENT_ID}}:family:${familyId}`,
  `{${CONSENT_ID}}:family:${familyIdOf('revoked')}`,
  `{${CONSENT_ID}}:withdrawn:request-2`,
  `{user:${sha256('user-1')}}:withdrawn:client-1:request-2`,
]

test('redis: every key has the prefix and is one of those in the guide', async (t) => {
  const { storage, keyPrefix } = open()
  await fill(storage)
  const keys = await listKeys(client, keyPrefix)
  t.deepEqual(keys, [...LASTING, ...SHORT_LIVED].map((name) => keyPrefix + name).sort())
  const everything = await listKeys(client)
  t.true(everything.every((key) => /^storage-\d+:/.test(key)))
})

test('redis: the keys of durable records stay, all others are removed a minute late', async (t) => {
  const { storage, keyPrefix } = open()
  await fill(storage)
  const removalOf = async (name: string): Promise<number> =>
    await client.expiretime(keyPrefix + name)
  for (const name of LASTING) t.is(await removalOf(name), -1, name)
  const removals = await Promise.all(SHORT_LIVED.map(removalOf))
  const [artifacts, [ping, ...others]] = [removals.slice(0, 8), removals.slice(8)]
  const [feed, expiries, client2, revoked, entry, family, revokedFamily, ...withdrawn] = others
  t.deepEqual(artifacts, Array(8).fill(NOW + 600 + 60))
  t.true((feed ?? -1) > 0)
  t.is(expiries, feed)
  t.is(client2, NOW + 86_400 + 60)
  t.is(revoked, NOW + 900 + 60)
  t.is(entry, NOW + 1200 + 60) // its access tokens, and their tolerance
  t.is(family, NOW + 7200 + 60)
  t.is(revokedFamily, NOW + 60 + 60)
  t.deepEqual(withdrawn, Array(2).fill(NOW + WITHDRAWAL_SECONDS + 60))
  t.true((ping ?? -1) > 0)
})

test('redis: a rotation moves the removal of the family, and its revocation brings it forward', async (t) => {
  const { storage, keyPrefix } = open()
  await fill(storage)
  const key = `${keyPrefix}{${CONSENT_ID}}:family:${familyId}`
  await storage.families.rotate(familyId, aRotation(1, 2, { expiresAt: NOW + 9000 }), NOW)
  t.is(await client.expiretime(key), NOW + 9000 + 60)
  await storage.families.revoke(familyId, aFamilyRevocation(NOW + 5), NOW)
  t.is(await client.expiretime(key), NOW + 5 + 60)
})

test('redis: an artifact that is saved anew is removed by its new expiry', async (t) => {
  const { storage, keyPrefix } = open()
  await storage.artifacts.save('Session', KEY, {}, NOW + 600)
  await storage.artifacts.save('Session', KEY, {}, NOW + 60)
  const key = `${keyPrefix}artifact:Session:${KEY}`
  t.is(await client.expiretime(key), NOW + 60 + 60)
  await storage.artifacts.saveLatest('Session', KEY, {}, NOW + 90)
  await storage.artifacts.saveLatest('Session', KEY, {}, NOW + 80)
  t.is(await client.expiretime(key), NOW + 90 + 60)
})

test('redis: what is deleted leaves no key', async (t) => {
  const { storage, keyPrefix } = open()
  await storage.clients.insert(fullClient())
  await storage.consents.grant(aGrant())
  await storage.clients.delete('client-1')
  await storage.consents.delete('user-1', 'client-1')
  t.deepEqual(await listKeys(client, keyPrefix), [])
})

test('redis: a family is one key of less than 6 kB after 1, 10, 100 and 1000 rotations', async (t) => {
  const { storage, keyPrefix } = open()
  await storage.clients.insert(fullClient())
  await storage.consents.grant(aGrant())
  await storage.families.create(aFamily(), NOW, ANYTIME)
  const encryptedResponse = 'x'.repeat(2500)
  const key = `${keyPrefix}{${CONSENT_ID}}:family:${familyId}`
  const sizes: Array<number> = []
  for (let index = 0; index < 1000; index++) {
    const rotation = aRotation(index, index + 1, { replay: aReplay(index, encryptedResponse) })
    await storage.families.rotate(familyId, rotation, NOW)
    if ([1, 10, 100, 1000].includes(index + 1)) sizes.push(await sizeOf(key))
  }
  const [first = 0, ...others] = sizes
  t.true(first < 6000, `${first} bytes`)
  t.true(
    others.every((size) => Math.abs(size - first) < 100),
    sizes.join(),
  )
  const families = (await listKeys(client, keyPrefix)).filter((name) => name.includes(':family:'))
  t.deepEqual(families, [key])
})

async function sizeOf(key: string): Promise<number> {
  return (await client.memory('USAGE', key, 'SAMPLES', 0)) ?? Number.NaN
}

test('redis: revoking a family or a consent is as many commands after 100 rotations as after 1', async (t) => {
  const commandsOf = async (rotations: number): Promise<ReadonlyArray<number>> => {
    const own = await startRedis()
    t.teardown(own.stop)
    const ownClient = own.connect()
    const storage = createRedisStorage({ client: ownClient })
    await storage.consents.grant(aGrant())
    for (const id of [familyId, familyIdOf('another')]) {
      await storage.families.create(aFamily({ familyId: id }), NOW, ANYTIME)
      for (let index = 0; index < rotations; index++) {
        await storage.families.rotate(id, aRotation(index, index + 1), NOW)
      }
    }
    // Redis counts the commands inside of scripts, too.
    const count = async (): Promise<number> =>
      Number(/total_commands_processed:(\d+)/.exec(await ownClient.info('stats'))?.[1])
    const counts = [await count()]
    await storage.families.revoke(familyId, aFamilyRevocation(NOW + 60), NOW)
    counts.push(await count())
    await storage.consents.delete('user-1', 'client-1')
    counts.push(await count())
    return counts.slice(1).map((after, index) => after - (counts[index] ?? 0))
  }
  t.deepEqual(await commandsOf(100), await commandsOf(1))
})

test('redis: a user id is in no key, and only in the records of its consents', async (t) => {
  const { storage, keyPrefix } = open()
  const userId = 'somebody@example.com {x} *'
  await storage.consents.grant(aGrant({ userId }))
  const keys = await listKeys(client, keyPrefix)
  t.is(keys.length, 4)
  for (const key of keys) t.false(key.includes('somebody'), key)
  t.is((await dumpRedis(client, keyPrefix)).split('somebody').length, 2)
})

const malformed = ['', 'a b', 'a:b', '{a}', 'a\0', 'é', 'x'.repeat(129), 'a\n', '*'.repeat(50_000)]
const reads: Readonly<Record<string, (storage: Storage, id: string) => Promise<unknown>>> = {
  'clients.find()': ({ clients }, id) => clients.find(id),
  'clients.update()': ({ clients }, id) => clients.update(fullClient({ clientId: id }), 1),
  'clients.delete()': ({ clients }, id) => clients.delete(id),
  'consents.find()': ({ consents }, id) => consents.find('user-1', id),
  'consents.delete()': ({ consents }, id) => consents.delete('user-1', id),
  'consents.listBatch()': async ({ consents }, clientId) =>
    (await consents.listBatch({ clientId }, 10)).length,
  'families.find()': ({ families }, id) => families.find(id, 'client-1', NOW),
  'families.find() for a client': ({ families }, id) => families.find(familyId, id, NOW),
  'families.rotate()': async ({ families }, id) =>
    (await families.rotate(id, aRotation(0, 1), NOW)).outcome === 'not-found'
      ? undefined
      : 'rotated',
  'families.revoke()': ({ families }, id) => families.revoke(id, aFamilyRevocation(NOW + 60), NOW),
  'artifacts.find()': ({ artifacts }, id) => artifacts.find('Session', id, NOW),
  'revocations.has()': ({ revocations }, id) => revocations.has('client', id, NOW),
}
for (const [call, read] of Object.entries(reads)) {
  test(`redis: ${call} of a malformed identifier finds nothing and asks nobody`, async (t) => {
    const storage = createRedisStorage({ client: unreachable(t) })
    for (const id of malformed) t.falsy(await read(storage, id))
  })
}

const writes: Readonly<Record<string, (storage: Storage, id: string) => Promise<unknown>>> = {
  'clients.insert()': ({ clients }, id) => clients.insert(fullClient({ clientId: id })),
  'consents.grant()': ({ consents }, id) => consents.grant(aGrant({ clientId: id })),
  'consents.grant() with an id': ({ consents }, id) => consents.grant(aGrant({ consentId: id })),
  'families.create()': ({ families }, id) =>
    families.create(aFamily({ familyId: id }), NOW, ANYTIME),
  'families.create() of another consent': ({ families }, id) =>
    families.create(aFamily({ consentId: id }), NOW, ANYTIME),
  'artifacts.save()': ({ artifacts }, id) => artifacts.save('Session', id, {}, NOW + 60),
  'artifacts.saveLatest()': ({ artifacts }, id) =>
    artifacts.saveLatest('Session', id, {}, NOW + 60),
  'artifacts.insert()': ({ artifacts }, id) => artifacts.insert('Session', id, {}, NOW + 60, NOW),
  'revocations.add()': ({ revocations }, id) =>
    revocations.add({ kind: 'client', id, expiresAt: NOW + 60 }),
}
for (const [call, write] of Object.entries(writes)) {
  test(`redis: ${call} refuses a malformed identifier`, async (t) => {
    const storage = createRedisStorage({ client: unreachable(t) })
    for (const id of malformed) {
      await t.throwsAsync(() => write(storage, id), {
        instanceOf: StorageError,
        message: 'redis: an identifier has a wrong length or character',
      })
    }
  })
}

/** A client whose every command would fail the test. */
function unreachable(t: ExecutionContext): Redis {
  return new Proxy(client, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name)
      return typeof member === 'function' ? () => t.fail('must not be asked') : member
    },
  })
}
