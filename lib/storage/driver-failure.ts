/**
 * What a store throws when its driver failed.
 *
 * @module
 */

import { StorageError } from '../errors.ts'

/**
 * Wraps a store: whatever its methods throw becomes a {@link StorageError}.
 *
 * @param name For {@link StorageError.operation}, for example `redis: families`.
 */
export function reportDriverFailures<Store extends object>(name: string, store: Store): Store {
  return new Proxy(store, {
    get(_, member) {
      const method: unknown = Reflect.get(store, member)
      if (typeof method !== 'function') return method
      return async (...parameters: ReadonlyArray<unknown>) => {
        try {
          return await Reflect.apply(method, store, parameters)
        } catch (error) {
          if (error instanceof StorageError) throw error
          throw driverFailure(`${name}.${String(member)}()`, error)
        }
      }
    },
  })
}

/**
 * The {@link StorageError} of a driver's failure. The driver's own error carries the whole command with its
 * parameters, so only its message is kept, as `cause`.
 */
export function driverFailure(operation: string, error: unknown): StorageError {
  const { name, message, code } = causeOf(error)
  const cause = Object.assign(new Error(`${name}: ${message}`), code === undefined ? {} : { code })
  return new StorageError(`${operation} failed`, { cause, operation })
}

function causeOf(error: unknown): Error & { readonly code?: unknown } {
  if (!(error instanceof Error)) return new Error(String(error))
  // A connection that failed at several addresses has one error for each, and no message of its own.
  const { errors } = error as { readonly errors?: unknown }
  const isAggregate = error.message === '' && Array.isArray(errors) && errors.length > 0
  return isAggregate ? causeOf(errors[0]) : error
}
