/**
 * What was revoked, as a resource server remembers it.
 *
 * @module
 */

import { z } from 'zod'
import type { VerifiedAccessToken } from '../verify/verified-access-token.ts'

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
  /**
   * From when no verifier accepts a token that it concerns, whatever clock tolerance it has; seconds since
   * the Unix epoch.
   */
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
   * Adds those that still matter; those that are there already change nothing. What no longer matters is
   * forgotten where there is no room for others.
   *
   * @throws {@link RangeError} when there would be too many.
   */
  add(revocations: ReadonlyArray<Revocation>, now: number): void
  /** Whether one of them concerns a token. */
  concern(token: VerifiedAccessToken): boolean
  /** Forgets those that no longer matter. */
  forgetExpired(now: number): void
}

/** How many characters of a `grant_id` are the id of the consent. */
const CONSENT_ID_LENGTH = 22

const keyOf = (type: Revocation['type'], id: string | undefined): string => `${type} ${id}`

/** Creates an empty set, which holds at most `maximum`. */
export function createRevokedEntries(maximum: number): RevokedEntries {
  const expiries = new Map<string, number>()

  function forgetExpired(now: number): void {
    for (const [key, expiresAt] of expiries) {
      if (expiresAt <= now) expiries.delete(key)
    }
  }

  return {
    get size() {
      return expiries.size
    },

    add(revocations, now) {
      const room = maximum - expiries.size
      if (revocations.length > room) forgetExpired(now)
      for (const { type, id, expires_at: expiresAt } of revocations) {
        if (expiresAt <= now) continue
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

    forgetExpired,
  }
}
