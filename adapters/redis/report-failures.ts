import { StorageError } from '../../lib/errors.ts'
import { driverFailure } from '../../lib/storage/driver-failure.ts'

/**
 * Wraps a store, so that what the driver throws becomes a {@link StorageError}.
 *
 * @param name The store's, for the message.
 */
export function reportFailures<Store extends object>(name: string, store: Store): Store {
  return new Proxy(store, {
    get(target, method) {
      const member: unknown = Reflect.get(target, method)
      if (typeof member !== 'function') return member
      return async (...parameters: ReadonlyArray<unknown>) => {
        try {
          return await Reflect.apply(member, target, parameters)
        } catch (error) {
          throw asStorageError(`redis: ${name}.${String(method)}()`, error)
        }
      }
    },
  })
}

function asStorageError(operation: string, error: unknown): StorageError {
  return error instanceof StorageError ? error : driverFailure(operation, error)
}
