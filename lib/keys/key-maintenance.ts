/**
 * Keeps the keys of a store in order: makes those that are due, removes those that are done with.
 *
 * Every instance does it. Of several that make the same key the store takes one, and the others use it.
 *
 * @module
 */

import type { AuditLog } from '../audit/audit-log.ts'
import {
  MAXIMUM_ACCESS_TOKEN_TTL_SECONDS,
  MAXIMUM_VERIFIER_TOLERANCE_SECONDS,
} from '../lifetimes.ts'
import type { EncryptedKey } from '../storage/storage.ts'
import type { ReportChanges } from './change-reporter.ts'
import type { KeyEncryption, OpenedKey, OpenedKeys } from './key-encryption.ts'
import { KEY_PURPOSES, type KeyPurpose, maintenanceOf } from './key-schedule.ts'
import type { ResolvedManagedKeysOptions } from './managed-keys-options.ts'
import { makeKey } from './new-key.ts'
import { changeKey } from './stored-keys.ts'

/** Dependencies of the maintenance. */
export interface MaintenanceDependencies
  extends Pick<ResolvedManagedKeysOptions, 'storage' | 'rotationSeconds' | 'now'> {
  readonly encryption: KeyEncryption
  readonly audit: AuditLog
  /** Absent where nobody listens: then other instances report. */
  readonly reportChanges: ReportChanges | undefined
}

/**
 * Does what has to be done about the keys of a store.
 *
 * @returns Whether anything was done, so that the keys have to be read again.
 *
 * @throws {@link StorageError}; the rest is done the next time.
 */
export async function maintainKeys(
  dependencies: MaintenanceDependencies,
  { opened, closed }: OpenedKeys,
): Promise<boolean> {
  const { now, rotationSeconds, reportChanges } = dependencies
  const records: ReadonlyArray<EncryptedKey> = [...opened, ...closed]
  // Before a key goes, and takes along what was done to it.
  for (const key of records) await reportChanges?.(key)
  let isChanged = false
  for (const purpose of KEY_PURPOSES) {
    const keys = records.filter((key) => key.purpose === purpose)
    const { toCreate, toDelete } = maintenanceOf(keys, now(), rotationSeconds[purpose])
    if (toCreate !== undefined) await create(dependencies, purpose, toCreate)
    for (const key of toDelete) await remove(dependencies, key)
    isChanged ||= toCreate !== undefined || toDelete.length > 0
  }
  const outdated = opened.filter(({ isOutdated }) => isOutdated)
  for (const key of outdated) await encryptAgain(dependencies, key)
  return isChanged || outdated.length > 0
}

async function create(
  { storage, encryption, now, audit }: MaintenanceDependencies,
  purpose: KeyPurpose,
  { generation, activatesAt }: Pick<EncryptedKey, 'generation' | 'activatesAt'>,
): Promise<void> {
  const made = await makeKey(purpose)
  const { keyId } = made
  const isOurs = await storage.encryptedKeys.insert({
    keyId,
    purpose,
    generation,
    encrypted: encryption.encrypt(purpose, made),
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
  // First those who verify are told: were the key gone, nobody would think of it again.
  if (purpose === 'signing' && revokedAt !== undefined) {
    const expiresAt = now() + MAXIMUM_ACCESS_TOKEN_TTL_SECONDS + MAXIMUM_VERIFIER_TOLERANCE_SECONDS
    await storage.revocations.add({ kind: 'signing-key', id: keyId, expiresAt })
  }
  const isOurs = await storage.encryptedKeys.delete(purpose, generation)
  if (isOurs) audit.record({ type: 'key.deleted', keyId, purpose })
}

async function encryptAgain(
  { storage, encryption }: MaintenanceDependencies,
  outdated: OpenedKey,
): Promise<void> {
  const encrypted = encryption.encrypt(outdated.purpose, outdated)
  await changeKey(storage.encryptedKeys, outdated, (current) =>
    current.encrypted === outdated.encrypted ? { ...current, encrypted } : current,
  )
}
