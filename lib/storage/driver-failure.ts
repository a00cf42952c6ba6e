import { StorageError } from '../errors.ts'

/**
 * What a store throws when its driver failed. The driver's own error carries the whole command with its
 * parameters, so only what it says is kept, as `cause`.
 */
export function driverFailure(operation: string, error: unknown): StorageError {
  const { name, message, code } = causeOf(error)
  const cause = Object.assign(new Error(`${name}: ${message}`), code === undefined ? {} : { code })
  return new StorageError(`${operation} failed`, { cause, operation })
}

function causeOf(error: unknown): Error & { readonly code?: unknown } {
  if (!(error instanceof Error)) return new Error(String(error))
  // A connection that failed at several addresses has one error for each, and nothing to say itself.
  const { errors } = error as { readonly errors?: unknown }
  const isAggregate = error.message === '' && Array.isArray(errors) && errors.length > 0
  return isAggregate ? causeOf(errors[0]) : error
}
