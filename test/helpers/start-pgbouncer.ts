/**
 * A real PgBouncer in transaction mode. It needs Debian's `pgbouncer` (`npm run setup:tests`).
 *
 * @module
 */

import { chownSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Pool, type PoolConfig } from 'pg'
import { accountOfServer, type RunningPostgres } from './start-postgres.ts'
import { makeDirectory, startProcess } from './start-process.ts'

const PGBOUNCER = '/usr/sbin/pgbouncer'

/** A PgBouncer that runs. */
export interface RunningPgBouncer {
  /** Connects through it; errors of idle connections are the test's own doing. */
  connect(options?: PoolConfig): Pool
  stop(): Promise<void>
}

/** Starts a PgBouncer that shares few connections to a server among everybody. */
export async function startPgBouncer(postgres: RunningPostgres): Promise<RunningPgBouncer> {
  const directory = await makeDirectory('pgbouncer')
  const settings = join(directory.path, 'pgbouncer.ini')
  await writeFile(
    settings,
    `[databases]
* = host=${postgres.socketDirectory} user=postgres
[pgbouncer]
listen_addr =
unix_socket_dir = ${directory.path}
auth_type = any
pool_mode = transaction
default_pool_size = 3
max_client_conn = 200
`,
  )
  const account = accountOfServer()
  chownSync(directory.path, account.uid, account.gid)
  const process = await startProcess(PGBOUNCER, [settings], /process up/, account)
  return {
    connect(options = {}) {
      const pool = new Pool({ host: directory.path, port: 6432, user: 'postgres', ...options })
      pool.on('error', () => undefined)
      return pool
    },
    async stop() {
      await process.stop('SIGKILL')
      await directory.remove()
    },
  }
}
