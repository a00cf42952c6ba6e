/**
 * Errors of the token endpoint. The reason goes to the audit event; the client gets the registered error
 * code and a generic description.
 *
 * @module
 */

import type { TokenSubject } from '../tokens/access-token.ts'

/** An OAuth error response (RFC 6749 §5.2). */
export interface TokenErrorResponse {
  readonly error: string
  readonly description: string
}

const INVALID_GRANT: TokenErrorResponse = {
  error: 'invalid_grant',
  description: 'the grant is invalid, expired, revoked or was issued to another client',
}

/** Every reason with its error code and description, or `invalid_grant` with the generic description. */
const ERRORS = {
  'client-not-found': ['invalid_client', 'client authentication failed'],
  'grant-type-unsupported': [
    'unsupported_grant_type',
    'the server does not support this grant type',
  ],
  'grant-type-not-allowed': [
    'unauthorized_client',
    'the client is not registered for this grant type',
  ],
  'parameter-missing': ['invalid_request', 'a required parameter is missing'],
  'target-unknown': ['invalid_target', 'the requested resource is unknown'],
  'target-ambiguous': [
    'invalid_target',
    'an access token is for one resource: name one, and ask again for the next',
  ],
  'scope-malformed': ['invalid_scope', 'the requested scope is malformed'],
  'scope-exceeded': ['invalid_scope', 'the requested scope exceeds what is allowed'],
  'target-not-found': 'invalid_grant',
  'code-unknown': 'invalid_grant',
  'code-replayed': 'invalid_grant',
  'request-ended': 'invalid_grant',
  'client-mismatch': 'invalid_grant',
  'redirect-uri-mismatch': 'invalid_grant',
  'pkce-failed': 'invalid_grant',
  'refresh-token-unknown': 'invalid_grant',
  'refresh-token-reused': 'invalid_grant',
  'refresh-token-expired': 'invalid_grant',
  'replay-outdated': 'invalid_grant',
  'user-unavailable': 'invalid_grant',
  'tenant-changed': 'invalid_grant',
  'tenant-refused': 'invalid_grant',
  'client-refused': 'invalid_grant',
  'consent-revoked': 'invalid_grant',
} as const

/** Why a token request was refused. */
export type TokenRequestErrorReason = keyof typeof ERRORS

/** An error that only one grant type has. It is declared in the file of that grant type. */
export interface OwnTokenError extends TokenErrorResponse {
  readonly reason: string
}

/** Thrown when a token request is refused. */
export class TokenRequestError extends Error {
  override readonly name = 'TokenRequestError'
  readonly reason: string
  readonly response: TokenErrorResponse
  /** User and family of the grant, as far as known; for the audit event. */
  readonly subject: TokenSubject

  constructor(error: TokenRequestErrorReason | OwnTokenError, subject: TokenSubject = {}) {
    const { reason, ...response } =
      typeof error === 'string' ? { reason: error, ...responseOf(error) } : error
    super(reason)
    this.reason = reason
    this.response = response
    this.subject = subject
  }
}

function responseOf(reason: TokenRequestErrorReason): TokenErrorResponse {
  const entry = ERRORS[reason]
  if (entry === 'invalid_grant') return INVALID_GRANT
  const [error, description] = entry
  return { error, description }
}
