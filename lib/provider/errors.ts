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

/** Answered with a 5xx or 429 that the client may know about, in the endpoint's own format. */
class ExposedError extends errors.OIDCProviderError {
  constructor(status: number, description: string, options?: ErrorOptions) {
    super(status, 'temporarily_unavailable')
    this.expose = true
    this.error_description = description
    // A redirect would hide the status from the host's monitoring and from the user.
    this.allow_redirect = false
    if (options?.cause !== undefined) this.cause = options.cause
  }
}

/** Too many failed attempts to authenticate. */
export class TooManyAttemptsError extends ExposedError {
  constructor() {
    super(429, 'too many failed attempts, try again later')
  }
}

/** Runs an operation for oidc-provider: a storage or signing key that fails becomes a 503 instead of a 500. */
export async function answeringOutages<Result>(operation: () => Promise<Result>): Promise<Result> {
  try {
    return await operation()
  } catch (cause) {
    if (!isOutage(cause)) throw cause
    throw new ExposedError(503, 'the service is temporarily unavailable, try again', { cause })
  }
}
