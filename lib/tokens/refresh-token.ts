/**
 * What a refresh token looks like.
 *
 * `tcr_` + base64url(consent id ‖ family secret ‖ nonce ‖ MAC). The family secret is the same in every
 * refresh token of a family and known to nobody but their holder; the consent id and the secret's hash
 * are the family's id, the `grant_id` that every access token shows. The MAC is keyed with the family
 * secret. So, without any record of the tokens that were spent and without a key of the server's own:
 *
 * - a token that was once issued is told from a forged one: whoever knows only `grant_id` cannot
 *   compute the MAC, and a token damaged on its way fails it, so neither revokes the family;
 * - a token that was once issued but is not the family's current one was spent: reuse.
 *
 * @module
 */

import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { CONSENT_ID_BYTES } from '../consent/consent-id.ts'
import { sha256 } from '../util/sha256.ts'

const PREFIX = 'tcr_'
const FAMILY_SECRET_BYTES = 32
const NONCE_BYTES = 26
const MAC_BYTES = 16
// 90 bytes: a multiple of three, so that every text of this length is the only one for its bytes.
const TOKEN_PATTERN = /^tcr_[\w-]{120}$/

/** A refresh token that was read and whose MAC is right. */
export interface ParsedRefreshToken {
  /** The consent under which its family began. */
  readonly consentId: string
  /** The secret that all refresh tokens of the family share. */
  readonly familySecret: Buffer
  /** The family it belongs to. */
  readonly familyId: string
  /** Hash under which it is stored. */
  readonly hash: string
}

/**
 * Derives the family secret from what redeems an authorization code: whoever redeems the same code
 * arrives at the same family, and so only one redemption can create it. The PKCE verifier takes part
 * because a code is seen by others, in a browser's history or a log: with the code alone somebody could
 * make tokens that look spent, and revoke the family with them.
 */
export function familySecretOf(authorizationCode: string, codeVerifier: string): Buffer {
  return createHash('sha256').update(`token-family\0${authorizationCode}\0${codeVerifier}`).digest()
}

/** The id of the family with this secret. */
export function familyIdOf(consentId: string, familySecret: Buffer): string {
  return consentId + createHash('sha256').update(familySecret).digest('base64url')
}

/** Creates a new refresh token for the family with this secret. */
export function createRefreshToken(consentId: string, familySecret: Buffer): string {
  const consent = Buffer.from(consentId, 'base64url')
  const body = Buffer.concat([consent, familySecret, randomBytes(NONCE_BYTES)])
  return PREFIX + Buffer.concat([body, mac(familySecret, body)]).toString('base64url')
}

/** Reads a refresh token. @returns `undefined` for anything that never was one. */
export function parseRefreshToken(token: string): ParsedRefreshToken | undefined {
  if (!TOKEN_PATTERN.test(token)) return undefined
  const bytes = Buffer.from(token.slice(PREFIX.length), 'base64url')
  const body = bytes.subarray(0, -MAC_BYTES)
  const familySecret = body.subarray(CONSENT_ID_BYTES, CONSENT_ID_BYTES + FAMILY_SECRET_BYTES)
  const isGenuine = timingSafeEqual(bytes.subarray(body.length), mac(familySecret, body))
  if (!isGenuine) return undefined
  const consentId = body.subarray(0, CONSENT_ID_BYTES).toString('base64url')
  const familyId = familyIdOf(consentId, familySecret)
  return { consentId, familySecret, familyId, hash: sha256(token) }
}

function mac(familySecret: Buffer, body: Buffer): Buffer {
  return createHmac('sha256', familySecret).update(body).digest().subarray(0, MAC_BYTES)
}
