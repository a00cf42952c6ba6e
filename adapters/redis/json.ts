import { StorageError } from '../../lib/errors.ts'

/** Reads back what `JSON.stringify` made of a record. */
export function parseJson<Value>(json: string): Value {
  try {
    return JSON.parse(json)
  } catch {
    // Without a cause: a SyntaxError quotes the text.
    throw new StorageError('redis: a record is not JSON')
  }
}
