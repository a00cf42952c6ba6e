/**
 * When the access tokens of a client expire. Nothing is stored when one is issued, so it is derived from
 * the client's lifetimes.
 *
 * @module
 */

import { MAXIMUM_ACCESS_TOKEN_TTL_SECONDS, MAXIMUM_CLIENT_CACHE_SECONDS } from '../lifetimes.ts'
import type { ClientRecord } from '../storage/client.ts'

/** What a client record says about the lifetime of its access tokens. */
type AccessTokenLifetimes = Pick<
  ClientRecord,
  'accessTokenTtlSeconds' | 'earlierAccessTokensExpireAt'
>

/**
 * The latest expiry of the access tokens issued to a client until now.
 *
 * @param client The current record; a cached one may be too early. `undefined` when the client was deleted.
 * @param now Seconds since the Unix epoch.
 */
export function accessTokensExpireAt(
  client: AccessTokenLifetimes | undefined,
  now: number,
): number {
  const ttlSeconds = client?.accessTokenTtlSeconds ?? MAXIMUM_ACCESS_TOKEN_TTL_SECONDS
  return Math.max(now + ttlSeconds, client?.earlierAccessTokensExpireAt ?? 0)
}

/**
 * The expiry to record when the access token lifetime is shortened: other instances issue tokens with the
 * longer lifetime for as long as they cache the client.
 */
export function earlierAccessTokens(
  current: AccessTokenLifetimes,
  ttlSeconds: number,
  now: number,
): Pick<ClientRecord, 'earlierAccessTokensExpireAt'> {
  if (ttlSeconds >= current.accessTokenTtlSeconds) return {}
  const earlierAccessTokensExpireAt =
    accessTokensExpireAt(current, now) + MAXIMUM_CLIENT_CACHE_SECONDS
  return { earlierAccessTokensExpireAt }
}
