import assert from 'node:assert/strict'
import type { Storage } from '../storage.ts'
import type { TokenFamily } from '../token-family-store.ts'
import { assertRecord, concurrently } from './assertions.ts'
import { findFamily } from './read-records.ts'
import { NOT_FOUND } from './rotation-outcomes.ts'
import {
  ANYTIME,
  aFamily,
  aFamilyRevocation,
  aGrant,
  aRotation,
  CONSENT_ID,
  familyIdOf,
  fullClient,
  grantAnew,
  NOW,
  openConnected,
} from './sample-records.ts'
import type { StorageContractCase } from './storage-contract-case.ts'

const { familyId } = aFamily()
const LATER_CONSENT_ID = 'a-later-consent-of-the'

/** The family with this number, under a consent. */
const numbered = (index: number, consentId: string = CONSENT_ID): TokenFamily =>
  aFamily({ consentId, familyId: familyIdOf(`family ${index}`, consentId) })

async function assertRevoked({ families }: Storage, id: string): Promise<void> {
  assert.equal(await findFamily(families, id, NOW), undefined)
  assert.deepEqual(await families.rotate(id, aRotation(0, 1), NOW), NOT_FOUND)
  assert.equal(await families.revoke(id, aFamilyRevocation(NOW + 60), NOW), undefined)
}

/** What families live by: their consent and their client. */
export const connectionCases: ReadonlyArray<StorageContractCase> = [
  {
    name: 'families.create() returns consent-not-found for a consent that never existed',
    async run(openStorage) {
      const { families } = await openStorage()
      assert.equal(await families.create(aFamily(), NOW, ANYTIME), 'consent-not-found')
      assert.equal(await findFamily(families, familyId, NOW), undefined)
    },
  },
  {
    name: 'consents.delete() revokes every family under the consent and no other',
    async run(openStorage) {
      const storage = await openConnected(openStorage)
      const { consents, families } = storage
      const other = 'consent-of-someone-els'
      await consents.grant(aGrant({ userId: 'user-2', consentId: other }))
      const doomed = Array.from({ length: 250 }, (_, index) => numbered(index))
      for (const family of doomed) await families.create(family, NOW, ANYTIME)
      const spared = { ...numbered(0, other), userId: 'user-2' }
      await families.create(spared, NOW, ANYTIME)

      assert.equal(await consents.delete('user-1', 'client-1'), true)
      for (const family of doomed) await assertRevoked(storage, family.familyId)
      assertRecord(await findFamily(families, spared.familyId, NOW), spared)
    },
  },
  {
    name: 'consents.grant() after delete() makes no family valid again',
    async run(openStorage) {
      const storage = await openConnected(openStorage)
      const { consents, families } = storage
      await families.create(aFamily(), NOW, ANYTIME)
      await consents.delete('user-1', 'client-1')
      await consents.grant(aGrant({ consentId: LATER_CONSENT_ID }))
      await assertRevoked(storage, familyId)
      assert.equal(await families.create(numbered(1), NOW, ANYTIME), 'consent-not-found')
      assert.equal(await families.create(numbered(1, LATER_CONSENT_ID), NOW, ANYTIME), 'created')
    },
  },
  {
    name: 'consents.grant() of more scopes keeps the consent, its id and its families',
    async run(openStorage) {
      const { consents, families } = await openConnected(openStorage)
      await families.create(aFamily(), NOW, ANYTIME)
      await consents.grant(aGrant({ consentId: LATER_CONSENT_ID, scopes: ['more:read'] }))
      assert.equal((await consents.find('user-1', 'client-1'))?.consentId, CONSENT_ID)
      assertRecord(await findFamily(families, familyId, NOW), aFamily())
      assert.equal(await families.create(numbered(2), NOW, ANYTIME), 'created')
    },
  },
  {
    name: 'consents.grant() in another tenant, after delete(), brings no family of the previous consent back',
    async run(openStorage) {
      const storage = await openConnected(openStorage)
      const { consents, families } = storage
      await families.create(aFamily(), NOW, ANYTIME)
      const elsewhere = aGrant({ tenantId: 'tenant:2' })
      await grantAnew(consents, elsewhere)
      await assertRevoked(storage, familyId)
      assert.equal(await families.create(numbered(1), NOW, ANYTIME), 'consent-not-found')
      const begun = { ...numbered(1, elsewhere.consentId), tenantId: 'tenant:2' }
      assert.equal(await families.create(begun, NOW, ANYTIME), 'created')
      await grantAnew(consents, aGrant({ consentId: LATER_CONSENT_ID }))
      await assertRevoked(storage, familyId)
      await assertRevoked(storage, begun.familyId)
    },
  },
  {
    name: 'consents.grant() by 50 concurrent callers creates one consent, under which families live',
    async run(openStorage) {
      const { clients, consents, families } = await openStorage()
      await clients.insert(fullClient())
      await concurrently((caller) =>
        consents.grant(aGrant({ consentId: `consent-of-caller-${100 + caller}-` })),
      )
      const consentId = (await consents.find('user-1', 'client-1'))?.consentId ?? ''
      assert.equal(await families.create(numbered(1, consentId), NOW, ANYTIME), 'created')
      const winners = await concurrently(async (caller) => {
        const otherId = `consent-of-caller-${100 + caller}-`
        if (otherId === consentId) return 'created'
        return await families.create(numbered(1, otherId), NOW, ANYTIME)
      })
      assert.equal(winners.filter((outcome) => outcome === 'created').length, 1)
    },
  },
  {
    name: 'consents.delete() leaves no family alive that is created or rotated concurrently',
    async run(openStorage) {
      const { clients, consents, families } = await openStorage()
      await clients.insert(fullClient())
      const survivors = await concurrently(async (caller) => {
        const consentId = `consent-of-caller-${100 + caller}-`
        const userId = `user-${caller}`
        const rotated = { ...numbered(0, consentId), userId }
        const begun = { ...numbered(1, consentId), userId }
        await consents.grant(aGrant({ consentId, userId }))
        await families.create(rotated, NOW, ANYTIME)
        const [existed] = await Promise.all([
          consents.delete(userId, 'client-1'),
          families.rotate(rotated.familyId, aRotation(0, 1), NOW),
          families.create(begun, NOW, ANYTIME),
        ])
        assert.equal(existed, true)
        return [
          await findFamily(families, rotated.familyId, NOW),
          await findFamily(families, begun.familyId, NOW),
        ]
      })
      assert.ok(survivors.flat().every((survivor) => survivor === undefined))
    },
  },
  {
    name: 'clients.delete() revokes the families of the client',
    async run(openStorage) {
      const { clients, families } = await openConnected(openStorage)
      await families.create(aFamily(), NOW, ANYTIME)
      await clients.delete('client-1')
      assert.equal(await families.find(familyId, 'client-1', NOW), undefined)
    },
  },
  {
    name: 'families.find() finds a family for any client, as long as that client exists',
    async run(openStorage) {
      const { clients, families } = await openConnected(openStorage)
      await families.create(aFamily(), NOW, ANYTIME)
      assert.equal(await families.find(familyId, 'client-2', NOW), undefined)
      await clients.insert(fullClient({ clientId: 'client-2' }))
      assert.equal((await families.find(familyId, 'client-2', NOW))?.clientId, 'client-1')
    },
  },
]
