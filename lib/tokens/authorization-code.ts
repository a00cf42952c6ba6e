/**
 * Authorization codes: the stored record, and the checks of a redemption.
 *
 * @module
 */

import { type ArtifactReader, createArtifactReader } from '../storage/artifact-reader.ts'
import * as shape from '../storage/result-shape.ts'
import { equalsInConstantTime, sha256 } from '../util/sha256.ts'

/** The record of an authorization code, stored under the hash of the code. */
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
  /** The `nonce` of an OpenID Connect request; `null` when there is none. */
  readonly nonce: string | null
  /** When the user authenticated; seconds since the Unix epoch. */
  readonly authTime: number
  /** The pending request it was issued for; `null` when no page was shown. */
  readonly pendingRequestKey: string | null
}

/** Finds authorization codes. */
export const authorizationCodes: ArtifactReader<AuthorizationCodeRecord> =
  createArtifactReader<AuthorizationCodeRecord>('AuthorizationCode', {
    clientId: shape.nonEmptyString,
    userId: shape.nonEmptyString,
    tenantId: shape.nonEmptyString,
    consentId: shape.nonEmptyString,
    scopes: shape.arrayOf(shape.nonEmptyString),
    resources: shape.arrayOf(shape.nonEmptyString),
    redirectUri: shape.nonEmptyString,
    codeChallenge: shape.nonEmptyString,
    nonce: shape.orNull(shape.nonEmptyString),
    authTime: shape.integer,
    pendingRequestKey: shape.orNull(shape.nonEmptyString),
  })

/** An attempt of a client to redeem a code. */
export interface RedemptionAttempt {
  readonly clientId: string
  /** Optional in OAuth 2.1; if present, it must match (§10.2). */
  readonly redirectUri: string | undefined
  readonly codeVerifier: string | undefined
}

/** Why a redemption is rejected. The code stays valid: its owner can still redeem it. */
export type RedemptionProblem = 'client-mismatch' | 'redirect-uri-mismatch' | 'pkce-failed'

// RFC 7636 §4.1.
const CODE_VERIFIER = /^[A-Za-z0-9._~-]{43,128}$/

/** Checks a redemption attempt against the code. @returns `undefined` when it is valid. */
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
