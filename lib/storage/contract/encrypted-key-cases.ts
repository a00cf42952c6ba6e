import assert from 'node:assert/strict'
import type { EncryptedKey, EncryptedKeyChange } from '../encrypted-key-store.ts'
import { assertOneWinner, concurrently } from './assertions.ts'
import { AWKWARD_KEYS } from './awkward-identifiers.ts'
import { anEncryptedKey, NOW } from './sample-records.ts'
import type { StorageContractCase } from './storage-contract-case.ts'

const ROTATED: EncryptedKeyChange = {
  type: 'rotated',
  at: NOW,
  actorId: 'root "é" \\',
  ip: '2001:db8::1',
}

function sorted(keys: ReadonlyArray<EncryptedKey>): ReadonlyArray<EncryptedKey> {
  const placeOf = ({ purpose, generation }: EncryptedKey): string => `${purpose} ${generation}`
  return [...keys].sort((left, right) => (placeOf(left) < placeOf(right) ? -1 : 1))
}

/** The server's own keys. */
export const encryptedKeyCases: ReadonlyArray<StorageContractCase> = [
  {
    name: 'encryptedKeys.list() returns what insert() was given, of every purpose and generation',
    async run(openStorage) {
      const { encryptedKeys } = await openStorage()
      assert.deepEqual(await encryptedKeys.list(), [])
      const keys = [
        anEncryptedKey(),
        anEncryptedKey({ generation: 2, keyId: 'key-2', encrypted: 'x'.repeat(10_000) }),
        anEncryptedKey({ purpose: 'cookie', revokedAt: NOW + 15, changes: [ROTATED], version: 3 }),
      ]
      for (const key of keys) assert.equal(await encryptedKeys.insert(key), true)
      assert.deepEqual(sorted(await encryptedKeys.list()), sorted(keys))
    },
  },
  {
    name: 'encryptedKeys.insert() returns true to exactly one of 50 callers per purpose and generation',
    async run(openStorage) {
      const { encryptedKeys } = await openStorage()
      const results = await concurrently((caller) =>
        encryptedKeys.insert(anEncryptedKey({ keyId: `key-${caller}` })),
      )
      const winner = assertOneWinner(results)
      assert.deepEqual(await encryptedKeys.list(), [anEncryptedKey({ keyId: `key-${winner}` })])
      assert.equal(await encryptedKeys.insert(anEncryptedKey({ generation: 2 })), true)
      assert.equal(await encryptedKeys.insert(anEncryptedKey({ purpose: 'cookie' })), true)
    },
  },
  {
    name: 'encryptedKeys.update() replaces the key at the expected version, and no other',
    async run(openStorage) {
      const { encryptedKeys } = await openStorage()
      const others = [anEncryptedKey({ generation: 2 }), anEncryptedKey({ purpose: 'cookie' })]
      for (const key of [anEncryptedKey(), ...others]) await encryptedKeys.insert(key)
      const revoked = anEncryptedKey({
        encrypted: 'again',
        activatesAt: NOW,
        revokedAt: NOW,
        changes: [ROTATED, { type: 'revoked', at: NOW, reportedBy: 'instance-1' }],
        version: 2,
      })
      assert.equal(await encryptedKeys.update(revoked, 1), true)
      assert.deepEqual(sorted(await encryptedKeys.list()), sorted([revoked, ...others]))
      assert.equal(await encryptedKeys.update(anEncryptedKey({ version: 2 }), 1), false)
      assert.equal(
        await encryptedKeys.update(anEncryptedKey({ generation: 3, version: 2 }), 1),
        false,
      )
      assert.deepEqual(sorted(await encryptedKeys.list()), sorted([revoked, ...others]))
      const back = anEncryptedKey({ version: 3 })
      assert.equal(await encryptedKeys.update(back, 2), true)
      assert.deepEqual(sorted(await encryptedKeys.list()), sorted([back, ...others]))
    },
  },
  {
    name: 'encryptedKeys.update() returns true to exactly one of 50 callers per version',
    async run(openStorage) {
      const { encryptedKeys } = await openStorage()
      await encryptedKeys.insert(anEncryptedKey())
      const changed = (caller: number): EncryptedKey =>
        anEncryptedKey({ encrypted: `${caller}`, version: 2 })
      const winner = assertOneWinner(
        await concurrently((caller) => encryptedKeys.update(changed(caller), 1)),
      )
      assert.deepEqual(await encryptedKeys.list(), [changed(winner)])
    },
  },
  {
    name: 'encryptedKeys.delete() deletes the key it names and no other',
    async run(openStorage) {
      const { encryptedKeys } = await openStorage()
      const others = [anEncryptedKey({ generation: 2 }), anEncryptedKey({ purpose: 'cookie' })]
      for (const key of [anEncryptedKey(), ...others]) await encryptedKeys.insert(key)
      assert.equal(await encryptedKeys.delete('signing', 1), true)
      assert.equal(await encryptedKeys.delete('signing', 1), false)
      assert.deepEqual(sorted(await encryptedKeys.list()), sorted(others))
      assert.equal(await encryptedKeys.insert(anEncryptedKey()), true)
    },
  },
  {
    name: 'encryptedKeys keep key ids character by character',
    async run(openStorage) {
      const { encryptedKeys } = await openStorage()
      const keys = AWKWARD_KEYS.map((keyId, index) =>
        anEncryptedKey({ keyId, generation: index + 1 }),
      )
      for (const key of keys) await encryptedKeys.insert(key)
      assert.deepEqual(sorted(await encryptedKeys.list()), sorted(keys))
    },
  },
]
