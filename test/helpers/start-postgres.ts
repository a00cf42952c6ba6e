/**
 * A real Postgres on a socket of its own. It needs Debian's `postgresql` (`npm run setup:tests`).
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { chownSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Pool, type PoolConfig } from 'pg'
import { makeDirectory, type RunningProcess, startProcess } from './start-process.ts'

const INSTALLATIONS = '/usr/lib/postgresql'

/** A Postgres that runs. */
export interface RunningPostgres {
  /** Directory of its Unix socket. */
  readonly socketDirectory: string
  /** Sends a signal to all of its processes: `SIGSTOP` freezes it. */
  signal(signal: NodeJS.Signals): void
  /** Kills it as a power cut would, and keeps its directory. */
  kill(): Promise<void>
  /** Connects to the database `postgres`; errors of idle connections are the test's own doing. */
  connect(options?: PoolConfig): Pool
  /** Starts it again, after it was stopped, with what it had kept. */
  restart(): Promise<void>
  /** Ends it and removes its files. */
  stop(): Promise<void>
}

/** Starts an empty Postgres. `durable` has it wait for the disk at every commit. */
export async function startPostgres({ durable = false } = {}): Promise<RunningPostgres> {
  const directory = await makeDirectory('postgres')
  const account = accountOfServer()
  chownSync(directory.path, account.uid, account.gid)
  const binaries = findBinaries()
  const data = join(directory.path, 'data')
  execFileSync(
    join(binaries, 'initdb'),
    ['-A', 'trust', '--no-sync', '-U', 'postgres', '-E', 'UTF8', '--locale', 'C.UTF-8', data],
    { ...account, cwd: directory.path, stdio: 'ignore' },
  )
  const settings = [
    ...['-c', 'listen_addresses=', '-c', `fsync=${durable ? 'on' : 'off'}`],
    ...['-c', 'max_connections=200'],
  ]
  const start = (): Promise<RunningProcess> =>
    startProcess(
      join(binaries, 'postgres'),
      ['-D', data, '-k', directory.path, ...settings],
      /database system is ready to accept connections/,
      { ...account, cwd: directory.path },
    )
  let process = await start()
  return {
    socketDirectory: directory.path,
    signal: (signal) => process.signalAll(signal),
    kill: () => process.crash(),
    connect(options = {}) {
      const pool = new Pool({ host: directory.path, user: 'postgres', max: 10, ...options })
      pool.on('error', () => undefined)
      return pool
    },
    async restart() {
      process = await start()
    },
    async stop() {
      await process.stop('SIGQUIT')
      await directory.remove()
    },
  }
}

function findBinaries(): string {
  const versions = readdirSync(INSTALLATIONS).sort((left, right) => Number(right) - Number(left))
  return join(INSTALLATIONS, versions[0] ?? '', 'bin')
}

/** Postgres refuses to run as root: then it gets the account that its package made for it. */
export function accountOfServer(): { readonly uid: number; readonly gid: number } {
  const idOf = (option: string): number =>
    Number(execFileSync('id', [option, ...(process.getuid?.() === 0 ? ['postgres'] : [])]))
  return { uid: idOf('-u'), gid: idOf('-g') }
}
