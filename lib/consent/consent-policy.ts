/**
 * When to ask for consent.
 *
 * @module
 */

import { allowsClientImpersonation } from '../clients/redirect-uri.ts'
import { isSubset } from '../scopes/scope.ts'

/** What the decision depends on. */
export interface ConsentQuestion {
  /** Scopes of the authorization request. */
  readonly requestedScopes: ReadonlyArray<string>
  /** Scopes of the user's consent to the client, as it stands: those allowed just now among them. */
  readonly grantedScopes: ReadonlyArray<string>
  /** Scopes the user allowed just now, for this request. */
  readonly consentedScopes: ReadonlyArray<string> | undefined
  /** Whether the client asked for the consent page (`prompt=consent`). */
  readonly isConsentPrompted: boolean
  /** Where the code goes. */
  readonly redirectUri: string
}

/** Whether the user must be asked. */
export function needsConsent(question: ConsentQuestion): boolean {
  const { requestedScopes, grantedScopes, consentedScopes } = question
  // Also what was allowed just now: it may have been withdrawn since, or allowed in another tenant.
  if (!isSubset(requestedScopes, grantedScopes)) return true
  if (consentedScopes !== undefined) return !isSubset(requestedScopes, consentedScopes)
  if (question.isConsentPrompted) return true
  // RFC 8252 §8.6: whoever listens there may be any program, so an earlier consent to the client says
  // nothing about it.
  return allowsClientImpersonation(question.redirectUri)
}
