/**
 * What the commands share.
 *
 * @module
 */

/** The variables of the environment. */
export type Environment = Readonly<Record<string, string | undefined>>

/** What a command may read. */
export interface Invocation {
  /** The parameter after the command's name. */
  readonly parameter: string | undefined
  /** Who runs it, in the host's own terms. */
  readonly by: string | undefined
  readonly environment: Environment
}

/** A command. */
export interface Command {
  /** Whether it takes a parameter. */
  readonly hasParameter?: true
  /** Whether it takes `--by`. */
  readonly hasBy?: true
  /** @returns What it prints. @throws CommandError */
  run(invocation: Invocation): Promise<string>
}

/** A mistake that the person at the command line can correct: the message says how, in one line. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
}
