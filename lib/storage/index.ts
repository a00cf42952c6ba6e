/**
 * `@teamcast/oauth-server/storage`: what authors of a storage need: the contract, and the suite that
 * checks it.
 *
 * @module storage
 */

export { StorageError, type StorageErrorOptions } from '../errors.ts'
export type {
  ArtifactData,
  ArtifactKind,
  ArtifactName,
  ArtifactStore,
  FoundArtifact,
} from './artifact-store.ts'
export type {
  Client,
  ClientAudience,
  ClientRecord,
  ClientSecret,
  ClientSecretRecord,
  ClientType,
} from './client.ts'
export {
  type ClientListRequest,
  type ClientStore,
  type Page,
  type PageRequest,
  searchableText,
} from './client-store.ts'
export {
  type Consent,
  type ConsentGrant,
  type ConsentOwner,
  type ConsentStore,
  firstGrantedAt,
  type GrantedScope,
  type GrantingRequest,
  type GrantOutcome,
  MAXIMUM_GRANTING_REQUESTS,
  type ScopeGrants,
  type TimedConsent,
  USE_RESOLUTION_SECONDS,
  WITHDRAWAL_SECONDS,
} from './consent-store.ts'
export { type StorageContractCase, storageContract } from './contract/index.ts'
export { driverFailure, reportDriverFailures } from './driver-failure.ts'
export type { EncryptedKey, EncryptedKeyChange, EncryptedKeyStore } from './encrypted-key-store.ts'
export { MAXIMUM_PENDING_EVENTS, type PendingEventStore } from './pending-event-store.ts'
export type {
  Revocation,
  RevocationKind,
  RevocationListRequest,
  RevocationPage,
  RevocationStore,
} from './revocation-store.ts'
export type { Backend, BackendConnections, Storage, Stores } from './storage.ts'
export type {
  CreationOutcome,
  CurrentRefreshToken,
  FamilyOwner,
  FamilyRevocation,
  FoundTokenFamily,
  RefreshReplay,
  Rotation,
  RotationOutcome,
  TokenFamily,
  TokenFamilyStore,
} from './token-family-store.ts'
