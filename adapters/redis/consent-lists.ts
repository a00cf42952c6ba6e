/**
 * The consents of a tenant's users, and those to a client: a sorted set for each, in slots of their own, of
 * consent ids by when they were entered.
 *
 * A consent is entered before its record says that it belongs there, so every consent that belongs there is
 * found, wherever a process crashed. An entry of a consent that does not exist or belongs to another tenant
 * means nothing. It is removed when it is read, but not within a minute of being entered: its record may be
 * about to be written.
 *
 * @module
 */

import type { ConsentOwner } from '../../lib/storage/consent-store.ts'
import type { Connection } from './connection.ts'
import { PROVISIONAL_SECONDS } from './provisional-record.ts'
import { createScript, runScript } from './script.ts'

const ENTER = createScript(`
redis.call('ZADD', KEYS[1], redis.call('TIME')[1], ARGV[1])
return 1`)

/** Removes entries that are older than so many seconds: `seconds, consentId, …`. */
const REMOVE_OLDER = createScript(`
local oldest_to_stay = redis.call('TIME')[1] - ARGV[1]
for i = 2, #ARGV do
  local entered_at = redis.call('ZSCORE', KEYS[1], ARGV[i])
  if entered_at and tonumber(entered_at) < oldest_to_stay then
    redis.call('ZREM', KEYS[1], ARGV[i])
  end
end
return 1`)

/** The lists of consents. */
export interface ConsentLists {
  /** Enters a consent, for a minute at least. */
  enter(of: ConsentOwner, consentId: string): Promise<void>
  /** Removes a consent that was deleted. */
  remove(of: ConsentOwner, consentId: string): Promise<void>
  /** Removes consents that do not belong there, unless one was entered a moment ago. */
  removeStale(of: ConsentOwner, consentIds: ReadonlyArray<string>): Promise<void>
  /** Reads a list in batches: whatever stays there meanwhile is in one of them, or in several. */
  batches(of: ConsentOwner, size: number): AsyncGenerator<ReadonlyArray<string>>
}

/** Creates the lists of consents. */
export function createConsentLists({ client, keys }: Connection): ConsentLists {
  return {
    async enter(of, consentId) {
      await runScript(client, ENTER, [keys.consentList(of)], [consentId])
    },

    async remove(of, consentId) {
      await client.zrem(keys.consentList(of), consentId)
    },

    async removeStale(of, consentIds) {
      if (consentIds.length === 0) return
      const parameters = [PROVISIONAL_SECONDS, ...consentIds]
      await runScript(client, REMOVE_OLDER, [keys.consentList(of)], parameters)
    },

    async *batches(of, size) {
      let cursor = '0'
      do {
        const [next, entries] = await client.zscan(keys.consentList(of), cursor, 'COUNT', size)
        // Each id is followed by when it was entered.
        yield entries.filter((_, index) => index % 2 === 0)
        cursor = String(next)
      } while (cursor !== '0')
    },
  }
}
