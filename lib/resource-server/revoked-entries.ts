/**
 * What was revoked, as a resource server remembers it.
 *
 * @module
 */

import { z } from 'zod'
import type { VerifiedAccessToken } from './verified-access-token.ts'
import { MAXIMUM_CLOCK_TOLERANCE_SECONDS } from './verifier-options.ts'

/** What can be revoked, and with it every token that it concerns. */
const REVOCATION_TYPES = [
  'access_token',
  'token_family',
  'consent',
  'client',
  'signing_key',
] as const

/**
 * One thing that was revoked, as the issuer's feed tells it.
 *
 * - `access_token`: the token with this `jti`
 * - `token_family`: the tokens with this `grant_id`
 * - `consent`: the tokens whose `grant_id` begins with this id (22 characters), that is all families of
 *   one connection between a user and a client
 * - `client`: the tokens with this `client_id`
 * - `signing_key`: the tokens with this `kid`
 */
export interface Revocation {
  readonly type: (typeof REVOCATION_TYPES)[number]
  readonly id: string
  /** When the last token that it concerns has expired; seconds since the Unix epoch. */
  readonly expires_at: number
}

/** A type that is not known is an error: it may concern any token. */
export const revocationSchema: z.ZodType<Revocation> = z.object({
  type: z.enum(REVOCATION_TYPES),
  id: z.string().min(1).max(512),
  expires_at: z.int(),
})

/** A set of things that were revoked, each until it no longer matters. */
export interface RevokedEntries {
  /** How many there are. */
  readonly size: number
  /**
   * Adds some; those that are there already change nothing.
   *
   * @throws {@link RangeError} when there would be too many.
   */
  add(revocations: ReadonlyArray<Revocation>): void
  /** Whether one of them concerns a token. */
  concern(token: VerifiedAccessToken): boolean
  /** Forgets those that no longer matter. */
  forgetExpired(now: number): void
}

/** How many characters of a `grant_id` are the id of the consent. */
const CONSENT_ID_LENGTH = 22

const keyOf = (type: Revocation['type'], id: string | undefined): string => `${type} ${id}`

/** Makes an empty set, which holds at most `maximum`. */
export function createRevokedEntries(maximum: number): RevokedEntries {
  const expiries = new Map<string, number>()
  return {
    get size() {
      return expiries.size
    },

    add(revocations) {
      for (const { type, id, expires_at: expiresAt } of revocations) {
        const key = keyOf(type, id)
        expiries.set(key, Math.max(expiresAt, expiries.get(key) ?? expiresAt))
        if (expiries.size <= maximum) continue
        expiries.delete(key)
        throw new RangeError(`more than ${maximum} revocations`)
      }
    },

    concern: ({ tokenId, clientId, familyId, keyId }) =>
      expiries.has(keyOf('access_token', tokenId)) ||
      expiries.has(keyOf('client', clientId)) ||
      expiries.has(keyOf('signing_key', keyId)) ||
      (familyId !== undefined &&
        (expiries.has(keyOf('token_family', familyId)) ||
          expiries.has(keyOf('consent', familyId.slice(0, CONSENT_ID_LENGTH))))),

    // A verifier with a clock tolerance accepts a token for a while after it expired.
    forgetExpired(now) {
      for (const [key, expiresAt] of expiries) {
        if (expiresAt + MAXIMUM_CLOCK_TOLERANCE_SECONDS <= now) expiries.delete(key)
      }
    },
  }
}
