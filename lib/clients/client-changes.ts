/**
 * Changing and deleting registered clients.
 *
 * @module
 */

import { isDeepStrictEqual } from 'node:util'
import type { AuditLog } from '../audit/audit-log.ts'
import { DELETION_BATCH_SIZE, deleteConsents } from '../connections/delete-consents.ts'
import { ClientNotFoundError, ConflictError, PreconditionFailedError } from '../errors.ts'
import type { Revoker } from '../revocation/revoker.ts'
import type { ScopeCatalogue } from '../scopes/scope-catalogue.ts'
import type { ClientStore, Storage } from '../storage/storage.ts'
import type { Actor } from './actor.ts'
import type { Client, ClientRecord, ClientSettings } from './client.ts'
import { withoutHashes } from './client-secret.ts'
import { findClientRecord, isClientId } from './find-client-record.ts'
import { earlierAccessTokens } from './issued-access-tokens.ts'
import { createClientValidator } from './validate-client.ts'

/** Changes to a client. What is left out stays; `null` takes an optional field back to its default. */
export type ClientChanges = {
  readonly [Field in Exclude<keyof ClientSettings, 'audience' | 'tenantId' | 'clientType'>]?:
    | ClientSettings[Field]
    | null
}

/** Who changes a client, and which version of it they have seen. */
export interface ClientChangeOptions {
  /** If given, the client must be at this `version`. */
  readonly expectedVersion?: number
  readonly by?: Actor
}

/** What is needed to change clients. */
export interface ClientChangeDependencies {
  /** Finds a client as it is at that moment: not one that is remembered. */
  readonly store: ClientStore
  readonly consents: Storage['consents']
  readonly revoker: Pick<Revoker, 'recordDeletedClient'>
  readonly catalogue: ScopeCatalogue
  readonly now: () => number
  readonly audit: AuditLog
}

type UpdateClient = (
  clientId: string,
  changes: ClientChanges,
  options?: ClientChangeOptions,
) => Promise<Client>

type DeleteClient = (clientId: string, options?: ClientChangeOptions) => Promise<void>

/** Makes what changes clients. */
export function createUpdate({
  store,
  catalogue,
  now,
  audit,
}: ClientChangeDependencies): UpdateClient {
  const validator = createClientValidator(catalogue)
  return async (clientId, changes, { expectedVersion, by } = {}) => {
    const current = await findClientRecord(store, clientId)
    if (current === undefined) throw new ClientNotFoundError(clientId)
    const { version } = current
    if (version !== (expectedVersion ?? version)) throw new PreconditionFailedError(clientId)

    const before = settingsOf(current)
    const settings = validator.validateChanges(before, changes)
    const changedFields = differingFields(before, settings)
    if (changedFields.length === 0) return withoutHashes(current)

    const client = {
      ...current,
      ...settings,
      ...earlierAccessTokens(current, settings.accessTokenTtlSeconds, now()),
      updatedAt: now(),
      version: version + 1,
    }
    if (!(await store.update(client, version))) {
      throw expectedVersion === undefined
        ? new ConflictError(`client "${clientId}" was changed by somebody else; try again`)
        : new PreconditionFailedError(clientId)
    }
    const { tenantId } = client
    const { actorId, ip } = by ?? {}
    audit.record({ type: 'client.updated', clientId, tenantId, changedFields, actorId }, ip)
    return withoutHashes(client)
  }
}

/** Makes what deletes clients. */
export function createDelete({
  store,
  consents,
  revoker,
  audit,
}: ClientChangeDependencies): DeleteClient {
  return async (clientId, { expectedVersion, by } = {}) => {
    if (!isClientId(clientId)) throw new ClientNotFoundError(clientId)
    const deleted = await deleteAsFound(store, clientId, expectedVersion)
    const { actorId, ip } = by ?? {}
    if (deleted !== undefined) {
      const { tenantId } = deleted
      audit.record({ type: 'client.deleted', clientId, tenantId, actorId }, ip)
    } else if ((await findClientRecord(store, clientId)) !== undefined) {
      throw new PreconditionFailedError(clientId)
    }
    // All that follows, of a client that is gone too: an earlier deletion may have been interrupted here.
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
 * Deletes a client.
 *
 * @returns The client as it was deleted, not as it was before somebody changed it; `undefined` when there
 *   was none, or not at the expected version.
 */
async function deleteAsFound(
  store: ClientStore,
  clientId: string,
  expectedVersion: number | undefined,
): Promise<ClientRecord | undefined> {
  for (;;) {
    const client = await findClientRecord(store, clientId)
    if (client === undefined || client.version !== (expectedVersion ?? client.version)) {
      return undefined
    }
    if (await store.delete(clientId, client.version)) return client
  }
}

function settingsOf(record: ClientRecord): ClientSettings {
  const {
    clientId: _id,
    createdAt: _created,
    updatedAt: _updated,
    version: _version,
    secrets: _secrets,
    earlierAccessTokensExpireAt: _earlier,
    ...settings
  } = record
  return settings
}

function differingFields(before: ClientSettings, after: ClientSettings): ReadonlyArray<string> {
  const names = Object.keys(after) as ReadonlyArray<keyof ClientSettings>
  return names.filter((name) => !isDeepStrictEqual(before[name], after[name]))
}
