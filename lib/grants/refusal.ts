/**
 * Why the token endpoint refuses, and what it says. The reason goes to the audit event, the wire gets
 * the registered code and a sentence that tells an attacker nothing.
 *
 * @module
 */

/** Why a token request was refused. */
export type RefusalReason =
  | 'client-gone'
  | 'grant-type-not-allowed'
  | 'parameter-missing'
  | 'target-unknown'
  | 'target-ambiguous'
  | 'target-gone'
  | 'code-unknown'
  | 'code-replayed'
  | 'client-mismatch'
  | 'redirect-uri-mismatch'
  | 'pkce-failed'
  | 'refresh-token-unknown'
  | 'refresh-token-reused'
  | 'refresh-token-expired'
  | 'user-unavailable'
  | 'tenant-refused'
  | 'consent-withdrawn'
  | 'scope-malformed'
  | 'scope-exceeded'

/** An OAuth error response (RFC 6749 §5.2). */
export interface WireError {
  readonly error: string
  readonly description: string
}

/** Thrown by a grant that is refused. */
export class GrantRefusal extends Error {
  override readonly name = 'GrantRefusal'
  readonly reason: RefusalReason
  /** For the audit event: whose grant it was, once that is known. */
  readonly subject: RefusalSubject

  constructor(reason: RefusalReason, subject: RefusalSubject = {}) {
    super(reason)
    this.reason = reason
    this.subject = subject
  }
}

/** Whose grant was refused. */
export interface RefusalSubject {
  readonly userId?: string
  readonly tenantId?: string
  readonly familyId?: string
}

const INVALID_GRANT: WireError = {
  error: 'invalid_grant',
  description: 'the grant is invalid, expired, revoked or was issued to another client',
}

/** What the client is told. */
export function toWireError(reason: RefusalReason): WireError {
  switch (reason) {
    case 'client-gone':
      return { error: 'invalid_client', description: 'client authentication failed' }
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
    case 'client-mismatch':
    case 'redirect-uri-mismatch':
    case 'pkce-failed':
    case 'refresh-token-unknown':
    case 'refresh-token-reused':
    case 'refresh-token-expired':
    case 'user-unavailable':
    case 'tenant-refused':
    case 'consent-withdrawn':
    case 'target-gone':
      return INVALID_GRANT
  }
}
