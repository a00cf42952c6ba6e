import { inspect } from 'node:util'
import { createMemoryStorage, type MemoryStorageOptions } from '@teamcast/oauth-server/memory'
import test, { type ExecutionContext } from 'ava'
import { ConfigurationError, type Issue, StorageError } from '../../lib/errors.ts'
import { WITHDRAWAL_SECONDS } from '../../lib/storage/consent-store.ts'
import { findFamily } from '../../lib/storage/contract/read-records.ts'
import {
  ANYTIME,
  aFamilyRevocation,
  aGrant,
  fullClient,
} from '../../lib/storage/contract/sample-records.ts'
import type { Storage } from '../../lib/storage/storage.ts'
import type { TokenFamily } from '../../lib/storage/token-family-store.ts'
import { testStorageContract } from './test-storage-contract.ts'

const NOW = 1_800_000_000

const family = (familyId: string, changes: Partial<TokenFamily> = {}): TokenFamily => ({
  familyId,
  consentId: 'consent-1',
  clientId: 'client-1',
  userId: 'user-1',
  tenantId: 'tenant-1',
  scopes: ['interview:read'],
  resources: ['https://api.test'],
  createdAt: NOW,
  refreshToken: { hash: 'token-0', issuedAt: NOW, expiresAt: NOW + 60 },
  accessTokensExpireAt: NOW + 20,
  expiresAt: NOW + 60,
  ...changes,
})

/** A storage in which families of `client-1` can live. */
async function createConnectedStorage(options: MemoryStorageOptions): Promise<Storage> {
  const storage = createMemoryStorage(options)
  await storage.clients.insert(fullClient())
  await storage.consents.grant(aGrant({ consentId: 'consent-1' }))
  return storage
}

async function refuses(
  t: ExecutionContext,
  write: () => Promise<unknown>,
  kind: string,
): Promise<void> {
  await t.throwsAsync(write, {
    instanceOf: StorageError,
    code: 'ERR_STORAGE',
    message: `memory: no room for more than 2 ${kind} ("maxRecords")`,
  })
}

testStorageContract('memory', async () => createMemoryStorage())

for (const kind of ['PendingRequest', 'Session'] as const) {
  test(`memory: a ${kind} more than maxRecords drops the one saved longest ago`, async (t) => {
    const { artifacts } = createMemoryStorage({ maxRecords: 2 })
    await artifacts.save(kind, 'first', {}, NOW + 60)
    await artifacts.save(kind, 'second', {}, NOW + 60)
    await artifacts.save(kind, 'first', { again: true }, NOW + 60)
    await artifacts.save(kind, 'third', {}, NOW + 60)
    t.deepEqual(await artifacts.find(kind, 'first', NOW), { again: true })
    t.is(await artifacts.find(kind, 'second', NOW), undefined)
    t.deepEqual(await artifacts.find(kind, 'third', NOW), {})
  })

  test(`memory: a ${kind} that has expired is removed before a live one is dropped`, async (t) => {
    const { artifacts } = createMemoryStorage({ maxRecords: 2 })
    await artifacts.save(kind, 'oldest', {}, NOW + 60)
    await artifacts.save(kind, 'expired', {}, NOW + 1)
    await artifacts.find(kind, 'expired', NOW + 1)
    await artifacts.save(kind, 'newest', {}, NOW + 60)
    t.deepEqual(await artifacts.find(kind, 'oldest', NOW + 1), {})
    t.deepEqual(await artifacts.find(kind, 'newest', NOW + 1), {})
  })
}

test('memory: an authorization code more than maxRecords is refused until one expires', async (t) => {
  const { artifacts } = createMemoryStorage({ maxRecords: 2 })
  const save = (key: string): Promise<void> =>
    artifacts.save('AuthorizationCode', key, {}, NOW + 60)
  await save('first')
  await save('second')
  await save('second')
  await refuses(t, () => save('third'), 'AuthorizationCode artifacts')
  t.deepEqual(await artifacts.find('AuthorizationCode', 'first', NOW), {})
  t.is(await artifacts.find('AuthorizationCode', 'first', NOW + 60), undefined)
  await artifacts.save('AuthorizationCode', 'third', {}, NOW + 120)
  t.deepEqual(await artifacts.find('AuthorizationCode', 'third', NOW + 60), {})
})

