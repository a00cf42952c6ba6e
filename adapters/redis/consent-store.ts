/**
 * Consents.
 *
 * A consent is in the slot of its families, which depend on it. An index per user, in another slot, names
 * the consent of each client. What keeps the two consistent (for the lists of tenants and clients, see
 * `consent-lists.ts`):
 *
 * - The index decides which of several records is *the* consent; the record decides whether it exists. An
 *   entry without a record means nothing.
 * - `grant()` writes a candidate that expires within a minute, enters it in the lists, then in the index
 *   unless there is an entry, and adds its scopes to the record that the entry names, which makes that
 *   durable. The loser deletes its candidate. A crash before the index leaves a candidate that nothing
 *   refers to and that expires; a crash after it, a consent that expires within the minute, unless another
 *   `grant()` or a new family makes it durable.
 * - `delete()` deletes the record first, and so all families, then its entry. A crash in between leaves
 *   an entry that means nothing; the next `grant()` replaces it.
 * - `grant()` against `grant()`: the index has one winner. Adding scopes is one step that works only on an
 *   existing record, so no scopes are lost.
 * - `grant()` in another tenant deletes the record, and so all families, instead of adding scopes. The
 *   candidate then replaces its entry, as if there were no record. Two such calls may delete each other's.
 * - `grant()` against `delete()`: scopes are added before the record is deleted, and are deleted with it, or
 *   the record is not found. A candidate that is not found was deleted at that moment. It is not written
 *   again: that would bring back the families of a deleted consent. If the owner is not found, the candidate
 *   replaces exactly that entry; `delete()` removes only the entry of the record that it deleted.
 * - `delete()` against `families.create()`: both change the record, in its slot, one after the other.
 *
 * @module
 */

import { StorageError } from '../../lib/errors.ts'
import type {
  Consent,
  ConsentGrant,
  ConsentOwner,
  ConsentStore,
} from '../../lib/storage/consent-store.ts'
import type { Connection } from './connection.ts'
import { createConsentLists } from './consent-lists.ts'
import { createConsentRecords, type StoredGrant } from './consent-records.ts'
import { assertIdentifier, isConsentId, isIdentifier } from './keys.ts'
import { createScript, runScript } from './script.ts'

/** An attempt fails only because another call succeeded or gave up, and each does so at most twice. */
const MAX_ATTEMPTS = 200

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

/** Creates the store of consents. */
export function createConsentStore(connection: Connection): ConsentStore {
  const { client, keys } = connection
  const records = createConsentRecords(connection)
  const lists = createConsentLists(connection)

  async function unlist(consentId: string, { tenantId, clientId }: StoredGrant): Promise<void> {
    await Promise.all([
      lists.remove({ tenantId }, consentId),
      lists.remove({ clientId }, consentId),
    ])
  }

  /**
   * Adds a grant to the consent that the index names.
   *
   * @returns `false` when that does not exist, or was another tenant's and has been deleted.
   */
  async function addToOwner(owner: string, grant: ConsentGrant): Promise<boolean> {
    const { consentId } = grant
    const addition = await records.addScopes(owner, grant)
    if (addition.outcome === 'deleted') await unlist(owner, addition.deleted)
    if (addition.outcome !== 'added') return false
    if (owner !== consentId)
      await Promise.all([records.delete(consentId), unlist(consentId, grant)])
    return true
  }

  /** The consent of this id, if it is the one of its user to its client, and belongs there. */
  async function findBelonging(of: ConsentOwner, consentId: string): Promise<Consent | undefined> {
    const consent = await records.find(consentId)
    if (consent === undefined || !isOf(of, consent)) return undefined
    const indexed = await client.hget(keys.consentIndex(consent.userId), consent.clientId)
    return indexed === consentId ? consent : undefined
  }

  return {
    async grant(grant) {
      const { consentId, userId, clientId, tenantId } = grant
      assertIdentifier(isConsentId(consentId) && isIdentifier(clientId))
      const index = [keys.consentIndex(userId)]
      const candidate = await records.write(grant)
      await Promise.all([
        lists.enter({ tenantId }, consentId),
        lists.enter({ clientId }, consentId),
      ])

      for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
        const owner = String(await runScript(client, ENTER, index, [clientId, consentId]))
        if (await addToOwner(owner, grant)) return
        const isRevoked = owner === consentId || !(await records.exists(consentId))
        if (isRevoked) {
          candidate.assertInTime()
          return
        }
        await runScript(client, REPLACE_ENTRY, index, [clientId, owner, consentId])
      }
      throw new StorageError('redis: others changed a consent all the time')
    },

    async find(userId, clientId) {
      if (!isIdentifier(clientId)) return undefined
      const consentId = await client.hget(keys.consentIndex(userId), clientId)
      return consentId === null ? undefined : await records.find(consentId)
    },

    async list(userId) {
      const consentIds = await client.hvals(keys.consentIndex(userId))
      const consents = await Promise.all(consentIds.map(records.find))
      return consents
        .filter((consent) => consent !== undefined)
        .sort((left, right) => right.grantedAt - left.grantedAt)
    },

    async listBatch(of, limit) {
      if ('clientId' in of && !isIdentifier(of.clientId)) return []
      // By id: a batch may have what another one had.
      const found = new Map<string, Consent>()
      for await (const consentIds of lists.batches(of, limit)) {
        const consents = await Promise.all(consentIds.map((id) => findBelonging(of, id)))
        await lists.removeStale(
          of,
          consentIds.filter((_, index) => consents[index] === undefined),
        )
        for (const consent of consents) {
          if (consent !== undefined) found.set(consent.consentId, consent)
        }
        if (found.size >= limit) break
      }
      return [...found.values()].slice(0, limit)
    },

    async removeScopes({ consentId, userId, clientId }, scopes) {
      if (!isIdentifier(clientId)) return false
      const owner = await client.hget(keys.consentIndex(userId), clientId)
      return owner === consentId && (await records.removeScopes(consentId, scopes))
    },

    async delete(userId, clientId, expectedConsentId) {
      if (!isIdentifier(clientId)) return false
      const index = keys.consentIndex(userId)
      const consentId = await client.hget(index, clientId)
      if (consentId === null || consentId !== (expectedConsentId ?? consentId)) return false
      const deleted = await records.delete(consentId)
      await Promise.all([
        runScript(client, REMOVE_ENTRY, [index], [clientId, consentId]),
        deleted && unlist(consentId, deleted),
      ])
      return deleted !== undefined
    },
  }
}

function isOf(of: ConsentOwner, { tenantId, clientId }: Consent): boolean {
  return 'tenantId' in of ? tenantId === of.tenantId : clientId === of.clientId
}
