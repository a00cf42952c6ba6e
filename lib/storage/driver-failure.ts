import { StorageError } from '../errors.ts'

/**
 * What a store throws when its driver failed. The driver's own error carries the whole command with its
 * parameters, so only what it says is kept, as `cause`.
 */
export function driverFailure(operation: string, error: unknown): StorageError {
  const { name, message } = error instanceof Error ? error : new Error(String(error))
  return new StorageError(`${operation} failed`, { cause: new Error(`${name}: ${message}`) })
}
