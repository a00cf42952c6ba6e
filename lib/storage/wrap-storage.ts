/**
 * A storage whose every call ends in a bounded time, whatever its backend does: down, frozen or slow; and
 * whose every result is one that the contract knows, whoever wrote it.
 *
 * @module
 */

import { StorageError } from '../errors.ts'
import { withinTime } from '../util/within-time.ts'
import type { Storage } from './storage.ts'
import { checkStorageResult } from './storage-results.ts'

/**
 * Wraps a storage. A call that takes longer than `timeoutMilliseconds` fails with a
 * {@link StorageError}; what becomes of it in the backend is not known then. One that resolves to what the
 * contract does not know fails with a `TypeError`.
 */
export function boundStorage(storage: Storage, timeoutMilliseconds: number): Storage {
  return {
    clients: boundStore('clients', storage.clients, timeoutMilliseconds),
    consents: boundStore('consents', storage.consents, timeoutMilliseconds),
    families: boundStore('families', storage.families, timeoutMilliseconds),
    artifacts: boundStore('artifacts', storage.artifacts, timeoutMilliseconds),
    revocations: boundStore('revocations', storage.revocations, timeoutMilliseconds),
    encryptedKeys: boundStore('encryptedKeys', storage.encryptedKeys, timeoutMilliseconds),
    backends: storage.backends.map((backend) =>
      boundStore(backend.name, backend, timeoutMilliseconds),
    ),
  }
}

/**
 * Wraps one store of a storage, likewise.
 *
 * @param storeName For {@link StorageError.operation}.
 */
export function boundStore<Store extends object>(
  storeName: string,
  store: Store,
  timeoutMilliseconds: number,
): Store {
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      const operation = `${storeName}.${String(name)}()`
      return async (...parameters: ReadonlyArray<unknown>) => {
        try {
          const result = await withinTime(
            Reflect.apply(member, target, parameters) as Promise<unknown>,
            timeoutMilliseconds,
            () => new StorageError(`the storage did not answer within ${timeoutMilliseconds} ms`),
          )
          return checkStorageResult(storeName, String(name), parameters, result)
        } catch (error) {
          if (error instanceof StorageError) error.operation ??= operation
          throw error
        }
      }
    },
  })
}
