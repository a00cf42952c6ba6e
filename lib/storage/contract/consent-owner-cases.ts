import assert from 'node:assert/strict'
import type { Consent, ConsentOwner, ConsentStore } from '../consent-store.ts'
import { assertConsent, CALLERS, concurrently, ruin } from './assertions.ts'
import { AWKWARD_KEYS, AWKWARD_USER_IDS } from './awkward-identifiers.ts'
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

const TENANT: ConsentOwner = { tenantId: 'tenant:1' }
const CLIENT: ConsentOwner = { clientId: 'client-1' }
const NOBODY: ReadonlyArray<ConsentOwner> = [
  { tenantId: 'tenant:2' },
  { tenantId: 'client-1' },
  { tenantId: '*' },
  { tenantId: '__proto__' },
  { clientId: 'client-2' },
  { clientId: 'tenant' },
  { clientId: '__proto__' },
]

/** Deletes what is listed until nothing is. @returns How many were deleted. */
async function deleteAll(consents: ConsentStore, of: ConsentOwner, limit: number): Promise<number> {
  let deleted = 0
  for (let rounds = 0; ; rounds++) {
    const listed = await consents.listBatch(of, limit)
    assert.ok(listed.length <= limit, 'it must list no more than the limit')
    if (listed.length === 0) return deleted
    assert.ok(rounds < 1000, 'there must be an end')
    for (const { userId, clientId } of listed) {
      if (await consents.delete(userId, clientId)) deleted += 1
    }
  }
}

const userIdsOf = (consents: ReadonlyArray<Consent>): ReadonlyArray<string> =>
  consents.map(({ userId }) => userId).sort()

