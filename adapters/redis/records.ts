/**
 * What records in Redis have in common.
 *
 * @module
 */

import { StorageError } from '../../lib/errors.ts'

/** How much a server's clock may be behind that of Redis. */
const CLOCK_TOLERANCE_SECONDS = 60

/** When Redis removes a record. Until then `now` decides whether the record is found. */
export function removalOf(expiresAt: number): number {
  return expiresAt + CLOCK_TOLERANCE_SECONDS
}

/** Parses a record. */
export function parseJson<Value>(json: string): Value {
  try {
    return JSON.parse(json)
  } catch {
    // Without a cause: a SyntaxError quotes the text.
    throw new StorageError('redis: a record is not JSON')
  }
}
