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
import type { ArtifactKind } from '../../lib/storage/artifact-store.ts'
import type { ClientListRequest } from '../../lib/storage/client-store.ts'
import type { ConsentOwner, GrantingRequest } from '../../lib/storage/consent-store.ts'
import type { RevocationKind } from '../../lib/storage/revocation-store.ts'

const CONSENT_ID_LENGTH = 22

/** Which clients an index names: those with all of these, none of which ever changes. */
export type ClientIndexFilter = Pick<ClientListRequest, 'audience' | 'tenantId' | 'clientType'>

/** The key of every record. */
export interface Keys {
  client(clientId: string): string
  clientIndex(filter: ClientIndexFilter): string
  /** Of one or two characters of names. */
  clientNames(part: string): string
  consent(consentId: string): string
  consentIndex(userId: string): string
  consentList(of: ConsentOwner): string
  /** That what a request granted was withdrawn: in the slot of the consents of its user, and in that of the consent. */
  withdrawnOfUser(request: GrantingRequest): string
  /** The last cancellation of a user's grants. */
  cancellation(userId: string): string
  withdrawn(consentId: string, requestKey: string): string
  family(familyId: string): string
  artifact(kind: ArtifactKind, key: string): string
  revocation(kind: RevocationKind, id: string): string
  readonly revocations: string
  readonly revocationExpiries: string
  readonly encryptedKeys: string
  readonly pendingEvents: string
  readonly ping: string
}

/** Names the keys of a storage. */
export function createKeys(prefix: string): Keys {
  return {
    client: (clientId) => `${prefix}client:${clientId}`,
    clientIndex: (filter) => prefix + ['clients', ...partsOf(filter)].join(':'),
    // Half a character is two different keys for the driver of a Cluster and for Redis.
    clientNames: (part) => `${prefix}clients:name:${part.toWellFormed()}`,
    consent: (consentId) => `${prefix}{${consentId}}:consent`,
    // A host's ids may be of any length and hold anything, braces and e-mail addresses included.
    consentIndex: (userId) => `${prefix}{user:${sha256(userId)}}:consents`,
    consentList: (of) =>
      'tenantId' in of
        ? `${prefix}{tenant:${sha256(of.tenantId)}}:consents`
        : `${prefix}{client:${of.clientId}}:consents`,
    withdrawnOfUser: ({ userId, clientId, requestKey }) =>
      `${prefix}{user:${sha256(userId)}}:withdrawn:${clientId}:${requestKey}`,
    cancellation: (userId) => `${prefix}{user:${sha256(userId)}}:cancellation`,
    withdrawn: (consentId, requestKey) => `${prefix}{${consentId}}:withdrawn:${requestKey}`,
    family: (familyId) => `${prefix}{${consentIdOf(familyId)}}:family:${familyId}`,
    artifact: (kind, key) => `${prefix}artifact:${kind}:${key}`,
    revocation: (kind, id) => `${prefix}revoked:${kind}:${id}`,
    revocations: `${prefix}{revocations}`,
    revocationExpiries: `${prefix}{revocations}:expiries`,
    encryptedKeys: `${prefix}encrypted-keys`,
    pendingEvents: `${prefix}pending-events`,
    ping: `${prefix}ping`,
  }
}

/** A tenant's clients are all `TENANT`. */
function partsOf({ audience, tenantId, clientType }: ClientIndexFilter): ReadonlyArray<string> {
  const owner = tenantId === undefined ? audience : `tenant:${sha256(tenantId)}`
  return [owner, clientType].filter((part) => part !== undefined)
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
