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
 * - `grant()` does not change a record of another tenant, or one that `withdraw()` has left without scopes: the caller
 *   deletes it first.
 * - `grant()` against `delete()`: scopes are added before the record is deleted, and are deleted with it, or
 *   the record is not found. A candidate that is not found was deleted at that moment. It is not written
 *   again: that would bring back the families of a deleted consent. If the owner is not found, the candidate
 *   replaces exactly that entry; `delete()` removes only the entry of the record that it deleted.
 * - A grant happens when it is in the index, or its scopes are in the record of another one: the scripts that do that
 *   check the deadline. What is late, cancelled or withdrawn is abandoned: the candidate is deleted, unless another `grant()` or a family
 *   found it in time and made it durable. A driver that sends a script again may hear that it is late, though it
 *   was not the first time: the consent then stays or goes, as after a crash.
 * - `grant()` against `withdraw()`, which forbids the request to enter anything in the index and reads whose entry
 *   there is, then forbids it to add to that record and removes what it added. A grant that was entered before the
 *   former adds to the record that `withdraw()` found, or to one that no longer exists.
 * - `grant()` against `cancelGrants()`: what was not in the index before is never entered there. What was is found by
 *   whoever cancelled, and deleted, as above.
 * - `delete()` against `families.create()`: both change the record, in its slot, one after the other.
 *
 * @module
 */

import { randomUUID } from 'node:crypto'
import { StorageError } from '../../lib/errors.ts'
import {
  type Consent,
  type ConsentGrant,
  type ConsentOwner,
  type ConsentStore,
  type GrantOutcome,
  WITHDRAWAL_SECONDS,
} from '../../lib/storage/consent-store.ts'
import type { Connection } from './connection.ts'
import { createConsentLists } from './consent-lists.ts'
import { type AdditionOutcome, createConsentRecords, type StoredGrant } from './consent-records.ts'
import { assertIdentifier, isConsentId, isIdentifier } from './keys.ts'
import type { ProvisionalRecord } from './provisional-record.ts'
import { removalOf } from './records.ts'
import { createScript, MILLISECONDS, runScript } from './script.ts'

/** An attempt fails only because another call succeeded or gave up, and each does so at most twice. */
const MAX_ATTEMPTS = 200

/** Finds the last cancellation, the time, and the entry of a client: `client`. */
const FIND_ENTRY = createScript(`${MILLISECONDS}
local time = string.format('%.0f', milliseconds())
return { redis.call('GET', KEYS[2]) or '', time, redis.call('HGET', KEYS[1], ARGV[1]) }`)

/**
 * Whether a grant may be in the index: `deadline, cancellation`. `KEYS[2]` exists when its request was withdrawn;
 * `KEYS[3]` is the last cancellation.
 */
const REFUSE = `${MILLISECONDS}
if milliseconds() > tonumber(ARGV[1]) then return { 'late' } end
if (redis.call('GET', KEYS[3]) or '') ~= ARGV[2] then return { 'cancelled' } end
if redis.call('EXISTS', KEYS[2]) == 1 then return { 'withdrawn' } end
`

/** Enters a consent unless there is an entry: `deadline, cancellation, client, consent id`. Returns whose there is. */
const ENTER = createScript(`${REFUSE}
redis.call('HSETNX', KEYS[1], ARGV[3], ARGV[4])
return { 'entered', redis.call('HGET', KEYS[1], ARGV[3]) }`)

/** Replaces an entry: `deadline, cancellation, client, consent id before, consent id`. */
const REPLACE_ENTRY = createScript(`${REFUSE}
if redis.call('HGET', KEYS[1], ARGV[3]) == ARGV[4] then
  redis.call('HSET', KEYS[1], ARGV[3], ARGV[5])
end
return { 'replaced' }`)

