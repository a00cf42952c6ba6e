/**
 * What a consent permits, and its id. The record is in lib/storage/consent-store.
 *
 * @module
 */

import { randomBytes } from 'node:crypto'
import type { Consent } from '../storage/consent-store.ts'

/** How many random bytes a `consentId` encodes: 22 characters of base64url. */
export const CONSENT_ID_BYTES = 16

/** Creates the id of a new consent. */
export function createConsentId(): string {
  return randomBytes(CONSENT_ID_BYTES).toString('base64url')
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
