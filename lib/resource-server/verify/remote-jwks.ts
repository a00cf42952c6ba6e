/**
 * The issuer's public keys, fetched over HTTP and cached.
 *
 * jose fetches, parses and selects. When to fetch is decided here, because jose reads `Date.now()`
 * instead of the injected clock, does not pause after a failed fetch (while the issuer is down, each
 * request would cause one more), and lets every request wait for a fetch once its cache is old.
 *
 * A key that is published 30 seconds before it signs is always found in time: a cache without it is
 * older than the cool-down by then.
 *
 * @module
 */

import { createRemoteJWKSet, errors, type JWTVerifyGetKey } from 'jose'
import { JwksUnavailableError, RETRY_AFTER_SECONDS } from '../middleware/unavailable-errors.ts'

/** Age at which a key set is fetched anew, while the old one serves on; in seconds. */
export const JWKS_REFRESH_AFTER_SECONDS = 300

/** Age from which a key set is used no more; in seconds. A withdrawn key is trusted no longer. */
export const JWKS_MAX_AGE_SECONDS = 600

/** How long after a fetch an unknown `kid` causes no other; in seconds. */
export const JWKS_COOLDOWN_SECONDS = 30

/** How long one fetch may take; in milliseconds. */
export const JWKS_FETCH_TIMEOUT_MILLISECONDS = 5_000

/** Where and when to fetch. */
export interface RemoteJwksOptions {
  /** URL of the key set. Redirects are not followed. */
  readonly uri: URL
  /** Tells the time in whole seconds since the Unix epoch. */
  readonly clock: () => number
  /** @defaultValue `5_000` */
  readonly fetchTimeoutMilliseconds?: number
}

/**
 * Creates the key resolver of a verifier. Fetches nothing before the first token.
 *
 * An unknown `kid` causes one refetch at most every 30 seconds, so that new keys are found and
 * invented ones cost nothing. After a failed fetch none is tried for 5 seconds. There is never more
 * than one fetch at a time.
 *
 * @param options Where and when to fetch.
 *
 * @returns A resolver that rejects with {@link JwksUnavailableError} when the keys cannot be had, and
 * with jose's `JWKSNoMatchingKey` when they can but none matches.
 *
 * @internal
 */
export function createRemoteJwks(options: RemoteJwksOptions): JWTVerifyGetKey {
  const { uri, clock, fetchTimeoutMilliseconds = JWKS_FETCH_TIMEOUT_MILLISECONDS } = options
  const keys = createRemoteJWKSet(uri, {
    timeoutDuration: fetchTimeoutMilliseconds,
    cacheMaxAge: Number.POSITIVE_INFINITY,
    cooldownDuration: Number.POSITIVE_INFINITY,
  })
  let fetchedAt: number | undefined
  let failure: { readonly at: number; readonly cause: unknown } | undefined

  // A clock that was set back makes a cache old, not eternally fresh.
  const isWithin = (seconds: number, since: number | undefined): boolean =>
    since !== undefined && clock() >= since && clock() < since + seconds

  // jose makes one fetch of all calls to `reload` that come while it is under way.
  async function refresh(): Promise<void> {
    if (failure !== undefined && isWithin(RETRY_AFTER_SECONDS, failure.at)) {
      throw new JwksUnavailableError({ cause: failure.cause })
    }
    try {
      await keys.reload()
      fetchedAt = clock()
    } catch (cause) {
      failure = { at: clock(), cause }
      throw new JwksUnavailableError({ cause })
    }
  }

  async function keepFresh(): Promise<void> {
    if (isWithin(JWKS_REFRESH_AFTER_SECONDS, fetchedAt)) return
    const refreshed = refresh()
    // A failure matters only once the old keys are too old to go on with.
    if (isWithin(JWKS_MAX_AGE_SECONDS, fetchedAt)) refreshed.catch(() => undefined)
    else await refreshed
  }

  return async (header, token) => {
    await keepFresh()
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
