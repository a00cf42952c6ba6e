/**
 * The options of a verifier, their defaults and their checks.
 *
 * @module
 */

import type { JWTVerifyGetKey } from 'jose'
import { z } from 'zod'
import { ConfigurationError, type Issue, unknownOptions } from '../errors.ts'
import { systemClock } from '../util/clock.ts'
import { problemOfIssuer } from '../util/issuer.ts'
import { hasCredentials, isSecureUrl } from '../util/secure-url.ts'

/** What to accept, and where the keys are. No option turns a check off. */
export interface AccessTokenVerifierOptions {
  /**
   * The authorization server; must equal the token's `iss` character by character.
   *
   * An https URL, or http for localhost, 127.0.0.1 and [::1] only. Written as issuers write it: in
   * canonical form, without query, fragment, user name or trailing slash.
   *
   * @see [RFC 8414 §2](https://www.rfc-editor.org/rfc/rfc8414.html#section-2)
   */
  readonly issuer: string
  /**
   * This resource server, as the token's `aud` names it; `aud` may name others too. Not empty.
   *
   * An authorization server that was given no `audience` uses its issuer.
   */
  readonly audience: string
  /**
   * Where the issuer publishes its keys: an https URL, or http for localhost, 127.0.0.1 and [::1]
   * only; without user name.
   *
   * Fetched on first use and then every 5 minutes while tokens come in; for an unknown `kid` at most
   * every 30 seconds. One fetch may take 5 seconds and follows no redirect. While fetches fail, keys
   * are trusted until they are 10 minutes old.
   *
   * @defaultValue `${issuer}/.well-known/jwks.json`
   */
  readonly jwksUri?: URL
  /**
   * Finds the key of a token instead of fetching it from `jwksUri`; give one or the other.
   *
   * For a resource server that has the keys at hand, in the authorization server's own process or in
   * tests. Takes what jose's `jwtVerify` takes, for example `createLocalJWKSet(jwks)`, and is called
   * with a header whose `alg` is `RS256`.
   */
  readonly jwks?: JWTVerifyGetKey
  /**
   * How far the clocks of issuer and resource server may differ when `exp` and `nbf` are checked; in
   * seconds, an integer from 0 to 300.
   *
   * @defaultValue `0`
   */
  readonly clockToleranceSeconds?: number
  /** Tells the time in whole seconds since the Unix epoch. Defaults to the machine's clock. */
  readonly clock?: () => number
}

/** Options with every default filled in. Frozen. */
export interface ResolvedVerifierOptions
  extends Required<Omit<AccessTokenVerifierOptions, 'jwks'>> {
  /** `undefined` when the keys are fetched from `jwksUri`. */
  readonly jwks: JWTVerifyGetKey | undefined
}

const SECURE = 'https URL (http for localhost, 127.0.0.1 and [::1] only)'

const functionOf = <T>(): z.ZodType<T> =>
  z.custom<T>((value) => typeof value === 'function', 'must be a function')

const BAD_TOLERANCE = 'must be an integer from 0 to 300'

const verifierOptions = z.strictObject({
  issuer: z
    .string(`must be an ${SECURE}`)
    .refine(
      (issuer) => problemOfIssuer(issuer) === undefined,
      `must be a canonical ${SECURE} without query, fragment, user name or trailing slash`,
    ),
  audience: z.string('must be a string').min(1, 'must not be empty'),
  jwksUri: z
    .instanceof(URL, { error: 'must be a URL object' })
    .refine(
      (url) => isSecureUrl(url) && !hasCredentials(url),
      `must be an ${SECURE} without user name`,
    )
    .optional(),
  jwks: functionOf<JWTVerifyGetKey>().optional(),
  clockToleranceSeconds: z
    .int(BAD_TOLERANCE)
    .min(0, BAD_TOLERANCE)
    .max(300, BAD_TOLERANCE)
    .default(0),
  clock: functionOf<() => number>().default(() => systemClock),
})

const toIssues = (error: z.ZodError): ReadonlyArray<Issue> =>
  error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? unknownOptions(issue.keys)
      : [{ path: issue.path.join('.') || 'options', message: issue.message }],
  )

// By hand: zod skips checks of the whole object when one of its members is wrong.
function findConflicts(options: Partial<AccessTokenVerifierOptions> | null): ReadonlyArray<Issue> {
  if (options?.jwks === undefined || options.jwksUri === undefined) return []
  return [{ path: 'jwks', message: 'must not be combined with "jwksUri"' }]
}

/**
 * Checks options and fills in defaults.
 *
 * @param options As the host gave them.
 *
 * @throws {@link ConfigurationError} with every problem: unknown options, wrong types and values.
 *
 * @internal
 */
export function resolveVerifierOptions(
  options: AccessTokenVerifierOptions,
): ResolvedVerifierOptions {
  const parsed = verifierOptions.safeParse(options)
  const issues = [...(parsed.success ? [] : toIssues(parsed.error)), ...findConflicts(options)]
  if (!parsed.success || issues.length > 0) throw new ConfigurationError(issues)
  const { issuer, audience, jwks, clockToleranceSeconds, clock } = parsed.data
  const jwksUri = new URL(parsed.data.jwksUri ?? `${issuer}/.well-known/jwks.json`)
  return Object.freeze({ issuer, audience, jwksUri, jwks, clockToleranceSeconds, clock })
}
