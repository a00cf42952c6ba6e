/**
 * What the commands share.
 *
 * @module
 */

/** The variables of the environment. */
export type Environment = Readonly<Record<string, string | undefined>>

/** A command that was typed, and what it may read. */
export interface Invocation {
  /** What was typed after the command. */
  readonly parameters: ReadonlyArray<string>
  readonly environment: Environment
}

/** Runs a command. @returns What it prints. @throws CommandError */
export type Command = (invocation: Invocation) => Promise<string>

/** Something that the person who typed the command can put right: the message says what, in one line. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
}

/** Refuses parameters that a command does not take. */
export function requireNoParameters({ parameters }: Invocation): void {
  const [first] = parameters
  if (first !== undefined)
    throw new CommandError(`"${first}" is one parameter too many; see --help`)
}
