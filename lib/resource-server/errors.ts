/**
 * Why a request to a protected resource is refused.
 *
 * `message` is what the client may read: generic, and the same for every cause of one error. The
 * cause is in members that are never sent (`reason`, `detail`, `cause`) and hold no token.
 * `status`, `expose` and `headers` are the members that Koa reads from an error that is thrown.
 *
 * @module
 */

import { OAuthServerError } from '../errors.ts'
import {
  type BearerChallenge,
  type BearerErrorCode,
  formatBearerChallenge,
} from './middleware/challenge.ts'

/** Base of every error that a request to a protected resource is refused with. */
export abstract class ProtectedResourceError extends OAuthServerError {
  /** HTTP status of the answer. */
  abstract readonly status: 400 | 401 | 403 | 503
  /** Error code of the answer; `undefined` when the request carried no credentials. */
  abstract readonly error: string | undefined
  /** Whether the message may be shown to the client. What has it, Koa does not log. */
  readonly expose: boolean = true
  /** What the `WWW-Authenticate` header says; `undefined` when there is none. */
  readonly challenge: BearerChallenge | undefined
  /** Headers of the answer: `Cache-Control`, and `WWW-Authenticate` or `Retry-After`. */
  readonly headers: Readonly<Record<string, string>>

  /** @ignore */
  constructor(
    message: string,
    challenge: BearerChallenge | undefined,
    options?: ErrorOptions & { readonly headers?: Readonly<Record<string, string>> },
  ) {
    super(message, options)
    this.challenge = challenge
    this.headers = {
      ...(challenge === undefined ? {} : { 'WWW-Authenticate': formatBearerChallenge(challenge) }),
      ...options?.headers,
      'Cache-Control': 'no-store',
    }
  }
}

/** Base of the errors answered with a challenge (RFC 6750 §3). */
export abstract class BearerTokenError extends ProtectedResourceError {
  abstract override readonly status: 400 | 401 | 403
  override readonly error: BearerErrorCode | undefined

  /** @ignore */
  constructor(message: string, challenge: BearerChallenge) {
    super(message, challenge)
    this.error = challenge.error
  }
}

/**
 * The request has no Bearer credentials. Answered with 401.
 *
 * The challenge has no error code: RFC 6750 §3.1 wants none where the client did not try. It has a
 * realm, because §3 wants at least one parameter.
 */
export class MissingAccessTokenError extends BearerTokenError {
  override readonly name = 'MissingAccessTokenError'
  override readonly code = 'ERR_ACCESS_TOKEN_MISSING'
  override readonly status = 401

  /** @ignore */
  constructor(realm: string) {
    super('an access token is required', { realm })
  }
}

/**
 * The Authorization header names the Bearer scheme but breaks its syntax, or there are several
 * headers. Answered with 400 and `invalid_request`.
 */
export class MalformedAuthorizationError extends BearerTokenError {
  override readonly name = 'MalformedAuthorizationError'
  override readonly code = 'ERR_AUTHORIZATION_HEADER_INVALID'
  override readonly status = 400

  /** @ignore */
  constructor() {
    const errorDescription = 'the Authorization header must be Bearer followed by one access token'
    super(errorDescription, { error: 'invalid_request', errorDescription })
  }
}

/**
 * Why a token was rejected; for logs and metrics, never sent.
 *
 * - `malformed`: not a JWT, or one that cannot be read
 * - `header_rejected`: an algorithm or header parameter that is not accepted
 * - `key_unknown`: no key of the issuer matches the token's `kid`
 * - `signature_invalid`: not signed with that key, or changed since
 * - `expired`: `exp` has passed
 * - `claim_rejected`: wrong `typ`, `iss` or `aud`, `nbf` in the future, a claim missing or mistyped
 * - `revoked`: {@link RevocationChecker} says so
 */
export type InvalidAccessTokenReason =
  | 'malformed'
  | 'header_rejected'
  | 'key_unknown'
  | 'signature_invalid'
  | 'expired'
  | 'claim_rejected'
  | 'revoked'

/** The token is not one to be accepted here and now. Answered with 401 and `invalid_token`. */
export class InvalidAccessTokenError extends BearerTokenError {
  override readonly name = 'InvalidAccessTokenError'
  override readonly code = 'ERR_ACCESS_TOKEN_INVALID'
  override readonly status = 401
  /** Why; one word. */
  readonly reason: InvalidAccessTokenReason
  /** Why; a sentence that names the header or claim at fault but holds no value of a claim. */
  readonly detail: string

  /** @ignore */
  constructor(reason: InvalidAccessTokenReason, detail: string) {
    const errorDescription = 'the access token is expired, revoked, malformed or otherwise invalid'
    super(errorDescription, { error: 'invalid_token', errorDescription })
    this.reason = reason
    this.detail = detail
  }
}

/**
 * The token is valid but was granted too little. Answered with 403 and `insufficient_scope`; the
 * challenge lists every scope that the request needs.
 */
export class InsufficientScopeError extends BearerTokenError {
  override readonly name = 'InsufficientScopeError'
  override readonly code = 'ERR_INSUFFICIENT_SCOPE'
  override readonly status = 403
  /** Every scope that the request needs, not only the ones that the token lacks. */
  readonly requiredScopes: ReadonlyArray<string>

  /** @ignore */
  constructor(requiredScopes: ReadonlyArray<string>) {
    const errorDescription = 'the request needs more scope than the access token has'
    super(errorDescription, {
      error: 'insufficient_scope',
      errorDescription,
      scopes: requiredScopes,
    })
    this.requiredScopes = requiredScopes
  }
}
