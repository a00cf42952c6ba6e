/**
 * Compares our server with the base on the same stores, and with the floor, in the server's own CPU time
 * per request, and prints ratios.
 *
 * `npm run bench -- [memory] [redis] [postgres]`. The server has one core, the load and the store the other;
 * 16 connections, closed loop; the servers are measured alternately. Figures of two runs cannot be compared,
 * ratios can.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { testSigningKey } from '../../lib/testing/test-keys.ts'
import { startPostgres } from '../helpers/start-postgres.ts'
import { startRedis } from '../helpers/start-redis.ts'
import { type PreparedScenario, SCENARIOS, type Scenario } from './scenarios.ts'

const CONNECTIONS = 16
const REPETITIONS = 5
const MEASURED_MILLISECONDS = 1500
/** Steps of a path that uses up what was prepared for it, for each connection and repetition. */
const STOCK = 60
const SERVER_CORE = '0'

interface RunningServer {
  readonly issuer: string
  readonly process: ChildProcess
}

async function startServer(
  kind: 'bare' | 'ours' | 'floor',
  store: string,
  connection: string,
): Promise<RunningServer> {
  const serverFile = new URL('./server.ts', import.meta.url).pathname
  const node = [process.execPath, '--conditions=teamcast-source', serverFile]
  const child = spawn('taskset', ['-c', SERVER_CORE, ...node, kind, store, connection], {
    env: { ...process.env, BENCH_SIGNING_KEY: JSON.stringify(testSigningKey()) },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  if (child.stdout === null) throw new Error('the server has no output')
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('http://')) return { issuer: line, process: child }
  }
  throw new Error(`the ${kind} server on ${store} ended before it listened`)
}

async function stopServer(server: RunningServer): Promise<void> {
  server.process.kill('SIGTERM')
  await once(server.process, 'exit')
}

/** CPU time that a server has used so far, in microseconds. */
async function cpuMicroseconds({ process: child }: RunningServer): Promise<number> {
  child.send('cpu')
  const [used] = await once(child, 'message')
  return Number(used)
}

interface Measurement {
  readonly cpuMicrosecondsPerRequest: number
  readonly p50Milliseconds: number
  readonly p99Milliseconds: number
}

async function measure(
  server: RunningServer,
  connections: ReadonlyArray<PreparedScenario>,
): Promise<Measurement> {
  await Promise.all(connections.map(async ({ stock }) => stock?.(STOCK)))
  const before = await cpuMicroseconds(server)
  const end = performance.now() + MEASURED_MILLISECONDS
  const latencies: Array<number> = []
  await Promise.all(
    connections.map(async ({ stock, step }) => {
      const isOver = (done: number, now: number): boolean =>
        stock === undefined ? now >= end : done >= STOCK
      let now = performance.now()
      for (let done = 0; !isOver(done, now); done += 1) {
        await step()
        const after = performance.now()
        latencies.push(after - now)
        now = after
      }
    }),
  )
  const used = (await cpuMicroseconds(server)) - before
  latencies.sort((left, right) => left - right)
  const quantile = (share: number): number =>
    latencies[Math.floor((latencies.length - 1) * share)] ?? Number.NaN
  return {
    cpuMicrosecondsPerRequest: used / latencies.length,
    p50Milliseconds: quantile(0.5),
    p99Milliseconds: quantile(0.99),
  }
}

async function prepare(
  scenario: Scenario,
  { issuer }: RunningServer,
): Promise<Array<PreparedScenario>> {
  const connections: Array<PreparedScenario> = []
  for (let index = 0; index < CONNECTIONS; index += 1) {
    connections.push(await scenario(issuer, `user-${index}`))
  }
  return connections
}

function median(values: ReadonlyArray<number>): number {
  const sorted = [...values].sort((left, right) => left - right)
  const middle = (sorted.length - 1) / 2
  return ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2
}

async function compare(store: string, connections: readonly [string, string]): Promise<void> {
  const servers = {
    floor: await startServer('floor', store, ''),
    base: await startServer('bare', store, connections[0]),
    ours: await startServer('ours', store, connections[1]),
  }
  for (const [path, { scenario, isOf }] of Object.entries(SCENARIOS)) {
    const measured = new Map<string, Array<Measurement>>()
    const prepared = new Map<string, Array<PreparedScenario>>()
    for (const name of isOf) prepared.set(name, await prepare(scenario, servers[name]))
    // The first repetition warms up.
    for (let repetition = -1; repetition < REPETITIONS; repetition += 1) {
      for (const name of isOf) {
        const measurement = await measure(servers[name], prepared.get(name) ?? [])
        if (repetition >= 0) measured.set(name, [...(measured.get(name) ?? []), measurement])
      }
    }
    printRow(store, path, measured)
  }
  await Promise.all(Object.values(servers).map(stopServer))
}

function printRow(
  store: string,
  path: string,
  measured: ReadonlyMap<string, ReadonlyArray<Measurement>>,
): void {
  const of = (name: string): ReadonlyArray<Measurement> => measured.get(name) ?? []
  const cpu = (name: string): ReadonlyArray<number> =>
    of(name).map(({ cpuMicrosecondsPerRequest }) => cpuMicrosecondsPerRequest)
  const text = (values: ReadonlyArray<number>, digits: number): string =>
    values.length === 0 ? '' : median(values).toFixed(digits)
  const ratio = (name: string): string => {
    const ratios = cpu('ours').map((ours, index) => ours / (cpu(name)[index] ?? Number.NaN))
    if (cpu(name).length === 0) return ''
    const [least, most] = [Math.min(...ratios), Math.max(...ratios)]
    return `**${text(ratios, 2)}** (${least.toFixed(2)}–${most.toFixed(2)})`
  }
  const latency = (name: string): string => {
    const p50 = text(
      of(name).map(({ p50Milliseconds }) => p50Milliseconds),
      1,
    )
    return (
      p50 &&
      `${p50} / ${text(
        of(name).map(({ p99Milliseconds }) => p99Milliseconds),
        1,
      )}`
    )
  }
  const cells = [
    store,
    path,
    text(cpu('floor'), 0),
    text(cpu('base'), 0),
    text(cpu('ours'), 0),
    ratio('base'),
    ratio('floor'),
    latency('base'),
    latency('ours'),
  ]
  process.stdout.write(`| ${cells.join(' | ')} |\n`)
}

process.stdout.write(`CPU time of the server in µs per request; ratios are medians of ${REPETITIONS} (least–most).

| store | path | floor | base | ours | ours ÷ base | ours ÷ floor | base p50 / p99 ms | ours p50 / p99 ms |
|---|---|--:|--:|--:|--:|--:|--:|--:|
`)
const wanted = process.argv.slice(2)
const isWanted = (store: string): boolean => wanted.length === 0 || wanted.includes(store)

if (isWanted('memory')) await compare('memory', ['', ''])
if (isWanted('redis')) {
  const [bare, ours] = await Promise.all([startRedis(), startRedis()])
  await compare('redis', [bare.socketPath, ours.socketPath])
  await Promise.all([bare.stop(), ours.stop()])
}
if (isWanted('postgres')) {
  const [bare, ours] = await Promise.all([
    startPostgres({ durable: true }),
    startPostgres({ durable: true }),
  ])
  await compare('postgres', [bare.socketDirectory, ours.socketDirectory])
  await Promise.all([bare.stop(), ours.stop()])
}
