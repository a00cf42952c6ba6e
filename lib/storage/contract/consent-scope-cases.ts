import assert from 'node:assert/strict'
import { assertConsent, concurrently } from './assertions.ts'
import {
  ANYTIME,
  aConsent,
  aFamily,
  aGrant,
  aRotation,
  NOW,
  openConnected,
} from './sample-records.ts'
import type { StorageContractCase } from './storage-contract-case.ts'

/** Which scopes a consent has after grants and removals, and since when. */
export const consentScopeCases: ReadonlyArray<StorageContractCase> = [
  {
    name: 'consents.grant() adds scopes, each once, and keeps the rest',
    async run(openStorage) {
      const { consents } = await openStorage()
      await consents.grant(aGrant({ scopes: ['a:read', 'b:read'] }))
      const again = { grantedAt: NOW + 5 }
      await consents.grant(aGrant({ scopes: ['b:read', 'c:read', 'c:read'], ...again }))
      assertConsent(await consents.find('user-1', 'client-1'), {
        ...aConsent(again),
        createdAt: NOW,
        scopes: [
          { scope: 'a:read', grantedAt: NOW },
          { scope: 'b:read', grantedAt: NOW },
          { scope: 'c:read', grantedAt: NOW + 5 },
        ],
      })
      assert.equal((await consents.list('user-1')).length, 1)
    },
  },
  {
    name: 'consents.grant() loses none of the scopes of 50 concurrent callers',
    async run(openStorage) {
      const { consents } = await openStorage()
      const scopeOf = (caller: number): string => `scope-${caller}:read`
      await concurrently((caller) =>
        consents.grant(aGrant({ scopes: [scopeOf(caller), 'shared:read'] })),
      )
      const scopes = [...(await concurrently(async (caller) => scopeOf(caller))), 'shared:read']
      assertConsent(await consents.find('user-1', 'client-1'), aConsent({ scopes }))
    },
  },
  {
    name: 'consents.removeScopes() removes scopes, and keeps the others and the families',
    async run(openStorage) {
      const { consents, families } = await openConnected(openStorage)
      const scopes = ['a:read', 'b:read', '__proto__', "'c':read"]
      await consents.grant(aGrant({ scopes }))
      await families.create(aFamily(), NOW, ANYTIME)

      const before = await consents.find('user-1', 'client-1')
      assert(before !== undefined)
      const removed = ['b:read', 'x:read', '__proto__']
      assert.equal(await consents.removeScopes(before, removed), true)
      assert.equal(await consents.removeScopes(before, []), true)

      const after = await consents.find('user-1', 'client-1')
      const kept = before.scopes.filter(({ scope }) => !removed.includes(scope))
      assert.deepEqual(new Set(after?.scopes), new Set(kept))
      assert.deepEqual({ ...after, scopes: [] }, { ...before, scopes: [] })
      assert(await families.find(aFamily().familyId, 'client-1', NOW))
      const all = before.scopes.map(({ scope }) => scope)
      assert.equal(await consents.removeScopes(before, all), true)
      assert.deepEqual((await consents.find('user-1', 'client-1'))?.scopes, [])
    },
  },
  {
    name: 'families.find() says which of its scopes the consent still has, and keeps those that it had',
    async run(openStorage) {
      const { consents, families } = await openConnected(openStorage)
      const { consentId, userId, clientId, scopes: consented } = aGrant()
      const scopes = [...consented, '__proto__', "'c':read", 'never:granted']
      const granted = scopes.slice(0, -1)
      await consents.grant(aGrant({ scopes: [...granted, 'another:read'] }))
      const { familyId } = aFamily()
      await families.create(aFamily({ scopes }), NOW, ANYTIME)
      const assertConsented = async (expected: ReadonlyArray<string>): Promise<void> => {
        const found = await families.find(familyId, clientId, NOW)
        assert.deepEqual(new Set(found?.consentedScopes), new Set(expected))
        assert.equal(found?.consentedScopes.length, expected.length)
        assert.deepEqual(found?.scopes, scopes)
      }
      const remove = (...removed: ReadonlyArray<string>): Promise<boolean> =>
        consents.removeScopes({ consentId, userId, clientId }, removed)

      await assertConsented(granted)
      const [first = '', ...others] = granted
      await remove(first, '__proto__')
      await assertConsented(others.filter((scope) => scope !== '__proto__'))
      await families.rotate(familyId, aRotation(0, 1), NOW)
      await assertConsented(others.filter((scope) => scope !== '__proto__'))
      await remove(...granted)
      await assertConsented([])
      await consents.grant(aGrant({ scopes: [first] }))
      await assertConsented([first])
    },
  },
  {
    name: 'consents.removeScopes() changes no other consent, and none that was deleted',
    async run(openStorage) {
      const { consents } = await openStorage()
      await consents.grant(aGrant())
      const former = await consents.find('user-1', 'client-1')
      assert(former !== undefined)
      const scopes = former.scopes.map(({ scope }) => scope)
      await consents.delete('user-1', 'client-1')
      assert.equal(await consents.removeScopes(former, scopes), false)
      assert.equal(await consents.find('user-1', 'client-1'), undefined)
      await consents.grant(aGrant({ consentId: 'b'.repeat(22) }))
      assert.equal(await consents.removeScopes(former, scopes), false)
      const other = { ...former, userId: 'user-2' }
      assert.equal(await consents.removeScopes(other, scopes), false)
      assert.equal((await consents.find('user-1', 'client-1'))?.scopes.length, scopes.length)
    },
  },
  {
    name: 'consents.removeScopes() loses to none of 50 concurrent grants',
    async run(openStorage) {
      const { consents } = await openStorage()
      await consents.grant(aGrant({ scopes: ['removed:read'] }))
      const consent = await consents.find('user-1', 'client-1')
      assert(consent !== undefined)
      await concurrently(async (caller) => {
        await consents.grant(aGrant({ scopes: [`scope-${caller}:read`] }))
        await consents.removeScopes(consent, ['removed:read'])
      })
      const left = (await consents.find('user-1', 'client-1'))?.scopes ?? []
      assert.equal(left.length, 50)
      assert(!left.some(({ scope }) => scope === 'removed:read'))
    },
  },
  {
    name: 'consents.find() returns the scopes in the order in which they were first granted',
    async run(openStorage) {
      const { consents } = await openStorage()
      const batches = [
        ['z:read', 'a:read'],
        ['m:read', 'z:read'],
        ['a:read'],
        ['__proto__', 'b:read'],
      ]
      for (const [index, scopes] of batches.entries()) {
        await consents.grant(aGrant({ scopes, grantedAt: NOW + index }))
      }
      const scopes = [
        { scope: 'a:read', grantedAt: NOW },
        { scope: 'z:read', grantedAt: NOW },
        { scope: 'm:read', grantedAt: NOW + 1 },
        { scope: '__proto__', grantedAt: NOW + 3 },
        { scope: 'b:read', grantedAt: NOW + 3 },
      ]
      const expected = { ...aConsent({ grantedAt: NOW + 3 }), createdAt: NOW, scopes }
      assertConsent(await consents.find('user-1', 'client-1'), expected)
      assertConsent((await consents.list('user-1'))[0], expected)
    },
  },
  {
    name: 'consents.grant() by 50 concurrent callers keeps one createdAt and one grantedAt of each scope',
    async run(openStorage) {
      const { consents } = await openStorage()
      await concurrently((caller) =>
        consents.grant(aGrant({ scopes: ['a:read', 'b:read'], grantedAt: NOW + caller })),
      )
      const consent = await consents.find('user-1', 'client-1')
      const first = { createdAt: consent?.createdAt, scopes: consent?.scopes }
      await consents.grant(aGrant({ scopes: ['b:read', 'a:read'], grantedAt: NOW + 99 }))
      const { createdAt, scopes } = (await consents.find('user-1', 'client-1')) ?? {}
      assert.deepEqual({ createdAt, scopes }, first)
      assert.equal(scopes?.length, 2)
    },
  },
  {
    name: 'consents.grant() in another tenant creates a new consent, without the scopes and history of the one before',
    async run(openStorage) {
      const { consents, families } = await openConnected(openStorage)
      await families.create(aFamily(), NOW + 1, ANYTIME)
      const elsewhere = { tenantId: 'tenant:2', scopes: ['b:read'], grantedAt: NOW + 9 }
      await consents.grant(aGrant(elsewhere))
      assertConsent(await consents.find('user-1', 'client-1'), aConsent(elsewhere))
      assert.equal((await consents.list('user-1')).length, 1)
      const back = { consentId: 'a-later-consent-of-the', scopes: ['c:read'], grantedAt: NOW + 12 }
      await consents.grant(aGrant(back))
      assertConsent(await consents.find('user-1', 'client-1'), aConsent(back))
    },
  },
  {
    name: 'consents.grant() by 50 concurrent callers in two tenants mixes no scopes of the two',
    async run(openStorage) {
      const { consents } = await openStorage()
      await concurrently((caller) => {
        const tenantId = `tenant:${caller % 2}`
        const consentId = `consent-of-caller-${100 + caller}-`
        return consents.grant(aGrant({ tenantId, consentId, scopes: [`${tenantId}:${caller}`] }))
      })
      // Or none: two that are in each other's way may both be deleted.
      const found = await consents.find('user-1', 'client-1')
      for (const { scope } of found?.scopes ?? []) {
        assert.ok(scope.startsWith(`${found?.tenantId}:`), `${scope} in ${found?.tenantId}`)
      }
      const listed = [
        ...(await consents.listBatch({ tenantId: 'tenant:0' }, 10)),
        ...(await consents.listBatch({ tenantId: 'tenant:1' }, 10)),
      ]
      assert.deepEqual(listed, found === undefined ? [] : [found])
    },
  },
  {
    name: 'consents.grant() after delete() starts without scopes and history',
    async run(openStorage) {
      const { consents } = await openStorage()
      await consents.grant(aGrant({ scopes: ['a:read'] }))
      await consents.delete('user-1', 'client-1')
      const later = { scopes: ['a:read', 'b:read'], grantedAt: NOW + 9 }
      await consents.grant(aGrant(later))
      assertConsent(await consents.find('user-1', 'client-1'), aConsent(later))
    },
  },
]
