/**
 * `clients …`: registers, lists, shows, changes and deletes clients, by the rules of the SuperAdmin API.
 *
 * @module
 */

import { readFile } from 'node:fs/promises'
import { createPendingAuditLog } from '../../lib/audit/pending-events.ts'
import { oneOf } from '../../lib/clients/client-issue.ts'
import {
  type ClientInputRegistry,
  type ClientListQuery,
  createClientRegistry,
} from '../../lib/clients/client-registry.ts'
import { requireClient } from '../../lib/clients/require-client.ts'
import {
  type ClientReferenceOptions,
  resolveClientReferences,
} from '../../lib/options/resolve-options.ts'
import { createDeleteClient } from '../../lib/revocation/delete-client.ts'
import { createRevoker } from '../../lib/revocation/revoker.ts'
import { CLIENT_AUDIENCES, CLIENT_TYPES, type Client } from '../../lib/storage/client.ts'
import { isCalendarDay } from '../../lib/util/calendar-day.ts'
import { systemClock } from '../../lib/util/clock.ts'
import { CLIENT_CHANGE_OPTIONS, fieldsOf, NEW_CLIENT_OPTIONS, optionOf } from './client-options.ts'
import {
  actorOf,
  BY,
  type Command,
  CommandError,
  type Environment,
  type OptionValues,
} from './command.ts'
import { withStorage } from './connections.ts'
import { formatInstant, toTable } from './table.ts'

const PAGE_SIZE = 100
const JSON_OPTION = { json: { type: 'boolean' } } as const
const SHOWN_ONCE = 'The secret is shown only this once: hand it over, or store it as a secret.'

/** `clients register`: registers a client, and prints its id and, once, its secret. */
export const registerClient: Command = {
  options: { ...NEW_CLIENT_OPTIONS, ...BY, ...JSON_OPTION },
  async run({ options, environment }) {
    const { client, clientSecret } = await withClients(environment, (clients) =>
      clients.register(fieldsOf(options), actorOf(options)),
    )
    if (options['json']) return toJson({ ...client, clientSecret })
    const { clientId, name } = client
    const lines = [`"${name}" is registered.`, '', `client-id      ${clientId}`]
    if (clientSecret === undefined) return lines.join('\n')
    return [...lines, `client-secret  ${clientSecret}`, '', SHOWN_ONCE].join('\n')
  },
}

/** `clients list`: the clients that the options name. */
export const listClients: Command = {
  options: {
    name: { type: 'string' },
    audience: { type: 'string' },
    'tenant-id': { type: 'string' },
    'client-type': { type: 'string' },
    ...JSON_OPTION,
  },
  async run({ options, environment }) {
    const query = parseListOptions(options)
    const found = await withClients(environment, (clients) => listAll(clients, query))
    if (options['json']) return toJson({ items: found })
    if (found.length === 0) return 'There are no such clients.'
    return toTable([
      ['CLIENT ID', 'NAME', 'TYPE', 'AUDIENCE', 'TENANT', 'SECRETS', 'REGISTERED'],
      ...found.map(({ clientId, name, clientType, audience, tenantId = '-', ...client }) => [
        ...[clientId, name, clientType, audience, tenantId, String(client.secrets.length)],
        formatInstant(client.createdAt),
      ]),
    ])
  },
}

/** `clients show <client id>`: everything about a client but its secrets. */
export const showClient: Command = {
  hasParameter: true,
  options: JSON_OPTION,
  async run({ parameter, options, environment }) {
    const clientId = requireClientId(parameter)
    const client = await withClients(environment, (clients) => requireClient(clients, clientId))
    return options['json'] ? toJson(client) : describe(client)
  },
}

/** `clients update <client id>`: changes the fields that the options name. */
export const updateClient: Command = {
  hasParameter: true,
  options: { ...CLIENT_CHANGE_OPTIONS, ...BY, ...JSON_OPTION },
  async run({ parameter, options, environment }) {
    const clientId = requireClientId(parameter)
    const changes = fieldsOf(options)
    if (Object.keys(changes).length === 0) {
      throw new CommandError('say what to change, for example --name "Another name"; see --help')
    }
    const client = await withClients(environment, (clients) =>
      clients.update(clientId, changes, { by: actorOf(options) }),
    )
    return options['json'] ? toJson(client) : describe(client)
  },
}

/** `clients add-secret <client id>`: adds a secret, and prints it once. */
export const addSecret: Command = {
  hasParameter: true,
  options: { 'expires-at': { type: 'string' }, ...BY, ...JSON_OPTION },
  async run({ parameter, options, environment }) {
    const clientId = requireClientId(parameter)
    const expiry = parseExpiry(options['expires-at'])
    const { secret, clientSecret } = await withClients(environment, (clients) =>
      clients.addSecret(clientId, { ...expiry, by: actorOf(options) }),
    )
    if (options['json']) return toJson({ ...secret, clientSecret })
    return [
      `secret-id      ${secret.secretId}`,
      `client-secret  ${clientSecret}`,
      ...(secret.expiresAt === undefined
        ? []
        : [`expires-at     ${formatInstant(secret.expiresAt)}`]),
      '',
      SHOWN_ONCE,
    ].join('\n')
  },
}

