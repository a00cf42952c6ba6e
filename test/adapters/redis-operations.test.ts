import { ConfigurationError, type Storage, StorageError } from '@teamcast/oauth-server'
import { createRedisStorage } from '@teamcast/oauth-server/redis'
import test from 'ava'
import { Redis } from 'ioredis'
import { findFamily } from '../../lib/testing/storage-contract/find-family.ts'
import {
  aConsent,
  aFamily,
  aRetry,
  aRotation,
  CONSENT_ID,
  familyIdOf,
  fullClient,
  NOW,
} from '../../lib/testing/storage-contract/sample-records.ts'
import { sha256 } from '../../lib/util/sha256.ts'
import { startRedis } from '../helpers/start-redis.ts'

const redis = await startRedis()
const client = new Redis(redis.socket)
test.after.always(async () => {
  client.disconnect()
  await redis.stop()
})

const { familyId } = aFamily()

/** A storage with a client, a consent and a family. */
async function openBusy(keyPrefix: string): Promise<Storage> {
  const storage = createRedisStorage({ client, keyPrefix })
  await storage.clients.insert(fullClient())
  await storage.consents.grant(aConsent())
  await storage.families.create(aFamily(), NOW)
  return storage
}

test('redis: everything but clients, consents and keys expires by itself, and nothing is outside the prefix', async (t) => {
  const prefix = 'expiry:'
  const storage = await openBusy(prefix)
  await storage.families.rotate(familyId, aRotation(0, 1, { retry: aRetry(0, 'sealed') }), NOW)
  const revoked = familyIdOf('revoked')
  await storage.families.create(aFamily({ familyId: revoked }), NOW)
  await storage.families.revoke(revoked, NOW + 60, NOW)
  const reused = familyIdOf('reused')
  await storage.families.create(aFamily({ familyId: reused }), NOW)
  await storage.families.rotate(reused, aRotation(7, 8), NOW)
  for (const kind of ['AuthorizationCode', 'PendingRequest', 'Session'] as const) {
    await storage.artifacts.save(kind, 'key', {}, NOW + 60)
  }
  await storage.revokedAccessTokens.add('jti', NOW + 60)
  await storage.backends[0]?.ping()

  const lasting: Array<string> = []
  for (const key of await client.keys(`${prefix}*`)) {
    const expiresAt = await client.expiretime(key)
    if (expiresAt === -1) lasting.push(key.slice(prefix.length))
  }
  t.deepEqual(lasting.sort(), [
    'client:client-1',
    'clients',
    `consents:${sha256('user-1')}`,
    `{${CONSENT_ID}}:consent`,
  ])
  const foreign = (await client.keys('*')).filter((key) => !/^[a-z]+:/.test(key))
  t.deepEqual(foreign, [])
})

test('redis: a family is one key of at most 6 kB after 1 000 rotations (decision 4)', async (t) => {
  const { families } = await openBusy('growth:')
  for (let index = 0; index < 1000; index += 1) {
    const retry = aRetry(index, 'x'.repeat(1800))
    const { outcome } = await families.rotate(familyId, aRotation(index, index + 1, { retry }), NOW)
    if (outcome !== 'rotated') t.fail(outcome)
  }
  const keys = await client.keys('growth:*:family:*')
  t.is(keys.length, 1)
  const bytes = Number(await client.call('MEMORY', ['USAGE', keys[0] ?? '']))
  t.true(bytes < 6000, `${bytes} bytes`)
  t.deepEqual(await families.rotate(familyId, aRotation(3, 1001), NOW), { outcome: 'reused' })
})

test('redis: scripts that the server forgot are sent again', async (t) => {
  const { families } = await openBusy('scripts:')
  await client.script('FLUSH')
  t.not(await findFamily(families, familyId, NOW), undefined)
  await client.script('FLUSH')
  t.deepEqual(await families.rotate(familyId, aRotation(0, 1), NOW), { outcome: 'rotated' })
})

test('redis: a consent whose grant was cut off reads as none, and is given anew', async (t) => {
  const { consents, families } = createRedisStorage({ client, keyPrefix: 'crashes:' })
  await consents.grant(aConsent())
  const [record] = await client.keys('crashes:{*}:consent')
  await client.del(record ?? '') // it had not been made to last
  t.is(await consents.find('user-1', 'client-1'), undefined)
  t.deepEqual(await consents.list('user-1'), [])
  t.false(await consents.delete('user-1', 'client-1'))

  const again = aConsent({ consentId: 'a-second-consent-of-22', scopes: ['again:read'] })
  await consents.grant(again)
  t.deepEqual(await consents.find('user-1', 'client-1'), again)
  const family = aFamily({
    consentId: again.consentId,
    familyId: familyIdOf('again', again.consentId),
  })
  t.is(await families.create(family, NOW), 'created')
})

test('redis: a consent that was withdrawn while it was extended stays withdrawn', async (t) => {
  const { consents, families } = await openBusy('withdrawn:')
  const grants = Array.from({ length: 30 }, (_, index) =>
    consents.grant(aConsent({ consentId: `consent-of-a-grant-${100 + index}` })),
  )
  await Promise.all([consents.delete('user-1', 'client-1'), ...grants])
  t.is(await findFamily(families, familyId, NOW), undefined)
  const consent = await consents.find('user-1', 'client-1')
  t.not(consent, undefined)
  t.is((await client.keys('withdrawn:{*}:consent')).length, 1)
})

test('redis: a client whose registration was cut off is passed over in the list', async (t) => {
  const { clients } = createRedisStorage({ client, keyPrefix: 'places:' })
  await clients.insert(fullClient({ clientId: 'client-1' }))
  await clients.insert(fullClient({ clientId: 'client-2' }))
  await client.del('places:client:client-1')
  const { items, nextCursor } = await clients.list({ limit: 10 })
  t.deepEqual(
    items.map(({ clientId }) => clientId),
    ['client-2'],
  )
  t.is(nextCursor, undefined)
  t.true(await clients.insert(fullClient({ clientId: 'client-1' })))
  t.is((await clients.list({ limit: 10 })).items.length, 2)
})

test('redis: a server that is gone is a StorageError without what was sent', async (t) => {
  const other = await startRedis()
  const connection = new Redis(other.socket, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    lazyConnect: true,
  })
  connection.on('error', () => undefined)
  await connection.connect()
  const { artifacts, backends } = createRedisStorage({ client: connection })
  await backends[0]?.ping()
  await other.stop()
  const error = await t.throwsAsync(() => artifacts.find('Session', 'the-key', NOW), {
    instanceOf: StorageError,
    code: 'ERR_STORAGE',
    message: 'redis: GET failed',
  })
  t.true(error.cause instanceof Error)
  t.false(String(error.cause).includes('the-key'))
  await t.throwsAsync(async () => backends[0]?.ping(), { instanceOf: StorageError })
  connection.disconnect()
})

test('redis: wrong options are reported at once', (t) => {
  const wrong: ReadonlyArray<[options: unknown, message: string]> = [
    [undefined, '"client" must be a Redis or Cluster of ioredis'],
    [
      { client: {}, keyPrefix: '{a}', prefix: '' },
      '"prefix" is not an option; check its spelling; "client" must be a Redis or Cluster of ioredis; "keyPrefix" must be a text of at most 64 characters without braces and spaces',
    ],
  ]
  for (const [options, message] of wrong) {
    t.throws(() => createRedisStorage(options as never), {
      instanceOf: ConfigurationError,
      message,
    })
  }
})
