/**
 * Servers that tests start: in a directory of their own, ready when they say so, ended by the test.
 *
 * @module
 */

import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** A process that runs. */
export interface RunningProcess {
  readonly child: ChildProcess
  /** Ends it and waits for it; SIGTERM unless another signal is given. */
  stop(signal?: NodeJS.Signals): Promise<void>
}

/** Starts a process and waits until it prints a line that matches. */
export async function startProcess(
  command: string,
  parameters: ReadonlyArray<string>,
  ready: RegExp,
  options: SpawnOptions = {},
): Promise<RunningProcess> {
  const child = spawn(command, parameters, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  const output: Array<string> = []
  const { promise: isReady, resolve, reject } = Promise.withResolvers<void>()
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue
    createInterface({ input: stream }).on('line', (line) => {
      if (output.length < 100) output.push(line)
      if (ready.test(line)) resolve()
    })
  }
  child.on('error', reject)
  child.on('exit', () => reject(new Error(`${command} ended:\n${output.join('\n')}`)))
  await isReady
  return {
    child,
    async stop(signal = 'SIGTERM') {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill(signal)
      await once(child, 'exit')
    },
  }
}

/** Makes an empty directory, and says how to remove it. */
export async function makeDirectory(
  name: string,
): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), `${name}-`))
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}
