import assert from 'node:assert/strict'
import type { SealedKey } from '../../storage/storage.ts'
import { assertOneWinner, concurrently } from './assertions.ts'
import { AWKWARD_KEYS } from './awkward-identifiers.ts'
import { NOW } from './sample-records.ts'
import type { StorageContractCase } from './storage-contract-case.ts'

const aKey = (changes: Partial<SealedKey> = {}): SealedKey => ({
  keyId: 'key-1',
  purpose: 'signing',
  generation: 1,
  sealed: 'sealed "key" \\',
  createdAt: NOW,
  ...changes,
})

function sorted(keys: ReadonlyArray<SealedKey>): ReadonlyArray<SealedKey> {
  const placeOf = ({ purpose, generation }: SealedKey): string => `${purpose} ${generation}`
  return [...keys].sort((left, right) => (placeOf(left) < placeOf(right) ? -1 : 1))
}

/** The server's own keys. */
export const sealedKeyCases: ReadonlyArray<StorageContractCase> = [
  {
    name: 'sealedKeys.list() returns what insert() was given, of every purpose and generation',
    async run(openStorage) {
      const { sealedKeys } = await openStorage()
      assert.deepEqual(await sealedKeys.list(), [])
      const keys = [
        aKey(),
        aKey({ generation: 2, keyId: 'key-2', sealed: 'x'.repeat(10_000) }),
        aKey({ purpose: 'cookie' }),
      ]
      for (const key of keys) assert.equal(await sealedKeys.insert(key), true)
      assert.deepEqual(sorted(await sealedKeys.list()), sorted(keys))
    },
  },
  {
    name: 'sealedKeys.insert() returns true to exactly one of 50 callers per purpose and generation',
    async run(openStorage) {
      const { sealedKeys } = await openStorage()
      const results = await concurrently((caller) =>
        sealedKeys.insert(aKey({ keyId: `key-${caller}` })),
      )
      const winner = assertOneWinner(results)
      assert.deepEqual(await sealedKeys.list(), [aKey({ keyId: `key-${winner}` })])
      assert.equal(await sealedKeys.insert(aKey({ generation: 2 })), true)
      assert.equal(await sealedKeys.insert(aKey({ purpose: 'cookie' })), true)
    },
  },
  {
    name: 'sealedKeys.delete() deletes the key it names and no other',
    async run(openStorage) {
      const { sealedKeys } = await openStorage()
      const others = [aKey({ generation: 2 }), aKey({ purpose: 'cookie' })]
      for (const key of [aKey(), ...others]) await sealedKeys.insert(key)
      assert.equal(await sealedKeys.delete('signing', 1), true)
      assert.equal(await sealedKeys.delete('signing', 1), false)
      assert.deepEqual(sorted(await sealedKeys.list()), sorted(others))
      assert.equal(await sealedKeys.insert(aKey()), true)
    },
  },
  {
    name: 'sealedKeys keep key ids character by character',
    async run(openStorage) {
      const { sealedKeys } = await openStorage()
      const keys = AWKWARD_KEYS.map((keyId, index) => aKey({ keyId, generation: index + 1 }))
      for (const key of keys) await sealedKeys.insert(key)
      assert.deepEqual(sorted(await sealedKeys.list()), sorted(keys))
    },
  },
]
