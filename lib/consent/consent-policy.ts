/**
 * When the user must be asked for consent.
 *
 * @module
 */

import { allowsClientImpersonation } from '../clients/redirect-uri.ts'
import { isSubset } from '../scopes/scope.ts'

/** The input of the decision. */
export interface ConsentQuestion {
  /** Scopes of the authorization request. */
  readonly requestedScopes: ReadonlyArray<string>
  /** Scopes of the user's stored consent, including those granted just now. */
  readonly grantedScopes: ReadonlyArray<string>
  /** Scopes that the user granted for this request. */
  readonly consentedScopes: ReadonlyArray<string> | undefined
  /** Whether the request has `prompt=consent`. */
  readonly isConsentPrompted: boolean
  /** Redirect URI of the request. */
  readonly redirectUri: string
}

/** Whether the user must be asked for consent. */
export function needsConsent(question: ConsentQuestion): boolean {
  const { requestedScopes, grantedScopes, consentedScopes } = question
  // Even scopes granted just now: the consent may have been revoked since, or is of another tenant.
  if (!isSubset(requestedScopes, grantedScopes)) return true
  if (consentedScopes !== undefined) return !isSubset(requestedScopes, consentedScopes)
  if (question.isConsentPrompted) return true
  // RFC 8252 §8.6: another program may impersonate the client, so an earlier consent does not count.
  return allowsClientImpersonation(question.redirectUri)
}
