import assert from 'node:assert/strict'
import type { SealedKey, SealedKeyChange } from '../../storage/storage.ts'
import { assertOneWinner, concurrently } from './assertions.ts'
import { AWKWARD_KEYS } from './awkward-identifiers.ts'
import { aSealedKey, NOW } from './sample-records.ts'
import type { StorageContractCase } from './storage-contract-case.ts'

const ROTATED: SealedKeyChange = {
  type: 'rotated',
  at: NOW,
  actorId: 'root "é" \\',
  ip: '2001:db8::1',
}

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
        aSealedKey(),
        aSealedKey({ generation: 2, keyId: 'key-2', sealed: 'x'.repeat(10_000) }),
        aSealedKey({ purpose: 'cookie', withdrawnAt: NOW + 15, changes: [ROTATED], version: 3 }),
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
        sealedKeys.insert(aSealedKey({ keyId: `key-${caller}` })),
      )
      const winner = assertOneWinner(results)
      assert.deepEqual(await sealedKeys.list(), [aSealedKey({ keyId: `key-${winner}` })])
      assert.equal(await sealedKeys.insert(aSealedKey({ generation: 2 })), true)
      assert.equal(await sealedKeys.insert(aSealedKey({ purpose: 'cookie' })), true)
    },
  },
  {
    name: 'sealedKeys.update() replaces the key at the expected version, and no other',
    async run(openStorage) {
      const { sealedKeys } = await openStorage()
      const others = [aSealedKey({ generation: 2 }), aSealedKey({ purpose: 'cookie' })]
      for (const key of [aSealedKey(), ...others]) await sealedKeys.insert(key)
      const withdrawn = aSealedKey({
        sealed: 'again',
        activatesAt: NOW,
        withdrawnAt: NOW,
        changes: [ROTATED, { type: 'withdrawn', at: NOW, reportedBy: 'instance-1' }],
        version: 2,
      })
      assert.equal(await sealedKeys.update(withdrawn, 1), true)
      assert.deepEqual(sorted(await sealedKeys.list()), sorted([withdrawn, ...others]))
      assert.equal(await sealedKeys.update(aSealedKey({ version: 2 }), 1), false)
      assert.equal(await sealedKeys.update(aSealedKey({ generation: 3, version: 2 }), 1), false)
      assert.deepEqual(sorted(await sealedKeys.list()), sorted([withdrawn, ...others]))
      const back = aSealedKey({ version: 3 })
      assert.equal(await sealedKeys.update(back, 2), true)
      assert.deepEqual(sorted(await sealedKeys.list()), sorted([back, ...others]))
    },
  },
  {
    name: 'sealedKeys.update() returns true to exactly one of 50 callers per version',
    async run(openStorage) {
      const { sealedKeys } = await openStorage()
      await sealedKeys.insert(aSealedKey())
      const changed = (caller: number): SealedKey => aSealedKey({ sealed: `${caller}`, version: 2 })
      const winner = assertOneWinner(
        await concurrently((caller) => sealedKeys.update(changed(caller), 1)),
      )
      assert.deepEqual(await sealedKeys.list(), [changed(winner)])
    },
  },
  {
    name: 'sealedKeys.delete() deletes the key it names and no other',
    async run(openStorage) {
      const { sealedKeys } = await openStorage()
      const others = [aSealedKey({ generation: 2 }), aSealedKey({ purpose: 'cookie' })]
      for (const key of [aSealedKey(), ...others]) await sealedKeys.insert(key)
      assert.equal(await sealedKeys.delete('signing', 1), true)
      assert.equal(await sealedKeys.delete('signing', 1), false)
      assert.deepEqual(sorted(await sealedKeys.list()), sorted(others))
      assert.equal(await sealedKeys.insert(aSealedKey()), true)
    },
  },
  {
    name: 'sealedKeys keep key ids character by character',
    async run(openStorage) {
      const { sealedKeys } = await openStorage()
      const keys = AWKWARD_KEYS.map((keyId, index) => aSealedKey({ keyId, generation: index + 1 }))
      for (const key of keys) await sealedKeys.insert(key)
      assert.deepEqual(sorted(await sealedKeys.list()), sorted(keys))
    },
  },
]