/** Refuses grants of a request: `client, removal`. Returns whose entry there is. */
const WITHDRAW = createScript(`
redis.call('SET', KEYS[2], '1', 'EXAT', ARGV[2])
return redis.call('HGET', KEYS[1], ARGV[1])`)

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

  /** Adds a grant to the consent that the index names. */
  async function addToOwner(owner: string, grant: ConsentGrant): Promise<AdditionOutcome> {
    const { consentId } = grant
    const outcome = await records.addScopes(owner, grant)
    if (outcome === 'added' && owner !== consentId)
      await Promise.all([records.delete(consentId), unlist(consentId, grant)])
    return outcome
  }

  /**
   * Stores a candidate as the consent, or adds the grant to the existing one.
   *
   * @returns `undefined` when that was deleted meanwhile: then the candidate takes its place.
   */
  async function tryGrant(
    grant: ConsentGrant,
    candidate: ProvisionalRecord,
  ): Promise<GrantOutcome | undefined> {
    const { consentId, userId, clientId, deadlineMilliseconds, cancellation } = grant
    const index = [
      keys.consentIndex(userId),
      keys.withdrawnOfUser(grant),
      keys.cancellation(userId),
    ]
    const entry = [deadlineMilliseconds, cancellation, clientId, consentId]
    const [entered, owner = ''] = (await runScript(client, ENTER, index, entry)) as [
      'entered' | 'late' | 'cancelled' | 'withdrawn',
      string?,
    ]
    if (entered !== 'entered') return entered
    const outcome = await addToOwner(owner, grant)
    if (outcome === 'added') return 'granted'
    if (outcome !== 'not-found') return outcome
    const isRevoked = owner === consentId || !(await records.exists(consentId))
    if (isRevoked) {
      candidate.assertInTime()
      return 'granted'
    }
    const replacement = [deadlineMilliseconds, cancellation, clientId, owner, consentId]
    await runScript(client, REPLACE_ENTRY, index, replacement)
    return undefined
  }

  /** Removes the candidate of a grant that does not happen. */
  async function abandon(grant: ConsentGrant): Promise<void> {
    if (await records.abandon(grant.consentId)) await unlist(grant.consentId, grant)
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
      const { consentId, clientId, tenantId, requestKey } = grant
      assertIdentifier(isConsentId(consentId) && isIdentifier(clientId) && isIdentifier(requestKey))
      const candidate = await records.write(grant)
      await Promise.all([
        lists.enter({ tenantId }, consentId),
        lists.enter({ clientId }, consentId),
      ])

      for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
        const outcome = await tryGrant(grant, candidate)
        if (outcome === undefined) continue
        if (outcome !== 'granted') await abandon(grant)
        return outcome
      }
      throw new StorageError('redis: other requests kept changing the consent')
    },

    async find(userId, clientId) {
      if (!isIdentifier(clientId)) return undefined
      const consentId = await client.hget(keys.consentIndex(userId), clientId)
      return consentId === null ? undefined : await records.find(consentId)
    },

    async findTimed(userId, clientId) {
      const index = [keys.consentIndex(userId), keys.cancellation(userId)]
      const [cancellation, foundAt, consentId] = (await runScript(client, FIND_ENTRY, index, [
        clientId,
      ])) as [cancellation: string, foundAt: string, consentId: string | null]
      const consent = consentId === null ? undefined : await records.find(consentId)
      return { consent, foundAtMilliseconds: Number(foundAt), cancellation }
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

    async withdraw(request, now) {
      const { userId, clientId, requestKey } = request
      if (!isIdentifier(clientId) || !isIdentifier(requestKey)) return undefined
      const index = [keys.consentIndex(userId), keys.withdrawnOfUser(request)]
      const parameters = [clientId, removalOf(now + WITHDRAWAL_SECONDS)]
      const consentId = await runScript(client, WITHDRAW, index, parameters)
      if (typeof consentId !== 'string') return undefined
      return await records.withdraw(consentId, requestKey, now)
    },

    async cancelGrants(userId, now) {
      const removal = removalOf(now + WITHDRAWAL_SECONDS)
      await client.set(keys.cancellation(userId), randomUUID(), 'EXAT', removal)
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
