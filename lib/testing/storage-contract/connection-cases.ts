import assert from 'node:assert/strict'
import type { TokenFamily } from '../../storage/storage.ts'
import { sha256 } from '../../util/sha256.ts'
import { assertRecord, concurrently } from './assertions.ts'
import { AWKWARD_KEYS, AWKWARD_USER_IDS, LOOKALIKE_CONNECTIONS } from './awkward-identifiers.ts'
import { aFamily, aRotation, NOW } from './sample-records.ts'
import type { StorageContractCase } from './storage-contract-case.ts'

/** The family with this number, of `user-1` under `client-1` unless it is changed. */
const numbered = (index: number, changes: Partial<TokenFamily> = {}): TokenFamily =>
  aFamily({ familyId: sha256(`family ${index}`), ...changes })

/** Revocation of every family of a user under a client. */
export const connectionCases: ReadonlyArray<StorageContractCase> = [
  {
    name: 'families.revokeConnection() revokes the families of that user and client and no other',
    async run(openStorage) {
      const { families } = await openStorage()
      const doomed = [numbered(0), numbered(1), numbered(2)]
      const spared = [numbered(3, { userId: 'user-2' }), numbered(4, { clientId: 'client-2' })]
      for (const family of [...doomed, ...spared]) await families.create(family, NOW)
      assert.equal(await families.revokeConnection('user-1', 'client-1', NOW + 60, NOW), 3)
      for (const { familyId } of doomed) {
        assert.equal(await families.find(familyId, NOW), undefined)
        const outcome = await families.rotate(familyId, aRotation(0, 1), NOW)
        assert.deepEqual(outcome, { outcome: 'gone' })
      }
      for (const family of spared) assertRecord(await families.find(family.familyId, NOW), family)
    },
  },
  {
    name: 'families.revokeConnection() is idempotent, and returns 0 when there is nothing to revoke',
    async run(openStorage) {
      const { families } = await openStorage()
      assert.equal(await families.revokeConnection('user-1', 'client-1', NOW + 60, NOW), 0)
      await families.create(numbered(0), NOW)
      assert.equal(await families.revokeConnection('user-1', 'client-1', NOW + 60, NOW), 1)
      assert.equal(await families.revokeConnection('user-1', 'client-1', NOW + 60, NOW), 0)
      assert.equal(await families.revokeConnection('constructor', 'name', NOW + 60, NOW), 0)
    },
  },
  {
    name: 'families.revokeConnection() does not count families that have expired or were revoked',
    async run(openStorage) {
      const { families } = await openStorage()
      await families.create(numbered(0), NOW)
      await families.create(numbered(1, { expiresAt: NOW + 10 }), NOW)
      await families.create(numbered(2, { expiresAt: NOW + 11 }), NOW)
      await families.create(numbered(3), NOW)
      await families.revoke(numbered(3).familyId, NOW + 60, NOW)
      const count = await families.revokeConnection('user-1', 'client-1', NOW + 60, NOW + 10)
      assert.equal(count, 2)
    },
  },
  {
    name: 'families.revokeConnection() has the families remembered as revoked',
    async run(openStorage) {
      const { families } = await openStorage()
      await families.create(numbered(0), NOW)
      await families.revokeConnection('user-1', 'client-1', NOW + 60, NOW)
      assert.equal(await families.create(numbered(0), NOW + 59), false)
      assert.equal(await families.create(numbered(0), NOW + 60), true)
      assert.equal(await families.revokeConnection('user-1', 'client-1', NOW + 120, NOW + 60), 1)
    },
  },
  {
    name: 'families.revokeConnection() revokes families that were rotated, past their first expiry',
    async run(openStorage) {
      const { families } = await openStorage()
      const { familyId, expiresAt } = numbered(0)
      await families.create(numbered(0), NOW)
      await families.rotate(familyId, aRotation(0, 1, { expiresAt: expiresAt + 60 }), NOW)
      const rememberUntil = expiresAt + 60
      assert.equal(
        await families.revokeConnection('user-1', 'client-1', rememberUntil, expiresAt),
        1,
      )
      assert.equal(await families.find(familyId, expiresAt), undefined)
    },
  },
  {
    name: 'families.revokeConnection() revokes every one of many families',
    async run(openStorage) {
      const { families } = await openStorage()
      const all = [...Array(250).keys()].map((index) => numbered(index))
      for (const family of all) await families.create(family, NOW)
      assert.equal(await families.revokeConnection('user-1', 'client-1', NOW + 60, NOW), 250)
      for (const { familyId } of all) assert.equal(await families.find(familyId, NOW), undefined)
    },
  },
  {
    name: 'families.revokeConnection() tells connections apart by every character of their ids',
    async run(openStorage) {
      const { families } = await openStorage()
      const connections = [
        ...AWKWARD_USER_IDS.map((userId) => ({ userId, clientId: 'client-1' })),
        ...AWKWARD_KEYS.map((clientId) => ({ userId: 'somebody', clientId })),
        ...LOOKALIKE_CONNECTIONS,
      ]
      for (const [index, connection] of connections.entries()) {
        await families.create(numbered(index, connection), NOW)
      }
      for (const [index, connection] of connections.entries()) {
        const { userId, clientId } = connection
        const family = numbered(index, connection)
        assertRecord(await families.find(family.familyId, NOW), family)
        assert.equal(await families.revokeConnection(userId, clientId, NOW + 60, NOW), 1)
        assert.equal(await families.find(family.familyId, NOW), undefined)
      }
    },
  },
  {
    name: 'families.revokeConnection() leaves no family alive that is rotated at the same moment',
    async run(openStorage) {
      const { families } = await openStorage()
      const survivors = await concurrently(async (caller) => {
        const family = numbered(caller, { userId: `user-${caller}` })
        await families.create(family, NOW)
        const [rotation, count] = await Promise.all([
          families.rotate(family.familyId, aRotation(0, 1), NOW),
          families.revokeConnection(family.userId, family.clientId, NOW + 60, NOW),
        ])
        assert.equal(count, 1)
        assert.ok(['rotated', 'gone'].includes(rotation.outcome))
        return await families.find(family.familyId, NOW)
      })
      assert.ok(survivors.every((survivor) => survivor === undefined))
    },
  },
  {
    name: 'families.revokeConnection() by 50 concurrent callers counts each family once',
    async run(openStorage) {
      const { families } = await openStorage()
      for (const index of Array(10).keys()) await families.create(numbered(index), NOW)
      const counts = await concurrently(() =>
        families.revokeConnection('user-1', 'client-1', NOW + 60, NOW),
      )
      assert.equal(
        counts.reduce((sum, count) => sum + count, 0),
        10,
      )
    },
  },
]
