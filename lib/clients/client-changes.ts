/**
 * Changing registered clients.
 *
 * @module
 */

import { isDeepStrictEqual } from 'node:util'
import type { Actor } from '../audit/audit-event.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import { ClientNotFoundError, ConflictError, PreconditionFailedError } from '../errors.ts'
import type { Client, ClientRecord, ClientSettings } from '../storage/client.ts'
import type { ClientStore } from '../storage/client-store.ts'
import type { ClientReferences, IMMUTABLE_FIELDS } from './client-fields.ts'
import { withoutHashes } from './client-secret.ts'
import { findClientRecord } from './find-client-record.ts'
import { earlierAccessTokens } from './issued-access-tokens.ts'
import type { ClientValidator } from './validate-client.ts'

/** Changes to a client. An absent field stays as it is; `null` resets an optional field to its default. */
export type ClientChanges = {
  readonly [Field in Exclude<keyof ClientSettings, (typeof IMMUTABLE_FIELDS)[number]>]?:
    | ClientSettings[Field]
    | null
}

/** Who changes a client, and which version they expect. */
export interface ClientChangeOptions {
  /** If given, the client must be at this `version`. */
  readonly expectedVersion?: number
  readonly by?: Actor
}

/** Dependencies of changing clients. */
export interface ClientChangeDependencies extends ClientReferences {
  /** Finds the current record of a client, not a cached one. */
  readonly store: ClientStore
  readonly now: () => number
  readonly audit: AuditLog
}

type UpdateClient = (
  clientId: string,
  changes: unknown,
  options?: ClientChangeOptions,
) => Promise<Client>

/** Creates the `update` method of the client registry. */
export function createUpdate(
  { store, now, audit }: ClientChangeDependencies,
  validator: ClientValidator,
): UpdateClient {
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
