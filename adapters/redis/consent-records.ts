/**
 * The records of consents: hashes, each in the slot of its families.
 *
 * @module
 */

import type { Consent, ConsentGrant } from '../../lib/storage/consent-store.ts'
import type { Connection } from './connection.ts'
import { type ProvisionalRecord, writeProvisionally } from './provisional-record.ts'
import { parseJson } from './records.ts'
import { createScript, MILLISECONDS, runScript } from './script.ts'

/** What is one field: what the last grant said. Each scope is another, and the key has the id. */
export type StoredGrant = Omit<ConsentGrant, 'consentId' | 'scopes' | 'deadlineMilliseconds'>

/** What precedes the scope in the name of its field. */
export const SCOPE_FIELD = 'scope:'

/**
 * Adds scopes to a record and makes it last: `deadline, record, now, scope, …`. A record of another tenant is
 * deleted instead, and returned.
 */
const ADD_SCOPES = createScript(`${MILLISECONDS}
if milliseconds() > tonumber(ARGV[1]) then return { 'late' } end
local before = redis.call('HGET', KEYS[1], 'record')
if not before then return { 'not-found' } end
if cjson.decode(before).tenantId ~= cjson.decode(ARGV[2]).tenantId then
  redis.call('DEL', KEYS[1])
  return { 'deleted', before }
end
redis.call('HSET', KEYS[1], 'record', ARGV[2])
for i = 4, #ARGV do
  redis.call('HSETNX', KEYS[1], ARGV[i], ARGV[3])
end
redis.call('PERSIST', KEYS[1])
return { 'added' }`)

/** Removes scopes from a record: `scope, …`. Returns whether there is one. */
const REMOVE_SCOPES = createScript(`
if redis.call('HEXISTS', KEYS[1], 'record') == 0 then return 0 end
for i = 1, #ARGV do
  redis.call('HDEL', KEYS[1], ARGV[i])
end
return 1`)

const DELETE = createScript(`
local record = redis.call('HGET', KEYS[1], 'record')
redis.call('DEL', KEYS[1])
return record`)

/** Deletes a record that was not made to last. Returns whether there is none now. */
const ABANDON = createScript(`
if redis.call('TTL', KEYS[1]) == -1 then return 0 end
redis.call('DEL', KEYS[1])
return 1`)

/** What became of a record that scopes were to be added to. */
export type AdditionOutcome =
  | { readonly outcome: 'added' }
  /** There was none. */
  | { readonly outcome: 'not-found' }
  /** The deadline has passed; nothing changed. */
  | { readonly outcome: 'late' }
  /** It was of another tenant. */
  | { readonly outcome: 'deleted'; readonly deleted: StoredGrant }

/** The records of consents. */
export interface ConsentRecords {
  find(consentId: string): Promise<Consent | undefined>
  exists(consentId: string): Promise<boolean>
  /** Writes the record that begins with a grant, unless its key is taken. */
  write(grant: ConsentGrant): Promise<ProvisionalRecord>
  /** Adds scopes to a record of the same tenant, and deletes one of another. */
  addScopes(consentId: string, grant: ConsentGrant): Promise<AdditionOutcome>
  /** @returns `false` when it does not exist. */
  removeScopes(consentId: string, scopes: ReadonlyArray<string>): Promise<boolean>
  /** @returns What the record said; `undefined` when there was none. */
  delete(consentId: string): Promise<StoredGrant | undefined>
  /**
   * Deletes a record that was written, unless it was made to last.
   *
   * @returns Whether there is none now.
   */
  abandon(consentId: string): Promise<boolean>
}

/** Creates the records of consents. */
export function createConsentRecords(connection: Connection): ConsentRecords {
  const { client, keys } = connection

  return {
    async find(consentId) {
      const fields: Record<string, string> = await client.hgetall(keys.consent(consentId))
      return consentFrom(consentId, fields)
    },

    async exists(consentId) {
      return Number(await client.exists(keys.consent(consentId))) === 1
    },

    async write(grant) {
      return await writeProvisionally(connection, keys.consent(grant.consentId), fieldsOf(grant))
    },

    async addScopes(consentId, grant) {
      const fields = grant.scopes.map((scope) => SCOPE_FIELD + scope)
      const parameters = [
        ...[grant.deadlineMilliseconds, recordOf(grant), grant.grantedAt],
        ...fields,
      ]
      const [outcome, deleted = ''] = (await runScript(
        client,
        ADD_SCOPES,
        [keys.consent(consentId)],
        parameters,
      )) as [AdditionOutcome['outcome'], string?]
      return outcome === 'deleted' ? { outcome, deleted: parseJson(deleted) } : { outcome }
    },

    async removeScopes(consentId, scopes) {
      const fields = scopes.map((scope) => SCOPE_FIELD + scope)
      const isThere = await runScript(client, REMOVE_SCOPES, [keys.consent(consentId)], fields)
      return Number(isThere) === 1
    },

    async delete(consentId) {
      const record = await runScript(client, DELETE, [keys.consent(consentId)], [])
      return typeof record === 'string' ? parseJson(record) : undefined
    },

    async abandon(consentId) {
      return Number(await runScript(client, ABANDON, [keys.consent(consentId)], [])) === 1
    },
  }
}

function fieldsOf(grant: ConsentGrant): ReadonlyArray<string | number> {
  const { scopes, grantedAt } = grant
  const scopeFields = scopes.flatMap((scope) => [SCOPE_FIELD + scope, grantedAt])
  return ['record', recordOf(grant), 'createdAt', grantedAt, ...scopeFields]
}

function recordOf({
  consentId: _id,
  scopes: _scopes,
  deadlineMilliseconds: _deadline,
  ...stored
}: ConsentGrant): string {
  return JSON.stringify(stored satisfies StoredGrant)
}

function consentFrom(
  consentId: string,
  { record, createdAt, lastUsedAt, ...scopeFields }: Record<string, string>,
): Consent | undefined {
  if (record === undefined) return undefined
  const scopes = Object.entries(scopeFields).map(([field, grantedAt]) => ({
    scope: field.slice(SCOPE_FIELD.length),
    grantedAt: Number(grantedAt),
  }))
  return {
    ...parseJson<StoredGrant>(record),
    consentId,
    scopes: scopes.sort((left, right) => left.grantedAt - right.grantedAt),
    createdAt: Number(createdAt),
    lastUsedAt: lastUsedAt === undefined ? undefined : Number(lastUsedAt),
  }
}
