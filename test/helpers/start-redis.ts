/**
 * A real Redis on a socket of its own. It needs Debian's `redis-server` (`npm run setup:tests`).
 *
 * @module
 */

import { join } from 'node:path'
import { makeDirectory, type RunningProcess, startProcess } from './start-process.ts'

/** A Redis that runs. */
export interface RunningRedis {
  /** Path of its Unix socket. */
  readonly socket: string
  readonly process: RunningProcess
  /** Starts it again, after it was stopped, with what it had kept. */
  restart(): Promise<void>
  /** Ends it and removes its files. */
  stop(): Promise<void>
}

/** Starts an empty Redis. `appendonly` keeps every write on disk, as `appendfsync always` does. */
export async function startRedis({ appendonly = false } = {}): Promise<RunningRedis> {
  const directory = await makeDirectory('redis')
  const socket = join(directory.path, 'redis.sock')
  const start = (): Promise<RunningProcess> =>
    startProcess(
      'redis-server',
      [
        ...['--port', '0', '--unixsocket', socket, '--dir', directory.path, '--save', ''],
        ...['--appendonly', appendonly ? 'yes' : 'no', '--appendfsync', 'always'],
      ],
      /ready to accept connections/i,
    )
  let process = await start()
  return {
    socket,
    get process() {
      return process
    },
    async restart() {
      process = await start()
    },
    async stop() {
      await process.stop('SIGKILL')
      await directory.remove()
    },
  }
}
