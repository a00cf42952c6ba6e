/**
 * Servers that tests start: in a directory of their own, ready when they say so, ended by the test.
 *
 * @module
 */

import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setImmediate as nextTurn } from 'node:timers/promises'

/** A process that runs. */
export interface RunningProcess {
  readonly child: ChildProcess
  /** What matched in the line that said it was ready. */
  readonly readyLine: RegExpExecArray
  /** Ends it and waits for it; SIGTERM unless another signal is given. */
  stop(signal?: NodeJS.Signals): Promise<void>
  /** Sends a signal to it and to every process that it started. */
  signalAll(signal: NodeJS.Signals): void
  /** Kills it, and every process that it started, as a power failure would. */
  crash(): Promise<void>
}

/** Whatever ends the test run must not leave one behind. */
const running = new Set<RunningProcess['signalAll']>()
process.once('exit', () => {
  for (const signalAll of running) signalAll('SIGKILL')
})

/** Starts a process and waits until it prints a line that matches. */
export async function startProcess(
  command: string,
  parameters: ReadonlyArray<string>,
  ready: RegExp,
  options: SpawnOptions = {},
): Promise<RunningProcess> {
  const child = spawn(command, parameters, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  const output: Array<string> = []
  const { promise: isReady, resolve, reject } = Promise.withResolvers<RegExpExecArray>()
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue
    createInterface({ input: stream }).on('line', (line) => {
      if (output.length < 100) output.push(line)
      const match = ready.exec(line)
      if (match !== null) resolve(match)
    })
  }
  child.on('error', reject)
  child.on('exit', () => reject(new Error(`${command} ended:\n${output.join('\n')}`)))
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null
  const signalAll = (signal: NodeJS.Signals): void => {
    if (child.pid === undefined || hasEnded()) return
    for (const pid of [child.pid, ...childrenOf(child.pid)]) process.kill(pid, signal)
  }
  running.add(signalAll)
  child.once('exit', () => running.delete(signalAll))
  const readyLine = await isReady
  return {
    child,
    readyLine,
    async stop(signal = 'SIGTERM') {
      if (hasEnded()) return
      child.kill(signal)
      await once(child, 'exit')
    },
    signalAll,
    async crash() {
      if (hasEnded() || child.pid === undefined) return
      const children = childrenOf(child.pid)
      signalAll('SIGKILL')
      await once(child, 'exit')
      // Postgres does not start on the memory of a server process that has not ended yet.
      while (children.some(isRunning)) await nextTurn()
    },
  }
}

/** The processes that a process has started, of those that run. */
export function childrenOf(parent: number): ReadonlyArray<number> {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => parentOf(pid) === parent)
}

const parentOf = (pid: number): number | undefined => {
  const parent = statOf(pid)?.[1]
  return parent === undefined ? undefined : Number(parent)
}

/** One that has ended, and that nobody has waited for, is a zombie. */
const isRunning = (pid: number): boolean => !['Z', 'X', undefined].includes(statOf(pid)?.[0])

/** The state of a process, its parent, and more. */
function statOf(pid: number): ReadonlyArray<string> | undefined {
  try {
    // "pid (name) state parent …", and the name may hold anything.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  } catch {
    return undefined // it has ended
  }
}

/** Where Linux has files in memory: what tests start then waits for no disk. */
const IN_MEMORY = '/dev/shm'

/** Creates an empty directory, in memory if it can, and says how to remove it. */
export async function makeDirectory(
  name: string,
  { onDisk = false } = {},
): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const isInMemory = !onDisk && existsSync(IN_MEMORY)
  const path = await mkdtemp(join(isInMemory ? IN_MEMORY : tmpdir(), `${name}-`))
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}
