import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import type { ExecutionContext } from 'ava'
import {
  ANYTIME,
  aFamily,
  aFamilyRevocation,
  aGrant,
  anEncryptedKey,
  aRotation,
  familyIdOf,
  fullClient,
  NOW,
  OWNER,
} from '../../lib/storage/contract/sample-records.ts'
import type { Storage } from '../../lib/storage/storage.ts'

/** Every method of the stores of a storage, for example `clients.find`. */
export const STORAGE_METHODS: ReadonlyArray<string> = Object.entries(createMemoryStorage()).flatMap(
  ([store, methods]) =>
    store === 'backends' ? [] : Object.keys(methods).map((method) => `${store}.${method}`),
)

/** A storage that notes which of its methods are called. */
function noting(storage: Storage, called: Set<string>): Storage {
  const { backends, ...stores } = storage
  const noted = Object.entries(stores).map(([store, methods]) => [
    store,
    new Proxy(methods, {
      get(target: object, method) {
        called.add(`${store}.${String(method)}`)
        return Reflect.get(target, method)
      },
    }),
  ])
  return { ...Object.fromEntries(noted), backends }
}

/** Calls everything that a storage has, beginning with an empty one. */
export async function useEverything(t: ExecutionContext, storage: Storage): Promise<void> {
  const called = new Set<string>()
  const {
    clients,
    consents,
    families,
    artifacts,
    revocations,
    encryptedKeys,
    pendingEvents,
    backends,
  } = noting(storage, called)
  const { familyId } = aFamily()
  t.true(await clients.insert(fullClient()))
  t.true(await clients.update(fullClient({ version: 2 }), 1))
  t.is((await clients.find('client-1'))?.version, 2)
  t.true(await clients.has('client-1'))
  t.is((await clients.list({ limit: 10 })).items.length, 1)
  await consents.grant(aGrant())
  t.not(await consents.find('user-1', 'client-1'), undefined)
  t.not((await consents.findTimed('user-1', 'client-1')).consent, undefined)
  t.is((await consents.list('user-1')).length, 1)
  t.is((await consents.listBatch({ clientId: 'client-1' }, 10)).length, 1)
  await consents.grant(aGrant({ requestKey: 'request-2', scopes: ['more:read'] }))
  await consents.cancelGrants('user-1', NOW)
  t.is(await consents.grant(aGrant()), 'cancelled')
  const left = await consents.withdraw({ ...aGrant(), requestKey: 'request-2' }, NOW)
  t.is(left?.scopes.length, aGrant().scopes.length)
  t.is(await families.create(aFamily(), NOW, ANYTIME), 'created')
  t.is(await families.create(aFamily(), NOW, ANYTIME), 'taken')
  t.not(await families.find(familyId, 'client-1', NOW), undefined)
  t.deepEqual(await families.rotate(familyId, aRotation(0, 1), NOW), { outcome: 'rotated' })
  t.deepEqual(await families.rotate(familyId, aRotation(0, 1), NOW), { outcome: 'reused' })
  t.is(await families.create(aFamily({ familyId: familyIdOf('other') }), NOW, ANYTIME), 'created')
  t.deepEqual(await families.revoke(familyIdOf('other'), aFamilyRevocation(NOW + 60), NOW), OWNER)
  await artifacts.save('Session', 'key', { some: 'data' }, NOW + 60)
  t.deepEqual(await artifacts.find('Session', 'key', NOW), { some: 'data' })
  const names = [{ kind: 'Session', key: 'key' }] as const
  t.deepEqual(await artifacts.findAll(names, NOW), [{ some: 'data' }])
  t.deepEqual((await artifacts.findTimed('Session', 'key', NOW))?.data, { some: 'data' })
  await artifacts.saveLatest('Session', 'key', { some: 'late data' }, NOW + 50)
  t.false(await artifacts.insert('Session', 'key', { other: 'data' }, NOW + 60, NOW))
  await revocations.add({ kind: 'family', id: 'not-found', expiresAt: NOW + 60 })
  t.true(await revocations.has('family', 'not-found', NOW))
  t.is((await revocations.list({ limit: 10 }, NOW)).items.length, 2)
  t.true(await encryptedKeys.insert(anEncryptedKey()))
  t.is((await encryptedKeys.list()).length, 1)
  t.true(await encryptedKeys.update(anEncryptedKey({ version: 2 }), 1))
  t.true(await encryptedKeys.delete('signing', 1))
  await pendingEvents.add('{}')
  t.deepEqual(await pendingEvents.take(1), ['{}'])
  for (const backend of backends) await backend.ping()
  t.true(await consents.delete('user-1', 'client-1'))
  t.true(await clients.delete('client-1'))
  t.deepEqual(
    STORAGE_METHODS.filter((method) => !called.has(method)),
    [],
  )
}
