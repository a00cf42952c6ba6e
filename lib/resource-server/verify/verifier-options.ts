/**
 * The options of a verifier, their defaults and their checks.
 *
 * @module
 */

import type { JWTVerifyGetKey } from 'jose'
import { z } from 'zod'
import type { Issue } from '../../errors.ts'
import { clockOption } from '../../util/checked-clock.ts'
import { systemClock } from '../../util/clock.ts'
import type { RevocationChecker } from '../revocation/access-token-revocation-checker.ts'
import {
  functionOf,
  integerOption,
  issuerOption,
  readOptions,
  textOption,
  urlOption,
} from './option-issues.ts'

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
   * Says of each token that is otherwise valid whether it was revoked; see {@link RevocationChecker}.
   *
   * Without one, a revoked token is accepted until it expires.
   */
  readonly revocations?: RevocationChecker
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

/** The most that `clockToleranceSeconds` can be. */
export const MAXIMUM_CLOCK_TOLERANCE_SECONDS = 300

/** Options with every default filled in. Frozen. */
export interface ResolvedVerifierOptions
  extends Required<Omit<AccessTokenVerifierOptions, 'jwks' | 'revocations'>> {
  /** `undefined` when the keys are fetched from `jwksUri`. */
  readonly jwks: JWTVerifyGetKey | undefined
  /** `undefined` when nobody is asked. */
  readonly revocations: RevocationChecker | undefined
}

const isChecker = (value: unknown): boolean =>
  typeof (value as RevocationChecker | null)?.isRevoked === 'function'

const verifierOptions = z.strictObject({
  issuer: issuerOption,
  audience: textOption,
  jwksUri: urlOption.optional(),
  jwks: functionOf<JWTVerifyGetKey>().optional(),
  revocations: z
    .custom<RevocationChecker>(isChecker, 'must be an object with a function isRevoked')
    .optional(),
  clockToleranceSeconds: integerOption(0, MAXIMUM_CLOCK_TOLERANCE_SECONDS).default(0),
  clock: clockOption.default(() => systemClock),
})

function findConflicts(options: Partial<AccessTokenVerifierOptions>): ReadonlyArray<Issue> {
  if (options.jwks === undefined || options.jwksUri === undefined) return []
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
  const { jwksUri, jwks, revocations, ...resolved } = readOptions(
    verifierOptions,
    options,
    findConflicts,
  )
  return Object.freeze({
    ...resolved,
    jwksUri: new URL(jwksUri ?? `${resolved.issuer}/.well-known/jwks.json`),
    jwks,
    revocations,
  })
}
