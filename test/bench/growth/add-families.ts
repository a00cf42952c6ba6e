/**
 * Fills a store with token families. Some are made through the storage and have refresh tokens that the load knows; the
 * others are copies that the store itself makes of one of them, each under a consent of its own.
 *
 * @module
 */

import { randomBytes } from 'node:crypto'
import type { Storage } from '@teamcast/oauth-server'
import type { Redis } from 'ioredis'
import type { Pool } from 'pg'
import {
  createRefreshToken,
  familyIdOf,
  parseRefreshToken,
} from '../../../lib/tokens/refresh-token.ts'
import {
  BENCH_ACCESS_TOKEN_TTL_SECONDS,
  BENCH_CLIENT_ID,
  BENCH_REFRESH_TOKEN_TTL_SECONDS,
  BENCH_SCOPES,
} from '../fixture.ts'
import { KEY_PREFIX } from './records.ts'

const PARALLEL = 100
/** The known ones are made between the copies, so that they are not next to each other. */
const PORTIONS = 10
/** As many copies as Redis makes in a tenth of a second. */
const REDIS_BATCH = 20_000
const TENANT = 'bench'

/** `ARGV`: the prefix, the consent and the family that are copied, the first number, the last one. */
const COPY_IN_REDIS = `
local prefix, consent, family, first, last = unpack(ARGV)
local from_consent = prefix .. '{' .. consent .. '}:consent'
local from_family = prefix .. '{' .. consent .. '}:family:' .. family
for number = tonumber(first), tonumber(last) do
  local id = string.sub(redis.sha1hex(tostring(number)), 1, 22)
  redis.call('COPY', from_consent, prefix .. '{' .. id .. '}:consent')
  redis.call('COPY', from_family, prefix .. '{' .. id .. '}:family:' .. id .. string.sub(family, 23))
end`

/** `$1` and `$2`: the first and the last number, `$3`: the consent that is copied. */
const COPY_CONSENTS = `
insert into oauth.consents
select (jsonb_populate_record(consent, jsonb_build_object(
  'consent_id', left(md5(number::text), 22), 'user_id', 'copy-' || number))).*
from oauth.consents consent, generate_series($1::bigint, $2::bigint) number
where consent.consent_id = $3`
const COPY_FAMILIES = `
insert into oauth.token_families
select (jsonb_populate_record(family, jsonb_build_object(
  'consent_id', left(md5(number::text), 22), 'user_id', 'copy-' || number,
  'family_id', left(md5(number::text), 22) || substr(family.family_id, 23)))).*
from oauth.token_families family, generate_series($1::bigint, $2::bigint) number
where family.consent_id = $3`

/** Where families are added, and what for. */
export interface FamilyTarget {
  readonly storage: Storage
  readonly redis: Redis | undefined
  readonly pool: Pool | undefined
  readonly issuer: string
}

/** Adds families until there are `count`. @returns Refresh tokens of `tokens` of them. */
export async function addFamilies(
  target: FamilyTarget,
  { count, tokens }: { readonly count: number; readonly tokens: number },
  now: number,
): Promise<ReadonlyArray<string>> {
  const { redis, pool } = target
  const isCopying = redis !== undefined || pool !== undefined
  const known: Array<string> = []
  let copied = 0
  for (let portion = 1; portion <= PORTIONS; portion += 1) {
    const make = shareOf(isCopying ? tokens : count, portion)
    for (let begin = 0; begin < make; begin += PARALLEL) {
      const length = Math.min(PARALLEL, make - begin)
      const made = Array.from({ length }, () => makeFamily(target, now))
      known.push(...(await Promise.all(made)))
    }
    const copies = isCopying ? shareOf(count - tokens, portion) : 0
    await copy(target, known[0] ?? '', copied, copied + copies)
    copied += copies
  }
  await pool?.query('vacuum analyze oauth.token_families, oauth.consents')
  const step = known.length / tokens
  return Array.from({ length: tokens }, (_, index) => known[Math.floor(index * step)] ?? '')
}

function shareOf(total: number, portion: number): number {
  return Math.floor((total * portion) / PORTIONS) - Math.floor((total * (portion - 1)) / PORTIONS)
}

async function makeFamily({ storage, issuer }: FamilyTarget, now: number): Promise<string> {
  const consentId = randomBytes(16).toString('base64url')
  const secret = randomBytes(32)
  const token = createRefreshToken(consentId, secret)
  const owner = { userId: `family-${consentId}`, clientId: BENCH_CLIENT_ID, tenantId: TENANT }
  const anytime = Number.MAX_SAFE_INTEGER
  const granted = await storage.consents.grant({
    ...{ ...owner, consentId, scopes: BENCH_SCOPES, requestKey: `request-${consentId}` },
    ...{ grantedAt: now, deadlineMilliseconds: anytime, cancellation: '' },
  })
  const expiresAt = now + BENCH_REFRESH_TOKEN_TTL_SECONDS
  const family = {
    ...{ ...owner, consentId, familyId: familyIdOf(consentId, secret), scopes: BENCH_SCOPES },
    ...{ resources: [issuer], createdAt: now, expiresAt },
    refreshToken: { hash: parseRefreshToken(token)?.hash ?? '', issuedAt: now, expiresAt },
    accessTokensExpireAt: now + BENCH_ACCESS_TOKEN_TTL_SECONDS,
  }
  const created = await storage.families.create(family, now, anytime)
  if (granted !== 'granted' || created !== 'created') {
    throw new Error(`a family was not made: ${granted}, ${created}`)
  }
  return token
}

/** Copies the family of a token, for the numbers from `first` up to `end`, which is not one of them. */
async function copy(
  { redis, pool }: FamilyTarget,
  token: string,
  first: number,
  end: number,
): Promise<void> {
  const { consentId = '', familyId = '' } = parseRefreshToken(token) ?? {}
  if (pool !== undefined) {
    await pool.query(COPY_CONSENTS, [first, end - 1, consentId])
    await pool.query(COPY_FAMILIES, [first, end - 1, consentId])
  }
  for (let begin = first; redis !== undefined && begin < end; begin += REDIS_BATCH) {
    const last = Math.min(begin + REDIS_BATCH, end) - 1
    await redis.eval(COPY_IN_REDIS, 0, KEY_PREFIX, consentId, familyId, begin, last)
  }
}
