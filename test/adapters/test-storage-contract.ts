import test, { type ExecutionContext } from 'ava'
import type { Storage } from '../../lib/storage/storage.ts'
import { storageContract } from '../../lib/testing/storage-contract/index.ts'

/**
 * Registers every case of the storage contract as a test of its own.
 *
 * @param adapter Prefix of every title, for example `memory`.
 * @param openStorage Opens an empty storage; registers its own teardown on `t`.
 */
export function testStorageContract(
  adapter: string,
  openStorage: (t: ExecutionContext) => Promise<Storage>,
): void {
  for (const { name, run } of storageContract) {
    test(`${adapter}: ${name}`, async (t) => {
      await t.notThrowsAsync(run(() => openStorage(t)))
    })
  }
}
