/**
 * PGlite in a process of its own, which can be killed.
 *
 * @module
 */

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { type Storage, StorageError } from '@teamcast/oauth-server'
import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import { makeDirectory } from '../helpers/start-process.ts'
import type { SentResult } from './pglite-process.ts'

const PROCESS_FILE = new URL('./pglite-process.ts', import.meta.url)

/** A process with PGlite. */
interface PGliteProcess {
  call(store: string, method: string, parameters: ReadonlyArray<unknown>): Promise<unknown>
  /** Kills it as `kill -9` does. */
  kill(): Promise<void>
}

/** PGlite that survives its process. */
export interface KillablePGlite {
  readonly storage: Storage
  /** Kills the process, and opens what it has left in another one. */
  restart(): Promise<void>
  close(): Promise<void>
}

/** Starts it on an empty directory. */
export async function startPGlite(): Promise<KillablePGlite> {
  const directory = await makeDirectory('pglite', { onDisk: true })
  const data = join(directory.path, 'data')
  let process_ = await startProcess(data)
  const names = Object.entries(createMemoryStorage()).filter(([name]) => name !== 'backends')
  const stores = names.map(([name, store]) => [
    name,
    new Proxy(store, {
      get:
        (_, method) =>
        (...parameters: ReadonlyArray<unknown>) =>
          process_.call(name, String(method), parameters),
    }),
  ])
  return {
    storage: Object.fromEntries([...stores, ['backends', []]]) as Partial<Storage> as Storage,
    async restart() {
      await process_.kill()
      process_ = await startProcess(data)
    },
    async close() {
      await process_.kill()
      await directory.remove()
    },
  }
}

async function startProcess(data: string): Promise<PGliteProcess> {
  const child = fork(PROCESS_FILE, [data], { serialization: 'advanced', stdio: 'pipe' })
  const hasEnded = once(child, 'exit')
  const end = (): void => void child.kill('SIGKILL')
  process.once('exit', end)
  const pending = new Map<number, PromiseWithResolvers<unknown>>()
  let count = 0
  child.on('message', ({ id, value, error }: SentResult) => {
    const waiting = pending.get(id)
    pending.delete(id)
    if (error === undefined) waiting?.resolve(value)
    else waiting?.reject(new StorageError(error))
  })
  child.once('exit', () => {
    process.off('exit', end)
    for (const { reject } of pending.values()) reject(new StorageError('the process was killed'))
  })
  const isReady = child.stdout === null ? Promise.resolve() : once(child.stdout, 'data')
  await Promise.race([
    isReady,
    hasEnded.then(() => Promise.reject(new Error('the process with PGlite did not start'))),
  ])
  return {
    async call(store, method, parameters) {
      const waiting = Promise.withResolvers<unknown>()
      if (!child.connected) throw new StorageError('the process was killed')
      count += 1
      pending.set(count, waiting)
      child.send({ id: count, store, method, parameters })
      return await waiting.promise
    },
    async kill() {
      end()
      await hasEnded
    },
  }
}
