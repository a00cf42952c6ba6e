/**
 * Consent: which scopes a user granted to a client, stored so that later authorizations skip the page.
 *
 * @module
 */

import { randomBytes } from 'node:crypto'

/** How many random bytes a `consentId` encodes: 22 characters of base64url. */
export const CONSENT_ID_BYTES = 16

/** Creates the id of a new consent. */
export function createConsentId(): string {
  return randomBytes(CONSENT_ID_BYTES).toString('base64url')
}

/** The durable record that a user granted scopes to a client. */
export interface Consent {
  /**
   * Unique id: 22 random characters. Stays the same when scopes are added. A consent that was revoked and
   * granted again, or granted again in another tenant, gets a new id.
   */
  readonly consentId: string
  /** The user who granted it. */
  readonly userId: string
  /** The client it was granted to. */
  readonly clientId: string
  /** The tenant of the user at that time. The consent is not valid in any other tenant. */
  readonly tenantId: string
  /** Every granted scope, in the order in which they were first granted. */
  readonly scopes: ReadonlyArray<GrantedScope>
  /** When it was first granted; seconds since the Unix epoch. */
  readonly createdAt: number
  /** When scopes were last granted, new or known ones; seconds since the Unix epoch. */
  readonly grantedAt: number
  /**
   * When tokens were last issued under it; seconds since the Unix epoch, accurate to the hour.
   * `undefined` for never.
   */
  readonly lastUsedAt: number | undefined
}

/** A scope that a user granted. */
export interface GrantedScope {
  readonly scope: string
  /** When it was first granted; seconds since the Unix epoch. */
  readonly grantedAt: number
}

/** Scopes that a user grants to a client, for the first time or again. */
export interface ConsentGrant
  extends Pick<Consent, 'consentId' | 'userId' | 'clientId' | 'tenantId' | 'grantedAt'> {
  readonly scopes: ReadonlyArray<string>
}

/** Returns a consent if it was granted in the tenant. */
export function consentInTenant(
  consent: Consent | undefined,
  tenantId: string | undefined,
): Consent | undefined {
  return consent?.tenantId === tenantId ? consent : undefined
}

/** The names of the scopes of a consent; empty when there is no consent. */
export function scopesOf(consent: Consent | undefined): ReadonlyArray<string> {
  return consent?.scopes.map(({ scope }) => scope) ?? []
}
