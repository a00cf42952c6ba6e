/**
 * Adds a timeout to every call of a storage, and checks every result.
 *
 * @module
 */

import { StorageError } from '../errors.ts'
import { toServerFailure } from '../util/host-function.ts'
import { withinTime } from '../util/within-time.ts'
import { ANYTHING, checkStoreResult, type ResultShape } from './result-shape.ts'
import { createStores, STORE_KINDS, type Storage, type Stores } from './storage.ts'

/**
 * Wraps a storage. A call that takes longer than `timeoutMilliseconds` fails with a {@link StorageError};
 * the backend may still carry it out. A result that the contract does not know is a `TypeError`.
 */
export function boundStorage(storage: Storage, timeoutMilliseconds: number): Storage {
  return {
    ...createStores((name) => boundStore(name, storage[name], timeoutMilliseconds)),
    backends: storage.backends.map((backend) => ({
      name: backend.name,
      ...(backend.connections && { connections: backend.connections.bind(backend) }),
      ping: boundMethod(backend.name, backend, 'ping', timeoutMilliseconds),
    })),
  }
}

/** Wraps one store. */
export function boundStore<Store extends object>(
  name: keyof Stores,
  store: Store,
  timeoutMilliseconds: number,
): Store {
  const methods = Object.entries(STORE_KINDS[name].results)
    .filter(([method]) => method in store)
    .map(([method, result]) => [
      method,
      boundMethod(name, store, method, timeoutMilliseconds, result),
    ])
  return Object.fromEntries(methods)
}

function boundMethod(
  targetName: string,
  target: object,
  method: string,
  timeoutMilliseconds: number,
  expected: ResultShape = ANYTHING,
): (...parameters: Array<never>) => Promise<never> {
  const call = `${targetName}.${method}`
  return async (...parameters) => {
    try {
      const result = await withinTime(
        Reflect.apply(Reflect.get(target, method), target, parameters) as Promise<unknown>,
        timeoutMilliseconds,
        () => new StorageError(`the storage did not respond within ${timeoutMilliseconds} ms`),
      )
      return checkStoreResult(`storage.${call}`, expected, parameters, result) as never
    } catch (thrown) {
      const error = toServerFailure(`storage.${call}`, thrown)
      if (error instanceof StorageError) error.operation ??= `${call}()`
      throw error
    }
  }
}
