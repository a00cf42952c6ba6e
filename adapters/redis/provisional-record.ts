/**
 * Durable records that are found through an index in another slot, where no script reaches both.
 *
 * Such a record is written first, to expire within a minute; then it is entered in the index; then it is
 * made durable. A crash in between leaves a record that expires, or an entry without a record, which means
 * nothing.
 *
 * @module
 */

import { StorageError } from '../../lib/errors.ts'
import type { Connection } from './connection.ts'
import { createScript, runScript } from './script.ts'

/** How long a record stays that is not made durable. */
export const PROVISIONAL_SECONDS = 60

const WRITE = createScript(`
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('HSET', KEYS[1], unpack(ARGV, 2))
redis.call('EXPIRE', KEYS[1], ARGV[1])
return 1`)

/** A record that is about to be indexed. */
export interface ProvisionalRecord {
  /** Whether it was written now; `false` when the key is taken. */
  readonly isNew: boolean
  /**
   * Called when the record is not found: it was deleted already, or saving it took too long.
   *
   * @throws {@link StorageError} when it took too long.
   */
  assertInTime(): void
}

/** Writes a record, unless its key is taken. */
export async function writeProvisionally(
  { client }: Connection,
  key: string,
  fields: ReadonlyArray<string | number>,
): Promise<ProvisionalRecord> {
  const startedAt = performance.now()
  const written = await runScript(client, WRITE, [key], [PROVISIONAL_SECONDS, ...fields])
  return {
    isNew: Number(written) === 1,
    assertInTime() {
      const isInTime = performance.now() - startedAt < PROVISIONAL_SECONDS * 1000
      if (!isInTime) throw new StorageError('redis: a record took too long to save')
    },
  }
}
