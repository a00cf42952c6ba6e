/**
 * Introspects each token at the issuer (RFC 7662).
 *
 * Cost: one request to the issuer, and its latency, per token and `cacheSeconds`.
 *
 * Delay: `cacheSeconds`. While the issuer is not available, tokens that are not in the cache are not
 * accepted.
 *
 * @module
 */

import { checkedClock, systemClock } from '../../util/clock.ts'
import { boolean, type Members, object, optional } from '../../util/schema.ts'
import { clockOption, integerOption, issuerOption, readOptions, urlOption } from '../options.ts'
import {
  createIssuerClient,
  type IssuerClientOptions,
  issuerClientOptions,
} from '../verify/issuer-client.ts'
import type { RevocationChecker } from '../verify/verifier-options.ts'

/** How many responses the cache holds; about 150 bytes each. The oldest are removed first. */
const MAXIMUM_CACHE_ENTRIES = 10_000

/** Where to introspect tokens, and how long to cache the responses. */
export interface IntrospectionCheckerOptions extends IssuerClientOptions {
  /** The authorization server, as in {@link AccessTokenVerifierOptions}. */
  readonly issuer: string
  /**
   * The introspection endpoint of the issuer.
   *
   * @defaultValue `${issuer}/oauth/introspect`
   */
  readonly introspectionUri?: URL
  /**
   * How long a response is cached.
   *
   * @range 0 to 60 seconds
   * @defaultValue `0`
   * @cost With `0`, each request to the API introspects its token
   */
  readonly cacheSeconds?: number
  /**
   * Returns the time in whole seconds since the Unix epoch.
   *
   * @defaultValue The system clock
   */
  readonly clock?: () => number
}

const introspectionCheckerOptions: Members<IntrospectionCheckerOptions> = {
  issuer: issuerOption,
  ...issuerClientOptions,
  introspectionUri: optional(urlOption),
  cacheSeconds: optional(integerOption(0, 60)),
  clock: optional(clockOption),
}

const introspectionResponse = object({ active: boolean })

interface CacheEntry {
  readonly isRevoked: boolean
  readonly requestedAt: number
}

/**
 * Creates a checker that introspects. Concurrent requests with one token share one introspection.
 *
 * @param options Where to introspect.
 *
 * @throws {@link ConfigurationError} when options are rejected: all problems at once.
 *
 * @example
 *
 * An API in which a revocation takes effect within 10 seconds
 *
 * ```ts
 * const issuer = 'https://mayaapi.teamcast.ai'
 * const revocations = createIntrospectionChecker({ issuer, clientId, clientSecret, cacheSeconds: 10 })
 * app.use(requireAccessToken({ issuer, audience: 'https://api.teamcast.ai', revocations }))
 * ```
 *
 * @see [RFC 7662 §2](https://www.rfc-editor.org/rfc/rfc7662.html#section-2)
 */
export function createIntrospectionChecker(
  options: IntrospectionCheckerOptions,
): RevocationChecker {
  const given = readOptions(introspectionCheckerOptions, options)
  const { issuer, cacheSeconds = 0 } = given
  const url = given.introspectionUri ?? new URL(`${issuer}/oauth/introspect`)
  const clock = checkedClock(given.clock ?? systemClock)
  const requestIssuer = createIssuerClient(given)
  const cache = new Map<string, CacheEntry>()
  const pending = new Map<string, Promise<boolean>>()

  async function introspect(tokenId: string, jwt: string): Promise<boolean> {
    const form = new URLSearchParams({ token: jwt, token_type_hint: 'access_token' })
    const requestedAt = clock()
    const { active } = await requestIssuer({ url, form }, introspectionResponse)
    remember(tokenId, { isRevoked: !active, requestedAt })
    return !active
  }

  function remember(tokenId: string, entry: CacheEntry): void {
    if (cacheSeconds === 0) return
    cache.delete(tokenId)
    cache.set(tokenId, entry)
    if (cache.size <= MAXIMUM_CACHE_ENTRIES) return
    const [oldest] = cache.keys()
    if (oldest !== undefined) cache.delete(oldest)
  }

  return Object.freeze<RevocationChecker>({
    isRevoked({ tokenId }, jwt) {
      const cached = cache.get(tokenId)
      const age = clock() - (cached?.requestedAt ?? 0)
      if (cached !== undefined && age >= 0 && age < cacheSeconds) return cached.isRevoked
      const introspection =
        pending.get(tokenId) ?? introspect(tokenId, jwt).finally(() => pending.delete(tokenId))
      pending.set(tokenId, introspection)
      return introspection
    },
  })
}
