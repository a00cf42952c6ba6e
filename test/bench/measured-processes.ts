/**
 * The processes on the core of servers.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { testSigningKey } from '../../lib/testing/test-keys.ts'
import { Connection } from './scenarios.ts'
import type { ServerName, StoreName } from './servers.ts'

const CONNECTIONS = 16
const SERVER_CORE = '0'

/** The store that a server has for itself. */
export interface StartedStore {
  /** A path of a socket. Empty in memory. */
  readonly connection: string
  /** Its first process. `undefined` in memory. */
  readonly pid: number | undefined
}

/** A process on the core of servers. */
export interface Measured {
  readonly pid: number
  /** Sends a message and waits for its answer, a number. */
  ask(): Promise<number>
  stop(): Promise<void>
}

/** A server that runs. */
export interface MeasuredServer extends Measured {
  readonly name: ServerName
  readonly connections: ReadonlyArray<Connection>
  readonly store: StartedStore
}

/** Starts a server. */
export async function startServer(
  name: ServerName,
  storeName: StoreName,
  store: StartedStore,
): Promise<MeasuredServer> {
  const { child, measured } = start('server.ts', [name, storeName, store.connection])
  const issuer = await readIssuer(child)
  const connections = Array.from(
    { length: CONNECTIONS },
    (_, index) => new Connection(issuer, name, `user-${index}`),
  )
  return { ...measured, name, store, connections }
}

/** The URL that a server prints when it listens. */
export async function readIssuer({ stdout, spawnargs }: ChildProcess): Promise<string> {
  if (stdout === null) throw new Error('the server has no output')
  for await (const line of createInterface({ input: stdout })) {
    if (line.startsWith('http://')) return line
  }
  throw new Error(`${spawnargs.join(' ')} ended before it listened`)
}

/** Starts what times signatures. */
export function startSigner(): Measured {
  return start('signature.ts', []).measured
}

/** Starts a program of this folder on the core of servers. */
export function start(
  file: string,
  parameters: ReadonlyArray<string>,
): { readonly child: ChildProcess; readonly measured: Measured } {
  const program = fileURLToPath(new URL(file, import.meta.url))
  const node = [process.execPath, '--conditions=teamcast-source', program]
  const child = spawn('taskset', ['-c', SERVER_CORE, ...node, ...parameters], {
    env: {
      ...process.env,
      NODE_ENV: 'production',
      BENCH_SIGNING_KEY: JSON.stringify(testSigningKey()),
    },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  let isStopping = false
  child.once('exit', (code) => {
    if (!isStopping) throw new Error(`${[file, ...parameters].join(' ')} ended with code ${code}`)
  })
  const measured: Measured = {
    pid: child.pid ?? Number.NaN,
    async ask() {
      child.send('')
      const [answer] = await once(child, 'message')
      return Number(answer)
    },
    async stop() {
      isStopping = true
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
  return { child, measured }
}
