import assert from 'node:assert/strict'
import type { StorageContractCase } from './storage-contract-case.ts'

/** What the storage keeps its records in. */
export const backendCases: ReadonlyArray<StorageContractCase> = [
  {
    name: 'backends have different names and answer a ping',
    async run(openStorage) {
      const { backends } = await openStorage()
      assert.ok(backends.length > 0, 'there must be a backend')
      assert.equal(new Set(backends.map(({ name }) => name)).size, backends.length)
      for (const backend of backends) await backend.ping()
    },
  },
]
