/**
 * The secrets of the registered clients.
 *
 * @module
 */

import type { Actor } from '../audit/audit-event.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import { ClientNotFoundError, ConflictError } from '../errors.ts'
import type { Client, ClientRecord, ClientSecret } from '../storage/client.ts'
import type { ClientStore } from '../storage/client-store.ts'
import {
  createClientSecret,
  createSecretIdentity,
  type SecretIdentity,
  withoutHash,
  withoutHashes,
} from './client-secret.ts'
import { findClientRecord } from './find-client-record.ts'
import { withSecretAdded, withSecretRemoved } from './secret-rotation.ts'

/** A concurrent change does not contradict one of secrets, so it is retried. */
const MAXIMUM_ATTEMPTS = 5

/** A secret that was just added. */
export interface AddedClientSecret {
  readonly client: Client
  readonly secret: ClientSecret
  /** Available only now: the server stores its hash. */
  readonly clientSecret: string
}

/** The secrets of the registered clients. */
export interface ClientSecretRegistry {
  /**
   * Adds a secret to a client, so that the partner can switch over before the old one is removed.
   * Expired secrets are dropped.
   *
   * @param options.expiresAt When it expires, at most ten years ahead; seconds since the Unix epoch.
   *   Defaults to never.
   *
   * @throws {@link ClientMetadataError} for a `PUBLIC` client, for more than 5 secrets, and for an
   *   `expiresAt` that is out of range.
   * @throws {@link ClientNotFoundError} when there is no such client.
   * @throws {@link ConflictError} when concurrent changes kept it from succeeding.
   */
  addSecret(
    clientId: string,
    options?: { readonly expiresAt?: number; readonly by?: Actor },
  ): Promise<AddedClientSecret>

  /**
   * Removes a secret. It stops working at once; issued tokens stay valid.
   *
   * @throws {@link ClientSecretNotFoundError} when the client has no such secret.
   * @throws {@link ClientMetadataError} when it is the last usable one.
   * @throws {@link ClientNotFoundError} when there is no such client.
   * @throws {@link ConflictError} when concurrent changes kept it from succeeding.
   */
  removeSecret(
    clientId: string,
    secretId: string,
    options?: { readonly by?: Actor },
  ): Promise<Client>
}

/** The secrets, for a caller that may repeat itself. */
export interface IdentifiedSecretRegistry extends ClientSecretRegistry {
  /**
   * Adds a given secret.
   *
   * @throws {@link ConflictError} when the client has it already, too.
   */
  addIdentifiedSecret(
    identity: SecretIdentity,
    ...parameters: Parameters<ClientSecretRegistry['addSecret']>
  ): Promise<AddedClientSecret>
}

/** Creates the secret methods of the client registry. */
export function createClientSecretRegistry(options: {
  readonly store: ClientStore
  readonly now: () => number
  readonly audit: AuditLog
}): IdentifiedSecretRegistry {
  const { store, now, audit } = options

  async function changeSecrets(
    clientId: string,
    change: (record: ClientRecord) => ClientRecord['secrets'],
  ): Promise<Client> {
    for (let attempt = 1; attempt <= MAXIMUM_ATTEMPTS; attempt += 1) {
      const record = await findClientRecord(store, clientId)
      if (record === undefined) throw new ClientNotFoundError(clientId)
      const { version } = record
      const secrets = change(record)
      const changed = { ...record, secrets, updatedAt: now(), version: version + 1 }
      if (await store.update(changed, version)) return withoutHashes(changed)
    }
    throw new ConflictError(`client "${clientId}" is being changed by somebody else; try again`)
  }

  const addIdentifiedSecret: IdentifiedSecretRegistry['addIdentifiedSecret'] = async (
    identity,
    clientId,
    { expiresAt, by } = {},
  ) => {
    const { clientSecret, record: added } = createClientSecret(identity, now(), expiresAt)
    const client = await changeSecrets(clientId, (record) => withSecretAdded(record, added, now()))
    const { tenantId } = client
    const { secretId } = added
    const { actorId, ip } = by ?? {}
    audit.record({ type: 'client.secret-added', clientId, tenantId, secretId, actorId }, ip)
    return { client, secret: withoutHash(added), clientSecret }
  }

  return {
    addIdentifiedSecret,

    addSecret: (clientId, addition) =>
      addIdentifiedSecret(createSecretIdentity(), clientId, addition),

    async removeSecret(clientId, secretId, { by } = {}) {
      const client = await changeSecrets(clientId, (record) =>
        withSecretRemoved(record, secretId, now()),
      )
      const { tenantId } = client
      const { actorId, ip } = by ?? {}
      audit.record({ type: 'client.secret-removed', clientId, tenantId, secretId, actorId }, ip)
      return client
    },
  }
}
