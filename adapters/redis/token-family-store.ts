import { StorageError } from '../../lib/errors.ts'
import type {
  CreationOutcome,
  FoundTokenFamily,
  RefreshRetry,
  RotationOutcome,
  TokenFamily,
  TokenFamilyStore,
} from '../../lib/storage/storage.ts'
import type { Keys } from './keys.ts'
import { type RedisCommands, script } from './redis-commands.ts'
import { removalOf } from './removal.ts'

// A family is a hash. `family` is JSON that no script looks into; the other fields are what they compare:
// `expires`, the current token's `token`, `issued` and `tokenExpires`, the retry's `spent`, `request`,
// `sealed` and `until`. A revoked family is `revoked` and `expires` only.
//
// KEYS[1] is the consent, KEYS[2] the family.

const CREATE = script(`
if redis.call('EXISTS', KEYS[1]) == 0 then return 'consent-gone' end
local expires = redis.call('HGET', KEYS[2], 'expires')
if expires and tonumber(expires) > tonumber(ARGV[1]) then return 'taken' end
redis.call('DEL', KEYS[2])
redis.call('HSET', KEYS[2], unpack(ARGV, 3))
redis.call('EXPIREAT', KEYS[2], ARGV[2])
return 'created'`)

const FIND = script(`
if redis.call('EXISTS', KEYS[1]) == 0 then return false end
local family = redis.call('HMGET', KEYS[2], 'family', 'expires', 'token', 'issued', 'tokenExpires',
  'spent', 'request', 'sealed', 'until')
if not family[1] or tonumber(family[2]) <= tonumber(ARGV[1]) then return false end
local time = redis.call('TIME')
return {time[1] * 1000 + math.floor(time[2] / 1000), family}`)

const ROTATE = script(`
local now, presented, request, deadline = tonumber(ARGV[1]), ARGV[2], ARGV[3], tonumber(ARGV[4])
local rememberUntil, forgetAt, removeAt = ARGV[5], ARGV[6], ARGV[7]
local time = redis.call('TIME')
if time[1] * 1000 + math.floor(time[2] / 1000) > deadline then return {'late'} end
if redis.call('EXISTS', KEYS[1]) == 0 then return {'gone'} end
local family = redis.call('HMGET', KEYS[2], 'family', 'expires', 'token', 'tokenExpires', 'spent',
  'request', 'sealed', 'until')
if not family[1] or tonumber(family[2]) <= now then return {'gone'} end
if family[3] == presented then
  if tonumber(family[4]) <= now then return {'gone'} end
  redis.call('HDEL', KEYS[2], 'spent', 'request', 'sealed', 'until')
  redis.call('HSET', KEYS[2], unpack(ARGV, 8))
  redis.call('EXPIREAT', KEYS[2], removeAt)
  return {'rotated'}
end
if family[5] == presented and family[6] == request and now < tonumber(family[8]) then
  return {'retried', family[7]}
end
redis.call('DEL', KEYS[2])
redis.call('HSET', KEYS[2], 'revoked', '1', 'expires', rememberUntil)
redis.call('EXPIREAT', KEYS[2], forgetAt)
return {'reused'}`)

const REVOKE = script(`
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local family = redis.call('HMGET', KEYS[2], 'family', 'expires')
if not family[1] or tonumber(family[2]) <= tonumber(ARGV[1]) then return 0 end
redis.call('DEL', KEYS[2])
redis.call('HSET', KEYS[2], 'revoked', '1', 'expires', ARGV[2])
redis.call('EXPIREAT', KEYS[2], ARGV[3])
return 1`)

/** Creates the store of token families. Every transition is one script in one slot. */
export function createTokenFamilyStore(commands: RedisCommands, keys: Keys): TokenFamilyStore {
  const keysOf = (familyId: string): ReadonlyArray<string> => [
    keys.consentOfFamily(familyId),
    keys.family(familyId),
  ]

  return {
    async create(family, now) {
      const { familyId, expiresAt } = family
      const outcome = await commands.runScript(CREATE, keysOf(familyId), [
        now,
        removalOf(expiresAt),
        ...fieldsOf(family),
      ])
      return outcome as CreationOutcome
    },

    async find(familyId, clientId, now) {
      const [found, hasClient] = await Promise.all([
        commands.runScript(FIND, keysOf(familyId), [now]),
        commands.run('EXISTS', keys.client(clientId)),
      ])
      if (found === null || hasClient !== 1) return undefined
      const [foundAtMilliseconds, values] = found as [number, Array<string | null>]
      return { ...familyFrom(values), foundAtMilliseconds }
    },

    async rotate(familyId, rotation, now) {
      const { refreshToken, retry, expiresAt, rememberRevokedUntil } = rotation
      const answer = await commands.runScript(ROTATE, keysOf(familyId), [
        now,
        rotation.presentedTokenHash,
        rotation.requestHash,
        rotation.deadlineMilliseconds,
        rememberRevokedUntil,
        removalOf(rememberRevokedUntil),
        removalOf(expiresAt),
        ...['expires', expiresAt],
        ...tokenFieldsOf(refreshToken),
        ...retryFieldsOf(retry),
      ])
      return outcomeFrom(answer as [RotationOutcome['outcome'], string?])
    },

    async revoke(familyId, rememberUntil, now) {
      const parameters = [now, rememberUntil, removalOf(rememberUntil)]
      return (await commands.runScript(REVOKE, keysOf(familyId), parameters)) === 1
    },
  }
}

type Fields = ReadonlyArray<string | number>

function fieldsOf(family: TokenFamily): Fields {
  const { refreshToken, retry, expiresAt, ...lasting } = family
  return [
    ...['family', JSON.stringify(lasting), 'expires', expiresAt],
    ...tokenFieldsOf(refreshToken),
    ...retryFieldsOf(retry),
  ]
}

function tokenFieldsOf(refreshToken: TokenFamily['refreshToken']): Fields {
  if (refreshToken === undefined) return []
  const { hash, issuedAt, expiresAt } = refreshToken
  return ['token', hash, 'issued', issuedAt, 'tokenExpires', expiresAt]
}

function retryFieldsOf(retry: RefreshRetry | undefined): Fields {
  if (retry === undefined) return []
  const { spentTokenHash, requestHash, sealedResponse, until } = retry
  return ['spent', spentTokenHash, 'request', requestHash, 'sealed', sealedResponse, 'until', until]
}

function familyFrom(
  values: ReadonlyArray<string | null>,
): Omit<FoundTokenFamily, 'foundAtMilliseconds'> {
  const [family, expires, token, issued, tokenExpires, spent, request, sealed, until] = values
  const refreshToken = token && {
    refreshToken: {
      hash: token,
      issuedAt: Number(issued),
      expiresAt: Number(tokenExpires),
    },
  }
  const retry = spent && {
    retry: {
      spentTokenHash: spent,
      requestHash: request ?? '',
      sealedResponse: sealed ?? '',
      until: Number(until),
    },
  }
  const lasting = JSON.parse(family ?? '') as Omit<TokenFamily, 'expiresAt'>
  return { ...lasting, ...refreshToken, ...retry, expiresAt: Number(expires) }
}

function outcomeFrom([outcome, sealedResponse = '']: [
  RotationOutcome['outcome'],
  string?,
]): RotationOutcome {
  switch (outcome) {
    case 'retried':
      return { outcome, sealedResponse }
    case 'rotated':
    case 'reused':
    case 'gone':
    case 'late':
      return { outcome }
    default:
      throw new StorageError('redis: a script answered with an unknown outcome')
  }
}