/** Consents of everybody in a tenant, or to a client. */
export const consentOwnerCases: ReadonlyArray<StorageContractCase> = [
  {
    name: 'consents.listBatch() lists those of a tenant or to a client, whole, and no others',
    async run(openStorage) {
      const storage = await openConnected(openStorage)
      const { consents, families } = storage
      await families.create(aFamily(), NOW, ANYTIME)
      await consents.grant(aGrant({ scopes: ['more:read'], grantedAt: NOW + 5 }))
      await consents.grant(aGrant({ userId: 'user-2', clientId: 'client-3', tenantId: 'tenant:3' }))
      const expected = await consents.find('user-1', 'client-1')
      assert.ok(expected !== undefined)
      for (const owner of [TENANT, CLIENT]) {
        const [only, ...more] = await consents.listBatch(owner, 10)
        assertConsent(only, expected)
        assert.deepEqual(more, [])
      }
      for (const owner of NOBODY) assert.deepEqual(await consents.listBatch(owner, 10), [])
    },
  },
  {
    name: 'consents.listBatch() omits a deleted consent, and lists it again once it is granted',
    async run(openStorage) {
      const { consents } = await openStorage()
      await consents.grant(aGrant())
      await consents.delete('user-1', 'client-1')
      for (const owner of [TENANT, CLIENT])
        assert.deepEqual(await consents.listBatch(owner, 10), [])
      const later = aGrant({ consentId: 'a-later-consent-of-the' })
      await consents.grant(later)
      for (const owner of [TENANT, CLIENT]) {
        const listed = await consents.listBatch(owner, 10)
        assert.equal(listed.length, 1)
        assertConsent(listed[0], aConsent(later))
      }
    },
  },
  {
    name: 'consents.listBatch() follows a user to another tenant, and back',
    async run(openStorage) {
      const { consents } = await openStorage()
      const other: ConsentOwner = { tenantId: 'tenant:2' }
      for (const tenantId of ['tenant:1', 'tenant:2', 'tenant:2', 'tenant:1', 'tenant:2']) {
        await grantAnew(consents, aGrant({ tenantId }))
        const hasMoved = tenantId === 'tenant:2'
        assert.deepEqual(await consents.listBatch(hasMoved ? TENANT : other, 10), [])
        assert.deepEqual(userIdsOf(await consents.listBatch(hasMoved ? other : TENANT, 10)), [
          'user-1',
        ])
        assert.deepEqual(userIdsOf(await consents.listBatch(CLIENT, 10)), ['user-1'])
      }
      await consents.delete('user-1', 'client-1')
      for (const owner of [TENANT, other, CLIENT]) {
        assert.deepEqual(await consents.listBatch(owner, 10), [])
      }
    },
  },
  {
    name: 'consents.listBatch() is not empty while any consent is left, although others moved away',
    async run(openStorage) {
      const { consents } = await openStorage()
      const users = [...Array(40).keys()].map((index) => `user-${index}`)
      for (const userId of users) await consents.grant(aGrant({ userId }))
      const movers = users.slice(0, 39)
      for (const userId of movers) {
        await grantAnew(consents, aGrant({ userId, tenantId: 'tenant:2' }))
      }
      assert.deepEqual(userIdsOf(await consents.listBatch(TENANT, 1)), ['user-39'])
      assert.equal((await consents.listBatch({ tenantId: 'tenant:2' }, 100)).length, 39)
    },
  },
  {
    name: 'consents.listBatch() lists at most its limit; repeating and deleting lists all',
    async run(openStorage) {
      const { consents } = await openStorage()
      for (let index = 0; index < 150; index++) {
        await consents.grant(aGrant({ userId: `user-${index}` }))
        await consents.grant(aGrant({ userId: `user-${index}`, clientId: 'client-2' }))
      }
      assert.equal((await consents.listBatch(CLIENT, 50)).length, 50)
      assert.equal((await consents.listBatch(TENANT, 1000)).length, 300)
      assert.equal(await deleteAll(consents, CLIENT, 50), 150)
      assert.equal((await consents.listBatch(TENANT, 1000)).length, 150)
      assert.equal(await deleteAll(consents, TENANT, 1), 150)
      assert.deepEqual(await consents.listBatch({ clientId: 'client-2' }, 1), [])
    },
  },
  {
    name: 'consents.listBatch() misses no consent of 50 concurrent callers, and two may delete at once',
    async run(openStorage) {
      const { consents } = await openStorage()
      await concurrently((caller) => consents.grant(aGrant({ userId: `user-${caller}` })))
      assert.equal((await consents.listBatch(TENANT, 1000)).length, CALLERS)
      const [left, right] = await Promise.all([
        deleteAll(consents, TENANT, 7),
        deleteAll(consents, CLIENT, 9),
      ])
      assert.equal(left + right, CALLERS)
    },
  },
  {
    name: 'consents.listBatch() lists nothing that 50 concurrent callers have granted and deleted',
    async run(openStorage) {
      const { consents } = await openStorage()
      await concurrently(async (caller) => {
        const tenantId = `tenant:${caller % 2}`
        const consentId = `consent-of-caller-${100 + caller}-`
        await grantAnew(consents, aGrant({ tenantId, consentId }))
        if (caller % 3 === 0) await consents.delete('user-1', 'client-1')
      })
      const found = await consents.find('user-1', 'client-1')
      const listed = await Promise.all([
        consents.listBatch({ tenantId: 'tenant:0' }, 10),
        consents.listBatch({ tenantId: 'tenant:1' }, 10),
      ])
      const expected = found === undefined ? [] : [found.consentId]
      assert.deepEqual(
        listed.flat().map(({ consentId }) => consentId),
        expected,
      )
      const toClient = await consents.listBatch(CLIENT, 10)
      assert.deepEqual(
        toClient.map(({ consentId }) => consentId),
        expected,
      )
    },
  },
  {
    name: 'consents.listBatch() tells tenants and clients apart by every character of their ids',
    async run(openStorage) {
      const { consents } = await openStorage()
      for (const [index, tenantId] of AWKWARD_USER_IDS.entries()) {
        await consents.grant(aGrant({ tenantId, userId: `user-${index}`, clientId: 'tenants' }))
      }
      for (const clientId of AWKWARD_KEYS) await consents.grant(aGrant({ clientId }))
      for (const [index, tenantId] of AWKWARD_USER_IDS.entries()) {
        const listed = await consents.listBatch({ tenantId }, 10)
        assert.deepEqual(userIdsOf(listed), [`user-${index}`])
      }
      for (const clientId of AWKWARD_KEYS) {
        const listed = await consents.listBatch({ clientId }, 10)
        assert.deepEqual(
          listed.map((consent) => consent.clientId),
          [clientId],
        )
      }
    },
  },
  {
    name: 'consents.listBatch() returns copies: changing one changes nothing',
    async run(openStorage) {
      const { consents } = await openStorage()
      await consents.grant(aGrant())
      ruin(await consents.listBatch(TENANT, 1))
      assertConsent((await consents.listBatch(TENANT, 1))[0], aConsent())
    },
  },
]
