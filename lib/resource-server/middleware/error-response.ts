/**
 * The responses to refused requests, whichever framework sends them.
 *
 * @module
 */

import type { ProtectedResourceError } from '../errors.ts'
import { formatBearerChallenge } from './challenge.ts'
import type { ChallengeParameters } from './challenge-options.ts'

// Not in a property of the request, which belongs to the host.
const parametersOfRequests = new WeakMap<object, ChallengeParameters>()

/** Adds parameters to every challenge of a request of Node, whichever middleware sends it. */
export function extendChallenges(request: object, parameters: ChallengeParameters): void {
  parametersOfRequests.set(request, parameters)
}

/** A response with a JSON body. */
export interface ErrorResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Without `error` where the challenge has none. */
  readonly body: { readonly error: string | undefined; readonly error_description: string }
}

/** Creates the response to a request that is refused. */
export function errorResponseOf(request: object, refusal: ProtectedResourceError): ErrorResponse {
  const { status, challenge, headers, error, message } = refusal
  const more = parametersOfRequests.get(request)
  const body = { error, error_description: message }
  if (challenge === undefined || more === undefined) return { status, headers, body }
  const scopes = challenge.scopes ?? (status === 401 ? more.scopes : undefined)
  const extended = { ...challenge, scopes, resourceMetadata: more.resourceMetadata }
  const written = { ...headers, 'WWW-Authenticate': formatBearerChallenge(extended) }
  return { status, headers: written, body }
}
