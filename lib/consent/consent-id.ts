import { randomBytes } from 'node:crypto'

const CONSENT_ID_BYTES = 16

/** How many characters a `consentId` has. */
export const CONSENT_ID_LENGTH = 22

/** Makes the id of a new consent. */
export function createConsentId(): string {
  return randomBytes(CONSENT_ID_BYTES).toString('base64url')
}
