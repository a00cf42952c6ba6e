/**
 * A storage of which one call goes wrong, whichever it is.
 *
 * @module
 */

import { type Storage, StorageError } from '@teamcast/oauth-server'

/**
 * - `fails`: it does not happen.
 * - `lost`: it happens, and its result never arrives.
 * - `late`: as if it did not happen; it happens when it is released.
 * - `hung-up`: it happens, and before it does, whoever asked has disconnected.
 */
export type Fault = 'fails' | 'lost' | 'late' | 'hung-up'

/** The storage. */
export interface FaultyStorage {
  readonly storage: Storage
  /** The call with this number goes wrong, counted from 1 and from now. */
  arm(fault: Fault, position: number): void
  /** The name of the call that went wrong, if it was reached; from now on none does. */
  disarm(): string | undefined
  /** What is late happens now. */
  release(): Promise<void>
}

/**
 * Wraps a storage.
 *
 * @param hangUp Disconnects whoever asked.
 */
export function createFaultyStorage(storage: Storage, hangUp: () => void): FaultyStorage {
  let armed: { readonly fault: Fault; readonly position: number } | undefined
  let calls = 0
  let hit: string | undefined
  let late: Array<() => Promise<unknown>> = []

  async function call(name: string, run: () => Promise<unknown>): Promise<unknown> {
    calls += 1
    if (armed?.position !== calls) return await run()
    hit = name
    if (armed.fault === 'hung-up') {
      hangUp()
      return await run()
    }
    if (armed.fault === 'lost') await run()
    if (armed.fault === 'late') late.push(run)
    throw new StorageError(`the connection broke: ${name}`)
  }

  const { backends, ...stores } = storage
  const faulty = Object.entries(stores).map(([name, store]) => [
    name,
    Object.fromEntries(
      Object.keys(store).map((method) => [
        method,
        (...parameters: ReadonlyArray<unknown>) =>
          call(`${name}.${method}`, async () =>
            Reflect.apply(Reflect.get(store, method), store, parameters),
          ),
      ]),
    ),
  ])
  return {
    storage: { ...Object.fromEntries(faulty), backends },
    arm(fault, position) {
      armed = { fault, position }
      calls = 0
      hit = undefined
    },
    disarm() {
      armed = undefined
      return hit
    },
    async release() {
      const held = late
      late = []
      for (const run of held) await run()
    },
  }
}