test('memory: a token family more than maxRecords is refused until one expires', async (t) => {
  const { families } = await createConnectedStorage({ maxRecords: 2 })
  await families.create(family('first'), NOW, ANYTIME)
  await families.create(family('second'), NOW, ANYTIME)
  await refuses(t, () => families.create(family('third'), NOW, ANYTIME), 'token families')
  t.deepEqual(await findFamily(families, 'first', NOW), family('first'))
  t.is(await findFamily(families, 'third', NOW), undefined)
  t.is(
    await families.create(family('third', { expiresAt: NOW + 120 }), NOW + 60, ANYTIME),
    'created',
  )
})

test('memory: token families rotate and are revoked when there is no room for another', async (t) => {
  const { families } = await createConnectedStorage({ maxRecords: 2 })
  await families.create(family('first'), NOW, ANYTIME)
  await families.create(family('second'), NOW, ANYTIME)
  const rotation = {
    presentedTokenHash: 'token-0',
    requestHash: 'request',
    refreshToken: { hash: 'token-1', issuedAt: NOW, expiresAt: NOW + 60 },
    replay: undefined,
    accessTokensExpireAt: NOW + 25,
    expiresAt: NOW + 60,
    deadlineMilliseconds: Number.MAX_SAFE_INTEGER,
  }
  t.deepEqual(await families.rotate('first', rotation, NOW), { outcome: 'rotated' })
  t.not(await families.revoke('first', aFamilyRevocation(NOW + 30), NOW), undefined)
  await refuses(t, () => families.create(family('third'), NOW + 29, ANYTIME), 'token families')
  t.is(await families.create(family('third'), NOW + 30, ANYTIME), 'created')
})

test('memory: a revocation more than maxRecords is refused until one expires', async (t) => {
  const { revocations } = createMemoryStorage({ maxRecords: 2 })
  const add = (id: string, expiresAt: number): Promise<void> =>
    revocations.add({ kind: 'family', id, expiresAt })
  await add('first', NOW + 60)
  await add('second', NOW + 120)
  await add('second', NOW + 120)
  await refuses(t, () => add('third', NOW + 60), 'revocations')
  t.true(await revocations.has('family', 'first', NOW))
  t.false(await revocations.has('family', 'third', NOW))
  t.false(await revocations.has('family', 'first', NOW + 60))
  await add('third', NOW + 120)
  t.true(await revocations.has('family', 'second', NOW + 60))
})

test('memory: a withdrawal more than maxRecords is refused until one expires, but has removed the scopes', async (t) => {
  const { consents } = createMemoryStorage({ maxRecords: 2 })
  const { userId, clientId, requestKey } = aGrant()
  await consents.grant(aGrant({ grantedAt: NOW }))
  await consents.withdraw({ userId, clientId, requestKey: 'first' }, NOW)
  await consents.withdraw({ userId, clientId, requestKey: 'second' }, NOW)
  const withdraw = (at: number): Promise<unknown> =>
    consents.withdraw({ userId, clientId, requestKey }, at)
  await refuses(t, () => withdraw(NOW), 'withdrawn grants')
  t.deepEqual((await consents.find(userId, clientId))?.scopes, [])
  const later = NOW + WITHDRAWAL_SECONDS
  await consents.grant(aGrant({ requestKey: 'another', grantedAt: later }))
  await withdraw(later)
  t.is(await consents.grant(aGrant({ grantedAt: later })), 'withdrawn')
})

