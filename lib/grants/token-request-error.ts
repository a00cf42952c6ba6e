/**
 * Errors of the token endpoint. The reason goes to the audit event; the client gets the registered error
 * code and a generic description.
 *
 * @module
 */

/** Why a token request was refused. */
export type TokenRequestErrorReason =
  | 'client-not-found'
  | 'grant-type-unsupported'
  | 'grant-type-not-allowed'
  | 'parameter-missing'
  | 'target-unknown'
  | 'target-ambiguous'
  | 'target-not-found'
  | 'code-unknown'
  | 'code-replayed'
  | 'request-ended'
  | 'client-mismatch'
  | 'redirect-uri-mismatch'
  | 'pkce-failed'
  | 'refresh-token-unknown'
  | 'refresh-token-reused'
  | 'refresh-token-expired'
  | 'replay-outdated'
  | 'user-unavailable'
  | 'tenant-changed'
  | 'tenant-refused'
  | 'consent-revoked'
  | 'scope-malformed'
  | 'scope-exceeded'

/** An OAuth error response (RFC 6749 §5.2). */
export interface ErrorResponse {
  readonly error: string
  readonly description: string
}

/** Thrown when a token request is refused. */
export class TokenRequestError extends Error {
  override readonly name = 'TokenRequestError'
  readonly reason: TokenRequestErrorReason
  /** User and family of the grant, as far as known; for the audit event. */
  readonly subject: GrantSubject

  constructor(reason: TokenRequestErrorReason, subject: GrantSubject = {}) {
    super(reason)
    this.reason = reason
    this.subject = subject
  }
}

/** User and family of a grant. */
export interface GrantSubject {
  readonly userId?: string
  readonly tenantId?: string
  readonly familyId?: string
}

const INVALID_GRANT: ErrorResponse = {
  error: 'invalid_grant',
  description: 'the grant is invalid, expired, revoked or was issued to another client',
}

/** Maps a reason to the error response. */
export function toErrorResponse(reason: TokenRequestErrorReason): ErrorResponse {
  switch (reason) {
    case 'client-not-found':
      return { error: 'invalid_client', description: 'client authentication failed' }
    case 'grant-type-unsupported':
      return {
        error: 'unsupported_grant_type',
        description: 'the server does not support this grant type',
      }
    case 'grant-type-not-allowed':
      return {
        error: 'unauthorized_client',
        description: 'the client is not registered for this grant type',
      }
    case 'parameter-missing':
      return { error: 'invalid_request', description: 'a required parameter is missing' }
    case 'target-unknown':
      return { error: 'invalid_target', description: 'the requested resource is unknown' }
    case 'target-ambiguous':
      return {
        error: 'invalid_target',
        description: 'an access token is for one resource: name one, and ask again for the next',
      }
    case 'scope-malformed':
      return { error: 'invalid_scope', description: 'the requested scope is malformed' }
    case 'scope-exceeded':
      return { error: 'invalid_scope', description: 'the requested scope exceeds what is allowed' }
    case 'code-unknown':
    case 'code-replayed':
    case 'request-ended':
    case 'client-mismatch':
    case 'redirect-uri-mismatch':
    case 'pkce-failed':
    case 'refresh-token-unknown':
    case 'refresh-token-reused':
    case 'refresh-token-expired':
    case 'replay-outdated':
    case 'user-unavailable':
    case 'tenant-changed':
    case 'tenant-refused':
    case 'consent-revoked':
    case 'target-not-found':
      return INVALID_GRANT
  }
}
