import test, { type ExecutionContext } from 'ava'
import { storageContract } from '../../lib/storage/contract/index.ts'
import type { Storage } from '../../lib/storage/storage.ts'
import { describeCalls, findOrder } from '../linearizability/check.ts'
import { prepare, recordHistory } from '../linearizability/record.ts'

const HISTORIES = 15

/**
 * Registers every case of the storage contract as a test of its own, and one that compares concurrent calls with the
 * specification of calls one after another.
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

  register(
    `${adapter}: concurrent calls on a family are as if one came after another (npm run linearizability)`,
    async (t) => {
      const storage = await openStorage(t)
      await prepare(storage)
      for (let seed = 0; seed < HISTORIES; seed += 1) {
        const calls = await recordHistory([storage], seed)
        t.truthy(findOrder(calls), describeCalls(calls))
      }
    },
  )
}
