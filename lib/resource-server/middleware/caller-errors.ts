/**
 * Why a request is refused by the tenant guard.
 *
 * The messages are the same whoever asks for whatever, and name no tenant: an answer that told apart
 * tenants that exist from others would be a list of customers.
 *
 * @module
 */

import { ProtectedResourceError } from '../errors.ts'

/**
 * The request carries both an access token and an API key, or one of the headers twice. Answered with
 * 400: which of them counts would be a guess, and what is in front may have guessed differently.
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
 * The API key is not one of the tenant that the request names. Answered with 401 and the challenge
 * that a request without credentials gets: HTTP has no scheme for API keys, and wants one in a 401.
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
 * The request has to name its tenant and does not: it carries an API key, or the token of a client
 * that belongs to no tenant. Answered with 400.
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
 * The caller may not act in the tenant of the request. Answered with 403 and no challenge: no other
 * scope and no fresh token would help.
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
