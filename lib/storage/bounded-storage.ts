/**
 * A storage whose every call ends in a bounded time, whatever its backend does: down, frozen or slow.
 *
 * @module
 */

import { StorageError } from '../errors.ts'
import { withinTime } from '../util/within-time.ts'
import type { Storage } from './storage.ts'

/**
 * Wraps a storage. A call that takes longer than `timeoutMilliseconds` fails with a
 * {@link StorageError}; what becomes of it in the backend is not known then.
 */
export function boundStorage(storage: Storage, timeoutMilliseconds: number): Storage {
  return {
    clients: boundStore(storage.clients, timeoutMilliseconds),
    consents: boundStore(storage.consents, timeoutMilliseconds),
    families: boundStore(storage.families, timeoutMilliseconds),
    artifacts: boundStore(storage.artifacts, timeoutMilliseconds),
    revocations: boundStore(storage.revocations, timeoutMilliseconds),
    sealedKeys: boundStore(storage.sealedKeys, timeoutMilliseconds),
    backends: storage.backends.map((backend) => boundStore(backend, timeoutMilliseconds)),
  }
}

/** Wraps one store of a storage, likewise. */
export function boundStore<Store extends object>(store: Store, timeoutMilliseconds: number): Store {
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      return (...parameters: ReadonlyArray<unknown>) =>
        withinTime(
          Reflect.apply(member, target, parameters) as Promise<unknown>,
          timeoutMilliseconds,
          () => new StorageError(`the storage did not answer within ${timeoutMilliseconds} ms`),
        )
    },
  })
}
