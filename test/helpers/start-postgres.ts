/**
 * A real Postgres on a socket of its own. It needs Debian's `postgresql` (`npm run setup:tests`).
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Pool, type PoolConfig } from 'pg'
import { makeDirectory, type RunningProcess, startProcess } from './start-process.ts'
import type { TestCertificate } from './test-certificate.ts'

const INSTALLATIONS = '/usr/lib/postgresql'

const SETTINGS = { listen_addresses: '', max_connections: '200' }

/**
 * What tests do not need, and costs a process of its own, is not done. What was committed survives the
 * server, but not the machine.
 */
const CHEAP = {
  // Every connection is a process, which maps what is shared page by page.
  shared_buffers: '16MB',
  fsync: 'off',
  full_page_writes: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
  autovacuum: 'off',
  jit: 'off',
  bgwriter_lru_maxpages: '0',
}

/** A Postgres that runs. */
export interface RunningPostgres {
  /** Directory of its Unix socket. */
  readonly socketDirectory: string
  /** Its first process, which starts one for each connection. */
  readonly pid: number
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

/** Settings of a Postgres that is started. */
export interface PostgresSettings {
  /**
   * Whether a commit waits until its log is flushed, and nothing is tuned for tests. What a flush waits for is a disk only
   * with `onDisk`.
   */
  readonly durable?: boolean
  /** Whether its files are on a disk, for those who measure what waiting for it costs. */
  readonly onDisk?: boolean
  /** A port of localhost where it accepts connections with TLS and without. */
  readonly tls?: { readonly port: number; readonly certificate: TestCertificate }
}

/** Starts an empty Postgres. */
export async function startPostgres({
  durable = false,
  onDisk = false,
  tls,
}: PostgresSettings = {}): Promise<RunningPostgres> {
  const directory = await makeDirectory('postgres', { onDisk })
  const account = accountOfServer()
  chownSync(directory.path, account.uid, account.gid)
  const binaries = findBinaries()
  const data = join(directory.path, 'data')
  execFileSync('cp', ['--archive', await findTemplate(binaries, account), data])
  const parameters = Object.entries({
    ...SETTINGS,
    ...(durable ? {} : CHEAP),
    ...(tls && { listen_addresses: 'localhost', port: String(tls.port), ssl: 'on' }),
  })
  if (tls !== undefined) {
    const { key, certificate } = tls.certificate
    for (const [name, text] of [
      ['server.key', key],
      ['server.crt', certificate],
    ] as const) {
      await writeFile(join(data, name), text, { mode: 0o600 })
      chownSync(join(data, name), account.uid, account.gid)
    }
  }
  const settings = parameters.flatMap(([name, value]) => ['-c', `${name}=${value}`])
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
    get pid() {
      return process.child.pid ?? Number.NaN
    },
    signal: (signal) => process.signalAll(signal),
    kill: () => process.crash(),
    connect(options = {}) {
      const pool = new Pool({
        ...{ host: directory.path, port: tls?.port ?? 5432, user: 'postgres', max: 10 },
        ...options,
      })
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

const CACHE = fileURLToPath(new URL('../../node_modules/.cache/postgres/', import.meta.url))

/**
 * A data directory as initdb makes it, kept from one run to the next: making one takes a second of CPU,
 * copying it a tenth of that.
 */
async function findTemplate(binaries: string, account: Account): Promise<string> {
  const template = join(CACHE, binaries.replaceAll('/', '-'))
  if (existsSync(template)) return template
  mkdirSync(CACHE, { recursive: true })
  const made = await makeDirectory('postgres-template')
  chownSync(made.path, account.uid, account.gid)
  const data = join(made.path, 'data')
  execFileSync(
    join(binaries, 'initdb'),
    ['-A', 'trust', '--no-sync', '-U', 'postgres', '-E', 'UTF8', '--locale', 'C.UTF-8', data],
    { ...account, cwd: made.path, stdio: 'ignore' },
  )
  // Into the cache in one step: others may look for it, or have made it, meanwhile.
  const own = mkdtempSync(`${template}-`)
  execFileSync('cp', ['--archive', data, own])
  await made.remove()
  try {
    renameSync(join(own, 'data'), template)
  } catch (error) {
    if (!existsSync(template)) throw error
  }
  await rm(own, { recursive: true, force: true })
  return template
}

/** Finds the directory of the programs of Postgres. */
export function findBinaries(): string {
  const versions = readdirSync(INSTALLATIONS).sort((left, right) => Number(right) - Number(left))
  return join(INSTALLATIONS, versions[0] ?? '', 'bin')
}

interface Account {
  readonly uid: number
  readonly gid: number
}

/** Postgres refuses to run as root: then it gets the account that its package made for it. */
export function accountOfServer(): Account {
  const idOf = (option: string): number =>
    Number(execFileSync('id', [option, ...(process.getuid?.() === 0 ? ['postgres'] : [])]))
  return { uid: idOf('-u'), gid: idOf('-g') }
}
