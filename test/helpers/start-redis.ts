/**
 * A real Redis server for tests. It needs Debian's `redis-server` (`npm run setup:tests`).
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Redis, type RedisOptions } from 'ioredis'
import { makeDirectory } from './start-process.ts'

/** Replies are of the kind that the types of ioredis tell by default. */
export type ClientOptions = Omit<RedisOptions, 'replyMapping'>

/** A server that was started. */
export interface TestRedis {
  /** The Unix socket it listens on; `new Redis(socketPath)` connects to it. */
  readonly socketPath: string
  /** The process, for tests that freeze it. */
  readonly pid: number
  /** Opens a connection, which ends with the server at the latest. */
  connect(options?: ClientOptions): Redis
  /** Sends it a signal: `SIGSTOP` freezes it. */
  signal(signal: NodeJS.Signals): void
  /** Kills it as a power cut would, and keeps its directory. Every connection has noticed when this returns. */
  kill(): Promise<void>
  /**
   * Starts it again on the same socket and directory, after {@link TestRedis.kill}. Every connection that tries again
   * is back when this returns: one whose last attempt just failed would fail the next call, too.
   */
  restart(): Promise<void>
  /** Ends it and removes what it left. */
  stop(): Promise<void>
}

/**
 * Starts a server on a private socket. It keeps nothing on disk.
 *
 * @param settings More command line arguments, for example `['--appendonly', 'yes']`.
 */
export async function startRedis(settings: ReadonlyArray<string> = []): Promise<TestRedis> {
  const directory = await makeDirectory('redis')
  const socketPath = join(directory.path, 'redis.sock')
  const listening = ['--port', '0', '--unixsocket', socketPath]
  const start = (): Promise<RedisProcess> =>
    startRedisProcess(directory.path, [...listening, ...settings])
  const clients: Array<Redis> = []
  let server = await start()
  return {
    socketPath,
    get pid() {
      return server.pid
    },
    connect(options = {}) {
      const client = connectQuietly({ path: socketPath, ...options })
      clients.push(client)
      return client
    },
    signal: (signal) => process.kill(server.pid, signal),
    async kill() {
      const closed = clients.filter(isConnected).map((client) => untilNext(client, 'close'))
      await server.kill()
      await Promise.all(closed)
    },
    async restart() {
      const reconnected = clients.filter(isReconnecting).map((client) => untilNext(client, 'ready'))
      server = await start()
      await Promise.all(reconnected)
    },
    async stop() {
      for (const client of clients) client.disconnect()
      await server.kill()
      await directory.remove()
    },
  }
}

const isConnected = ({ status }: Redis): boolean => status === 'ready'
const isReconnecting = ({ status }: Redis): boolean => status !== 'ready' && status !== 'end'

/** Unlike `once()` of `node:events`, it takes no failed attempt in between for an end. */
async function untilNext(client: Redis, event: 'close' | 'ready'): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  client.once(event, resolve)
  await promise
}

/** Opens a connection that fails fast. What fails is told by the calls; nobody else listens. */
export function connectQuietly(options: ClientOptions): Redis {
  return new Redis({ maxRetriesPerRequest: 1, ...options }).on('error', () => undefined)
}

/** A `redis-server` that accepts connections. */
export interface RedisProcess {
  readonly pid: number
  /** Ends it at once. */
  kill(): Promise<void>
}

/** None may outlive the tests, even if they end before their teardown. */
const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** Starts `redis-server` in a directory and waits until it accepts connections. */
export async function startRedisProcess(
  directory: string,
  settings: ReadonlyArray<string>,
): Promise<RedisProcess> {
  const defaults = ['--save', '', '--appendonly', 'no', '--daemonize', 'no', '--dir', directory]
  const child = spawn('redis-server', [...defaults, ...settings], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  running.add(child)
  child.once('exit', () => running.delete(child))
  const pid = await readiness(child)
  return {
    pid,
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const exit = once(child, 'exit')
      child.kill('SIGKILL')
      await exit
    },
  }
}

async function readiness(child: ChildProcess): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const { stdout, pid } = child
  if (stdout === null) throw new Error('redis-server must have an output')
  const output: Array<string> = []
  // Read to the end: a server whose output nobody reads stops at some point.
  createInterface(stdout).on('line', (line) => {
    output.push(line)
    if (/ready to accept connections/i.test(line) && pid !== undefined) resolve(pid)
  })
  child.once('error', reject)
  child.once('exit', () => reject(new Error(`redis-server did not start:\n${output.join('\n')}`)))
  return await promise
}
