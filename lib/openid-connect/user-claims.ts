/**
 * The claims about a user (OpenID Connect Core 1.0 §5.1), by granted scope (§5.4).
 *
 * @module
 */

import type { User } from '../users/user.ts'
import type { IdentityScope } from './identity-scopes.ts'

/** A claim that a host may have. */
export type OptionalClaim = 'email_verified' | 'picture' | 'locale' | 'zoneinfo' | 'updated_at'

interface ClaimSource {
  /** The scope that grants it. */
  readonly scope: IdentityScope
  readonly read: (user: User) => unknown
}

/** The claims that every host has. */
const STANDARD_CLAIMS: Readonly<Record<'name' | 'email', ClaimSource>> = {
  name: { scope: 'profile', read: ({ name }) => name },
  email: { scope: 'email', read: ({ email }) => email },
}

const OPTIONAL_CLAIMS: Readonly<Record<OptionalClaim, ClaimSource>> = {
  email_verified: { scope: 'email', read: ({ emailVerified }) => emailVerified },
  picture: { scope: 'profile', read: ({ picture }) => picture },
  locale: { scope: 'profile', read: ({ locale }) => locale },
  zoneinfo: { scope: 'profile', read: ({ zoneinfo }) => zoneinfo },
  updated_at: { scope: 'profile', read: ({ updatedAt }) => updatedAt },
}

/** The names of the claims that a host may have. */
export const OPTIONAL_CLAIM_NAMES = Object.keys(OPTIONAL_CLAIMS) as ReadonlyArray<OptionalClaim>

/** The names of the claims about a user. */
export function userClaimNames(
  optionalClaims: ReadonlyArray<OptionalClaim>,
): ReadonlyArray<string> {
  return ['sub', 'tenant_id', ...Object.keys(STANDARD_CLAIMS), ...optionalClaims]
}

/**
 * The claims about a user that the scopes grant. One without a value is absent (§5.3.2); `sub` and `tenant_id` are
 * always there.
 *
 * @param optionalClaims The optional claims that the host has.
 */
export function claimsOfUser(
  user: User,
  scopes: ReadonlyArray<string>,
  optionalClaims: ReadonlyArray<OptionalClaim>,
): Readonly<Record<string, unknown>> {
  const sources: ReadonlyArray<readonly [string, ClaimSource]> = [
    ...Object.entries(STANDARD_CLAIMS),
    ...optionalClaims.map((name) => [name, OPTIONAL_CLAIMS[name]] as const),
  ]
  const granted = sources
    .filter(([, { scope }]) => scopes.includes(scope))
    .map(([name, { read }]) => [name, read(user)])
    .filter(([, value]) => value !== undefined && value !== null && value !== '')
  return { sub: user.userId, tenant_id: user.tenantId, ...Object.fromEntries(granted) }
}
