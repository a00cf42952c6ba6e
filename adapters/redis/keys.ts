/**
 * How records are named in Redis.
 *
 * Redis Cluster places a key by the text in braces, or by the whole key where there are none. Keys that
 * one script touches have the same text in braces.
 *
 * @module
 */

import { createHash } from 'node:crypto'
import { StorageError } from '../../lib/errors.ts'
import type { ArtifactKind, RevocationKind } from '../../lib/storage/storage.ts'

const CONSENT_ID_LENGTH = 22

/** The key of every record. */
export interface Keys {
  client(clientId: string): string
  readonly clientIndex: string
  consent(consentId: string): string
  consentIndex(userId: string): string
  family(familyId: string): string
  artifact(kind: ArtifactKind, key: string): string
  revocation(kind: RevocationKind, id: string): string
  readonly revocations: string
  readonly sealedKeys: string
  readonly ping: string
}

/** Names the keys of a storage. */
export function createKeys(prefix: string): Keys {
  return {
    client: (clientId) => `${prefix}client:${clientId}`,
    clientIndex: `${prefix}clients`,
    consent: (consentId) => `${prefix}{${consentId}}:consent`,
    // A host's user id may be of any length and hold anything, braces and e-mail addresses included.
    consentIndex: (userId) => `${prefix}{user:${sha256(userId)}}:consents`,
    family: (familyId) => `${prefix}{${consentIdOf(familyId)}}:family:${familyId}`,
    artifact: (kind, key) => `${prefix}artifact:${kind}:${key}`,
    revocation: (kind, id) => `${prefix}revoked:${kind === 'access-token' ? '' : `${kind}:`}${id}`,
    revocations: `${prefix}revocations`,
    sealedKeys: `${prefix}sealed-keys`,
    ping: `${prefix}ping`,
  }
}

/** The consent under which a family began. */
export function consentIdOf(familyId: string): string {
  return familyId.slice(0, CONSENT_ID_LENGTH)
}

/**
 * Whether an identifier is of the contract's alphabet and length. Others may come from the wire; there
 * is no record of theirs, so Redis need not be asked.
 */
export function isIdentifier(identifier: string): boolean {
  return /^[\w-]{1,128}$/.test(identifier)
}

/** Whether an identifier can be a consent's. */
export function isConsentId(identifier: string): boolean {
  return isIdentifier(identifier) && identifier.length === CONSENT_ID_LENGTH
}

/** Whether an identifier can be a family's. */
export function isFamilyId(identifier: string): boolean {
  return isIdentifier(identifier) && identifier.length > CONSENT_ID_LENGTH
}

/** Refuses to save a record that could not be found again. */
export function assertIdentifier(isValid: boolean): void {
  if (!isValid) throw new StorageError('redis: an identifier has a wrong length or character')
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}
