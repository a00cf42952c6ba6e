/**
 * Reports what somebody did to the keys of a store, by a running instance or from a command line, as audit
 * events.
 *
 * A change is noted in the key's record, in the same atomic step. The first instance that reads it and has
 * a listener puts its name there, and alone reports it. So each is reported exactly once, whoever made it
 * and whatever fails, but for an instance that dies between putting its name there and handing the event
 * over.
 *
 * @module
 */

import { randomUUID } from 'node:crypto'
import type { AuditLog } from '../audit/audit-log.ts'
import type { EncryptedKey, EncryptedKeyStore } from '../storage/storage.ts'
import { changeKey } from './stored-keys.ts'

/** Reports the changes of a key that are for this instance to report. @throws {@link StorageError} */
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
      // Also one that was claimed before, when the store's answer was lost.
      const name = `${keyId} ${type}`
      if (reportedBy !== instanceId || reported.has(name)) continue
      reported.add(name)
      audit.record({ type: `key.${type}`, keyId, purpose, actorId }, ip, at)
    }
  }
}
