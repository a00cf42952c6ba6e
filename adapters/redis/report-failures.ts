import { StorageError } from '../../lib/errors.ts'

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
          throw asStorageError(`redis: ${name}.${String(method)}() failed`, error)
        }
      }
    },
  })
}

function asStorageError(message: string, cause: unknown): StorageError {
  if (cause instanceof StorageError) return cause
  // The driver attaches the command with its parameters, among them user ids, and loggers print them.
  if (cause instanceof Error) Reflect.deleteProperty(cause, 'command')
  return new StorageError(message, { cause })
}
