/**
 * Errors of requests to a protected resource.
 *
 * `message` is sent to the client: it is generic, and the same for every cause of one error. The cause is
 * in members that are never sent (`reason`, `detail`, `cause`) and hold no token. Koa reads `status`,
 * `expose` and `headers` from an error that is thrown.
 *
 * @module
 */

import { OAuthServerError } from '../errors.ts'
import {
  type BearerChallenge,
  type BearerErrorCode,
  formatBearerChallenge,
} from './middleware/challenge.ts'

/** Base of the errors with which the middlewares refuse a request. */
export abstract class ProtectedResourceError extends OAuthServerError {
  /** HTTP status of the response. */
  abstract readonly status: 400 | 401 | 403 | 503
  /** Error code in the response; `undefined` when the request carried no credentials. */
  abstract readonly error: string | undefined
  /** Whether the client may see the message. Koa does not log errors that have it. */
  readonly expose: boolean = true
  /** Parameters of the `WWW-Authenticate` header; `undefined` when the response has none. */
  readonly challenge: BearerChallenge | undefined
  /** Headers of the response: `Cache-Control`, and `WWW-Authenticate` or `Retry-After`. */
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

/** Base of the errors with a Bearer challenge (RFC 6750 §3). */
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
 * The request has no Bearer credentials. Status 401.
 *
 * The challenge has no error code (RFC 6750 §3.1: not when the client sent no credentials). It has a
 * realm, because §3 requires at least one parameter.
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
 * The Authorization header has the Bearer scheme but not its syntax, or there are several such headers.
 * Status 400, `invalid_request`.
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
 * - `malformed`: not a JWT
 * - `header_rejected`: an algorithm or header parameter that is not accepted
 * - `key_unknown`: no key of the issuer has the token's `kid`
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

/** The access token is not valid here and now. Status 401, `invalid_token`. */
export class InvalidAccessTokenError extends BearerTokenError {
  override readonly name = 'InvalidAccessTokenError'
  override readonly code = 'ERR_ACCESS_TOKEN_INVALID'
  override readonly status = 401
  /** Why; one word. */
  readonly reason: InvalidAccessTokenReason
  /** Why; a sentence that names the header or claim at fault, without the value of any claim. */
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
 * The credentials are valid but lack a scope. Status 403, `insufficient_scope`; the challenge lists every
 * scope that the request needs.
 */
export class InsufficientScopeError extends BearerTokenError {
  override readonly name = 'InsufficientScopeError'
  override readonly code = 'ERR_INSUFFICIENT_SCOPE'
  override readonly status = 403
  /** Every scope that the request needs, not only the missing ones. */
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

/**
 * The request carries both an access token and an API key, or one header twice. Status 400: picking one
 * would be a guess, and a proxy in front may have picked the other.
 */
export class AmbiguousRequestError extends ProtectedResourceError {
  override readonly name = 'AmbiguousRequestError'
  override readonly code = 'ERR_REQUEST_AMBIGUOUS'
  override readonly status = 400
  override readonly error = 'invalid_request'

  /** @ignore */
  constructor() {
    super('send one access token or one API key, and name one tenant', undefined)
  }
}

/**
 * The API key is not valid for the tenant that the request names. Status 401, with the challenge of
 * {@link MissingAccessTokenError}: HTTP has no scheme for API keys, but requires a challenge.
 */
export class InvalidApiKeyError extends ProtectedResourceError {
  override readonly name = 'InvalidApiKeyError'
  override readonly code = 'ERR_API_KEY_INVALID'
  override readonly status = 401
  override readonly error = 'invalid_api_key'

  /** @ignore */
  constructor(realm: string) {
    super('the API key is not valid for this tenant', { realm })
  }
}

/**
 * The request must name its tenant and does not: it carries an API key, or the token of a client without
 * tenant. Status 400.
 */
export class TenantMissingError extends ProtectedResourceError {
  override readonly name = 'TenantMissingError'
  override readonly code = 'ERR_TENANT_MISSING'
  override readonly status = 400
  override readonly error = 'tenant_missing'

  /** @ignore */
  constructor() {
    super('the request must name a tenant', undefined)
  }
}

/**
 * The caller may not act in the tenant of the request. Status 403 without challenge: no other scope or
 * token would help.
 *
 * The message does not say whether the tenant exists: that would reveal who is a customer.
 */
export class TenantMismatchError extends ProtectedResourceError {
  override readonly name = 'TenantMismatchError'
  override readonly code = 'ERR_TENANT_MISMATCH'
  override readonly status = 403
  override readonly error = 'tenant_mismatch'

  /** @ignore */
  constructor() {
    super('the credentials are not for this tenant', undefined)
  }
}

/** When a client may try again after a 503; in seconds. */
export const RETRY_AFTER_SECONDS = 5

/**
 * Status 503 and `Retry-After`, not 401: a client discards its token on `invalid_token`, and this one may
 * be valid. `expose` is `false`, so that Koa logs the error.
 */
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
 * The issuer's public keys are not available; `cause` says why. Status 503.
 *
 * @see [RFC 9110 §15.6.4](https://www.rfc-editor.org/rfc/rfc9110.html#section-15.6.4)
 */
export class JwksUnavailableError extends UnavailableError {
  override readonly name = 'JwksUnavailableError'
  override readonly code = 'ERR_JWKS_UNAVAILABLE'
}

/**
 * Whether the token was revoked is not known, or what is known is too old; `cause` says why. Status 503.
 *
 * @see [RFC 9110 §15.6.4](https://www.rfc-editor.org/rfc/rfc9110.html#section-15.6.4)
 */
export class RevocationsUnavailableError extends UnavailableError {
  override readonly name = 'RevocationsUnavailableError'
  override readonly code = 'ERR_REVOCATIONS_UNAVAILABLE'
}
