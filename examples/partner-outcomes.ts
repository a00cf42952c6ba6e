/**
 * The partner's error messages.
 *
 * @module
 */

import * as oauth from 'openid-client'
import type { Outcome } from './pages.ts'

/** Whether the token endpoint refused a code or a refresh token. */
export function isInvalidGrant(error: unknown): boolean {
  return error instanceof oauth.ResponseBodyError && error.error === 'invalid_grant'
}

/** Whether Teamcast rejects the client id or the secret of the partner. */
export function isInvalidClient(error: unknown): boolean {
  return (
    (error instanceof oauth.ResponseBodyError && error.error === 'invalid_client') ||
    isChallenge(error, 'basic')
  )
}

/** Whether the API rejects the access token: it has expired or was revoked. */
export function isTokenRejected(error: unknown): boolean {
  return isChallenge(error, 'bearer')
}

/** Whether an error is a 401 with a challenge of a scheme (RFC 9110 §11.6.1). */
function isChallenge(error: unknown, scheme: 'basic' | 'bearer'): boolean {
  if (!(error instanceof oauth.WWWAuthenticateChallengeError) || error.status !== 401) return false
  return error.cause.some((challenge) => challenge.scheme === scheme)
}

/** Creates the outcome for an error. */
export function outcomeOf(error: unknown): Outcome {
  const failure = (title: string, ...sentences: ReadonlyArray<string | undefined>): Outcome => {
    return { kind: 'failure', title, detail: sentences.filter(Boolean).join(' ') }
  }
  if (error instanceof oauth.AuthorizationResponseError) {
    return error.error === 'access_denied'
      ? {
          kind: 'neutral',
          title: 'You were not signed in',
          detail: 'Acme Recruiter got no access to your Teamcast account.',
        }
      : failure(`Teamcast responded with ${error.error}`, error.error_description)
  }
  if (isInvalidGrant(error)) return failure('The connection has ended', 'Sign in again.')
  if (isInvalidClient(error)) {
    return failure(
      'Teamcast responded with invalid_client',
      'Acme Recruiter is not registered there any more, or with another secret.',
      'It needs another registration.',
    )
  }
  if (error instanceof oauth.ResponseBodyError) {
    return failure(`Teamcast responded with ${error.error}`, error.error_description)
  }
  if (error instanceof oauth.WWWAuthenticateChallengeError) {
    const reason = error.cause[0]?.parameters.error_description
    return failure(`The API responded with ${error.status}`, reason && `${reason}.`)
  }
  const [message, cause] = error instanceof Error ? [error.message, error.cause] : []
  return failure('That did not work', message, cause instanceof Error ? `(${cause.message})` : '')
}
