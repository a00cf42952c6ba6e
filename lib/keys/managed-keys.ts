/**
 * Keys that the server creates, shares, rotates and retires by itself, encrypted in its storage.
 *
 * @module
 */

import type { Actor } from '../audit/audit-event.ts'
import { type AuditLog, createAuditLog } from '../audit/audit-log.ts'
import { reportPendingEvents } from '../audit/pending-events.ts'
import { ConfigurationError } from '../errors.ts'
import { boundStore } from '../storage/wrap-storage.ts'
import { repeat } from '../util/repeat.ts'
import { createChangeReporter } from './change-reporter.ts'
import { type CurrentKeys, createCurrentKeys } from './current-keys.ts'
import { createKeyEncryption, type DecryptedKeys } from './key-encryption.ts'
import { type MaintenanceDependencies, maintainKeys } from './key-maintenance.ts'
import type { KeyRing } from './key-ring.ts'
import type { KeyPurpose } from './key-schedule.ts'
import {
  type ManagedKeysOptions,
  type ResolvedManagedKeysOptions,
  resolveManagedKeysOptions,
} from './managed-keys-options.ts'
import { listStoredKeys, type ManagedKey, revokeStoredKey, rotateStoredKey } from './stored-keys.ts'

/** Creating the first key and the next one takes two rounds; a third finds nothing to do. */
const MAXIMUM_ROUNDS = 5

/** The keys of a storage, refreshed and maintained until they are stopped. */
export interface ManagedKeys extends KeyRing {
  /** Lists the keys in the storage, by purpose, the newest first. */
  list(): Promise<ReadonlyArray<ManagedKey>>
  /**
   * Activates the next key, here at once and elsewhere after the next refresh. What the previous key signed
   * stays valid. A next key that is younger than ten minutes is activated when it is that old.
   *
   * @param actor Who asked for it, for the audit event `key.rotated`. The first instance with an `onEvent`
   *   that reads the keys reports it. Repeating a rotation reports no event.
   *
   * @returns When the key signs.
   */
  rotate(purpose: KeyPurpose, actor?: Actor): Promise<number>
  /**
   * Revokes a key that must no longer be trusted. It stops signing here at once and elsewhere within ten
   * seconds. After 15 seconds it is deleted, and what it signed is no longer valid. The next key takes its
   * place; if that was created within the last minute, the previous key signs until then, if there is one.
   *
   * APIs that verify offline and do not follow the revocation feed trust the key for as long as they cache
   * the JWKS: ten minutes with our verifier.
   *
   * @param actor Who asked for it, for the audit event `key.revoked`, which is reported in the same way.
   *
   * @returns When it is no longer valid; `undefined` when there is no such key.
   */
  revoke(keyId: string, actor?: Actor): Promise<number | undefined>
  /**
   * Reads the storage now, creates the keys that are due and deletes those that are no longer used. It
   * happens by itself every few seconds.
   *
   * @throws {@link StorageError} when the storage is unavailable; the keys stay as they were.
   */
  refresh(): Promise<void>
  /** Ends that, once the current refresh is done. The server can still use the keys. */
  stop(): Promise<void>
}

/**
 * Opens the keys that all instances with the same storage and secret share. The first instance creates
 * them.
 *
 * A key is published a whole rotation interval before it signs, and afterwards until everything it signed
 * has expired. Instances switch from one key to the next by the time alone, and read the storage every few
 * seconds for manual rotations and revocations.
 *
 * @throws {@link ConfigurationError} when options are rejected, or when a key in the storage is encrypted
 *   under none of the secrets.
 * @throws {@link StorageError} when the storage is unavailable.
 *
 * @example
 *
 * ```ts
 * const storage = createPostgresStorage({ pool })
 * const keys = await openManagedKeys({ storage, secret: process.env.OAUTH_SECRET ?? '' })
 * const server = createAuthorizationServer({ ...options, storage, keys })
 * ```
 */
export async function openManagedKeys(options: ManagedKeysOptions): Promise<ManagedKeys> {
  const resolved = withBoundedStorage(resolveManagedKeysOptions(options))
  const { storage, secrets, refreshSeconds, onEvent, now } = resolved
  const audit = createAuditLog(onEvent, now)
  const encryption = createKeyEncryption(secrets)
  const current = createCurrentKeys(storage.encryptedKeys, encryption, now)
  const maintenance: MaintenanceDependencies = {
    ...resolved,
    encryption,
    audit,
    reportChanges: onEvent && createChangeReporter(storage.encryptedKeys, audit),
  }
  const refresh = (): Promise<DecryptedKeys> => readAndMaintain(current, maintenance)

  const reportPending = async (): Promise<void> => {
    if (onEvent !== undefined) await reportPendingEvents(storage.pendingEvents, audit)
  }

  requireDecrypted(await current.read())
  await refresh()
  const reportUndecryptable = createUndecryptableReport(audit)
  const refreshing = repeat(
    refreshSeconds,
    async () => {
      reportUndecryptable(await refresh())
      await reportPending()
    },
    (error) => audit.record({ type: 'server.error', error }),
  )

  return Object.freeze<ManagedKeys>({
    ...current.ring,
    list: () => listStoredKeys(storage.encryptedKeys, now()),

    async rotate(purpose, actor = {}) {
      await refresh()
      const { activatesAt } = await rotateStoredKey(storage.encryptedKeys, purpose, now(), actor)
      await refresh()
      return activatesAt
    },

    async revoke(keyId, actor = {}) {
      await refresh() // there may be no next key yet to take its place
      const revoked = await revokeStoredKey(storage.encryptedKeys, keyId, now(), actor)
      if (revoked === undefined) return undefined
      await refresh()
      return revoked.revokedAt
    },

    async refresh() {
      await refresh()
      await reportPending()
    },

    stop: refreshing.stop,
  })
}

async function readAndMaintain(
  current: CurrentKeys,
  maintenance: MaintenanceDependencies,
): Promise<DecryptedKeys> {
  let keys = await current.read()
  for (let round = 0; round < MAXIMUM_ROUNDS; round += 1) {
    if (!(await maintainKeys(maintenance, keys))) break
    keys = await current.read()
  }
  return keys
}

function withBoundedStorage(options: ResolvedManagedKeysOptions): ResolvedManagedKeysOptions {
  const { encryptedKeys, revocations, pendingEvents } = options.storage
  const timeout = options.storageTimeoutMilliseconds
  const storage = {
    encryptedKeys: boundStore('encryptedKeys', encryptedKeys, timeout),
    revocations: boundStore('revocations', revocations, timeout),
    pendingEvents: boundStore('pendingEvents', pendingEvents, timeout),
  }
  return { ...options, storage }
}

function requireDecrypted({ undecryptable }: DecryptedKeys): void {
  if (undecryptable.length > 0) throw secretError()
}

/** Reports keys that no secret decrypts, once. Those that were decrypted before stay in use. */
function createUndecryptableReport(audit: AuditLog): (keys: DecryptedKeys) => void {
  let reported = ''
  return ({ undecryptable }) => {
    const keyIds = undecryptable.map(({ keyId }) => keyId).join()
    if (keyIds !== '' && keyIds !== reported) {
      audit.record({ type: 'server.error', error: secretError() })
    }
    reported = keyIds
  }
}

function secretError(): ConfigurationError {
  const message = 'is not the one that the keys in the storage were encrypted under'
  return new ConfigurationError([{ path: 'secret', message }])
}
