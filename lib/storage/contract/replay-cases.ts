import assert from 'node:assert/strict'
import { sha256 } from '../../util/sha256.ts'
import type { TokenFamilyStore } from '../token-family-store.ts'
import { assertRecord, concurrently } from './assertions.ts'
import { findFamily } from './read-records.ts'
import { countOutcomes, REUSED, ROTATED } from './rotation-outcomes.ts'
import {
  ANYTIME,
  aFamily,
  aReplay,
  aRotation,
  NOW,
  openConnected,
  refreshToken,
} from './sample-records.ts'
import type { StorageContractCase } from './storage-contract-case.ts'

const { familyId, expiresAt } = aFamily()

/** Creates the family and uses `refreshToken(0)`; the response is replayed until `NOW + 30`. */
async function rotateOnce(families: TokenFamilyStore): Promise<void> {
  await families.create(aFamily(), NOW, ANYTIME)
  const rotation = aRotation(0, 1, { replay: aReplay(0, 'encrypted 1') })
  assert.deepEqual(await families.rotate(familyId, rotation, NOW), ROTATED)
}

/** Rotations by a client that never received the response to the one before. */
export const replayCases: ReadonlyArray<StorageContractCase> = [
  {
    name: 'families.rotate() without a replay removes the one before',
    async run(openStorage) {
      const { families } = await openConnected(openStorage)
      await rotateOnce(families)
      assert.deepEqual(await families.rotate(familyId, aRotation(1, 2), NOW), ROTATED)
      const found = await findFamily(families, familyId, NOW)
      assertRecord(found, aFamily({ refreshToken: refreshToken(2) }))
      assert.equal(found?.replay, undefined)
      assert.deepEqual(await families.rotate(familyId, aRotation(1, 3), NOW), REUSED)
    },
  },
  {
    name: 'families.rotate() by the same request 50 times at once: all get the response of the winner',
    async run(openStorage) {
      const { families } = await openConnected(openStorage)
      await families.create(aFamily(), NOW, ANYTIME)
      const outcomes = await concurrently((caller) => {
        const replay = aReplay(0, `response ${caller}`)
        return families.rotate(familyId, aRotation(0, caller + 1, { replay }), NOW)
      })
      assert.equal(countOutcomes(outcomes, 'rotated'), 1)
      const winner = outcomes.findIndex(({ outcome }) => outcome === 'rotated')
      const expected = { outcome: 'replayed', encryptedResponse: `response ${winner}` }
      for (const outcome of outcomes.toSpliced(winner, 1)) assert.deepEqual(outcome, expected)
      const replay = aReplay(0, `response ${winner}`)
      assertRecord(
        await findFamily(families, familyId, NOW),
        aFamily({ refreshToken: refreshToken(winner + 1), replay }),
      )
    },
  },
  {
    name: 'families.rotate() replays the response as often as the request is repeated, and changes nothing',
    async run(openStorage) {
      const { families } = await openConnected(openStorage)
      await rotateOnce(families)
      const before = aFamily({ refreshToken: refreshToken(1), replay: aReplay(0, 'encrypted 1') })
      const replay = aRotation(0, 2, {
        replay: { ...aReplay(0, 'encrypted 2'), until: NOW + 99 },
        expiresAt: expiresAt + 99,
      })
      for (const now of [NOW, NOW + 10, NOW + 29]) {
        const outcome = await families.rotate(familyId, replay, now)
        assert.deepEqual(outcome, { outcome: 'replayed', encryptedResponse: 'encrypted 1' })
        assertRecord(await findFamily(families, familyId, now), before)
      }
      assert.deepEqual(await families.rotate(familyId, aRotation(1, 2), NOW + 29), ROTATED)
    },
  },
  {
    name: 'families.rotate() by another request is reuse',
    async run(openStorage) {
      const { families } = await openConnected(openStorage)
      await rotateOnce(families)
      const requestHash = sha256('another request')
      assert.deepEqual(
        await families.rotate(familyId, aRotation(0, 2, { requestHash }), NOW),
        REUSED,
      )
    },
  },
  {
    name: 'families.rotate() at the end of the grace period is reuse',
    async run(openStorage) {
      const { families } = await openConnected(openStorage)
      await rotateOnce(families)
      assert.deepEqual(await families.rotate(familyId, aRotation(0, 2), NOW + 30), REUSED)
    },
  },
  {
    name: 'families.rotate() of any but the last used token is reuse',
    async run(openStorage) {
      const { families } = await openConnected(openStorage)
      await rotateOnce(families)
      const second = aRotation(1, 2, { replay: aReplay(1, 'encrypted 2') })
      assert.deepEqual(await families.rotate(familyId, second, NOW), ROTATED)
      const outcome = await families.rotate(familyId, second, NOW)
      assert.deepEqual(outcome, { outcome: 'replayed', encryptedResponse: 'encrypted 2' })
      assert.deepEqual(await families.rotate(familyId, aRotation(0, 2), NOW), REUSED)
    },
  },
]