test('memory: a cursor of a process that has ended begins anew in the next', async (t) => {
  const [ended, next] = [createMemoryStorage(), createMemoryStorage()]
  await ended.revocations.add({ kind: 'family', id: 'first', expiresAt: NOW + 60 })
  const { nextCursor: cursor } = await ended.revocations.list({ limit: 10 }, NOW)
  await next.revocations.add({ kind: 'family', id: 'second', expiresAt: NOW + 60 })
  const { items } = await next.revocations.list({ limit: 10, cursor }, NOW)
  t.deepEqual(
    items.map(({ id }) => id),
    ['second'],
  )
})

test('memory: maxRecords counts each kind of record on its own', async (t) => {
  const { artifacts, families, revocations } = await createConnectedStorage({ maxRecords: 1 })
  await artifacts.save('AuthorizationCode', 'key', {}, NOW + 60)
  await artifacts.save('PendingRequest', 'key', {}, NOW + 60)
  await artifacts.save('Session', 'key', {}, NOW + 60)
  await families.create(family('key'), NOW, ANYTIME)
  await revocations.add({ kind: 'family', id: 'key', expiresAt: NOW + 60 })
  t.deepEqual(await artifacts.find('AuthorizationCode', 'key', NOW), {})
  t.deepEqual(await artifacts.find('PendingRequest', 'key', NOW), {})
  t.deepEqual(await artifacts.find('Session', 'key', NOW), {})
})

test('memory: an expired record is removed when another of its kind is written', async (t) => {
  const { artifacts } = createMemoryStorage()
  await artifacts.save('Session', 'expired', {}, NOW + 1)
  t.is(await artifacts.find('Session', 'expired', NOW + 1), undefined)
  t.deepEqual(await artifacts.find('Session', 'expired', NOW), {}, 'it must still be there')
  await artifacts.find('Session', 'any', NOW + 1)
  await artifacts.save('Session', 'another', {}, NOW + 60)
  t.is(await artifacts.find('Session', 'expired', NOW), undefined, 'it must be removed')
})

// Some writes are not told the time; what any call of any store was told counts for all.
const callsThatTellTheTime: Readonly<Record<string, (storage: Storage) => Promise<unknown>>> = {
  'families.find()': ({ families }) => families.find('any', 'any', NOW + 1),
  'families.revoke()': ({ families }) =>
    families.revoke('any', aFamilyRevocation(NOW + 60), NOW + 1),
  'revocations.has()': ({ revocations }) => revocations.has('family', 'any', NOW + 1),
  'revocations.list()': ({ revocations }) => revocations.list({ limit: 1 }, NOW + 1),
}
for (const [call, tellTheTime] of Object.entries(callsThatTellTheTime)) {
  test(`memory: a record that nobody asks for again is removed after ${call} is told the time`, async (t) => {
    const storage = createMemoryStorage()
    await storage.artifacts.save('PendingRequest', 'abandoned', {}, NOW + 1)
    await tellTheTime(storage)
    await storage.artifacts.save('PendingRequest', 'another', {}, NOW + 60)
    t.is(await storage.artifacts.find('PendingRequest', 'abandoned', NOW), undefined)
  })
}

test('memory: storages share nothing', async (t) => {
  const [one, other] = [createMemoryStorage(), createMemoryStorage()]
  await one.revocations.add({ kind: 'family', id: 'family-1', expiresAt: NOW + 60 })
  t.false(await other.revocations.has('family', 'family-1', NOW))
})

const invalidOptions: ReadonlyArray<readonly [unknown, Issue]> = [
  ...[0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '5', null].map(
    (maxRecords) =>
      [{ maxRecords }, { path: 'maxRecords', message: 'must be a positive integer' }] as const,
  ),
  [{ maxRecord: 5 }, { path: 'maxRecord', message: 'is not an option; check its spelling' }],
]
for (const [options, issue] of invalidOptions) {
  test(`memory: createMemoryStorage() rejects ${inspect(options)}`, (t) => {
    const error = t.throws(() => createMemoryStorage(options as MemoryStorageOptions), {
      instanceOf: ConfigurationError,
      code: 'ERR_CONFIGURATION_INVALID',
    })
    t.deepEqual(error?.issues, [issue])
  })
}
