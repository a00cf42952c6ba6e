import assert from 'node:assert/strict'
import type { Revocation, RevocationKind } from '../revocation-store.ts'
import { concurrently } from './assertions.ts'
import { AWKWARD_KEYS } from './awkward-identifiers.ts'
import {
  ANYTIME,
  aFamily,
  aFamilyRevocation,
  CONSENT_ID,
  fullClient,
  NOW,
  openConnected,
} from './sample-records.ts'
import type { StorageContractCase } from './storage-contract-case.ts'

const ID = 'id-1'
const LATER = NOW + 900
const KINDS: ReadonlyArray<RevocationKind> = [
  'access-token',
  'family',
  'consent',
  'client',
  'signing-key',
]

const aRevocation = (changes: Partial<Revocation> = {}): Revocation => ({
  kind: 'access-token',
  id: ID,
  expiresAt: LATER,
  ...changes,
})

/** What was revoked, asked for one by one. */
export const revocationCases: ReadonlyArray<StorageContractCase> = [
  {
    name: 'revocations.has() returns true until the second before expiresAt',
    async run(openStorage) {
      const { revocations } = await openStorage()
      for (const kind of KINDS) {
        await revocations.add(aRevocation({ kind }))
        assert.equal(await revocations.has(kind, ID, NOW), true)
        assert.equal(await revocations.has(kind, ID, LATER - 1), true)
        assert.equal(await revocations.has(kind, ID, LATER), false)
      }
    },
  },
  {
    name: 'revocations.has() returns false for what was not revoked',
    async run(openStorage) {
      const { revocations } = await openStorage()
      await revocations.add(aRevocation())
      for (const id of AWKWARD_KEYS) {
        assert.equal(await revocations.has('access-token', id, NOW), false)
      }
    },
  },
  {
    name: 'revocations of one kind are not those of another',
    async run(openStorage) {
      const { revocations } = await openStorage()
      for (const kind of KINDS) {
        assert.equal(await revocations.has(kind, ID, NOW), false)
        await revocations.add(aRevocation({ kind }))
      }
    },
  },
  {
    name: 'revocations.add() may be repeated, also by 50 concurrent callers',
    async run(openStorage) {
      const { revocations } = await openStorage()
      await revocations.add(aRevocation())
      await concurrently(() => revocations.add(aRevocation()))
      assert.equal(await revocations.has('access-token', ID, LATER - 1), true)
      assert.equal(await revocations.has('access-token', ID, LATER), false)
    },
  },
  {
    name: 'revocations.add() again never lets a revocation expire earlier',
    async run(openStorage) {
      const { revocations } = await openStorage()
      for (const expiresAt of [LATER, LATER + 1, NOW + 1]) {
        await revocations.add(aRevocation({ expiresAt }))
      }
      assert.equal(await revocations.has('access-token', ID, LATER), true)
      assert.equal(await revocations.has('access-token', ID, LATER + 1), false)
    },
  },
  {
    name: 'revocations.add() accepts what has expired',
    async run(openStorage) {
      const { revocations } = await openStorage()
      await revocations.add(aRevocation({ expiresAt: NOW }))
      assert.equal(await revocations.has('access-token', ID, NOW), false)
    },
  },
  {
    name: 'revocations are told apart by every character of their id',
    async run(openStorage) {
      const { revocations } = await openStorage()
      for (const [index, id] of AWKWARD_KEYS.entries()) {
        assert.equal(await revocations.has('client', id, NOW), false)
        await revocations.add(aRevocation({ kind: 'client', id, expiresAt: LATER + index }))
      }
      for (const [index, id] of AWKWARD_KEYS.entries()) {
        assert.equal(await revocations.has('client', id, LATER + index - 1), true)
      }
      assert.equal(await revocations.has('client', AWKWARD_KEYS[0] ?? '', LATER), false)
    },
  },
  {
    name: 'revocations and the other stores do not share their keys',
    async run(openStorage) {
      const storage = await openConnected(openStorage)
      const { clients, families, artifacts, revocations } = storage
      const familyId = CONSENT_ID + ID
      await clients.insert(fullClient({ clientId: ID }))
      await families.create(aFamily({ familyId }), NOW, ANYTIME)
      await artifacts.save('Session', ID, {}, LATER)
      for (const kind of KINDS) assert.equal(await revocations.has(kind, ID, NOW), false)
      for (const kind of KINDS) await revocations.add(aRevocation({ kind }))
      await revocations.add(aRevocation({ kind: 'family', id: familyId }))
      await revocations.add(aRevocation({ kind: 'consent', id: CONSENT_ID }))
      assert.notEqual(await families.find(familyId, ID, NOW), undefined)
      await clients.delete(ID)
      await families.revoke(familyId, aFamilyRevocation(LATER), NOW)
      for (const kind of KINDS) assert.equal(await revocations.has(kind, ID, NOW), true)
    },
  },
]
