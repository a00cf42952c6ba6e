/**
 * How long things live, in seconds.
 *
 * @module
 */

const MINUTE_SECONDS = 60
const DAY_SECONDS = 24 * 60 * MINUTE_SECONDS

/** Access tokens of a client that has no `accessTokenTtlSeconds` of its own: 15 minutes. */
export const DEFAULT_ACCESS_TOKEN_TTL_SECONDS: number = 15 * MINUTE_SECONDS

/** The longest that an access token of any client can live: a day. */
export const MAXIMUM_ACCESS_TOKEN_TTL_SECONDS: number = DAY_SECONDS

/** The longest that an instance may remember a client, and issue tokens as it says: a minute. */
export const MAXIMUM_CLIENT_CACHE_SECONDS: number = MINUTE_SECONDS

/** The greatest clock tolerance of a verifier: for how long it may accept a token that has expired. */
export const MAXIMUM_VERIFIER_TOLERANCE_SECONDS: number = 5 * MINUTE_SECONDS

/** Refresh tokens of a client that has no `refreshTokenTtlSeconds` of its own: 30 days. */
export const DEFAULT_REFRESH_TOKEN_TTL_SECONDS: number = 30 * DAY_SECONDS

/** Authorization codes: one minute (OAuth 2.1 §4.1.2 recommends at most ten). */
export const AUTHORIZATION_CODE_TTL_SECONDS: number = MINUTE_SECONDS

/**
 * Until when a family that is revoked now is remembered: as long as the code that would begin it again
 * can still be presented.
 */
export function rememberRevokedUntil(now: number): number {
  return now + AUTHORIZATION_CODE_TTL_SECONDS
}

/** Pending requests: how long a user may take to sign in and consent. */
export const PENDING_REQUEST_TTL_SECONDS: number = 10 * MINUTE_SECONDS

/**
 * The cookies of pending requests: a day, so that somebody who comes back to a page that was open for too long
 * finds the way back to the client.
 */
export const PENDING_REQUEST_COOKIE_TTL_SECONDS: number = DAY_SECONDS

/** Browser sessions on the server's own sign-in page. */
export const SESSION_TTL_SECONDS: number = 14 * DAY_SECONDS

/** For how long a browser is known to have signed in to an account. */
export const KNOWN_BROWSER_TTL_SECONDS: number = 90 * DAY_SECONDS

/** For how long a SuperAdmin's credentials are known to have been accepted, since they were last used: a day. */
export const ACCEPTED_CREDENTIALS_TTL_SECONDS: number = DAY_SECONDS
