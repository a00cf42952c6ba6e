import assert from 'node:assert/strict'
import { assertRecord, CALLERS, concurrently } from './assertions.ts'
import { findFamily } from './read-records.ts'
import { countOutcomes, NOT_FOUND, REUSED, ROTATED } from './rotation-outcomes.ts'
import {
  ANYTIME,
  aFamily,
  aFamilyRevocation,
  aReplay,
  aRotation,
  familyIdOf,
  familyWithoutRefreshToken,
  NOW,
  OWNER,
  openConnected,
  refreshToken,
} from './sample-records.ts'
import type { StorageContractCase } from './storage-contract-case.ts'

const { familyId, accessTokensExpireAt, expiresAt } = aFamily()

/** Rotation of refresh tokens, and reuse of used ones. */
export const rotationCases: ReadonlyArray<StorageContractCase> = [
  {
    name: 'families.rotate() replaces the token, the replay and the expiries, and nothing else',
    async run(openStorage) {
      const { families } = await openConnected(openStorage)
      await families.create(aFamily(), NOW, ANYTIME)
      const change = {
        replay: aReplay(0, '"encrypted" 封\\'),
        accessTokensExpireAt: NOW + 901,
        expiresAt: expiresAt + 100,
      }
      assert.deepEqual(await families.rotate(familyId, aRotation(0, 1, change), NOW), ROTATED)
      const expected = aFamily({ refreshToken: refreshToken(1), ...change })
      assertRecord(await findFamily(families, familyId, NOW), expected)
      assertRecord(await findFamily(families, familyId, expiresAt + 99), expected)
      assert.deepEqual(
        await families.revoke(familyId, aFamilyRevocation(expiresAt + 99), expiresAt + 99),
        OWNER,
      )
      assert.equal(await findFamily(families, familyId, expiresAt + 99), undefined)
    },
  },
  {
    name: 'families.rotate() keeps empty lists of scopes and responses of 10 kB',
    async run(openStorage) {
      const { families } = await openConnected(openStorage)
      const replay = aReplay(0, 'x'.repeat(10_000))
      await families.create(aFamily({ scopes: [] }), NOW, ANYTIME)
      await families.rotate(familyId, aRotation(0, 1, { replay }), NOW)
      const expected = aFamily({ scopes: [], refreshToken: refreshToken(1), replay })
      assertRecord(await findFamily(families, familyId, NOW), expected)
    },
  },
  {
    name: 'families.rotate() of a used token is reuse and changes nothing (RFC 9700 §4.14.2)',
    async run(openStorage) {
      const { families } = await openConnected(openStorage)
      await families.create(aFamily(), NOW, ANYTIME)
      await families.rotate(familyId, aRotation(0, 1), NOW)
      assert.deepEqual(await families.rotate(familyId, aRotation(0, 2), NOW), REUSED)
      assertRecord(
        await findFamily(families, familyId, NOW),
        aFamily({ refreshToken: refreshToken(1) }),
      )
    },
  },
  {
    name: 'families.rotate() of a family that has no refresh token is reuse: none can be current',
    async run(openStorage) {
      const { families } = await openConnected(openStorage)
      await families.create(familyWithoutRefreshToken(), NOW, ANYTIME)
      assert.deepEqual(await families.rotate(familyId, aRotation(0, 1), NOW), REUSED)
    },
  },
  {
    name: 'families.rotate() with 50 successors at once: one rotates, the others are reuse',
    async run(openStorage) {
      const { families } = await openConnected(openStorage)
      await families.create(aFamily(), NOW, ANYTIME)
      const outcomes = await concurrently((caller) =>
        families.rotate(familyId, aRotation(0, caller + 1), NOW),
      )
      assert.equal(countOutcomes(outcomes, 'rotated'), 1)
      assert.equal(countOutcomes(outcomes, 'reused'), CALLERS - 1)
      const winner = outcomes.findIndex(({ outcome }) => outcome === 'rotated')
      const expected = aFamily({ refreshToken: refreshToken(winner + 1) })
      assertRecord(await findFamily(families, familyId, NOW), expected)
    },
  },
  {
    name: 'families.rotate() of an expired current token is not-found and changes nothing',
    async run(openStorage) {
      const { families } = await openConnected(openStorage)
      await families.create(aFamily({ familyId: familyIdOf('just-in-time') }), NOW, ANYTIME)
      await families.create(aFamily(), NOW, ANYTIME)
      const now = refreshToken(0).expiresAt
      assert.deepEqual(
        await families.rotate(familyIdOf('just-in-time'), aRotation(0, 1), now - 1),
        ROTATED,
      )
      assert.deepEqual(await families.rotate(familyId, aRotation(0, 1), now), NOT_FOUND)
      assertRecord(await findFamily(families, familyId, now), aFamily())
    },
  },
  {
    name: 'families.rotate() of an unknown, revoked or expired family is not-found and creates none',
    async run(openStorage) {
      const { families } = await openConnected(openStorage)
      assert.deepEqual(
        await families.rotate(familyIdOf('unknown'), aRotation(0, 1), NOW),
        NOT_FOUND,
      )
      assert.equal(await findFamily(families, familyIdOf('unknown'), NOW), undefined)

      await families.create(aFamily(), NOW, ANYTIME)
      await families.revoke(familyId, aFamilyRevocation(NOW + 60), NOW)
      assert.deepEqual(await families.rotate(familyId, aRotation(0, 1), NOW), NOT_FOUND)
      assert.equal(await findFamily(families, familyId, NOW), undefined)

      const durableToken = { ...refreshToken(0), expiresAt: expiresAt + 60 }
      const rotation = aRotation(0, 1, { expiresAt: expiresAt + 60 })
      await families.create(
        aFamily({ familyId: familyIdOf('expired'), refreshToken: durableToken }),
        NOW,
        ANYTIME,
      )
      assert.deepEqual(await families.rotate(familyIdOf('expired'), rotation, expiresAt), NOT_FOUND)
      assert.equal(await findFamily(families, familyIdOf('expired'), expiresAt), undefined)
    },
  },
  {
    name: 'families.rotate() a thousand times: the record does not grow, and every used token is reuse',
    async run(openStorage) {
      const { families } = await openConnected(openStorage)
      await families.create(aFamily(), NOW, ANYTIME)
      for (let index = 0; index < 1000; index++) {
        const rotation = aRotation(index, index + 1, { replay: aReplay(index, 'encrypted') })
        assert.deepEqual(await families.rotate(familyId, rotation, NOW), ROTATED)
      }
      assertRecord(
        await findFamily(families, familyId, NOW),
        aFamily({ refreshToken: refreshToken(1000), replay: aReplay(999, 'encrypted') }),
      )
      assert.deepEqual(await families.rotate(familyId, aRotation(0, 1001), NOW), REUSED)
    },
  },
  {
    name: 'families.rotate() leaves no family alive that is revoked concurrently',
    async run(openStorage) {
      const { families } = await openConnected(openStorage)
      const survivors = await concurrently(async (caller) => {
        const id = familyIdOf(`family ${caller}`)
        await families.create(aFamily({ familyId: id }), NOW, ANYTIME)
        const [rotation, revoked] = await Promise.all([
          families.rotate(id, aRotation(0, 1), NOW),
          families.revoke(id, aFamilyRevocation(NOW + 60), NOW),
        ])
        assert.deepEqual(revoked, OWNER, 'revoke() must find the family alive')
        assert.ok(['rotated', 'not-found'].includes(rotation.outcome))
        return await findFamily(families, id, NOW)
      })
      assert.ok(survivors.every((survivor) => survivor === undefined))
    },
  },
  {
    name: 'families.rotate() issues nothing that outlives the revocation of a family that is revoked concurrently',
    async run(openStorage) {
      const { families, revocations } = await openConnected(openStorage)
      const change = { accessTokensExpireAt: accessTokensExpireAt + 60 }
      await concurrently(async (caller) => {
        const id = familyIdOf(`family ${caller}`)
        await families.create(aFamily({ familyId: id }), NOW, ANYTIME)
        const [{ outcome }] = await Promise.all([
          families.rotate(id, aRotation(0, 1, change), NOW),
          families.revoke(id, aFamilyRevocation(NOW + 60), NOW),
        ])
        const last = accessTokensExpireAt + (outcome === 'rotated' ? 60 : 0)
        assert.equal(await revocations.has('family', id, last + 299), true)
        assert.equal(await revocations.has('family', id, last + 300), false)
      })
    },
  },
  {
    name: 'families.rotate() does nothing once its deadline has passed by the clock of find()',
    async run(openStorage) {
      const { families } = await openConnected(openStorage)
      await families.create(aFamily(), NOW, ANYTIME)
      const found = await families.find(familyId, 'client-1', NOW)
      const foundAt = found?.foundAtMilliseconds ?? Number.NaN
      const late = aRotation(0, 1, { deadlineMilliseconds: foundAt - 1 })
      assert.deepEqual(await families.rotate(familyId, late, NOW), { outcome: 'late' })
      assertRecord(await findFamily(families, familyId, NOW), aFamily())
      const inTime = aRotation(0, 1, { deadlineMilliseconds: foundAt + 60_000 })
      assert.deepEqual(await families.rotate(familyId, inTime, NOW), ROTATED)
    },
  },
]
