/**
 * The parameters of OpenID Connect in an authorization request (OIDC Core §3.1.2.1).
 *
 * @module
 */

/** Of any length that a hash or a random value has; the nonce is stored, and returned in the ID token. */
const MAXIMUM_NONCE_LENGTH = 1024

// No fraction, sign or exponent.
const SECONDS = /^\d{1,10}$/

/** Validates a `nonce`. @returns What is wrong; `undefined` when it is valid. */
export function validateNonce(nonce: string): string | undefined {
  return nonce.length > MAXIMUM_NONCE_LENGTH
    ? `nonce must have at most ${MAXIMUM_NONCE_LENGTH} characters`
    : undefined
}

/** Validates a `max_age`. @returns What is wrong; `undefined` when it is valid. */
export function validateMaxAge(maxAge: string): string | undefined {
  return SECONDS.test(maxAge) ? undefined : 'max_age must be a number of seconds'
}

/**
 * Whether the user must authenticate again because of `max_age`.
 *
 * @param authenticatedAt When the user authenticated; seconds since the Unix epoch. Defaults to long ago.
 * @param now Seconds since the Unix epoch.
 */
export function exceedsMaxAge(
  authenticatedAt: number | undefined,
  maxAgeSeconds: number | undefined,
  now: number,
): boolean {
  return maxAgeSeconds !== undefined && now - (authenticatedAt ?? 0) > maxAgeSeconds
}
