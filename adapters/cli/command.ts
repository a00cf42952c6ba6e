/**
 * What the commands share.
 *
 * @module
 */

import type { ParseArgsConfig } from 'node:util'

/** The variables of the environment. */
export type Environment = Readonly<Record<string, string | undefined>>

/** The options of a command by name, without dashes, as `parseArgs` takes them. */
export type CommandOptions = Readonly<NonNullable<ParseArgsConfig['options']>>

/** What was typed for the options. */
export type OptionValues = Readonly<
  Record<string, string | boolean | ReadonlyArray<string | boolean> | undefined>
>

/** What a command may read. */
export interface Invocation {
  /** The parameter after the command's name. */
  readonly parameter: string | undefined
  readonly options: OptionValues
  readonly environment: Environment
}

/** A command. */
export interface Command {
  /** Whether it takes a parameter. */
  readonly hasParameter?: true
  /** The options that it takes. */
  readonly options?: CommandOptions
  /** @returns What it prints. @throws CommandError */
  run(invocation: Invocation): Promise<string>
}

/** The option that names who runs a command. */
export const BY: CommandOptions = { by: { type: 'string' } }

/** Who runs a command, in the host's own terms, for the audit event that a running instance reports. */
export function actorOf({ by }: OptionValues): { readonly actorId?: string } {
  return typeof by === 'string' ? { actorId: by } : {}
}

/** A mistake that the person at the command line can correct: the message says how, in one line. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
}
