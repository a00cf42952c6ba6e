/**
 * The revocations that a resource server remembers.
 *
 * @module
 */

import { object, rule, type Schema, text } from '../../util/schema.ts'
import type { VerifiedAccessToken } from '../verify/verified-access-token.ts'

const REVOCATION_TYPES = [
  'access_token',
  'token_family',
  'consent',
  'client',
  'signing_key',
] as const

/**
 * An entry of the issuer's revocation feed. It revokes:
 *
 * - `access_token`: the token with this `jti`
 * - `token_family`: the tokens with this `grant_id`
 * - `consent`: the tokens whose `grant_id` begins with this id (22 characters): all token families of one
 *   user and client
 * - `client`: the tokens with this `client_id`
 * - `signing_key`: the tokens with this `kid`
 */
export interface RevocationEntry {
  readonly type: (typeof REVOCATION_TYPES)[number]
  readonly id: string
  /**
   * When the last of these tokens has expired for every verifier, whatever its clock tolerance; seconds
   * since the Unix epoch.
   */
  readonly expires_at: number
}

const isType = (value: unknown): boolean => REVOCATION_TYPES.some((type) => type === value)

/** Checks an entry. An unknown type is an error: it may revoke any token. */
export const revocationEntry: Schema<RevocationEntry> = object<RevocationEntry>({
  type: rule((value) => !isType(value) && 'must be a known type'),
  id: rule(
    (value) => (text.safeParse(value).error || String(value).length > 512) && 'must be an id',
  ),
  expires_at: rule((value) => !Number.isSafeInteger(value) && 'must be an integer'),
})

/** Length of the consent id at the beginning of a `grant_id`. */
const CONSENT_ID_LENGTH = 22

const keyOf = (type: RevocationEntry['type'], id: string | undefined): string => `${type} ${id}`

/** A set of revocations, each until it expires. */
export class RevokedEntries {
  readonly #expiries = new Map<string, number>()
  readonly #maximum: number

  /** @param maximum How many it can hold. */
  constructor(maximum: number) {
    this.#maximum = maximum
  }

  get size(): number {
    return this.#expiries.size
  }

  /**
   * Adds those that have not expired. Removes expired ones where there is no room.
   *
   * @throws {@link RangeError} when there would be too many.
   */
  add(revocations: ReadonlyArray<RevocationEntry>, now: number): void {
    if (this.size + revocations.length > this.#maximum) this.removeExpired(now)
    for (const { type, id, expires_at: expiresAt } of revocations) {
      if (expiresAt <= now) continue
      const key = keyOf(type, id)
      this.#expiries.set(key, Math.max(expiresAt, this.#expiries.get(key) ?? expiresAt))
      if (this.size <= this.#maximum) continue
      this.#expiries.delete(key)
      throw new RangeError(`more than ${this.#maximum} revocations`)
    }
  }

  /** Whether one of them revokes a token. */
  includes({ tokenId, clientId, familyId, keyId }: VerifiedAccessToken): boolean {
    return (
      this.#expiries.has(keyOf('access_token', tokenId)) ||
      this.#expiries.has(keyOf('client', clientId)) ||
      this.#expiries.has(keyOf('signing_key', keyId)) ||
      (familyId !== undefined &&
        (this.#expiries.has(keyOf('token_family', familyId)) ||
          this.#expiries.has(keyOf('consent', familyId.slice(0, CONSENT_ID_LENGTH)))))
    )
  }

  /** Removes those that have expired. */
  removeExpired(now: number): void {
    for (const [key, expiresAt] of this.#expiries) {
      if (expiresAt <= now) this.#expiries.delete(key)
    }
  }
}
