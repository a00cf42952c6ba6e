/**
 * Deleting a client, and with it everything that was issued to it.
 *
 * @module
 */

import type { AuditLog } from '../audit/audit-log.ts'
import type { ClientRegistry } from '../clients/client-registry.ts'
import { findClientRecord, isClientId } from '../clients/find-client-record.ts'
import { ClientNotFoundError, ConflictError, PreconditionFailedError } from '../errors.ts'
import type { ClientRecord } from '../storage/client.ts'
import type { ClientStore } from '../storage/client-store.ts'
import type { ConsentStore } from '../storage/consent-store.ts'
import { DELETION_BATCH_SIZE, deleteConsents } from './delete-consents.ts'
import type { Revoker } from './revoker.ts'

/** How often a deletion is tried while the client is changed concurrently. */
const MAXIMUM_ATTEMPTS = 5

/** Dependencies of deleting clients. */
export interface ClientDeletionDependencies {
  /** Finds the current record of a client, not a cached one. */
  readonly store: ClientStore
  readonly consents: ConsentStore
  readonly revoker: Pick<Revoker, 'recordDeletedClient'>
  readonly audit: AuditLog
}

/** Creates the `delete` method of the client registry. */
export function createDeleteClient({
  store,
  consents,
  revoker,
  audit,
}: ClientDeletionDependencies): ClientRegistry['delete'] {
  return async (clientId, { expectedVersion, by } = {}) => {
    if (!isClientId(clientId)) throw new ClientNotFoundError(clientId)
    const deleted = await deleteCurrent(store, clientId, expectedVersion)
    const { actorId, ip } = by ?? {}
    if (deleted !== undefined) {
      const { tenantId } = deleted
      audit.record({ type: 'client.deleted', clientId, tenantId, actorId }, ip)
    }
    // For a missing client too: an earlier deletion may have been interrupted here.
    await revoker.recordDeletedClient(clientId, deleted)
    await deleteConsents(
      () => consents.listBatch({ clientId }, DELETION_BATCH_SIZE),
      ({ consentId, userId }) => consents.delete(userId, clientId, consentId),
      ({ userId, tenantId }) => {
        const subject = { clientId, userId, tenantId, actorId }
        audit.record({ type: 'connection.revoked', ...subject, reason: 'client-deleted' }, ip)
      },
    )
    if (deleted === undefined) throw new ClientNotFoundError(clientId)
  }
}

/**
 * Deletes a client. Retries when the client changes meanwhile.
 *
 * @returns The record that was deleted; `undefined` when there was none.
 * @throws {@link PreconditionFailedError} when it is not at the expected version.
 * @throws {@link ConflictError} when it was changed too often meanwhile.
 */
async function deleteCurrent(
  store: ClientStore,
  clientId: string,
  expectedVersion: number | undefined,
): Promise<ClientRecord | undefined> {
  for (let attempt = 1; attempt <= MAXIMUM_ATTEMPTS; attempt += 1) {
    const client = await findClientRecord(store, clientId)
    if (client === undefined) return undefined
    if (client.version !== (expectedVersion ?? client.version)) {
      throw new PreconditionFailedError(clientId)
    }
    if (await store.delete(clientId, client.version)) return client
  }
  throw new ConflictError(`client "${clientId}" is being changed by somebody else; try again`)
}
