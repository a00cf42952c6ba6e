/**
 * Records when each client secret was last used. Requests neither wait for it nor fail with it.
 *
 * @module
 */

import type { AuditLog } from '../audit/audit-log.ts'
import type { ClientRecord, ClientSecretRecord } from '../storage/client.ts'
import type { ClientStore } from '../storage/client-store.ts'
import { USE_RESOLUTION_SECONDS } from '../storage/consent-store.ts'

/** Records that a client has just authenticated with a secret. */
export type RecordSecretUse = (client: ClientRecord, used: ClientSecretRecord) => void

/** Creates the recorder. */
export function createSecretUses(options: {
  readonly clients: ClientStore
  readonly audit: AuditLog
  readonly now: () => number
}): RecordSecretUse {
  const { clients, audit, now } = options
  // One update at a time for each secret, however many requests use it.
  const underWay = new Set<string>()

  async function record(client: ClientRecord, used: ClientSecretRecord): Promise<void> {
    const secrets = client.secrets.map((secret) =>
      secret === used ? { ...secret, lastUsedAt: now() } : secret,
    )
    // If the client was changed concurrently, the next use is recorded instead.
    await clients.update({ ...client, secrets }, client.version)
  }

  return (client, used) => {
    const { secretId, lastUsedAt = Number.NEGATIVE_INFINITY } = used
    if (now() - lastUsedAt <= USE_RESOLUTION_SECONDS || underWay.has(secretId)) return
    underWay.add(secretId)
    record(client, used)
      .catch((error: unknown) => audit.record({ type: 'server.error', error }))
      .finally(() => underWay.delete(secretId))
  }
}
