/**
 * The options of a verifier and their checks.
 *
 * @module
 */

import type { JWTVerifyGetKey } from 'jose'
import type { Issue } from '../../errors.ts'
import { type Members, optional, rule, text } from '../../util/schema.ts'
import {
  clockOption,
  functionOption,
  integerOption,
  issuerOption,
  readOptions,
  urlOption,
} from '../options.ts'
import type { VerifiedAccessToken } from './verified-access-token.ts'

/**
 * Says whether an access token was revoked.
 *
 * There are three: `revocations` of an authorization server in the same process; `createRevocationFeed`,
 * which follows the list of revocations; `createIntrospectionChecker`, which asks about each token. They
 * differ in cost and in delay.
 */
export interface RevocationChecker {
  /**
   * Called for tokens that are valid otherwise.
   *
   * When it throws, the response is 503: a token that cannot be checked is not accepted.
   *
   * @param token The verified token.
   * @param jwt The token as the client sent it.
   */
  isRevoked(token: VerifiedAccessToken, jwt: string): Promise<boolean> | boolean
}

/** Which tokens to accept, and where the keys are. No option turns a check off. */
export interface AccessTokenVerifierOptions {
  /**
   * The authorization server; must equal the token's `iss` character by character.
   *
   * An https URL, or http for localhost, 127.0.0.1 and [::1] only; in canonical form, without query,
   * fragment, user name or trailing slash.
   *
   * @see [RFC 8414 §2](https://www.rfc-editor.org/rfc/rfc8414.html#section-2)
   */
  readonly issuer: string
  /**
   * This resource server, as the token's `aud` names it; `aud` may name others too. Not empty.
   *
   * Without the option `audience`, an authorization server uses its issuer.
   */
  readonly audience: string
  /**
   * Where the issuer publishes its keys: an https URL, or http for localhost, 127.0.0.1 and [::1]
   * only; without user name.
   *
   * Fetched on first use and then every 5 minutes while tokens come in; for an unknown `kid` at most
   * every 30 seconds. A fetch may take 5 seconds and follows no redirect. While fetches fail, keys
   * are trusted until they are 10 minutes old.
   *
   * @defaultValue `${issuer}/.well-known/jwks.json`
   */
  readonly jwksUri?: URL
  /**
   * Finds the key of a token instead of fetching it from `jwksUri`; give one or the other.
   *
   * For a resource server that has the keys at hand: in the authorization server's process, or in
   * tests. Any key resolver of jose's `jwtVerify`, for example `createLocalJWKSet(jwks)`. Called
   * with a header whose `alg` is `RS256`.
   */
  readonly jwks?: JWTVerifyGetKey
  /**
   * Tells which tokens were revoked.
   *
   * @defaultValue None: a revoked token is accepted until it expires
   */
  readonly revocations?: RevocationChecker
  /**
   * How far the clocks of issuer and resource server may differ when `exp` and `nbf` are checked.
   *
   * @range 0 to 300 seconds
   * @defaultValue `0`
   */
  readonly clockToleranceSeconds?: number
  /**
   * Returns the time in whole seconds since the Unix epoch.
   *
   * @defaultValue The system clock
   */
  readonly clock?: () => number
}

/** The maximum of `clockToleranceSeconds`. */
export const MAXIMUM_CLOCK_TOLERANCE_SECONDS = 300

const verifierOptions: Members<AccessTokenVerifierOptions> = {
  issuer: issuerOption,
  audience: text,
  jwksUri: optional(urlOption),
  jwks: optional(functionOption),
  revocations: optional(
    rule(
      (value) =>
        typeof (value as RevocationChecker | null)?.isRevoked !== 'function' &&
        'must be an object with a function isRevoked',
    ),
  ),
  clockToleranceSeconds: optional(integerOption(0, MAXIMUM_CLOCK_TOLERANCE_SECONDS)),
  clock: optional(clockOption),
}

function findConflicts(options: Partial<AccessTokenVerifierOptions>): ReadonlyArray<Issue> {
  if (options.jwks === undefined || options.jwksUri === undefined) return []
  return [{ path: 'jwks', message: 'must not be combined with "jwksUri"' }]
}

/**
 * Checks the options of a verifier.
 *
 * @throws {@link ConfigurationError} with every problem: unknown options, wrong types and values.
 */
export const readVerifierOptions = (
  options: AccessTokenVerifierOptions,
): AccessTokenVerifierOptions => readOptions(verifierOptions, options, findConflicts)
