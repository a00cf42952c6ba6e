/**
 * What `teamcast-oauth` does with what was typed.
 *
 * @module
 */

import { type Command, CommandError } from './command.ts'
import { generateKey, listKeys, revokeKey, rotateKeys } from './keys.ts'
import { migrate } from './migrate.ts'

const USAGE = `Usage: teamcast-oauth <command>

  migrate                       creates or updates the tables; safe to run again
  keys generate                 prints a new private signing key (JWK), for the option "signingKeys"
  keys list                     lists the managed keys, without showing any
  keys rotate [signing|cookie]  has the standby key sign; what the one before it signed stays good
  keys revoke <key id>        ends a key at once, and all that it signed within 15 seconds
    --by <who>                  names, in the audit event of either, who did it

Environment:
  DATABASE_URL      the database, for example postgres://user:password@localhost:5432/teamcast
  DATABASE_SCHEMA   the schema of the tables, if it is not "oauth"
  REDIS_URL         where managed keys are, without DATABASE_URL, for example redis://localhost:6379;
                    several, with commas, of a cluster
  REDIS_KEY_PREFIX  what keys begin with in Redis, if it is not "teamcast-oauth:"
`

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

/** Runs the command that was typed. Never throws. */
export async function run(
  typed: ReadonlyArray<string>,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Outcome> {
  if (typed.some((word) => ['--help', '-h', 'help'].includes(word))) return success(USAGE)
  const words = typed[0] === 'keys' ? 2 : 1
  const command = COMMANDS.get(typed.slice(0, words).join(' '))
  if (command === undefined) return failure(USAGE.trimEnd())
  try {
    return success(`${await command({ parameters: typed.slice(words), environment })}\n`)
  } catch (error) {
    return failure(explain(error))
  }
}

const success = (stdout: string): Outcome => ({ code: 0, stdout, stderr: '' })
const failure = (message: string): Outcome => ({ code: 1, stdout: '', stderr: `${message}\n` })

/** One line: what is wrong, and what made it so. */
function explain(error: unknown): string {
  if (error instanceof CommandError) return error.message
  const { message, name, cause } = error as Error
  const reason = cause instanceof Error ? `: ${cause.message || cause.name}` : ''
  return (message || name) + reason
}
