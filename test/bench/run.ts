/**
 * Compares our server with the base, on the same stores, in the same run, and prints ratios.
 *
 * `npm run bench -- [memory] [redis] [postgres]`. The server has one core, the load the other; 16 connections, closed loop;
 * the two are measured alternately. Figures of two runs cannot be compared, ratios can.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { testSigningKey } from '../../lib/testing/test-keys.ts'
import { startPostgres } from '../helpers/start-postgres.ts'
import { startRedis } from '../helpers/start-redis.ts'
import { SCENARIOS, type Scenario, type Step } from './scenarios.ts'

const CONNECTIONS = 16
const REPETITIONS = 3
const WARM_UP_MILLISECONDS = 700
const MEASURED_MILLISECONDS = 1500
const SERVER_CORE = '0'

interface RunningServer {
  readonly issuer: string
  readonly process: ChildProcess
}

async function startServer(
  kind: string,
  store: string,
  connection: string,
): Promise<RunningServer> {
  const serverFile = new URL('./server.ts', import.meta.url).pathname
  const child = spawn(
    'taskset',
    [
      '-c',
      SERVER_CORE,
      process.execPath,
      '--conditions=teamcast-source',
      serverFile,
      kind,
      store,
      connection,
    ],
    {
      env: { ...process.env, BENCH_SIGNING_KEY: JSON.stringify(testSigningKey()) },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  const lines = createInterface({ input: child.stdout })
  for await (const line of lines) {
    if (line.startsWith('http://')) return { issuer: line, process: child }
  }
  throw new Error(`the ${kind} server on ${store} ended before it listened`)
}

/** Requests per second, and the latencies in milliseconds. */
interface Measurement {
  readonly perSecond: number
  readonly p50: number
  readonly p99: number
}

async function prepare(scenario: Scenario, issuer: string, run: string): Promise<Array<Step>> {
  const steps: Array<Step> = []
  for (let index = 0; index < CONNECTIONS; index += 1) {
    steps.push(await scenario(issuer, `${run}-${index}`))
  }
  return steps
}

async function measure(steps: ReadonlyArray<Step>): Promise<Measurement> {
  const begin = performance.now() + WARM_UP_MILLISECONDS
  const end = begin + MEASURED_MILLISECONDS
  const latencies: Array<number> = []
  await Promise.all(
    steps.map(async (step) => {
      for (let before = performance.now(); before < end; ) {
        await step()
        const after = performance.now()
        if (before >= begin && after <= end) latencies.push(after - before)
        before = after
      }
    }),
  )
  latencies.sort((left, right) => left - right)
  const quantile = (share: number): number =>
    latencies[Math.floor((latencies.length - 1) * share)] ?? Number.NaN
  return {
    perSecond: (latencies.length * 1000) / MEASURED_MILLISECONDS,
    p50: quantile(0.5),
    p99: quantile(0.99),
  }
}

function median(values: ReadonlyArray<number>): number {
  const sorted = [...values].sort((left, right) => left - right)
  const middle = (sorted.length - 1) / 2
  return ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2
}

function summarise(measurements: ReadonlyArray<Measurement>): Measurement {
  return {
    perSecond: median(measurements.map(({ perSecond }) => perSecond)),
    p50: median(measurements.map(({ p50 }) => p50)),
    p99: median(measurements.map(({ p99 }) => p99)),
  }
}

async function compare(store: string, connections: readonly [string, string]): Promise<void> {
  const [bare, ours] = await Promise.all([
    startServer('bare', store, connections[0]),
    startServer('ours', store, connections[1]),
  ])
  for (const [name, scenario] of Object.entries(SCENARIOS)) {
    const bareSteps = await prepare(scenario, bare.issuer, name.replaceAll(' ', '-'))
    const ourSteps = await prepare(scenario, ours.issuer, name.replaceAll(' ', '-'))
    const bareResults: Array<Measurement> = []
    const ourResults: Array<Measurement> = []
    for (let repetition = 0; repetition < REPETITIONS; repetition += 1) {
      bareResults.push(await measure(bareSteps))
      ourResults.push(await measure(ourSteps))
    }
    printRow(store, name, summarise(bareResults), summarise(ourResults))
  }
  for (const server of [bare, ours]) {
    server.process.kill('SIGTERM')
    await once(server.process, 'exit')
  }
}

function printRow(store: string, name: string, bare: Measurement, ours: Measurement): void {
  const ratio = (ours.perSecond / bare.perSecond).toFixed(2)
  const latency = ({ p50, p99 }: Measurement): string => `${p50.toFixed(1)} / ${p99.toFixed(1)}`
  const cells = [
    store,
    name,
    bare.perSecond.toFixed(0),
    ours.perSecond.toFixed(0),
    `**${ratio}**`,
    latency(bare),
    latency(ours),
  ]
  process.stdout.write(`| ${cells.join(' | ')} |\n`)
}

process.stdout.write(`| store | path | base, req/s | ours, req/s | ratio | base p50 / p99 ms | ours p50 / p99 ms |
|---|---|--:|--:|--:|--:|--:|
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
