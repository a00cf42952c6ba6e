/**
 * Lifetimes, in seconds.
 *
 * @module
 */

const MINUTE_SECONDS = 60
const DAY_SECONDS = 24 * 60 * MINUTE_SECONDS

/** Default `accessTokenTtlSeconds` of a client: 15 minutes. */
export const DEFAULT_ACCESS_TOKEN_TTL_SECONDS: number = 15 * MINUTE_SECONDS

/** The longest `accessTokenTtlSeconds`: a day. */
export const MAXIMUM_ACCESS_TOKEN_TTL_SECONDS: number = DAY_SECONDS

/** The longest that clients may be cached: a minute. */
export const MAXIMUM_CLIENT_CACHE_SECONDS: number = MINUTE_SECONDS

/** The largest clock tolerance of a verifier: for how long it may accept an expired token. */
export const MAXIMUM_VERIFIER_TOLERANCE_SECONDS: number = 5 * MINUTE_SECONDS

/**
 * ID tokens: an hour, as Google's. A client reads one once, when the user signs in; how long the user then stays signed
 * in at the client is the client's own decision.
 */
export const ID_TOKEN_TTL_SECONDS: number = 60 * MINUTE_SECONDS

/** Default `refreshTokenTtlSeconds` of a client: 30 days. */
export const DEFAULT_REFRESH_TOKEN_TTL_SECONDS: number = 30 * DAY_SECONDS

/** Authorization codes: one minute (OAuth 2.1 §4.1.2 recommends at most ten). */
export const AUTHORIZATION_CODE_TTL_SECONDS: number = MINUTE_SECONDS

/** Pending requests: how long a user may take to sign in and consent. */
export const PENDING_REQUEST_TTL_SECONDS: number = 10 * MINUTE_SECONDS

/**
 * Until when a token family is stored at least, revoked or not: as long as its authorization code could create it
 * again. A pending request leads to the same code until it expires.
 */
export function rememberFamilyUntil(now: number): number {
  return now + PENDING_REQUEST_TTL_SECONDS + AUTHORIZATION_CODE_TTL_SECONDS
}

/**
 * The cookies of pending requests: a day, so that the error page of an expired request can still link back to
 * the client.
 */
export const PENDING_REQUEST_COOKIE_TTL_SECONDS: number = DAY_SECONDS

/** Browser sessions on the server's own sign-in page. */
export const SESSION_TTL_SECONDS: number = 14 * DAY_SECONDS

/** How long a session was not saved before a request that only uses it saves it, and so prolongs it: an hour. */
export const SESSION_RENEWAL_SECONDS: number = 60 * MINUTE_SECONDS

/**
 * For how long it is remembered that a session has ended, alone or with all of its user: longer than any save of it
 * lasts. A request that has read it before, or is signing its user in, may take ten minutes to save it.
 */
export const ENDED_SESSION_TTL_SECONDS: number = SESSION_TTL_SECONDS + 10 * MINUTE_SECONDS

/** For how long a form of the SuperAdmin pages that is sent again does nothing more. */
export const SUBMISSION_TTL_SECONDS: number = 60 * MINUTE_SECONDS

/** For how long a new client secret can be shown: ten minutes. It is shown once. */
export const UNSEEN_SECRET_TTL_SECONDS: number = 10 * MINUTE_SECONDS

/** Known browsers (`known-browsers.ts`). */
export const KNOWN_BROWSER_TTL_SECONDS: number = 90 * DAY_SECONDS

/** For how long a SuperAdmin's credentials are known to have been accepted, since they were last used: a day. */
export const ACCEPTED_CREDENTIALS_TTL_SECONDS: number = DAY_SECONDS
