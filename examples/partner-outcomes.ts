/**
 * What the partner says when something failed.
 *
 * @module
 */

import * as oauth from 'openid-client'
import type { Outcome } from './pages.ts'

/** Whether the token endpoint refused a code or a refresh token. */
export function isInvalidGrant(error: unknown): boolean {
  return error instanceof oauth.ResponseBodyError && error.error === 'invalid_grant'
}

/** Says to the user what failed. */
export function outcomeOf(error: unknown): Outcome {
  const failure = (title: string, ...sentences: ReadonlyArray<string | undefined>): Outcome => {
    return { kind: 'failure', title, detail: sentences.filter(Boolean).join(' ') }
  }
  if (error instanceof oauth.AuthorizationResponseError) {
    return error.error === 'access_denied'
      ? failure('You were not signed in', 'Acme Recruiter may not use your Teamcast account.')
      : failure(`Teamcast answered ${error.error}`, error.error_description)
  }
  if (isInvalidGrant(error)) return failure('The connection has ended', 'Sign in again.')
  if (error instanceof oauth.ResponseBodyError) {
    return failure(`Teamcast answered ${error.error}`, error.error_description)
  }
  if (error instanceof oauth.WWWAuthenticateChallengeError) {
    if (error.cause[0]?.scheme === 'basic') {
      // The token endpoint: the client did not authenticate (RFC 6749 §5.2).
      return failure('Teamcast answered invalid_client', 'Check the client id and the secret.')
    }
    const reason = error.cause[0]?.parameters.error_description
    return failure(
      `The API answered ${error.status}`,
      reason && `${reason}.`,
      'Refresh the tokens.',
    )
  }
  const [message, cause] = error instanceof Error ? [error.message, error.cause] : []
  return failure('That did not work', message, cause instanceof Error ? `(${cause.message})` : '')
}
