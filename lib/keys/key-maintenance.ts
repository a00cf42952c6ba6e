/**
 * Key maintenance: creates the keys that are due and deletes those that are no longer used.
 *
 * Every instance does it. When several create the same key the store takes one, and all use that.
 *
 * @module
 */

import type { AuditLog } from '../audit/audit-log.ts'
import {
  MAXIMUM_ACCESS_TOKEN_TTL_SECONDS,
  MAXIMUM_VERIFIER_TOLERANCE_SECONDS,
} from '../lifetimes.ts'
import type { EncryptedKey } from '../storage/encrypted-key-store.ts'
import type { ReportChanges } from './change-reporter.ts'
import type { DecryptedKey, DecryptedKeys, KeyEncryption } from './key-encryption.ts'
import { KEY_PURPOSES, type KeyPurpose, maintenanceOf } from './key-schedule.ts'
import type { ResolvedManagedKeysOptions } from './managed-keys-options.ts'
import { createKey } from './new-key.ts'
import { changeKey } from './stored-keys.ts'

/** Dependencies of {@link maintainKeys}. */
export interface MaintenanceDependencies
  extends Pick<ResolvedManagedKeysOptions, 'storage' | 'rotationSeconds' | 'now'> {
  readonly encryption: KeyEncryption
  readonly audit: AuditLog
  /** Absent without a listener: then other instances report. */
  readonly reportChanges: ReportChanges | undefined
}

/**
 * Creates, deletes and encrypts again what is due.
 *
 * @returns Whether anything changed: the keys must be read again then.
 *
 * @throws {@link StorageError}; the next call does the rest.
 */
export async function maintainKeys(
  dependencies: MaintenanceDependencies,
  { decrypted, undecryptable }: DecryptedKeys,
): Promise<boolean> {
  const { now, rotationSeconds, reportChanges } = dependencies
  const records: ReadonlyArray<EncryptedKey> = [...decrypted, ...undecryptable]
  // Before a key is deleted, and its changes with it.
  for (const key of records) await reportChanges?.(key)
  let isChanged = false
  for (const purpose of KEY_PURPOSES) {
    const keys = records.filter((key) => key.purpose === purpose)
    const { toCreate, toDelete } = maintenanceOf(keys, now(), rotationSeconds[purpose])
    if (toCreate !== undefined) await create(dependencies, purpose, toCreate)
    for (const key of toDelete) await remove(dependencies, key)
    isChanged ||= toCreate !== undefined || toDelete.length > 0
  }
  const outdated = decrypted.filter(({ isOutdated }) => isOutdated)
  for (const key of outdated) await encryptAgain(dependencies, key)
  return isChanged || outdated.length > 0
}

async function create(
  { storage, encryption, now, audit }: MaintenanceDependencies,
  purpose: KeyPurpose,
  { generation, activatesAt }: Pick<EncryptedKey, 'generation' | 'activatesAt'>,
): Promise<void> {
  const key = await createKey(purpose)
  const keyId = key.kid
  const isOurs = await storage.encryptedKeys.insert({
    keyId,
    purpose,
    generation,
    encrypted: await encryption.encrypt(key),
    createdAt: now(),
    activatesAt,
    version: 1,
  })
  if (isOurs) audit.record({ type: 'key.created', keyId, purpose })
}

async function remove(
  { storage, now, audit }: MaintenanceDependencies,
  { keyId, purpose, generation, revokedAt }: EncryptedKey,
): Promise<void> {
  // The revocation comes first: once the key is deleted, nobody would add it.
  if (purpose === 'signing' && revokedAt !== undefined) {
    const expiresAt = now() + MAXIMUM_ACCESS_TOKEN_TTL_SECONDS + MAXIMUM_VERIFIER_TOLERANCE_SECONDS
    await storage.revocations.add({ kind: 'signing-key', id: keyId, expiresAt })
  }
  const isOurs = await storage.encryptedKeys.delete(purpose, generation)
  if (isOurs) audit.record({ type: 'key.deleted', keyId, purpose })
}

async function encryptAgain(
  { storage, encryption }: MaintenanceDependencies,
  outdated: DecryptedKey,
): Promise<void> {
  const encrypted = await encryption.encrypt(outdated.jwk)
  await changeKey(storage.encryptedKeys, outdated, (current) =>
    current.encrypted === outdated.encrypted ? { ...current, encrypted } : current,
  )
}
