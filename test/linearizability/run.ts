/**
 * Records histories of concurrent calls and looks for an order that explains each:
 * `npm run linearizability -- --store redis --histories 5000 --seed 7`. It prints the first history that has none, with
 * a line that records it again.
 *
 * - `--store`: `memory`, `redis` or `postgres`; memory unless it says otherwise.
 * - `--histories`: how many; 1000 unless it says otherwise.
 * - `--seed`: of the first; the others follow. A new one unless it says otherwise.
 * - `--restarts`: how often the store is killed and started again meanwhile, which it must survive; 0 unless it says
 *   otherwise.
 *
 * @module
 */

import { parseArgs } from 'node:util'
import type { Storage } from '@teamcast/oauth-server'
import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import { openStorageAt, type StoreLocation } from '../helpers/instance-storage.ts'
import { startPostgres } from '../helpers/start-postgres.ts'
import { startRedis } from '../helpers/start-redis.ts'
import { describeCalls, findOrder } from './check.ts'
import { prepare, recordHistory } from './record.ts'

const CONCURRENT_HISTORIES = 4
const MAXIMUM_RETRIES = 2000
/** In the midst of what is recorded concurrently. */
const CALLS_BEFORE_RESTART = 20

const { values } = parseArgs({
  options: {
    store: { type: 'string', default: 'memory' },
    histories: { type: 'string', default: '1000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e9)) },
    restarts: { type: 'string', default: '0' },
  },
})
const numbers = [values.histories, values.seed, values.restarts].map(Number)
if (!numbers.every((value) => Number.isSafeInteger(value) && value >= 0)) {
  throw new Error('--histories, --seed and --restarts are whole numbers')
}
const [count = 0, firstSeed = 0, restarts = 0] = numbers

/** A store that two processes have opened. */
interface SharedStore {
  readonly storages: ReadonlyArray<Storage>
  /** Kills it and starts it again. */
  restart(): Promise<void>
  close(): Promise<void>
}

const OPENERS: Readonly<Record<string, () => Promise<SharedStore>>> = {
  memory: async () => ({
    storages: [createMemoryStorage()],
    restart: () => Promise.reject(new Error('memory does not survive a restart')),
    close: async () => undefined,
  }),

  async redis() {
    const server = await startRedis(['--appendonly', 'yes', '--appendfsync', 'always'])
    return await openTwice(server, { kind: 'redis', socket: server.socketPath })
  },

  async postgres() {
    const server = await startPostgres({ durable: true })
    const { socketDirectory } = server
    return await openTwice(server, { kind: 'postgres', socketDirectory })
  },
}

async function openTwice(
  server: { kill(): Promise<void>; restart(): Promise<void>; stop(): Promise<void> },
  location: StoreLocation,
): Promise<SharedStore> {
  const opened = [await openStorageAt(location), await openStorageAt(location)]
  return {
    storages: opened.map(({ storage }) => storage),
    async restart() {
      await server.kill()
      await server.restart()
      for (const { storage } of opened) await untilResponding(storage)
    },
    async close() {
      await Promise.all(opened.map(({ close }) => close()))
      await server.stop()
    },
  }
}

async function untilResponding({ backends }: Storage): Promise<void> {
  for (let tries = 0; tries < MAXIMUM_RETRIES; tries += 1) {
    const pings = await Promise.allSettled(backends.map((backend) => backend.ping()))
    if (pings.every(({ status }) => status === 'fulfilled')) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error('the store does not respond after its restart')
}

const open = OPENERS[values.store]
if (open === undefined) throw new Error(`--store is one of ${Object.keys(OPENERS).join(', ')}`)
const start = performance.now()
const store = await open()
const [anyStorage] = store.storages
if (anyStorage !== undefined) await prepare(anyStorage)
const counts = { histories: 0, calls: 0, unknown: 0, restarts: 0 }
let failed: number | undefined

/** Restarts the store while histories are recorded, each time when as many as these have passed since. */
const between = restarts === 0 ? Number.POSITIVE_INFINITY : Math.ceil(count / (restarts + 1))

for (let done = 0; done < count && failed === undefined; done += CONCURRENT_HISTORIES) {
  const seeds = Array.from(
    { length: Math.min(CONCURRENT_HISTORIES, count - done) },
    (_, index) => firstSeed + done + index,
  )
  const isRestartDue =
    counts.restarts < restarts &&
    Math.floor((done + CONCURRENT_HISTORIES) / between) > counts.restarts
  let calls = 0
  let restarting: Promise<void> | undefined
  const recorded = await Promise.all(
    seeds.map((seed) =>
      recordHistory(store.storages, seed, () => {
        calls += 1
        if (isRestartDue && calls === CALLS_BEFORE_RESTART) restarting = store.restart()
      }),
    ),
  )
  await restarting
  if (restarting !== undefined) counts.restarts += 1
  for (const [index, history] of recorded.entries()) {
    counts.histories += 1
    counts.calls += history.length
    counts.unknown += history.filter(({ end }) => end === undefined).length
    if (failed !== undefined || findOrder(history) !== undefined) continue
    failed = seeds[index]
    process.stdout.write(`${describeCalls(history)}\nno order explains this\n`)
  }
}
await store.close()

const seconds = (performance.now() - start) / 1000
if (failed !== undefined) {
  process.stdout.write(
    `npm run linearizability -- --store ${values.store} --seed ${failed} --histories ${CONCURRENT_HISTORIES}\n`,
  )
}
process.stdout.write(
  `${values.store}, seed ${firstSeed}: ${counts.histories} histories, ${counts.calls} calls, ` +
    `${counts.unknown} of them without a result, ${counts.restarts} restarts, in ${seconds.toFixed(0)} s: ` +
    `${failed === undefined ? 'each has an order that explains it' : 'FAILED'}\n`,
)
process.exitCode = failed === undefined ? 0 : 1
