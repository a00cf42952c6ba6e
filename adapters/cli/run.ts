/**
 * The command line of `teamcast-oauth`.
 *
 * @module
 */

import { parseArgs } from 'node:util'
import { type Command, CommandError, type Environment } from './command.ts'
import { schemaOption, withDatabase } from './connections.ts'
import { generateKey, listKeys, revokeKey, rotateKeys } from './keys.ts'

const USAGE = `Usage: teamcast-oauth <command>

  migrate                       creates or updates the tables; safe to run again
  keys generate                 prints a new private signing key (JWK), for the option "signingKeys"
  keys list                     lists the managed keys, without showing any
  keys rotate [signing|cookie]  activates the next key; what the previous one signed stays valid
  keys revoke <key id>          revokes a key at once, and all that it signed within 15 seconds
    --by <who>                  for rotate and revoke: names who did it in the audit event

Environment:
  DATABASE_URL      the database, for example postgres://user:password@localhost:5432/teamcast
  DATABASE_SCHEMA   the schema of the tables, if it is not "oauth"
  REDIS_URL         where managed keys are, without DATABASE_URL, for example redis://localhost:6379;
                    several, with commas, of a cluster
  REDIS_KEY_PREFIX  what keys begin with in Redis, if it is not "teamcast-oauth:"
`

const migrate: Command = {
  async run({ environment }) {
    const applied = await withDatabase(environment, async (db) => {
      const { migrateToLatest } = await import('../postgres/index.ts')
      return await migrateToLatest(db, schemaOption(environment))
    })
    return `The tables are up to date: ${applied.length === 0 ? 'nothing to do' : applied.join(', ')}.`
  },
}

const COMMANDS: ReadonlyMap<string, Command> = new Map([
  ['migrate', migrate],
  ['keys generate', generateKey],
  ['keys list', listKeys],
  ['keys rotate', rotateKeys],
  ['keys revoke', revokeKey],
])

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
      options: { help: { type: 'boolean', short: 'h' }, by: { type: 'string' } },
      allowPositionals: true,
    })
    if (values.help || positionals[0] === 'help') return success(USAGE)
    const words = positionals[0] === 'keys' ? 2 : 1
    const command = COMMANDS.get(positionals.slice(0, words).join(' '))
    if (command === undefined) return failure(USAGE.trimEnd())
    const [parameter, ...rest] = positionals.slice(words)
    const [superfluous] = command.hasParameter ? rest : [parameter]
    if (superfluous !== undefined) {
      throw new CommandError(`"${superfluous}" is one parameter too many; see --help`)
    }
    const { by } = values
    if (by !== undefined && !command.hasBy) {
      throw new CommandError('"--by" is for rotate and revoke; see --help')
    }
    return success(`${await command.run({ parameter, by, environment })}\n`)
  } catch (error) {
    return failure(explain(error))
  }
}

const success = (stdout: string): Outcome => ({ code: 0, stdout, stderr: '' })
const failure = (message: string): Outcome => ({ code: 1, stdout: '', stderr: `${message}\n` })

/** One line: what is wrong, and why. */
function explain(error: unknown): string {
  if (error instanceof CommandError) return error.message
  const { message, name, cause } = error as Error
  const reason = cause instanceof Error ? `: ${cause.message || cause.name}` : ''
  return (message || name) + reason
}
