/**
 * What lies where. A part in braces is the hash tag: keys with the same one are in the same slot of a
 * Cluster, and one script may touch them all.
 *
 * @module
 */

import { createHash } from 'node:crypto'
import type { ArtifactKind } from '../../lib/storage/storage.ts'

/** A `familyId` begins with its `consentId`; see `TokenFamily`. */
const CONSENT_ID_LENGTH = 22

/** Names of keys. */
export interface Keys {
  readonly clientIndex: string
  readonly sealedKeys: string
  readonly ping: string
  client(clientId: string): string
  /** A consent: what the families under it live by. */
  consent(consentId: string): string
  /** Which consents a user has. */
  consentIndex(userId: string): string
  family(familyId: string): string
  /** The consent of a family. */
  consentOfFamily(familyId: string): string
  artifact(kind: ArtifactKind, key: string): string
  revokedAccessToken(jti: string): string
}

/** Makes the names of keys that begin with a prefix. */
export function createKeys(prefix: string): Keys {
  const consent = (consentId: string): string => `${prefix}{${consentId}}:consent`
  const consentIdOf = (familyId: string): string => familyId.slice(0, CONSENT_ID_LENGTH)
  return {
    clientIndex: `${prefix}clients`,
    sealedKeys: `${prefix}sealed-keys`,
    ping: `${prefix}ping`,
    client: (clientId) => `${prefix}client:${clientId}`,
    consent,
    consentIndex: (userId) => `${prefix}consents:${sha256(userId)}`,
    family: (familyId) => `${prefix}{${consentIdOf(familyId)}}:family:${familyId}`,
    consentOfFamily: (familyId) => consent(consentIdOf(familyId)),
    artifact: (kind, key) => `${prefix}artifact:${kind}:${key}`,
    revokedAccessToken: (jti) => `${prefix}revoked:${jti}`,
  }
}

/** User ids are any text of the host's; hashed they have one length and no braces. */
function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}
