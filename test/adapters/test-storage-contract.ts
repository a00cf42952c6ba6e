import test, { type ExecutionContext } from 'ava'
import { storageContract } from '../../lib/storage/contract/index.ts'
import type { Storage } from '../../lib/storage/storage.ts'
import { describeCalls, findOrder } from '../linearizability/check.ts'
import { prepare, recordHistory } from '../linearizability/record.ts'

const HISTORIES = 15

/** Which cases to run: all, those about calls at the same moment, or the others. */
export type ContractPart = 'all' | 'concurrent' | 'sequential'

const isConcurrent = (name: string): boolean =>
  /\b50\b|at once|concurrent|at the same moment/.test(name)

/**
 * Registers every case of the storage contract as a test of its own, and one that compares concurrent calls with the
 * specification of calls one after another.
 *
 * @param adapter Prefix of every title, for example `memory`.
 * @param openStorage Opens an empty storage; registers its own teardown on `t`.
 * @param register `test.serial` where all cases share one storage, which `openStorage` empties.
 * @param part Which cases; all by default.
 */
export function testStorageContract(
  adapter: string,
  openStorage: (t: ExecutionContext) => Promise<Storage>,
  register: typeof test | typeof test.serial = test,
  part: ContractPart = 'all',
): void {
  for (const { name, run } of storageContract) {
    if (part !== 'all' && isConcurrent(name) !== (part === 'concurrent')) continue
    register(`${adapter}: ${name}`, async (t) => {
      await t.notThrowsAsync(run(() => openStorage(t)))
    })
  }

  if (part === 'sequential') return
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
