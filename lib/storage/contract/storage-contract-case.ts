import type { Storage } from '../storage.ts'

/** One promise of the storage contract, and how to see that a storage keeps it. */
export interface StorageContractCase {
  /** What the storage promises; the test's title. Unique among the cases. */
  readonly name: string
  /**
   * Checks the promise.
   *
   * @param openStorage Opens an empty storage. Called once. Closing it is up to the caller of `run`.
   *
   * @returns A promise that rejects with an `AssertionError` when the storage breaks the contract.
   */
  run(openStorage: () => Promise<Storage>): Promise<void>
}
