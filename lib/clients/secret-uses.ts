/**
 * When each client secret was last used: noted beside the requests, which neither wait for it nor fail
 * with it.
 *
 * @module
 */

import type { AuditLog } from '../audit/audit-log.ts'
import { type ClientStore, USE_RESOLUTION_SECONDS } from '../storage/storage.ts'
import type { ClientRecord, ClientSecretRecord } from './client.ts'

/** Notes that a client has just authenticated with a secret. */
export type NoteSecretUse = (client: ClientRecord, used: ClientSecretRecord) => void

/** Makes what notes the uses of secrets. */
export function createSecretUses(options: {
  readonly clients: ClientStore
  readonly audit: AuditLog
  readonly now: () => number
}): NoteSecretUse {
  const { clients, audit, now } = options
  // Every request of a busy client would try the same until the first has succeeded.
  const underWay = new Set<string>()

  async function note(client: ClientRecord, used: ClientSecretRecord): Promise<void> {
    const secrets = client.secrets.map((secret) =>
      secret === used ? { ...secret, lastUsedAt: now() } : secret,
    )
    // If somebody else has just changed the client, the next use is noted instead.
    await clients.update({ ...client, secrets }, client.version)
  }

  return (client, used) => {
    const { secretId, lastUsedAt = Number.NEGATIVE_INFINITY } = used
    if (now() - lastUsedAt <= USE_RESOLUTION_SECONDS || underWay.has(secretId)) return
    underWay.add(secretId)
    note(client, used)
      .catch((error: unknown) => audit.record({ type: 'server.error', error }))
      .finally(() => underWay.delete(secretId))
  }
}
