/**
 * The issuer's public keys, fetched over HTTP and cached.
 *
 * jose fetches, parses and selects. When to fetch is decided here, because jose reads `Date.now()`
 * instead of the injected clock, does not pause after a failed fetch (each request would cause another
 * while the issuer is down), and has every request wait for a fetch once its cache is old.
 *
 * A key published 30 seconds before it signs is always found in time: a cache without it is older than
 * the cool-down by then.
 *
 * @module
 */

import type { JWTVerifyGetKey } from 'jose'
import { JWKSNoMatchingKey } from 'jose/errors'
import { createRemoteJWKSet } from 'jose/jwks/remote'
import { JwksUnavailableError, RETRY_AFTER_SECONDS } from '../errors.ts'

/** Age at which a key set is fetched again, while the old one stays in use; in seconds. */
const JWKS_REFRESH_AFTER_SECONDS = 300

/** Age at which a key set is discarded, and a revoked key with it; in seconds. */
const JWKS_MAX_AGE_SECONDS = 600

/** How long after a fetch an unknown `kid` does not cause another; in seconds. */
const JWKS_COOLDOWN_SECONDS = 30

/** Timeout of a fetch; in milliseconds. */
const JWKS_FETCH_TIMEOUT_MILLISECONDS = 5_000

/** Where and when to fetch. */
export interface RemoteJwksOptions {
  /** URL of the key set. Redirects are not followed. */
  readonly uri: URL
  /** Returns the time in whole seconds since the Unix epoch. */
  readonly clock: () => number
  /** @defaultValue `5_000` */
  readonly fetchTimeoutMilliseconds?: number
}

/**
 * Creates the key resolver of a verifier. Fetches nothing before the first token.
 *
 * An unknown `kid` causes a fetch at most every 30 seconds: new keys are found, invented ones cost
 * nothing. After a failed fetch, none starts for 5 seconds. There is never more than one fetch at a time.
 *
 * @returns A resolver that rejects with {@link JwksUnavailableError} when the keys are not available, and
 * with jose's `JWKSNoMatchingKey` when none matches.
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

  // When the clock was set back, the cache is old, not fresh for ever.
  const isWithin = (seconds: number, since: number | undefined): boolean =>
    since !== undefined && clock() >= since && clock() < since + seconds

  // Concurrent calls of `reload` share one fetch.
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
    // While the old keys are in use, a failure does not matter.
    if (isWithin(JWKS_MAX_AGE_SECONDS, fetchedAt)) refreshed.catch(() => undefined)
    else await refreshed
  }

  return async (header, token) => {
    await keepFresh()
    try {
      return await keys(header, token)
    } catch (error) {
      if (!(error instanceof JWKSNoMatchingKey)) throw error
      if (isWithin(JWKS_COOLDOWN_SECONDS, fetchedAt)) throw error
    }
    await refresh()
    return keys(header, token)
  }
}
