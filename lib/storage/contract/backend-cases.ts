import assert from 'node:assert/strict'
import type { StorageContractCase } from './storage-contract-case.ts'

/** Backends. */
export const backendCases: ReadonlyArray<StorageContractCase> = [
  {
    name: 'backends have different names and respond to a ping',
    async run(openStorage) {
      const { backends } = await openStorage()
      assert.ok(backends.length > 0, 'there must be a backend')
      assert.equal(new Set(backends.map(({ name }) => name)).size, backends.length)
      for (const backend of backends) await backend.ping()
    },
  },
]
