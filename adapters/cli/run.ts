/**
 * The command line of `teamcast-oauth`.
 *
 * @module
 */

import { readFile } from 'node:fs/promises'
import { findPackageJSON } from 'node:module'
import { parseArgs } from 'node:util'
import {
  ClientMetadataError,
  ClientNotFoundError,
  ClientSecretNotFoundError,
} from '../../lib/errors.ts'
import { NEW_CLIENT_OPTIONS, optionOf } from './client-options.ts'
import {
  addSecret,
  deleteClient,
  listClients,
  registerClient,
  removeSecret,
  showClient,
  updateClient,
} from './clients.ts'
import { type Command, CommandError, type CommandOptions, type Environment } from './command.ts'
import { generateKey, listKeys, revokeKey, rotateKeys } from './keys.ts'
import { migrate } from './migrate.ts'

/** Puts words on indented lines of at most 100 characters. */
function wrap(words: ReadonlyArray<string>): string {
  const lines: Array<string> = []
  for (const word of words) {
    const longer = `${lines.at(-1) ?? ' '} ${word}`
    if (lines.length === 0 || longer.length > 100) lines.push(`  ${word}`)
    else lines[lines.length - 1] = longer
  }
  return lines.join('\n')
}

const USAGE = `Usage: teamcast-oauth <command>

  migrate                       creates or updates the tables; safe to run again
  migrate --status              lists the migrations, and when each was applied; changes nothing
  migrate --dry-run             says which migrations would be applied; changes nothing
  keys generate                 prints a new private signing key (JWK), for the option "signingKeys"
  keys list                     lists the managed keys, without the keys themselves
  keys rotate [signing|cookie]  activates the next key; what the previous one signed stays valid
  keys revoke <key id>          revokes a key at once, and all that it signed within 15 seconds

  clients register              registers a client; prints its id and, only this once, its secret
  clients list                  lists clients: all, or those with this --name (or a part of it),
                                --audience, --tenant-id, --client-type
  clients show <client id>      shows a client, without its secrets
  clients update <client id>    changes the fields that the options name
  clients add-secret <client id> [--expires-at <date>]
                                adds a secret, and prints it only this once
  clients remove-secret <client id> --secret-id <secret id>
                                removes a secret; tokens issued with it stay valid
  clients delete <client id>    deletes a client, and revokes its tokens

Options:
  --version    prints the version of this package
  --by <who>   names who did it; for every command that changes something. It is in the audit event, which
               the server reports if it uses managed keys
  --json       prints JSON, as the SuperAdmin API does; for the commands of clients except remove-secret
               and delete

Fields of a client, for register and update; the guide "Client registration" has the rules:
${wrap(Object.keys(NEW_CLIENT_OPTIONS).map((option) => `--${option}`))}
  For a list, separate the values by spaces or repeat the option. "" resets an optional field.

  teamcast-oauth clients register --name "Acme Recruiter" --client-type CONFIDENTIAL \\
    --scopes "interview:read interview:create" --redirect-uris https://acme.example/callback
  teamcast-oauth clients register --name "Interview API" --client-type CONFIDENTIAL \\
    --scopes interview:read --allowed-grant-types client_credentials \\
    --resource-server-audiences https://mayaapi.teamcast.ai

Environment:
  DATABASE_URL      the database, for example postgres://user:password@localhost:5432/teamcast
  DATABASE_SCHEMA   the schema of the tables, if it is not "oauth"
  REDIS_URL         Redis, for example redis://localhost:6379; several, with commas, of a cluster. With
                    DATABASE_URL too, the storage is layered: keys and clients are in the database
  REDIS_KEY_PREFIX  the prefix of keys in Redis, if it is not "teamcast-oauth:"
  OPTIONS_FILE      for clients: a JSON file with the server's options "issuer", "audience", "resources",
                    "scopes" and "openIdConnect", as far as the server has them
`

const COMMANDS: ReadonlyMap<string, Command> = new Map([
  ['migrate', migrate],
  ['keys generate', generateKey],
  ['keys list', listKeys],
  ['keys rotate', rotateKeys],
  ['keys revoke', revokeKey],
  ['clients register', registerClient],
  ['clients list', listClients],
  ['clients show', showClient],
  ['clients update', updateClient],
  ['clients add-secret', addSecret],
  ['clients remove-secret', removeSecret],
  ['clients delete', deleteClient],
])

const PARSED_OPTIONS: CommandOptions = Object.assign(
  { help: { type: 'boolean', short: 'h' }, version: { type: 'boolean', short: 'v' } },
  ...[...COMMANDS.values()].map(({ options }) => options),
)

/** What a command line prints, and the exit code of its process. */
export interface Outcome {
  readonly code: 0 | 1
  readonly stdout: string
  readonly stderr: string
}

/** Runs the command that was typed. Never rejects. */
export async function run(
  typed: ReadonlyArray<string>,
  environment: Environment,
): Promise<Outcome> {
  try {
    const { values, positionals } = parseArgs({
      args: [...typed],
      options: PARSED_OPTIONS,
      allowPositionals: true,
    })
    if (values['help'] || positionals[0] === 'help') return success(USAGE)
    if (values['version']) return success(`${await readVersion()}\n`)
    const words = positionals[0] === 'migrate' ? 1 : 2
    const name = positionals.slice(0, words).join(' ')
    const command = COMMANDS.get(name)
    if (command === undefined) {
      return failure(USAGE.trimEnd() + (name && `\n\n"${name}" is not a command`))
    }
    const [parameter, ...rest] = positionals.slice(words)
    const [superfluous] = command.hasParameter ? rest : [parameter]
    if (superfluous !== undefined) {
      throw new CommandError(`"${superfluous}" is one parameter too many; see --help`)
    }
    const unexpected = Object.keys(values).find((option) => !(option in (command.options ?? {})))
    if (unexpected !== undefined) {
      throw new CommandError(`"--${unexpected}" is not an option of "${name}"; see --help`)
    }
    return success(`${await command.run({ parameter, options: values, environment })}\n`)
  } catch (error) {
    return failure(explain(error))
  }
}

/** The version of this package, whether it is compiled or not. */
async function readVersion(): Promise<string> {
  const file = findPackageJSON('..', import.meta.url) ?? ''
  const { version }: { readonly version: string } = JSON.parse(await readFile(file, 'utf8'))
  return version
}

const success = (stdout: string): Outcome => ({ code: 0, stdout, stderr: '' })
const failure = (message: string): Outcome => ({ code: 1, stdout: '', stderr: `${message}\n` })

/** The option of a field; the field itself, if no option sets it. */
function nameOf(path: string): string {
  const option = optionOf(path)
  return option in PARSED_OPTIONS ? `--${option}` : `"${path}"`
}

/** What Postgres calls a table that does not exist. */
const UNDEFINED_TABLE = '42P01'

/** One line for each problem: what is wrong, and why. */
function explain(error: unknown): string {
  if (error instanceof CommandError) return error.message
  if (error instanceof ClientSecretNotFoundError)
    return `${error.message}; "clients show" shows all`
  if (error instanceof ClientNotFoundError) return `${error.message}; "clients list" shows all`
  if (error instanceof ClientMetadataError) {
    return error.issues.map(({ path, message }) => `${nameOf(path)} ${message}`).join('\n')
  }
  const { message, name, cause } = error as Error
  if (cause instanceof Error && 'code' in cause && cause.code === UNDEFINED_TABLE) {
    return 'the tables are missing: run "teamcast-oauth migrate" first'
  }
  const reason = cause instanceof Error ? `: ${cause.message || cause.name}` : ''
  return (message || name) + reason
}
