import { randomBytes } from 'node:crypto'

/** How many random bytes a `consentId` stands for; 22 characters of base64url. */
export const CONSENT_ID_BYTES = 16

/** Creates the id of a new consent. */
export function createConsentId(): string {
  return randomBytes(CONSENT_ID_BYTES).toString('base64url')
}
