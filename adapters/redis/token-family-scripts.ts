/**
 * What happens to a token family, each as one atomic step.
 *
 * `KEYS[1]` is the consent, `KEYS[2]` the family: a hash. Of a revoked one there remains that it was.
 *
 * A driver whose connection broke before the answer came sends the command again, and what it did the
 * first time would look like somebody else's doing: a rotation like reuse of the token that it has just
 * spent. So every call brings a name of its own, and the family keeps that of the last one. Whoever finds
 * its own gets the same answer again.
 *
 * @module
 */

import { USE_RESOLUTION_SECONDS } from '../../lib/storage/storage.ts'
import { createScript, MILLISECONDS, type Script } from './script.ts'

const RETRY_FIELDS = `'usedTokenHash', 'requestHash', 'encryptedResponse', 'replayUntil'`

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

local function revoke(call, remember_until, removal)
  redis.call('DEL', family)
  redis.call('HSET', family, 'revoked', '1', 'expiresAt', remember_until, 'lastCall', call)
  redis.call('EXPIREAT', family, removal)
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
redis.call('HSET', family, 'lastCall', call, unpack(ARGV, 6))
redis.call('EXPIREAT', family, removal)
redis.call('PERSIST', consent)
note_use(created_at, 0)
return 'created'`)

/** Finds a family that lives: `now`. */
export const FIND: Script = createFamilyScript(`
if not is_alive(ARGV[1]) then return false end
local fields = redis.call('HMGET', family, 'record', 'expiresAt',
  'tokenHash', 'tokenIssuedAt', 'tokenExpiresAt', ${RETRY_FIELDS})
table.insert(fields, string.format('%.0f', milliseconds()))
return fields`)

/**
 * Rotates: `now, call, deadline, presented token, request, until when it is remembered and when it is
 * removed if that is reuse, removal, field, value, …`.
 */
export const ROTATE: Script = createFamilyScript(`
local now, call, deadline, presented, request, remember_until, revoked_removal, removal =
  unpack(ARGV, 1, 8)
if is_repeated(call) then
  return { redis.call('HEXISTS', family, 'revoked') == 1 and 'reused' or 'rotated' }
end
if milliseconds() > tonumber(deadline) then return { 'late' } end
if not is_alive(now) then return { 'not-found' } end

local token, token_expires_at = unpack(redis.call('HMGET', family, 'tokenHash', 'tokenExpiresAt'))
if token == presented then
  if tonumber(token_expires_at) <= tonumber(now) then return { 'not-found' } end
  redis.call('HSET', family, 'lastCall', call)
  redis.call('HDEL', family, ${RETRY_FIELDS})
  redis.call('HSET', family, unpack(ARGV, 9))
  redis.call('EXPIREAT', family, removal)
  note_use(now, ${USE_RESOLUTION_SECONDS})
  return { 'rotated' }
end

local spent, spending_request, answer, answer_until =
  unpack(redis.call('HMGET', family, ${RETRY_FIELDS}))
if spent == presented and spending_request == request and tonumber(now) < tonumber(answer_until) then
  return { 'replayed', answer }
end

revoke(call, remember_until, revoked_removal)
return { 'reused' }`)

/** Revokes a family: `now, call, until when it is remembered, removal`. */
export const REVOKE: Script = createFamilyScript(`
local now, call, remember_until, removal = unpack(ARGV)
if is_repeated(call) then return 1 end
if not is_alive(now) then return 0 end
revoke(call, remember_until, removal)
return 1`)
