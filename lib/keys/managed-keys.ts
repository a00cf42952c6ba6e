/**
 * Keys that the server makes, shares, rotates and retires by itself, encrypted in its storage.
 *
 * @module
 */

import type { Actor } from '../audit/audit-event.ts'
import { type AuditLog, createAuditLog } from '../audit/audit-log.ts'
import { ConfigurationError } from '../errors.ts'
import { boundStore } from '../storage/wrap-storage.ts'
import { repeat } from '../util/repeat.ts'
import { createChangeReporter } from './change-reporter.ts'
import { type CurrentKeys, createCurrentKeys } from './current-keys.ts'
import { createKeyEncryption, type OpenedKeys } from './key-encryption.ts'
import { type MaintenanceDependencies, maintainKeys } from './key-maintenance.ts'
import type { KeyRing } from './key-ring.ts'
import type { KeyPurpose } from './key-schedule.ts'
import {
  type ManagedKeysOptions,
  type ResolvedManagedKeysOptions,
  resolveManagedKeysOptions,
} from './managed-keys-options.ts'
import { listStoredKeys, type ManagedKey, revokeStoredKey, rotateStoredKey } from './stored-keys.ts'

/** How long a call of the storage may take. */
const STORAGE_TIMEOUT_MILLISECONDS = 2000

/** Making the first key and its standby takes two rounds; a third finds nothing to do. */
const MAXIMUM_ROUNDS = 5

/** Keys of a storage, kept fresh and in order until they are stopped. */
export interface ManagedKeys extends KeyRing {
  /** Lists the keys in the storage, by purpose, the newest first. */
  list(): Promise<ReadonlyArray<ManagedKey>>
  /**
   * Has the standby key sign, here at once and elsewhere after the next refresh; what the key before it
   * signed stays good. A standby key that is younger than ten minutes first becomes as old.
   *
   * @param actor Who wants it, for the audit event `key.rotated`. The first instance with an `onEvent` that
   *   reads the keys reports it: this one, unless another is faster. There is none when it was so already.
   *
   * @returns When it signs.
   */
  rotate(purpose: KeyPurpose, actor?: Actor): Promise<number>
  /**
   * Withdraws a key that must not be trusted any more: it signs nothing from now on, here, and within
   * ten seconds elsewhere; after 15 seconds it is removed, and what it signed is refused. The standby key
   * takes its place; if that was made within the last minute, the key before does until then, if there
   * is one.
   *
   * APIs that verify offline and do not follow the server's revocations go on trusting a key for as long
   * as they keep the JWKS: ten minutes with ours.
   *
   * @param actor Who wants it, for the audit event `key.revoked`, which is reported in the same way.
   *
   * @returns When it is refused; `undefined` when there is no such key.
   */
  withdraw(keyId: string, actor?: Actor): Promise<number | undefined>
  /**
   * Reads the storage now, makes keys that are due and removes those that are done with. It happens by
   * itself every few seconds.
   *
   * @throws {@link StorageError} when the storage does not answer; the keys stay as they were.
   */
  refresh(): Promise<void>
  /** Ends that, after what it is at. The keys stay good for the server that uses them. */
  stop(): Promise<void>
}

/**
 * Opens the keys that all instances with the same storage and secret use. The first one makes them.
 *
 * A key is published a whole rotation interval before it signs, and after that until the last thing that
 * it signed has expired. Instances change from one key to the next by the time alone, and read the storage
 * every few seconds for what cannot be foreseen.
 *
 * @throws {@link ConfigurationError} when options are rejected, or when a key in the storage is encrypted
 *   under none of the secrets.
 * @throws {@link StorageError} when the storage does not answer.
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
  const refresh = (): Promise<OpenedKeys> => readAndTend(current, maintenance)

  requireOpened(await current.read())
  await refresh()
  const reportClosed = createClosedKeysReport(audit)
  const refreshing = repeat(
    refreshSeconds,
    async () => reportClosed(await refresh()),
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

    async withdraw(keyId, actor = {}) {
      await refresh() // there may be no standby key yet to take its place
      const withdrawn = await revokeStoredKey(storage.encryptedKeys, keyId, now(), actor)
      if (withdrawn === undefined) return undefined
      await refresh()
      return withdrawn.revokedAt
    },

    async refresh() {
      await refresh()
    },

    stop: refreshing.stop,
  })
}

async function readAndTend(
  current: CurrentKeys,
  maintenance: MaintenanceDependencies,
): Promise<OpenedKeys> {
  let keys = await current.read()
  for (let round = 0; round < MAXIMUM_ROUNDS; round += 1) {
    if (!(await maintainKeys(maintenance, keys))) break
    keys = await current.read()
  }
  return keys
}

function withBoundedStorage(options: ResolvedManagedKeysOptions): ResolvedManagedKeysOptions {
  const { encryptedKeys, revocations } = options.storage
  const storage = {
    encryptedKeys: boundStore('encryptedKeys', encryptedKeys, STORAGE_TIMEOUT_MILLISECONDS),
    revocations: boundStore('revocations', revocations, STORAGE_TIMEOUT_MILLISECONDS),
  }
  return { ...options, storage }
}

function requireOpened({ closed }: OpenedKeys): void {
  if (closed.length > 0) throw secretError()
}

/** Reports keys that the secrets do not open, once. The keys that were opened before serve on. */
function createClosedKeysReport(audit: AuditLog): (keys: OpenedKeys) => void {
  let reported = ''
  return ({ closed }) => {
    const keyIds = closed.map(({ keyId }) => keyId).join()
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
