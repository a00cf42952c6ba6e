/**
 * Consents.
 *
 * A consent lives in the slot of its families, which live by it; an index per user, in another slot,
 * names the consent of each client. What ties the two:
 *
 * - The index decides which of several records is *the* consent, the record whether there is one. An
 *   entry without a record means nothing.
 * - `grant()` writes a candidate for a minute, enters it in the index unless there is an entry, and adds
 *   its scopes to the record that the entry names, which makes it last. Whoever loses deletes its
 *   candidate. A crash before the entry leaves a candidate that nobody sees and that goes by itself; a
 *   crash after it, a consent that goes within the minute, unless another `grant()` or a family that
 *   begins under it makes it last.
 * - `delete()` deletes the record first, and so all families, then its entry. A crash in between leaves
 *   an entry that means nothing; the next `grant()` replaces it with its own.
 * - `grant()` against `grant()`: the entry has one winner, and adding scopes is one step that works only
 *   on a record that exists, so no scopes go where nobody reads them.
 * - `grant()` against `delete()`: scopes are added before the record is deleted, and go with it, or they
 *   find it gone. Whose own candidate is gone was withdrawn in that moment; it is not written again,
 *   which would bring back the families of a consent that was withdrawn. Whose owner is gone puts its
 *   candidate in the place of that very entry; `delete()` removes only the entry of what it deleted.
 * - `delete()` against `families.create()`: both touch the record, in its slot, one before the other.
 *
 * @module
 */

import { StorageError } from '../../lib/errors.ts'
import type { Consent, ConsentStore } from '../../lib/storage/storage.ts'
import type { Connection } from './connection.ts'
import { parseJson } from './json.ts'
import { assertIdentifier, isConsentId, isIdentifier } from './keys.ts'
import { writeProvisionally } from './provisional-record.ts'
import { createScript, runScript } from './script.ts'

/** Each attempt fails only because somebody else's succeeded, so a few are plenty. */
const MAX_ATTEMPTS = 20

const SCOPE = 'scope:'

const ADD_SCOPES = createScript(`
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], unpack(ARGV))
redis.call('PERSIST', KEYS[1])
return 1`)

const ENTER = createScript(`
redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2])
return redis.call('HGET', KEYS[1], ARGV[1])`)

const REPLACE_ENTRY = createScript(`
if redis.call('HGET', KEYS[1], ARGV[1]) == ARGV[2] then
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
end
return 1`)

const REMOVE_ENTRY = createScript(`
if redis.call('HGET', KEYS[1], ARGV[1]) == ARGV[2] then
  redis.call('HDEL', KEYS[1], ARGV[1])
end
return 1`)

/** What is one field. Each scope is another, and the key has the id. */
type StoredConsent = Omit<Consent, 'consentId' | 'scopes'>

/** Creates the store of consents. */
export function createConsentStore(connection: Connection): ConsentStore {
  const { client, keys } = connection

  async function findRecord(consentId: string): Promise<Consent | undefined> {
    const { record, ...scopes }: Record<string, string> = await client.hgetall(
      keys.consent(consentId),
    )
    if (record === undefined) return undefined
    return {
      ...parseJson<StoredConsent>(record),
      consentId,
      scopes: Object.keys(scopes).map((field) => field.slice(SCOPE.length)),
    }
  }

  async function addScopes(consentId: string, fields: ReadonlyArray<string>): Promise<boolean> {
    return Number(await runScript(client, ADD_SCOPES, [keys.consent(consentId)], fields)) === 1
  }

  return {
    async grant(consent) {
      const { consentId, userId, clientId } = consent
      assertIdentifier(isConsentId(consentId) && isIdentifier(clientId))
      const index = [keys.consentIndex(userId)]
      const fields = fieldsOf(consent)
      const candidate = await writeProvisionally(connection, keys.consent(consentId), fields)

      for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
        const owner = String(await runScript(client, ENTER, index, [clientId, consentId]))
        const isAdded = await addScopes(owner, fields)
        if (owner === consentId) {
          if (!isAdded) candidate.assertInTime()
          return
        }
        if (isAdded) {
          await client.del(keys.consent(consentId))
          return
        }
        await runScript(client, REPLACE_ENTRY, index, [clientId, owner, consentId])
      }
      throw new StorageError('redis: others changed a consent all the time')
    },

    async find(userId, clientId) {
      if (!isIdentifier(clientId)) return undefined
      const consentId = await client.hget(keys.consentIndex(userId), clientId)
      return consentId === null ? undefined : await findRecord(consentId)
    },

    async list(userId) {
      const consentIds = await client.hvals(keys.consentIndex(userId))
      const consents = await Promise.all(consentIds.map(findRecord))
      return consents
        .filter((consent) => consent !== undefined)
        .sort((left, right) => right.grantedAt - left.grantedAt)
    },

    async delete(userId, clientId) {
      if (!isIdentifier(clientId)) return false
      const index = keys.consentIndex(userId)
      const consentId = await client.hget(index, clientId)
      if (consentId === null) return false
      const deleted = await client.del(keys.consent(consentId))
      await runScript(client, REMOVE_ENTRY, [index], [clientId, consentId])
      return Number(deleted) === 1
    },
  }
}

function fieldsOf({ consentId: _id, scopes, ...stored }: Consent): ReadonlyArray<string> {
  return ['record', JSON.stringify(stored), ...scopes.flatMap((scope) => [SCOPE + scope, '1'])]
}
