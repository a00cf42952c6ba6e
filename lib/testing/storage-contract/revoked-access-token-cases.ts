import assert from 'node:assert/strict'
import { concurrently } from './assertions.ts'
import { AWKWARD_KEYS } from './awkward-identifiers.ts'
import { aFamily, CONSENT_ID, fullClient, NOW, openConnected } from './sample-records.ts'
import type { StorageContractCase } from './storage-contract-case.ts'

const JTI = 'jti-1'
const LATER = NOW + 900

/** The deny list of access tokens. */
export const revokedAccessTokenCases: ReadonlyArray<StorageContractCase> = [
  {
    name: 'revokedAccessTokens.has() returns true until the second before expiresAt',
    async run(openStorage) {
      const { revokedAccessTokens } = await openStorage()
      await revokedAccessTokens.add(JTI, LATER)
      assert.equal(await revokedAccessTokens.has(JTI, NOW), true)
      assert.equal(await revokedAccessTokens.has(JTI, LATER - 1), true)
      assert.equal(await revokedAccessTokens.has(JTI, LATER), false)
    },
  },
  {
    name: 'revokedAccessTokens.has() returns false for a token that was not revoked',
    async run(openStorage) {
      const { revokedAccessTokens } = await openStorage()
      await revokedAccessTokens.add(JTI, LATER)
      for (const jti of AWKWARD_KEYS) assert.equal(await revokedAccessTokens.has(jti, NOW), false)
    },
  },
  {
    name: 'revokedAccessTokens.add() may be repeated, also by 50 concurrent callers',
    async run(openStorage) {
      const { revokedAccessTokens } = await openStorage()
      await revokedAccessTokens.add(JTI, LATER)
      await concurrently(() => revokedAccessTokens.add(JTI, LATER))
      assert.equal(await revokedAccessTokens.has(JTI, LATER - 1), true)
      assert.equal(await revokedAccessTokens.has(JTI, LATER), false)
    },
  },
  {
    name: 'revokedAccessTokens.add() accepts a token that has expired',
    async run(openStorage) {
      const { revokedAccessTokens } = await openStorage()
      await revokedAccessTokens.add(JTI, NOW)
      assert.equal(await revokedAccessTokens.has(JTI, NOW), false)
    },
  },
  {
    name: 'revokedAccessTokens are told apart by every character of their jti',
    async run(openStorage) {
      const { revokedAccessTokens } = await openStorage()
      for (const [index, jti] of AWKWARD_KEYS.entries()) {
        assert.equal(await revokedAccessTokens.has(jti, NOW), false)
        await revokedAccessTokens.add(jti, LATER + index)
      }
      for (const [index, jti] of AWKWARD_KEYS.entries()) {
        assert.equal(await revokedAccessTokens.has(jti, LATER + index - 1), true)
      }
      assert.equal(await revokedAccessTokens.has(AWKWARD_KEYS[0] ?? '', LATER), false)
    },
  },
  {
    name: 'revokedAccessTokens and the other stores do not share their keys',
    async run(openStorage) {
      const storage = await openConnected(openStorage)
      const familyId = CONSENT_ID + JTI
      await storage.clients.insert(fullClient({ clientId: JTI }))
      await storage.families.create(aFamily({ familyId }), NOW)
      await storage.artifacts.save('Session', JTI, {}, LATER)
      assert.equal(await storage.revokedAccessTokens.has(JTI, NOW), false)
      await storage.revokedAccessTokens.add(JTI, LATER)
      await storage.clients.delete(JTI)
      await storage.artifacts.delete('Session', JTI)
      assert.notEqual(await storage.families.find(familyId, 'client-1', NOW), undefined)
      await storage.families.revoke(familyId, LATER, NOW)
      assert.equal(await storage.revokedAccessTokens.has(JTI, NOW), true)
    },
  },
]
