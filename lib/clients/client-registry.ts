/**
 * The client registry: registers, lists, changes and deletes clients.
 *
 * @module
 */

import type { Actor } from '../audit/audit-event.ts'
import { ConflictError } from '../errors.ts'
import type { Client, ClientRecord, ClientSettings } from '../storage/client.ts'
import { type ClientListRequest, type Page, searchableText } from '../storage/client-store.ts'
import { randomText } from '../util/random-text.ts'
import {
  type ClientChangeDependencies,
  type ClientChangeOptions,
  type ClientChanges,
  createUpdate,
} from './client-changes.ts'
import {
  createClientSecret,
  createSecretIdentity,
  type SecretIdentity,
  withoutHashes,
} from './client-secret.ts'
import {
  type ClientSecretRegistry,
  createClientSecretRegistry,
  type IdentifiedSecretRegistry,
} from './client-secret-registry.ts'
import { findClientRecord } from './find-client-record.ts'
import { type ClientValidator, createClientValidator } from './validate-client.ts'

const MAXIMUM_PAGE_SIZE = 100
const CLIENT_ID_PREFIX = 'tc_'
// 131 bits: unguessable and unique.
const CLIENT_ID_RANDOM_LENGTH = 22

/**
 * A client to be registered. Defaults: `audience` PLATFORM, `redirectUris` and `resourceServerAudiences`
 * none, `allowedGrantTypes` authorization_code and refresh_token, `tokenEndpointAuthMethod`
 * client_secret_basic for CONFIDENTIAL and none for PUBLIC clients, access tokens 900 seconds and
 * refresh tokens 2 592 000 seconds.
 */
export type NewClient = Pick<ClientSettings, 'name' | 'clientType' | 'scopes'> &
  Partial<ClientSettings>

/** A client that was just registered. */
export interface RegisteredClient {
  readonly client: Client
  /** Available only now: the server stores its hash. `undefined` for a `PUBLIC` client. */
  readonly clientSecret: string | undefined
}

/** Which clients to list. An absent filter matches every client. */
export interface ClientListQuery extends Omit<ClientListRequest, 'nameContains'> {
  /** A part of the name; case-insensitive. */
  readonly name?: string
}

/** The registered clients. Every change emits an audit event (`onEvent`). */
export interface ClientRegistry extends ClientSecretRegistry {
  /**
   * Registers a client.
   *
   * @throws {@link ClientMetadataError} with every problem of the metadata.
   */
  register(newClient: NewClient, by?: Actor): Promise<RegisteredClient>

  /** Finds a client. */
  find(clientId: string): Promise<Client | undefined>

  /**
   * Lists clients, newest first.
   *
   * @throws RangeError when `limit` is not 1 to 100.
   */
  list(query: ClientListQuery): Promise<Page<Client>>

  /**
   * Changes a client. Takes effect at its next request: its next access token lacks a removed scope.
   * An update without any difference leaves the version as it is.
   *
   * @throws {@link ClientMetadataError} with every problem of the changes.
   * @throws {@link ClientNotFoundError} when there is no such client.
   * @throws {@link PreconditionFailedError} when it is not at `expectedVersion`.
   * @throws {@link ConflictError} when it was changed concurrently.
   */
  update(clientId: string, changes: ClientChanges, options?: ClientChangeOptions): Promise<Client>

  /**
   * Deletes a client. All of its tokens are revoked at once; then it is entered in the revocation feed, and its
   * consents are deleted one by one. If that is interrupted, call it again: it does what is left before it throws
   * {@link ClientNotFoundError}. When it throws another error of those below, it has changed nothing.
   *
   * @throws {@link ClientNotFoundError} when there is no such client.
   * @throws {@link PreconditionFailedError} when it is not at `expectedVersion`.
   * @throws {@link ConflictError} when others kept changing it at the same time.
   */
  delete(clientId: string, options?: ClientChangeOptions): Promise<void>
}

/** The id of a client, and its first secret in case it gets one. */
export interface ClientIdentity extends SecretIdentity {
  readonly clientId: string
}

/** Creates the identity of a new client. */
export function createClientIdentity(): ClientIdentity {
  return {
    clientId: CLIENT_ID_PREFIX + randomText(CLIENT_ID_RANDOM_LENGTH),
    ...createSecretIdentity(),
  }
}

/** The registry for input that nobody has validated, such as a request's body: it validates every value. */
export interface ClientInputRegistry extends ClientRegistry, IdentifiedSecretRegistry {
  register(newClient: unknown, by?: Actor): Promise<RegisteredClient>
  /**
   * Registers a client under a given identity, for a caller that may repeat itself.
   *
   * @throws {@link ConflictError} when there is a client with this id.
   */
  registerIdentified(
    identity: ClientIdentity,
    newClient: unknown,
    by?: Actor,
  ): Promise<RegisteredClient>
  update(clientId: string, changes: unknown, options?: ClientChangeOptions): Promise<Client>
}

/** Dependencies of the client registry. */
export interface ClientRegistryDependencies extends ClientChangeDependencies {
  /** Deletes a client and what was issued to it (lib/revocation). */
  readonly deleteClient: ClientRegistry['delete']
}

/** Creates the client registry. */
export function createClientRegistry(
  dependencies: ClientRegistryDependencies,
): ClientInputRegistry {
  const { store, deleteClient } = dependencies
  const validator = createClientValidator(dependencies)
  const registerIdentified = createRegister(dependencies, validator)
  return Object.freeze<ClientInputRegistry>({
    ...createClientSecretRegistry(dependencies),
    registerIdentified,
    register: (newClient, by) => registerIdentified(createClientIdentity(), newClient, by),
    update: createUpdate(dependencies, validator),
    delete: deleteClient,

    async find(clientId) {
      const record = await findClientRecord(store, clientId)
      return record && withoutHashes(record)
    },

    async list({ name, ...query }) {
      requirePageSize(query.limit)
      const filter = name === undefined ? {} : { nameContains: searchableText(name) }
      const { items, nextCursor } = await store.list({ ...query, ...filter })
      return { items: items.map(withoutHashes), nextCursor }
    },
  })
}

function createRegister(
  { store, authenticationMethods, now, audit }: ClientChangeDependencies,
  validator: ClientValidator,
): ClientInputRegistry['registerIdentified'] {
  return async (identity, newClient, { actorId, ip } = {}) => {
    const createdAt = now()
    const settings = validator.validateNew(newClient)
    const method = authenticationMethods.get(settings.tokenEndpointAuthMethod)
    const secret = method?.usesSecret ? createClientSecret(identity, createdAt) : undefined
    const client: ClientRecord = {
      ...settings,
      clientId: identity.clientId,
      createdAt,
      updatedAt: createdAt,
      version: 1,
      secrets: secret === undefined ? [] : [secret.record],
    }
    const { clientId, tenantId } = client
    if (!(await store.insert(client)))
      throw new ConflictError(`client "${clientId}" already exists`)
    audit.record({ type: 'client.registered', clientId, tenantId, actorId }, ip)
    return { client: withoutHashes(client), clientSecret: secret?.clientSecret }
  }
}

function requirePageSize(limit: number): void {
  if (Number.isInteger(limit) && limit >= 1 && limit <= MAXIMUM_PAGE_SIZE) return
  throw new RangeError(`"limit" must be a whole number from 1 to ${MAXIMUM_PAGE_SIZE}`)
}
