/**
 * Temporary failures, as oidc-provider sends them.
 *
 * @module
 */

import { errors, Provider } from 'oidc-provider'
import { isUnavailable } from '../errors.ts'

/** The storage, or the host's decision about a client, is unavailable. */
class ServiceUnavailableError extends errors.OIDCProviderError {
  constructor(cause: unknown) {
    super(503, 'temporarily_unavailable')
    this.expose = true
    this.error_description = 'the service is temporarily unavailable, try again'
    // A redirect would hide the status from the host's monitoring and from the user.
    this.allow_redirect = false
    this.cause = cause
  }
}

/**
 * Runs an operation; turns a temporary failure into 503 instead of 500. Outside of a request that oidc-provider handles,
 * the failure stays as it is: our router sends 503, and reports it.
 */
export async function toServiceUnavailable<Result>(
  operation: () => Promise<Result>,
): Promise<Result> {
  try {
    return await operation()
  } catch (cause) {
    if (!isUnavailable(cause) || Provider.ctx === undefined) throw cause
    throw new ServiceUnavailableError(cause)
  }
}
