/**
 * The options of a verifier, their defaults and their checks.
 *
 * @module
 */

import type { JWTVerifyGetKey } from 'jose'
import { z } from 'zod'
import { ConfigurationError, type Issue } from '../errors.ts'

/** What to accept, and where the keys are. No option turns a check off. */
export interface AccessTokenVerifierOptions {
  /**
   * The authorization server; must equal the token's `iss` character by character.
   *
   * An https URL without query, fragment or user name; http for localhost, 127.0.0.1 and [::1] only.
   */
  readonly issuer: string
  /** This resource server, as the token's `aud` names it; `aud` may name others too. Not empty. */
  readonly audience: string
  /**
   * Where the issuer publishes its keys; the same rule as for `issuer`, but a query is allowed.
   *
   * Fetched on first use and then at most every 10 minutes, or for an unknown `kid` at most every 30
   * seconds; one fetch may take 5 seconds and follows no redirect.
   *
   * @defaultValue `${issuer}/.well-known/jwks.json`
   */
  readonly jwksUri?: URL
  /**
   * Finds the key of a token instead of fetching it from `jwksUri`; give one or the other.
   *
   * For a resource server in the authorization server's own process, for tests, or to set up jose's
   * `createRemoteJWKSet` otherwise than we do. Takes what jose's `jwtVerify` takes, for example
   * `createLocalJWKSet(jwks)`. It is called with a header whose `alg` is `RS256`.
   */
  readonly jwks?: JWTVerifyGetKey
  /**
   * How far the clocks of issuer and resource server may differ when `exp` and `nbf` are checked; in
   * seconds, an integer from 0 to 300.
   *
   * @defaultValue `0`
   */
  readonly clockToleranceSeconds?: number
  /**
   * The time in seconds since the Unix epoch; for tests.
   *
   * @defaultValue the system's clock
   */
  readonly now?: () => number
}

/** Options with every default filled in. Frozen. */
export interface ResolvedVerifierOptions
  extends Required<Omit<AccessTokenVerifierOptions, 'jwks'>> {
  /** `undefined` when the keys are fetched from `jwksUri`. */
  readonly jwks: JWTVerifyGetKey | undefined
}

const LOOPBACK_HOSTS: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]'])

function isSecure(url: URL): boolean {
  const isLoopback = url.protocol === 'http:' && LOOPBACK_HOSTS.has(url.hostname)
  return (url.protocol === 'https:' || isLoopback) && url.username === '' && url.password === ''
}

// RFC 8414 §2: the issuer has no query or fragment. `url.search` would not show an empty one.
function isIssuer(issuer: string): boolean {
  const url = URL.parse(issuer)
  return url !== null && isSecure(url) && !/[?#]/.test(issuer)
}

const SECURE = 'https URL (http for localhost, 127.0.0.1 and [::1] only)'

const functionOf = <T>(): z.ZodType<T> =>
  z.custom<T>((value) => typeof value === 'function', 'must be a function')

const BAD_TOLERANCE = 'must be an integer from 0 to 300'

const verifierOptions = z.strictObject({
  issuer: z
    .string(`must be an ${SECURE}`)
    .refine(isIssuer, `must be an ${SECURE} without query, fragment or user name`),
  audience: z.string('must be a string').min(1, 'must not be empty'),
  jwksUri: z
    .instanceof(URL, { error: 'must be a URL object' })
    .refine(isSecure, `must be an ${SECURE} without user name`)
    .optional(),
  jwks: functionOf<JWTVerifyGetKey>().optional(),
  clockToleranceSeconds: z
    .int(BAD_TOLERANCE)
    .min(0, BAD_TOLERANCE)
    .max(300, BAD_TOLERANCE)
    .default(0),
  now: functionOf<() => number>().default(() => () => Math.floor(Date.now() / 1000)),
})

const toIssues = (error: z.ZodError): ReadonlyArray<Issue> =>
  error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((path) => ({ path, message: 'is not an option; remove or rename it' }))
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
  const { issuer, audience, jwks, clockToleranceSeconds, now } = parsed.data
  const jwksUri = new URL(
    parsed.data.jwksUri ?? `${issuer.replace(/\/$/, '')}/.well-known/jwks.json`,
  )
  return Object.freeze({ issuer, audience, jwksUri, jwks, clockToleranceSeconds, now })
}
