/**
 * The registry of clients: what a SuperAdmin's tools call.
 *
 * @module
 */

import { ClientNotFoundError, ConflictError } from '../errors.ts'
import type { ScopeCatalogue } from '../scopes/scope-catalogue.ts'
import type { ClientStore, Page, PageRequest } from '../storage/storage.ts'
import { randomText } from '../util/random-text.ts'
import type { Client, ClientRecord, ClientSettings } from './client.ts'
import { createClientSecret } from './client-secret.ts'
import { findClientRecord } from './find-client-record.ts'
import { createClientValidator } from './validate-client.ts'

const MAXIMUM_PAGE_SIZE = 100
const CLIENT_ID_PREFIX = 'tc_'
// 131 bits: nobody guesses one, and none is ever made twice.
const CLIENT_ID_RANDOM_LENGTH = 22

/**
 * A client to be registered. What is left out gets its default: `audience` PLATFORM, `redirectUris`
 * none, `allowedGrantTypes` authorization_code and refresh_token, `tokenEndpointAuthMethod`
 * client_secret_basic for CONFIDENTIAL and none for PUBLIC clients, access tokens 900 seconds and
 * refresh tokens 2 592 000 seconds.
 */
export type NewClient = Pick<ClientSettings, 'name' | 'clientType' | 'scopes'> &
  Partial<ClientSettings>

/** Changes to a client. What is left out stays; `null` takes an optional field back to its default. */
export type ClientChanges = {
  readonly [Field in Exclude<keyof ClientSettings, 'audience' | 'tenantId' | 'clientType'>]?:
    | ClientSettings[Field]
    | null
}

/** A client that was just registered. */
export interface RegisteredClient {
  readonly client: Client
  /** Shown once; only its hash is stored. `undefined` for a `PUBLIC` client. */
  readonly clientSecret: string | undefined
}

/** The registered clients. */
export interface ClientRegistry {
  /**
   * Registers a client.
   *
   * @throws {@link ClientMetadataError} when a rule is broken; it lists every problem.
   */
  register(newClient: NewClient): Promise<RegisteredClient>

  /** Finds a client. */
  find(clientId: string): Promise<Client | undefined>

  /**
   * Lists clients, newest first.
   *
   * @throws RangeError when `limit` is not 1 to 100.
   */
  list(request: PageRequest): Promise<Page<Client>>

  /**
   * Changes a client. Takes effect at its next request: a scope taken away is missing from its next
   * access token.
   *
   * @throws {@link ClientMetadataError} when a rule is broken or a field cannot be changed.
   * @throws {@link ClientNotFoundError} when there is no such client.
   * @throws {@link ConflictError} when somebody else changed it at the same moment.
   */
  update(clientId: string, changes: ClientChanges): Promise<Client>

  /**
   * Deletes a client. It cannot authenticate any more, so none of its refresh tokens can be used.
   *
   * @throws {@link ClientNotFoundError} when there is no such client.
   */
  delete(clientId: string): Promise<void>
}

/** Makes the registry. */
export function createClientRegistry(options: {
  readonly store: ClientStore
  readonly catalogue: ScopeCatalogue
  readonly now: () => number
}): ClientRegistry {
  const { store, now } = options
  const validator = createClientValidator(options.catalogue)
  return Object.freeze<ClientRegistry>({
    async register(newClient) {
      const createdAt = now()
      const settings = validator.validateNew(newClient)
      const secret =
        settings.clientType === 'CONFIDENTIAL' ? createClientSecret(createdAt) : undefined
      const client: ClientRecord = {
        ...settings,
        clientId: CLIENT_ID_PREFIX + randomText(CLIENT_ID_RANDOM_LENGTH),
        createdAt,
        updatedAt: createdAt,
        version: 1,
        secrets: secret === undefined ? [] : [secret.record],
      }
      if (!(await store.insert(client))) {
        throw new ConflictError(`client "${client.clientId}" exists already`)
      }
      return { client: withoutHashes(client), clientSecret: secret?.clientSecret }
    },

    async find(clientId) {
      const record = await findClientRecord(store, clientId)
      return record && withoutHashes(record)
    },

    async list(request) {
      requirePageSize(request.limit)
      const { items, nextCursor } = await store.list(request)
      return { items: items.map(withoutHashes), nextCursor }
    },

    async update(clientId, changes) {
      const current = await findClientRecord(store, clientId)
      if (current === undefined) throw new ClientNotFoundError(clientId)
      const { version, secrets, createdAt } = current
      const settings = validator.validateChanges(settingsOf(current), changes)
      const client: ClientRecord = {
        ...settings,
        ...{ clientId, createdAt, updatedAt: now(), version: version + 1, secrets },
      }
      if (!(await store.update(client, version))) {
        throw new ConflictError(`client "${clientId}" was changed by somebody else; try again`)
      }
      return withoutHashes(client)
    },

    async delete(clientId) {
      const current = await findClientRecord(store, clientId)
      if (current === undefined || !(await store.delete(clientId))) {
        throw new ClientNotFoundError(clientId)
      }
    },
  })
}

function requirePageSize(limit: number): void {
  if (Number.isInteger(limit) && limit >= 1 && limit <= MAXIMUM_PAGE_SIZE) return
  throw new RangeError(`"limit" must be a whole number from 1 to ${MAXIMUM_PAGE_SIZE}`)
}

function withoutHashes({ secrets, ...client }: ClientRecord): Client {
  return { ...client, secrets: secrets.map(({ hash: _hash, ...secret }) => secret) }
}

function settingsOf(record: ClientRecord): ClientSettings {
  const {
    clientId: _id,
    createdAt: _created,
    updatedAt: _updated,
    version: _version,
    secrets: _secrets,
    ...settings
  } = record
  return settings
}
