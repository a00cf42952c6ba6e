/**
 * The records of consents: hashes, each in the slot of its families.
 *
 * @module
 */

import {
  type Consent,
  type ConsentGrant,
  firstGrantedAt,
  MAXIMUM_GRANTING_REQUESTS,
  type ScopeGrants,
  WITHDRAWAL_SECONDS,
} from '../../lib/storage/consent-store.ts'
import type { Connection } from './connection.ts'
import { type ProvisionalRecord, writeProvisionally } from './provisional-record.ts'
import { parseJson, removalOf } from './records.ts'
import { createScript, MILLISECONDS, runScript } from './script.ts'

/** What is one field: what the last grant said. Each scope is another, and the key has the id. */
export type StoredGrant = Omit<
  ConsentGrant,
  'consentId' | 'scopes' | 'requestKey' | 'deadlineMilliseconds' | 'cancellation'
>

/** What precedes the scope in the name of its field. */
export const SCOPE_FIELD = 'scope:'

/** Each scope is a field, of its `ScopeGrants` as JSON. */
const SCOPES = `
local function each_scope(visit)
  for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
    if string.sub(field, 1, ${SCOPE_FIELD.length}) == '${SCOPE_FIELD}' then visit(field) end
  end
end

local function grants_of(field)
  return cjson.decode(redis.call('HGET', KEYS[1], field) or '{}')
end

local function is_empty()
  local count = 0
  each_scope(function () count = count + 1 end)
  return count == 0
end
`

/**
 * Adds scopes to a record and makes it last: `deadline, record, now, request, scope, …`. Not to one of another tenant or
 * without scopes. `KEYS[2]` exists when the request was withdrawn.
 */
const ADD_SCOPES = createScript(`${MILLISECONDS}${SCOPES}
local deadline, record, now, request = unpack(ARGV, 1, 4)
if milliseconds() > tonumber(deadline) then return 'late' end
if redis.call('EXISTS', KEYS[2]) == 1 then return 'withdrawn' end
local before = redis.call('HGET', KEYS[1], 'record')
if not before then return 'not-found' end
if cjson.decode(before).tenantId ~= cjson.decode(record).tenantId or is_empty() then
  return 'obsolete'
end

local function add(grants)
  if type(grants) == 'number' then return grants end
  local count, first = 0, nil
  for _, granted_at in pairs(grants) do
    count = count + 1
    first = math.min(first or granted_at, granted_at)
  end
  if first and first + ${WITHDRAWAL_SECONDS} <= tonumber(now) then return first end
  if not grants[request] and count < ${MAXIMUM_GRANTING_REQUESTS} then
    grants[request] = tonumber(now)
  end
  return grants
end

redis.call('HSET', KEYS[1], 'record', record)
for i = 5, #ARGV do
  redis.call('HSET', KEYS[1], ARGV[i], cjson.encode(add(grants_of(ARGV[i]))))
end
redis.call('PERSIST', KEYS[1])
return 'added'`)

/** Withdraws what a request granted: `request, removal`. `KEYS[2]` says so from then on. */
const WITHDRAW = createScript(`${SCOPES}
local request, removal = unpack(ARGV)
redis.call('SET', KEYS[2], '1', 'EXAT', removal)
each_scope(function (field)
  local grants = grants_of(field)
  if type(grants) == 'number' or not grants[request] then return end
  grants[request] = nil
  if next(grants) then
    redis.call('HSET', KEYS[1], field, cjson.encode(grants))
  else
    redis.call('HDEL', KEYS[1], field)
  end
end)
return redis.call('HGETALL', KEYS[1])`)

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
  | 'added'
  /** There was none. */
  | 'not-found'
  /** The deadline has passed; nothing changed. */
  | 'late'
  /** What the request granted was withdrawn; nothing changed. */
  | 'withdrawn'
  /** It is of another tenant, or without scopes; nothing changed. */
  | 'obsolete'

/** The records of consents. */
export interface ConsentRecords {
  find(consentId: string): Promise<Consent | undefined>
  exists(consentId: string): Promise<boolean>
  /** Writes the record that begins with a grant, unless its key is taken. */
  write(grant: ConsentGrant): Promise<ProvisionalRecord>
  /** Adds scopes to a record of the same tenant that has scopes. */
  addScopes(consentId: string, grant: ConsentGrant): Promise<AdditionOutcome>
  /** Withdraws what a request granted in this record, and refuses to add to it for the request. */
  withdraw(consentId: string, requestKey: string, now: number): Promise<Consent | undefined>
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
  const keysOf = (consentId: string, requestKey: string): ReadonlyArray<string> => [
    keys.consent(consentId),
    keys.withdrawn(consentId, requestKey),
  ]

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
        ...[grant.deadlineMilliseconds, recordOf(grant), grant.grantedAt, grant.requestKey],
        ...fields,
      ]
      const added = keysOf(consentId, grant.requestKey)
      return (await runScript(client, ADD_SCOPES, added, parameters)) as AdditionOutcome
    },

    async withdraw(consentId, requestKey, now) {
      const parameters = [requestKey, removalOf(now + WITHDRAWAL_SECONDS)]
      const withdrawn = await runScript(client, WITHDRAW, keysOf(consentId, requestKey), parameters)
      return consentFrom(consentId, fromPairs(withdrawn as ReadonlyArray<string>))
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
  const { scopes, requestKey, grantedAt } = grant
  const grants = JSON.stringify({ [requestKey]: grantedAt } satisfies ScopeGrants)
  const scopeFields = scopes.flatMap((scope) => [SCOPE_FIELD + scope, grants])
  return ['record', recordOf(grant), 'createdAt', grantedAt, ...scopeFields]
}

/** The fields of a hash as a script returns them: names and values in turn. */
function fromPairs(pairs: ReadonlyArray<string>): Record<string, string> {
  const names = pairs.filter((_, index) => index % 2 === 0)
  return Object.fromEntries(names.map((name, index) => [name, pairs[2 * index + 1] ?? '']))
}

function recordOf({
  consentId: _id,
  scopes: _scopes,
  requestKey: _request,
  deadlineMilliseconds: _deadline,
  cancellation: _cancellation,
  ...stored
}: ConsentGrant): string {
  return JSON.stringify(stored satisfies StoredGrant)
}

function consentFrom(
  consentId: string,
  { record, createdAt, lastUsedAt, ...scopeFields }: Record<string, string>,
): Consent | undefined {
  if (record === undefined) return undefined
  const scopes = Object.entries(scopeFields).map(([field, grants]) => ({
    scope: field.slice(SCOPE_FIELD.length),
    grantedAt: firstGrantedAt(parseJson<ScopeGrants>(grants)),
  }))
  return {
    ...parseJson<StoredGrant>(record),
    consentId,
    scopes: scopes.sort((left, right) => left.grantedAt - right.grantedAt),
    createdAt: Number(createdAt),
    lastUsedAt: lastUsedAt === undefined ? undefined : Number(lastUsedAt),
  }
}
