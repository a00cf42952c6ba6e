/**
 * The format of refresh tokens.
 *
 * `tcr_` + base64url(consent id ‖ family secret ‖ nonce ‖ MAC). All refresh tokens of a family share the
 * family secret, which only the client knows. The consent id and the hash of the secret form the family id,
 * the `grant_id` of access tokens. The MAC is half of a SHA-256 of what precedes it, the family secret included:
 * all parts have fixed lengths, so nothing can be appended. So, without records of used tokens and without a key
 * of the server:
 *
 * - a genuine token differs from a forged one: `grant_id` alone does not suffice to compute the MAC, and a
 *   damaged token fails it. Neither revokes the family;
 * - a genuine token that is not the current one of its family is a used one: reuse.
 *
 * @module
 */

import { hash, randomBytes, timingSafeEqual } from 'node:crypto'
import { CONSENT_ID_BYTES } from '../consent/consent.ts'
import { sha256 } from '../util/sha256.ts'

const PREFIX = 'tcr_'
const FAMILY_SECRET_BYTES = 32
const NONCE_BYTES = 26
const MAC_BYTES = 16
// 90 bytes: a multiple of three, so the base64url encoding is unique.
const TOKEN_PATTERN = /^tcr_[\w-]{120}$/

/** A parsed refresh token with a valid MAC. */
export interface ParsedRefreshToken {
  /** The consent of its family. */
  readonly consentId: string
  /** The secret that all refresh tokens of the family share. */
  readonly familySecret: Buffer
  /** The family it belongs to. */
  readonly familyId: string
  /** Hash under which it is stored. */
  readonly hash: string
}

/**
 * Derives the family secret from an authorization code and its PKCE verifier. Every redemption of a code
 * leads to the same family, so only one can create it. The verifier is included because codes leak into
 * browser histories and logs: with the code alone, an attacker could forge used tokens and revoke the family.
 */
export function familySecretOf(authorizationCode: string, codeVerifier: string): Buffer {
  return hash('sha256', `token-family\0${authorizationCode}\0${codeVerifier}`, 'buffer')
}

/** Derives the family id from the family secret. */
export function familyIdOf(consentId: string, familySecret: Buffer): string {
  return consentId + hash('sha256', familySecret, 'base64url')
}

/** Creates a refresh token of a family. */
export function createRefreshToken(consentId: string, familySecret: Buffer): string {
  const consent = Buffer.from(consentId, 'base64url')
  const body = Buffer.concat([consent, familySecret, randomBytes(NONCE_BYTES)])
  return PREFIX + Buffer.concat([body, macOf(body)]).toString('base64url')
}

/** Parses a refresh token. @returns `undefined` when it was never issued. */
export function parseRefreshToken(token: string): ParsedRefreshToken | undefined {
  if (!TOKEN_PATTERN.test(token)) return undefined
  const bytes = Buffer.from(token.slice(PREFIX.length), 'base64url')
  const body = bytes.subarray(0, -MAC_BYTES)
  const isGenuine = timingSafeEqual(bytes.subarray(body.length), macOf(body))
  if (!isGenuine) return undefined
  const consentId = body.subarray(0, CONSENT_ID_BYTES).toString('base64url')
  const familySecret = body.subarray(CONSENT_ID_BYTES, CONSENT_ID_BYTES + FAMILY_SECRET_BYTES)
  const familyId = familyIdOf(consentId, familySecret)
  return { consentId, familySecret, familyId, hash: sha256(token) }
}

function macOf(body: Buffer): Buffer {
  return hash('sha256', body, 'buffer').subarray(0, MAC_BYTES)
}
