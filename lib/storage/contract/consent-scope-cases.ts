import assert from 'node:assert/strict'
import { assertConsent, concurrently } from './assertions.ts'
import {
  ANYTIME,
  aConsent,
  aFamily,
  aGrant,
  grantAnew,
  NOW,
  openConnected,
} from './sample-records.ts'
import type { StorageContractCase } from './storage-contract-case.ts'

/** Which scopes a consent has after grants, and since when. */
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
    name: 'consents.grant() in another tenant changes nothing until the consent was deleted, and then creates a new one',
    async run(openStorage) {
      const { consents, families } = await openConnected(openStorage)
      await families.create(aFamily(), NOW + 1, ANYTIME)
      const before = await consents.find('user-1', 'client-1')
      const elsewhere = { tenantId: 'tenant:2', scopes: ['b:read'], grantedAt: NOW + 9 }
      assert.equal(await consents.grant(aGrant(elsewhere)), 'obsolete')
      assert.ok(before)
      assertConsent(await consents.find('user-1', 'client-1'), before)
      assert.deepEqual(await consents.listBatch({ tenantId: 'tenant:2' }, 10), [])
      assert.ok(await families.find(aFamily().familyId, 'client-1', NOW))
      await grantAnew(consents, aGrant(elsewhere))
      assertConsent(await consents.find('user-1', 'client-1'), aConsent(elsewhere))
      assert.equal((await consents.list('user-1')).length, 1)
      const back = { consentId: 'a-later-consent-of-the', scopes: ['c:read'], grantedAt: NOW + 12 }
      await grantAnew(consents, aGrant(back))
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
