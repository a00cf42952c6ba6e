/**
 * The authorization code: what is stored of it, and who may redeem it.
 *
 * @module
 */

import { equalsInConstantTime, sha256 } from '../util/sha256.ts'

/** What an authorization code stands for. Stored under the hash of the code. */
export interface AuthorizationCodeRecord {
  /** Client it was issued to. */
  readonly clientId: string
  /** User who authorized. */
  readonly userId: string
  /** The tenant that the user belonged to. */
  readonly tenantId: string
  /** The consent it was issued under. */
  readonly consentId: string
  /** Scopes the user granted. */
  readonly scopes: ReadonlyArray<string>
  /** The token audiences that the user granted. */
  readonly resources: ReadonlyArray<string>
  /** Redirect URI of the authorization request. */
  readonly redirectUri: string
  /** PKCE challenge, S256. */
  readonly codeChallenge: string
  /** The pending request that it was issued for; absent when its user was asked nothing. */
  readonly pendingRequestKey?: string
}

/** How a client tries to redeem a code. */
export interface RedemptionAttempt {
  readonly clientId: string
  /** As sent; OAuth 2.1 no longer asks for it, but if sent it must match (§10.2). */
  readonly redirectUri: string | undefined
  readonly codeVerifier: string | undefined
}

/** Why a code may not be redeemed. None of these uses the code up: its owner still can. */
export type RedemptionProblem = 'client-mismatch' | 'redirect-uri-mismatch' | 'pkce-failed'

// RFC 7636 §4.1.
const CODE_VERIFIER = /^[A-Za-z0-9._~-]{43,128}$/

/** Decides whether an attempt fits the code. @returns `undefined` when it does. */
export function checkRedemption(
  code: AuthorizationCodeRecord,
  attempt: RedemptionAttempt,
): RedemptionProblem | undefined {
  if (code.clientId !== attempt.clientId) return 'client-mismatch'
  if (attempt.redirectUri !== undefined && attempt.redirectUri !== code.redirectUri) {
    return 'redirect-uri-mismatch'
  }
  return provesPossession(code.codeChallenge, attempt.codeVerifier) ? undefined : 'pkce-failed'
}

function provesPossession(codeChallenge: string, codeVerifier: string | undefined): boolean {
  if (codeVerifier === undefined || !CODE_VERIFIER.test(codeVerifier)) return false
  return equalsInConstantTime(sha256(codeVerifier), codeChallenge)
}
