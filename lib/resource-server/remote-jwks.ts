/**
 * The issuer's public keys, fetched over HTTP and cached.
 *
 * jose fetches, parses and selects. When to fetch is decided here, for two reasons: jose reads
 * `Date.now()`, not the injected clock, and it has no pause after a failed fetch, so that while the
 * issuer is down every request would send one more to it.
 *
 * @module
 */

import { createRemoteJWKSet, errors, type JWTVerifyGetKey } from 'jose'
import { JWKS_RETRY_AFTER_SECONDS, JwksUnavailableError } from './errors.ts'

/** For how long a fetched key set is used; in seconds. A withdrawn key is trusted no longer. */
export const JWKS_MAX_AGE_SECONDS = 600

/** How long after a fetch an unknown `kid` causes no other; in seconds. */
export const JWKS_COOLDOWN_SECONDS = 30

/** How long one fetch may take; in milliseconds. */
export const JWKS_FETCH_TIMEOUT_MILLISECONDS = 5_000

/** Where and when to fetch. */
export interface RemoteJwksOptions {
  /** URL of the key set. Redirects are not followed. */
  readonly uri: URL
  /** The time in seconds since the Unix epoch. */
  readonly now: () => number
  /** @defaultValue `5_000` */
  readonly fetchTimeoutMilliseconds?: number
}

/**
 * Creates the key resolver of a verifier. Fetches nothing before the first token.
 *
 * An unknown `kid` causes one refetch at most every 30 seconds, so that new keys are found and
 * invented ones cost nothing. After a failed fetch none is tried for 5 seconds.
 *
 * @param options Where and when to fetch.
 *
 * @returns A resolver that rejects with {@link JwksUnavailableError} when the keys cannot be had, and
 * with jose's `JWKSNoMatchingKey` when they can but none matches.
 *
 * @internal
 */
export function createRemoteJwks(options: RemoteJwksOptions): JWTVerifyGetKey {
  const { uri, now, fetchTimeoutMilliseconds = JWKS_FETCH_TIMEOUT_MILLISECONDS } = options
  const keys = createRemoteJWKSet(uri, {
    timeoutDuration: fetchTimeoutMilliseconds,
    cacheMaxAge: Number.POSITIVE_INFINITY,
    cooldownDuration: Number.POSITIVE_INFINITY,
  })
  let fetchedAt: number | undefined
  let failure: { readonly at: number; readonly cause: unknown } | undefined

  // A clock that was set back makes a cache old, not eternally fresh.
  const isWithin = (seconds: number, since: number | undefined): boolean =>
    since !== undefined && now() >= since && now() < since + seconds

  // jose makes one fetch of all calls to `reload` that come while it is under way.
  async function refresh(): Promise<void> {
    if (failure !== undefined && isWithin(JWKS_RETRY_AFTER_SECONDS, failure.at)) {
      throw new JwksUnavailableError({ cause: failure.cause })
    }
    try {
      await keys.reload()
      fetchedAt = now()
      failure = undefined
    } catch (cause) {
      failure = { at: now(), cause }
      throw new JwksUnavailableError({ cause })
    }
  }

  return async (header, token) => {
    if (!isWithin(JWKS_MAX_AGE_SECONDS, fetchedAt)) await refresh()
    try {
      return await keys(header, token)
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
      if (isWithin(JWKS_COOLDOWN_SECONDS, fetchedAt)) throw error
    }
    await refresh()
    return keys(header, token)
  }
}
