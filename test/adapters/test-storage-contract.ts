import test, { type ExecutionContext } from 'ava'
import { storageContract } from '../../lib/storage/contract/index.ts'
import type { Storage } from '../../lib/storage/storage.ts'

/**
 * Registers every case of the storage contract as a test of its own.
 *
 * @param adapter Prefix of every title, for example `memory`.
 * @param openStorage Opens an empty storage; registers its own teardown on `t`.
 * @param register `test.serial` where all cases share one storage, which `openStorage` empties.
 */
export function testStorageContract(
  adapter: string,
  openStorage: (t: ExecutionContext) => Promise<Storage>,
  register: typeof test | typeof test.serial = test,
): void {
  for (const { name, run } of storageContract) {
    register(`${adapter}: ${name}`, async (t) => {
      await t.notThrowsAsync(run(() => openStorage(t)))
    })
  }
}