/** `clients remove-secret <client id> --secret-id <id>`: removes a secret. */
export const removeSecret: Command = {
  hasParameter: true,
  options: { 'secret-id': { type: 'string' }, ...BY },
  async run({ parameter, options, environment }) {
    const clientId = requireClientId(parameter)
    const secretId = options['secret-id']
    if (typeof secretId !== 'string') {
      throw new CommandError(
        `say which secret with --secret-id; "clients show ${clientId}" shows them`,
      )
    }
    await withClients(environment, (clients) =>
      clients.removeSecret(clientId, secretId, { by: actorOf(options) }),
    )
    return `Secret "${secretId}" of client "${clientId}" is removed; tokens issued with it stay valid.`
  },
}

/** `clients delete <client id>`: deletes a client, and revokes all of its tokens. */
export const deleteClient: Command = {
  hasParameter: true,
  options: BY,
  async run({ parameter, options, environment }) {
    const clientId = requireClientId(parameter)
    await withClients(environment, (clients) => clients.delete(clientId, { by: actorOf(options) }))
    return `Client "${clientId}" is deleted, and its tokens are revoked.`
  },
}

/** Opens the registry of the storage that the environment names. */
async function withClients<Result>(
  environment: Environment,
  work: (clients: ClientInputRegistry) => Promise<Result>,
): Promise<Result> {
  const references = resolveClientReferences(await readOptionsFile(environment['OPTIONS_FILE']))
  return await withStorage(environment, async (storage) => {
    const { clients: store, consents } = storage
    const audit = createPendingAuditLog(storage.pendingEvents)
    const revoker = createRevoker(storage, systemClock)
    const clients = createClientRegistry({
      ...{ ...references, store, audit, now: systemClock },
      deleteClient: createDeleteClient({ store, consents, revoker, audit }),
    })
    try {
      return await work(clients)
    } finally {
      // Also after a deletion that failed half-way. A failure must not hide a new secret, which is printed once.
      await audit.flush().catch((error: unknown) => {
        process.emitWarning(`the audit events could not be stored: ${error}`, 'AuditWarning')
      })
    }
  })
}

async function readOptionsFile(path: string | undefined): Promise<ClientReferenceOptions> {
  if (!path) return {}
  const options: unknown = await readFile(path, 'utf8')
    .then(JSON.parse)
    .catch((cause: unknown) => {
      throw new Error(`OPTIONS_FILE "${path}" cannot be read as JSON`, { cause })
    })
  return options as ClientReferenceOptions // resolveClientReferences() validates it
}

async function listAll(
  clients: ClientInputRegistry,
  query: ClientListQuery,
): Promise<ReadonlyArray<Client>> {
  const found: Array<Client> = []
  let cursor: string | undefined
  do {
    const page = await clients.list({ ...query, ...(cursor && { cursor }) })
    found.push(...page.items)
    cursor = page.nextCursor
  } while (cursor !== undefined)
  return found
}

function parseListOptions(options: OptionValues): ClientListQuery {
  const { name, 'tenant-id': tenantId } = options
  const audience = parseChoice(options, 'audience', CLIENT_AUDIENCES)
  const clientType = parseChoice(options, 'client-type', CLIENT_TYPES)
  return {
    limit: PAGE_SIZE,
    ...(typeof name === 'string' ? { name } : {}),
    ...(typeof tenantId === 'string' ? { tenantId } : {}),
    ...(audience && { audience }),
    ...(clientType && { clientType }),
  }
}

function parseChoice<Choice extends string>(
  options: OptionValues,
  name: string,
  choices: ReadonlyArray<Choice>,
): Choice | undefined {
  const given = options[name]
  if (given === undefined) return undefined
  const choice = choices.find((it) => it === given)
  if (choice === undefined) throw new CommandError(`--${name} must be ${oneOf(choices)}`)
  return choice
}

function parseExpiry(given: OptionValues[string]): { readonly expiresAt?: number } {
  if (given === undefined) return {}
  const text = String(given)
  const expiresAt = isCalendarDay(text.slice(0, 10)) ? Date.parse(text) / 1000 : Number.NaN
  if (!Number.isNaN(expiresAt)) return { expiresAt: Math.floor(expiresAt) }
  throw new CommandError('--expires-at must be a date, for example 2027-03-31 or 2027-03-31T12:00Z')
}

function requireClientId(parameter: string | undefined): string {
  if (parameter !== undefined) return parameter
  throw new CommandError('say which client; "clients list" shows them')
}

function toJson(value: object): string {
  return JSON.stringify(value, undefined, 2)
}

function describe({ secrets, ...client }: Client): string {
  const rows = Object.entries(client).map(([field, value]) => [
    optionOf(field),
    describeValue(field, value),
  ])
  const ofSecrets = secrets.map(({ secretId, hint, createdAt, expiresAt, lastUsedAt }) => [
    'secret',
    `${secretId} ${hint}… added ${formatInstant(createdAt)}, ` +
      `${expiresAt === undefined ? 'does not expire' : `expires ${formatInstant(expiresAt)}`}, ` +
      `${lastUsedAt === undefined ? 'never used' : `last used ${formatInstant(lastUsedAt)}`}`,
  ])
  return toTable([...rows, ...ofSecrets])
}

function describeValue(field: string, value: unknown): string {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return '-'
  if (Array.isArray(value)) return value.join(' ')
  return field.endsWith('At') ? formatInstant(Number(value)) : String(value)
}
