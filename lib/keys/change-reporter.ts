/**
 * Reports rotations and revocations of the keys of a store as audit events, whether an instance or the
 * command line made them.
 *
 * A change is recorded with the key, in the same atomic step. The first instance with a listener that reads
 * it claims it, and alone reports it. So each is reported exactly once, unless the instance dies between
 * claiming the change and emitting the event.
 *
 * @module
 */

import { randomUUID } from 'node:crypto'
import type { AuditLog } from '../audit/audit-log.ts'
import type { EncryptedKey, EncryptedKeyStore } from '../storage/encrypted-key-store.ts'
import { changeKey } from './stored-keys.ts'

/** Claims and reports the changes of a key. @throws {@link StorageError} */
export type ReportChanges = (key: EncryptedKey) => Promise<void>

/** Creates the reporter of an instance. */
export function createChangeReporter(store: EncryptedKeyStore, audit: AuditLog): ReportChanges {
  const instanceId = randomUUID()
  const reported = new Set<string>()

  const claim = (current: EncryptedKey): EncryptedKey => {
    const { changes = [] } = current
    if (changes.every(({ reportedBy }) => reportedBy !== undefined)) return current
    return { ...current, changes: changes.map((change) => ({ reportedBy: instanceId, ...change })) }
  }

  return async (key) => {
    const { keyId, purpose } = key
    const claimed = claim(key) === key ? key : await changeKey(store, key, claim)
    for (const { type, at, actorId, ip, reportedBy } of claimed?.changes ?? []) {
      // Also a change that was claimed before, if the response of the store was lost.
      const name = `${keyId} ${type}`
      if (reportedBy !== instanceId || reported.has(name)) continue
      reported.add(name)
      audit.record({ type: `key.${type}`, keyId, purpose, actorId }, ip, at)
    }
  }
}
