import assert from 'node:assert/strict'
import type { TokenFamily } from '../token-family-store.ts'
import { assertOneWinner, assertRecord, CALLERS, concurrently, ruin } from './assertions.ts'
import { AWKWARD_KEYS } from './awkward-identifiers.ts'
import { findFamily } from './read-records.ts'
import {
  ANYTIME,
  aFamily,
  aFamilyRevocation,
  aReplay,
  aRotation,
  CONSENT_ID,
  familyIdOf,
  familyWithoutRefreshToken,
  NOW,
  OWNER,
  openConnected,
  refreshToken,
} from './sample-records.ts'
import type { StorageContractCase } from './storage-contract-case.ts'

const { familyId, accessTokensExpireAt, expiresAt } = aFamily()
const another = (changes: Partial<TokenFamily> = {}): TokenFamily =>
  aFamily({ scopes: ['another:read'], refreshToken: refreshToken(9), ...changes })

/** Token families: how they begin and end. */
export const familyCases: ReadonlyArray<StorageContractCase> = [
  {
    name: 'families.find() returns what create() was given',
    async run(openStorage) {
      const { families } = await openConnected(openStorage)
      const family = aFamily({ replay: aReplay(0, '"encrypted" 封\\') })
      assert.equal(await families.create(family, NOW, ANYTIME), 'created')
      assertRecord(await findFamily(families, familyId, NOW), family)
    },
  },
  {
    name: 'families.find() returns a family without refresh token, without one',
    async run(openStorage) {
      const { families } = await openConnected(openStorage)
      await families.create(familyWithoutRefreshToken(), NOW, ANYTIME)
      const found = await findFamily(families, familyId, NOW)
      assertRecord(found, familyWithoutRefreshToken())
      assert.equal(found?.refreshToken, undefined)
      assert.equal(found?.replay, undefined)
    },
  },
  {
    name: 'families.find() returns undefined for a family that does not exist',
    async run(openStorage) {
      const { families } = await openConnected(openStorage)
      await families.create(aFamily(), NOW, ANYTIME)
      for (const key of AWKWARD_KEYS) {
        assert.equal(await findFamily(families, CONSENT_ID + key.slice(0, 64), NOW), undefined)
        assert.equal(await findFamily(families, key, NOW), undefined)
      }
    },
  },
  {
    name: 'families.find() returns a family until the second before expiresAt',
    async run(openStorage) {
      const { families } = await openConnected(openStorage)
      await families.create(aFamily(), NOW, ANYTIME)
      assertRecord(await findFamily(families, familyId, expiresAt - 1), aFamily())
      assert.equal(await findFamily(families, familyId, expiresAt), undefined)
    },
  },
  {
    name: 'families.create() returns created to exactly one of 50 concurrent callers',
    async run(openStorage) {
      const { families } = await openConnected(openStorage)
      const familyOf = (caller: number): TokenFamily => another({ tenantId: `tenant-${caller}` })
      const results = await concurrently((caller) =>
        families.create(familyOf(caller), NOW, ANYTIME),
      )
      assertRecord(
        await findFamily(families, familyId, NOW),
        familyOf(assertOneWinner(results.map((result) => result === 'created'))),
      )
    },
  },
  {
    name: 'families.create() returns taken while the family lives and changes nothing',
    async run(openStorage) {
      const { families } = await openConnected(openStorage)
      await families.create(aFamily(), NOW, ANYTIME)
      assert.equal(await families.create(another(), NOW, ANYTIME), 'taken')
      assert.equal(await families.create(another(), expiresAt - 1, ANYTIME), 'taken')
      assertRecord(await findFamily(families, familyId, NOW), aFamily())
    },
  },
  {
    name: 'families.create() returns created to exactly one of 50 callers once a family has expired',
    async run(openStorage) {
      const { families } = await openConnected(openStorage)
      await families.create(aFamily(), NOW, ANYTIME)
      const later = another({ expiresAt: expiresAt + 60 })
      const results = await concurrently(() => families.create(later, expiresAt, ANYTIME))
      assertOneWinner(results.map((result) => result === 'created'))
      assertRecord(await findFamily(families, familyId, expiresAt), later)
    },
  },
  {
    name: 'families.create() returns taken while a revoked family is remembered',
    async run(openStorage) {
      const { families } = await openConnected(openStorage)
      await families.create(aFamily(), NOW, ANYTIME)
      await families.revoke(familyId, aFamilyRevocation(NOW + 60), NOW)
      const results = await concurrently(() => families.create(another(), NOW + 59, ANYTIME))
      assert.ok(results.every((result) => result === 'taken'))
      assert.equal(await findFamily(families, familyId, NOW + 59), undefined)
      assert.equal(await families.create(another(), NOW + 60, ANYTIME), 'created')
      assertRecord(await findFamily(families, familyId, NOW + 60), another())
    },
  },
  {
    name: 'families.create() tells families apart by every character of their ids',
    async run(openStorage) {
      const { families } = await openConnected(openStorage)
      const familyOf = (key: string): TokenFamily => aFamily({ familyId: key, tenantId: key })
      const ids = AWKWARD_KEYS.filter(({ length }) => length <= 64).map((key) => CONSENT_ID + key)
      for (const id of ids)
        assert.equal(await families.create(familyOf(id), NOW, ANYTIME), 'created')
      for (const key of ids) {
        assertRecord(await findFamily(families, key, NOW), familyOf(key))
        assert.equal((await families.rotate(key, aRotation(0, 1), NOW)).outcome, 'rotated')
        assert.deepEqual(await families.revoke(key, aFamilyRevocation(NOW + 60), NOW), {
          ...OWNER,
          tenantId: key,
        })
        assert.equal(await findFamily(families, key, NOW), undefined)
      }
    },
  },
  {
    name: 'families are copies: changing one that was saved or found changes nothing',
    async run(openStorage) {
      const { families } = await openConnected(openStorage)
      const created = aFamily()
      await families.create(created, NOW, ANYTIME)
      ruin(created)
      ruin(await findFamily(families, familyId, NOW))
      assertRecord(await findFamily(families, familyId, NOW), aFamily())

      const replay = aReplay(0, 'encrypted')
      const rotation = aRotation(0, 1, { refreshToken: refreshToken(1), replay })
      await families.rotate(familyId, rotation, NOW)
      ruin(rotation)
      ruin(await findFamily(families, familyId, NOW))
      assertRecord(
        await findFamily(families, familyId, NOW),
        aFamily({ refreshToken: refreshToken(1), replay: aReplay(0, 'encrypted') }),
      )
    },
  },
  {
    name: 'families.revoke() revokes the family it names and no other, and is idempotent',
    async run(openStorage) {
      const { families } = await openConnected(openStorage)
      const other = another({ familyId: familyIdOf('other') })
      await families.create(aFamily(), NOW, ANYTIME)
      await families.create(other, NOW, ANYTIME)
      assert.deepEqual(await families.revoke(familyId, aFamilyRevocation(NOW + 60), NOW), OWNER)
      assert.equal(await families.revoke(familyId, aFamilyRevocation(NOW + 60), NOW), undefined)
      assert.equal(await findFamily(families, familyId, NOW), undefined)
      assertRecord(await findFamily(families, other.familyId, NOW), other)
    },
  },
  {
    name: 'families.revoke() returns the owner to exactly one of 50 concurrent callers',
    async run(openStorage) {
      const { families } = await openConnected(openStorage)
      await families.create(aFamily(), NOW, ANYTIME)
      const results = await concurrently(() =>
        families.revoke(familyId, aFamilyRevocation(NOW + 60), NOW),
      )
      assertOneWinner(results.map((result) => result !== undefined))
      assert.equal(results.filter((result) => result === undefined).length, CALLERS - 1)
      assert.equal(await findFamily(families, familyId, NOW), undefined)
    },
  },
  {
    name: 'families.revoke() of a family that never existed or has expired changes nothing',
    async run(openStorage) {
      const { families } = await openConnected(openStorage)
      assert.equal(await families.revoke(familyId, aFamilyRevocation(NOW + 60), NOW), undefined)
      assert.equal(await families.create(aFamily(), NOW, ANYTIME), 'created')
      assert.equal(
        await families.revoke(familyId, aFamilyRevocation(expiresAt + 60), expiresAt),
        undefined,
      )
      assert.equal(
        await families.create(another({ expiresAt: expiresAt + 60 }), expiresAt, ANYTIME),
        'created',
      )
    },
  },
  {
    name: 'families.revoke() of a revoked family does not change how long it is remembered',
    async run(openStorage) {
      const { families } = await openConnected(openStorage)
      await families.create(aFamily(), NOW, ANYTIME)
      await families.revoke(familyId, aFamilyRevocation(NOW + 60), NOW)
      assert.equal(await families.revoke(familyId, aFamilyRevocation(NOW + 900), NOW), undefined)
      assert.equal(await families.revoke(familyId, aFamilyRevocation(NOW + 1), NOW), undefined)
      assert.equal(await families.create(another(), NOW + 59, ANYTIME), 'taken')
      assert.equal(await families.create(another(), NOW + 60, ANYTIME), 'created')
    },
  },
  {
    name: 'families.revoke() adds the family to the revocations until its access tokens have expired and the tolerance has passed',
    async run(openStorage) {
      const { families, revocations } = await openConnected(openStorage)
      await families.create(aFamily(), NOW, ANYTIME)
      const change = { accessTokensExpireAt: accessTokensExpireAt + 7 }
      await families.rotate(familyId, aRotation(0, 1, change), NOW)
      await families.revoke(familyId, aFamilyRevocation(NOW + 60), NOW)
      const entry = { kind: 'family', id: familyId, expiresAt: accessTokensExpireAt + 307 }
      const { items } = await revocations.list({ limit: 10 }, NOW)
      assert.deepEqual(items, [entry])
      assert.equal(await revocations.has('family', familyId, entry.expiresAt - 1), true)
      assert.equal(await revocations.has('family', familyId, entry.expiresAt), false)
    },
  },
  {
    name: 'families.revoke() of a family that is another client’s, never existed, has expired or was revoked adds nothing to the revocations',
    async run(openStorage) {
      const { families, revocations } = await openConnected(openStorage)
      const others = { ...aFamilyRevocation(NOW + 60), clientId: 'client-2' }
      assert.equal(await families.revoke(familyId, aFamilyRevocation(NOW + 60), NOW), undefined)
      await families.create(aFamily(), NOW, ANYTIME)
      assert.equal(await families.revoke(familyId, others, NOW), undefined)
      assertRecord(await findFamily(families, familyId, NOW), aFamily())
      const tooLate = aFamilyRevocation(expiresAt + 60)
      assert.equal(await families.revoke(familyId, tooLate, expiresAt), undefined)
      assert.deepEqual((await revocations.list({ limit: 10 }, NOW)).items, [])

      await families.create(another({ familyId: familyIdOf('other') }), NOW, ANYTIME)
      await families.revoke(familyIdOf('other'), aFamilyRevocation(NOW + 60), NOW)
      const longer = { ...aFamilyRevocation(NOW + 60), toleranceSeconds: 900 }
      assert.equal(await families.revoke(familyIdOf('other'), longer, NOW), undefined)
      const { items } = await revocations.list({ limit: 10 }, NOW)
      assert.deepEqual(
        items.map((entry) => entry.expiresAt),
        [accessTokensExpireAt + 300],
      )
    },
  },
  {
    name: 'families.revoke() is for good: a family that is no longer remembered stays revoked',
    async run(openStorage) {
      const { families } = await openConnected(openStorage)
      await families.create(aFamily(), NOW, ANYTIME)
      await families.revoke(familyId, aFamilyRevocation(NOW + 60), NOW)
      assert.equal(await findFamily(families, familyId, NOW + 60), undefined)
      const rotation = await families.rotate(familyId, aRotation(0, 1), NOW + 60)
      assert.deepEqual(rotation, { outcome: 'not-found' })
      assert.equal(await findFamily(families, familyId, expiresAt - 1), undefined)
    },
  },
  {
    name: 'families.create() does nothing once its deadline has passed by the clock of findTimed()',
    async run(openStorage) {
      const { artifacts, consents, families } = await openConnected(openStorage)
      await artifacts.save('AuthorizationCode', 'code', {}, NOW + 60)
      const found = await artifacts.findTimed('AuthorizationCode', 'code', NOW)
      const foundAt = found?.foundAtMilliseconds ?? Number.NaN
      assert.equal(await families.create(aFamily(), NOW, foundAt - 1), 'late')
      assert.equal(await findFamily(families, familyId, NOW), undefined)
      assert.equal((await consents.find('user-1', 'client-1'))?.lastUsedAt, undefined)
      assert.equal(await families.create(aFamily(), NOW, foundAt + 60_000), 'created')
      assert.equal(await families.create(another(), NOW, foundAt - 1), 'late')
      assertRecord(await findFamily(families, familyId, NOW), aFamily())
    },
  },
]
