/**
 * The state changes of a token family, each one atomic step.
 *
 * `KEYS[1]` is the consent, `KEYS[2]` the family: a hash. A revoked family keeps nothing but that.
 *
 * A driver whose connection breaks before the reply sends the command again. The repetition would look
 * like another call's: a rotation like reuse of the token that it has just used. So every call has a name
 * of its own, and the family keeps the last one's. A repeated call gets the same reply.
 *
 * @module
 */

import { USE_RESOLUTION_SECONDS } from '../../lib/storage/consent-store.ts'
import { REVOCATION_FUNCTIONS } from './revocation-store.ts'
import { createScript, MILLISECONDS, type Script } from './script.ts'

const REPLAY_FIELDS = `'usedTokenHash', 'requestHash', 'encryptedResponse', 'replayUntil'`

const FUNCTIONS = `${MILLISECONDS}
local consent, family = KEYS[1], KEYS[2]

local function is_kept(now)
  local expires_at = redis.call('HGET', family, 'expiresAt')
  return expires_at and tonumber(expires_at) > tonumber(now)
end

local function is_alive(now)
  return is_kept(now)
    and redis.call('HEXISTS', family, 'revoked') == 0
    and redis.call('EXISTS', consent) == 1
end

local function is_repeated(call)
  return redis.call('HGET', family, 'lastCall') == call
end

-- Unless a use that is later, or earlier by no more than the resolution, is noted.
local function note_use(used_at, resolution)
  local noted = redis.call('HGET', consent, 'lastUsedAt')
  if not noted or tonumber(noted) + resolution < tonumber(used_at) then
    redis.call('HSET', consent, 'lastUsedAt', used_at)
  end
end
`

const createFamilyScript = (lua: string): Script => createScript(FUNCTIONS + lua)

/** Begins a family: `now, call, deadline, when it begins, removal, field, value, …`. */
export const CREATE: Script = createFamilyScript(`
local now, call, deadline, created_at, removal = unpack(ARGV, 1, 5)
if is_repeated(call) then return 'created' end
if milliseconds() > tonumber(deadline) then return 'late' end
if redis.call('EXISTS', consent) == 0 then return 'consent-not-found' end
if is_kept(now) then return 'taken' end
if redis.call('EXISTS', family) == 1 then
  redis.call('DEL', family)
end
redis.call('HSET', family, 'lastCall', call, 'life', call, unpack(ARGV, 6))
redis.call('EXPIREAT', family, removal)
redis.call('PERSIST', consent)
note_use(created_at, 0)
return 'created'`)

/** Finds a family that lives, and the fields of its consent: `now`. With `KEYS[3]`, only if that client exists. */
export const FIND: Script = createFamilyScript(`
if KEYS[3] and redis.call('EXISTS', KEYS[3]) == 0 then return false end
if not is_alive(ARGV[1]) then return false end
local fields = redis.call('HMGET', family, 'record', 'expiresAt',
  'accessTokensExpireAt', 'tokenHash', 'tokenIssuedAt', 'tokenExpiresAt', ${REPLAY_FIELDS})
table.insert(fields, string.format('%.0f', milliseconds()))
return { fields, redis.call('HKEYS', consent), redis.call('HGET', family, 'life') }`)

/** Rotates: `now, call, deadline, presented token, request, removal, field, value, …`. */
export const ROTATE: Script = createFamilyScript(`
local now, call, deadline, presented, request, removal = unpack(ARGV, 1, 6)
if is_repeated(call) then return { 'rotated' } end
if milliseconds() > tonumber(deadline) then return { 'late' } end
if not is_alive(now) then return { 'not-found' } end

local token, token_expires_at = unpack(redis.call('HMGET', family, 'tokenHash', 'tokenExpiresAt'))
if token == presented then
  if tonumber(token_expires_at) <= tonumber(now) then return { 'not-found' } end
  redis.call('HSET', family, 'lastCall', call)
  redis.call('HDEL', family, ${REPLAY_FIELDS})
  redis.call('HSET', family, unpack(ARGV, 7))
  redis.call('EXPIREAT', family, removal)
  note_use(now, ${USE_RESOLUTION_SECONDS})
  return { 'rotated' }
end

local used, used_by, response, replay_until =
  unpack(redis.call('HMGET', family, ${REPLAY_FIELDS}))
if used == presented and used_by == request and tonumber(now) < tonumber(replay_until) then
  return { 'replayed', response }
end
return { 'reused' }`)

const REVOKE_FUNCTION = `
local function revoke(call, record, remember_until, removal)
  redis.call('DEL', family)
  redis.call('HSET', family, 'revoked', '1', 'expiresAt', remember_until, 'lastCall', call, 'record', record)
  redis.call('EXPIREAT', family, removal)
  return record
end
`

/**
 * Revokes a family of a client and adds it to the revocations: `now, call, client, until when it is remembered,
 * removal, family id, tolerance, tolerance of the removal`. `KEYS[3]` is its revocation, then come the sets of all. The
 * family keeps its record for a repetition.
 */
export const REVOKE_AND_RECORD: Script =
  createFamilyScript(`${REVOCATION_FUNCTIONS}${REVOKE_FUNCTION}
local now, call, client, remember_until, removal, family_id, tolerance, more = unpack(ARGV)
local record, tokens_expire_at = unpack(redis.call('HMGET', family, 'record', 'accessTokensExpireAt'))
if is_repeated(call) then return record end
if not is_alive(now) or cjson.decode(record).clientId ~= client then return false end
local expires_at = tokens_expire_at + tolerance
revoke(call, record, remember_until, removal)
remember(KEYS[3], string.format('%.0f', expires_at), string.format('%.0f', expires_at + more))
enter(KEYS[4], KEYS[5], string.format('family:%s:%.0f', family_id, expires_at), string.format('%.0f', expires_at + more))
return record`)

/**
 * Revokes a family of which that was recorded already: `now, call, until when it is remembered, removal, until when its
 * access tokens lived then, who asks`. A `finisher`, who found that recorded, leaves the record to the `owner` of the
 * revocation, if it still comes.
 *
 * @returns Until when they live, if that is another time now; nothing is changed then.
 */
export const REVOKE: Script = createFamilyScript(`${REVOKE_FUNCTION}
local now, call, remember_until, removal, recorded, asker = unpack(ARGV)
local record, tokens_expire_at, finished =
  unpack(redis.call('HMGET', family, 'record', 'accessTokensExpireAt', 'finished'))
if is_repeated(call) then return record end
if asker == 'owner' and finished then
  if finished ~= recorded then return tonumber(finished) end
  redis.call('HDEL', family, 'finished')
  redis.call('HSET', family, 'lastCall', call)
  return record
end
if not is_alive(now) then return false end
if tokens_expire_at ~= recorded then return tonumber(tokens_expire_at) end
revoke(call, record, remember_until, removal)
if asker == 'finisher' then redis.call('HSET', family, 'finished', tokens_expire_at) end
return record`)
