/**
 * Why nothing is known about a token at the moment.
 *
 * Answered with 503 and `Retry-After`, not 401: a client that is told `invalid_token` throws away a
 * token which may well be good. `expose` is `false`, so that Koa logs it: an operator has to know.
 *
 * @module
 */

import { ProtectedResourceError } from '../errors.ts'

/** When a client may try again; in seconds. */
export const RETRY_AFTER_SECONDS = 5

abstract class UnavailableError extends ProtectedResourceError {
  override readonly status = 503
  override readonly error = 'temporarily_unavailable'
  override readonly expose = false

  /** @ignore */
  constructor(options: ErrorOptions) {
    super('access tokens cannot be verified at the moment', undefined, {
      ...options,
      headers: { 'Retry-After': String(RETRY_AFTER_SECONDS) },
    })
  }
}

/**
 * The issuer's public keys cannot be had. `cause` says why.
 *
 * @see [RFC 9110 §15.6.4](https://www.rfc-editor.org/rfc/rfc9110.html#section-15.6.4)
 */
export class JwksUnavailableError extends UnavailableError {
  override readonly name = 'JwksUnavailableError'
  override readonly code = 'ERR_JWKS_UNAVAILABLE'
}

/**
 * Whether the token was revoked cannot be found out, or what is known is too old. `cause` says why.
 *
 * @see [RFC 9110 §15.6.4](https://www.rfc-editor.org/rfc/rfc9110.html#section-15.6.4)
 */
export class RevocationsUnavailableError extends UnavailableError {
  override readonly name = 'RevocationsUnavailableError'
  override readonly code = 'ERR_REVOCATIONS_UNAVAILABLE'
}
