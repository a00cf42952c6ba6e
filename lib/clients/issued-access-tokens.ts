/**
 * Until when access tokens of a client count, of which there is no record: nothing is written when one is
 * issued.
 *
 * @module
 */

import { MAXIMUM_ACCESS_TOKEN_TTL_SECONDS, MAXIMUM_CLIENT_CACHE_SECONDS } from '../lifetimes.ts'
import type { ClientRecord } from './client.ts'

/**
 * When the last access token has expired that a client has been issued until now.
 *
 * @param client As it is at this moment, not as it is remembered; `undefined` when it was deleted.
 * @param now Seconds since the Unix epoch.
 */
export function accessTokensExpireAt(client: ClientRecord | undefined, now: number): number {
  const ttlSeconds = client?.accessTokenTtlSeconds ?? MAXIMUM_ACCESS_TOKEN_TTL_SECONDS
  return Math.max(now + ttlSeconds, client?.earlierAccessTokensExpireAt ?? 0)
}

/**
 * What a client remembers of a lifetime that is about to become shorter: other instances issue tokens
 * with the one before for as long as they remember the client.
 */
export function earlierAccessTokens(
  current: ClientRecord,
  ttlSeconds: number,
  now: number,
): Pick<ClientRecord, 'earlierAccessTokensExpireAt'> {
  if (ttlSeconds >= current.accessTokenTtlSeconds) return {}
  const earlierAccessTokensExpireAt =
    accessTokensExpireAt(current, now) + MAXIMUM_CLIENT_CACHE_SECONDS
  return { earlierAccessTokensExpireAt }
}
