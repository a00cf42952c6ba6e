/**
 * Our errors as oidc-provider answers them.
 *
 * @module
 */

import { errors } from 'oidc-provider'
import { isOutage } from '../errors.ts'
import { type GrantRefusal, toWireError } from '../grants/refusal.ts'

/** A refused grant on its way through oidc-provider. */
export class RefusedGrantError extends errors.CustomOIDCProviderError {
  /** Why; for the audit event. */
  readonly refusal: GrantRefusal

  constructor(refusal: GrantRefusal) {
    const { error, description } = toWireError(refusal.reason)
    super(error, description)
    this.refusal = refusal
  }
}

/** Answered with a 503 that the client may know about, in the endpoint's own format. */
class OutageError extends errors.OIDCProviderError {
  constructor(cause: unknown) {
    super(503, 'temporarily_unavailable')
    this.expose = true
    this.error_description = 'the service is temporarily unavailable, try again'
    // A redirect would hide the status from the host's monitoring and from the user.
    this.allow_redirect = false
    this.cause = cause
  }
}

/** Runs an operation for oidc-provider: a storage or signing key that fails becomes a 503 instead of a 500. */
export async function answeringOutages<Result>(operation: () => Promise<Result>): Promise<Result> {
  try {
    return await operation()
  } catch (cause) {
    if (!isOutage(cause)) throw cause
    throw new OutageError(cause)
  }
}
