/**
 * Measures the servers of a store and path in turn.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { testSigningKey } from '../../lib/testing/test-keys.ts'
import { quantile, type Row, type ServerFigures, spreadOf } from './figures.ts'
import { cpuTimeBetween, readCpuTimes, residentMegabytes } from './process-usage.ts'
import { Connection, type PreparedScenario, SCENARIOS } from './scenarios.ts'
import { type PathName, type ServerName, type StoreName, serversOf } from './servers.ts'

const CONNECTIONS = 16
const SERVER_CORE = '0'
const FEWEST_REPETITIONS = 3

/** How much is measured. */
export interface Effort {
  readonly repetitions: number
  readonly measuredMilliseconds: number
  /** Steps of a path that uses up what was prepared for it, for each connection and repetition. */
  readonly stock: number
  /** After this time, what was prepared must be enough. */
  readonly stockMilliseconds: number
  /** After this time no further repetition begins, if there are three. */
  readonly pathMilliseconds: number
}

/** The store that a server has for itself. */
export interface StartedStore {
  /** A path of a socket. Empty in memory. */
  readonly connection: string
  /** Its first process. `undefined` in memory. */
  readonly pid: number | undefined
}

/** A process on the core of servers. */
interface Measured {
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
  if (child.stdout === null) throw new Error('the server has no output')
  for await (const line of createInterface({ input: child.stdout })) {
    if (!line.startsWith('http://')) continue
    const connections = Array.from(
      { length: CONNECTIONS },
      (_, index) => new Connection(line, name, `user-${index}`),
    )
    return { ...measured, name, store, connections }
  }
  throw new Error(`the server ${name} on ${storeName} ended before it listened`)
}

/** Starts what times signatures. */
export function startSigner(): Measured {
  return start('signature.ts', []).measured
}

function start(
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

/** One repetition of one server. */
interface Repetition {
  readonly latencies: ReadonlyArray<number>
  readonly requestsPerSecond: number
  readonly serverCpuMicroseconds: number
  readonly storeCpuMicroseconds: number
  readonly storeCalls: number
}

/** All repetitions of a path: of each server, and of the signature that was timed before them. */
interface Repetitions {
  readonly servers: ReadonlyMap<MeasuredServer, ReadonlyArray<Repetition>>
  readonly signatureMicroseconds: ReadonlyArray<number>
}

/** Measures the servers that have a path. */
export async function measurePath(
  store: StoreName,
  path: PathName,
  servers: ReadonlyArray<MeasuredServer>,
  signer: Measured,
  effort: Effort,
): Promise<{ readonly row: Row; readonly signatureMicroseconds: ReadonlyArray<number> }> {
  const measured = serversOf(store, path)
  const contenders = servers.filter(({ name }) => measured.includes(name))
  const repetitions = await repeat(path, contenders, signer, effort)
  const figures = contenders.map((server) => [server.name, figuresOf(server, repetitions)] as const)
  return {
    row: { store, path, servers: Object.fromEntries(figures) },
    signatureMicroseconds: repetitions.signatureMicroseconds,
  }
}

async function repeat(
  path: PathName,
  contenders: ReadonlyArray<MeasuredServer>,
  signer: Measured,
  effort: Effort,
): Promise<Repetitions> {
  const endsAt = performance.now() + effort.pathMilliseconds
  const signatureMicroseconds: Array<number> = []
  const servers = new Map<MeasuredServer, Array<Repetition>>()
  const prepared: Array<readonly [MeasuredServer, ReadonlyArray<PreparedScenario>]> = []
  for (const server of contenders) {
    servers.set(server, [])
    prepared.push([server, await Promise.all(server.connections.map(SCENARIOS[path]))])
  }
  for (const [server, scenarios] of prepared) await measure(server, scenarios, effort)
  for (let count = 0; count < effort.repetitions; count += 1) {
    if (count >= FEWEST_REPETITIONS && performance.now() > endsAt) break
    signatureMicroseconds.push(await signer.ask())
    // Each of them is first in turn.
    const first = count % prepared.length
    for (const [server, scenarios] of [...prepared.slice(first), ...prepared.slice(0, first)]) {
      servers.get(server)?.push(await measure(server, scenarios, effort))
    }
  }
  return { servers, signatureMicroseconds }
}

function figuresOf(
  server: MeasuredServer,
  { servers, signatureMicroseconds }: Repetitions,
): ServerFigures {
  const repetitions = servers.get(server) ?? []
  const medianOf = (value: (repetition: Repetition) => number): number =>
    rounded(quantile(repetitions.map(value), 0.5))
  const latencies = repetitions.flatMap((repetition) => repetition.latencies)
  const cpu = repetitions.map((repetition) => repetition.serverCpuMicroseconds)
  const [, ours = []] = [...servers].find(([{ name }]) => name === 'ours') ?? []
  const ratio = spreadOf(ours.map((one, index) => one.serverCpuMicroseconds / at(cpu, index)))
  return {
    requestsPerSecond: medianOf((repetition) => repetition.requestsPerSecond),
    p50Milliseconds: rounded(quantile(latencies, 0.5)),
    p99Milliseconds: rounded(quantile(latencies, 0.99)),
    serverCpuMicroseconds: medianOf((repetition) => repetition.serverCpuMicroseconds),
    signatures: rounded(
      quantile(
        cpu.map((one, index) => one / at(signatureMicroseconds, index)),
        0.5,
      ),
    ),
    ...(server.store.pid !== undefined && {
      storeCpuMicroseconds: medianOf((repetition) => repetition.storeCpuMicroseconds),
      storeCalls: medianOf((repetition) => repetition.storeCalls),
    }),
    residentMegabytes: rounded(residentMegabytes(server.pid)),
    ...(server.name !== 'ours' && {
      ratio: {
        low: rounded(ratio.low),
        median: rounded(ratio.median),
        high: rounded(ratio.high),
      },
    }),
  }
}

const at = (values: ReadonlyArray<number>, index: number): number => values[index] ?? Number.NaN

/** More digits than the machine repeats. */
const rounded = (value: number): number => Number(value.toPrecision(4))

async function measure(
  server: MeasuredServer,
  connections: ReadonlyArray<PreparedScenario>,
  effort: Effort,
): Promise<Repetition> {
  const stockEndsAt = performance.now() + effort.stockMilliseconds
  const stocks = await Promise.all(
    connections.map(async ({ stock }) => await stock?.(effort.stock, stockEndsAt)),
  )
  const { pid } = server.store
  const readStore = (): ReturnType<typeof readCpuTimes> =>
    pid === undefined ? new Map() : readCpuTimes(pid)
  const callsBefore = await server.ask()
  const storeBefore = readStore()
  const serverBefore = readCpuTimes(server.pid)
  const startedAt = performance.now()
  const latencies = await run(connections, stocks, startedAt + effort.measuredMilliseconds)
  const seconds = (performance.now() - startedAt) / 1000
  const serverCpu = cpuTimeBetween(serverBefore, readCpuTimes(server.pid))
  const storeCpu = cpuTimeBetween(storeBefore, readStore())
  const calls = (await server.ask()) - callsBefore
  const { length } = latencies
  return {
    latencies,
    requestsPerSecond: length / seconds,
    serverCpuMicroseconds: serverCpu / length,
    storeCpuMicroseconds: storeCpu / length,
    storeCalls: calls / length,
  }
}

/** @returns How long each step took, in milliseconds. */
async function run(
  connections: ReadonlyArray<PreparedScenario>,
  stocks: ReadonlyArray<number | undefined>,
  endsAt: number,
): Promise<ReadonlyArray<number>> {
  const latencies: Array<number> = []
  await Promise.all(
    connections.map(async ({ step }, index) => {
      const stock = stocks[index]
      let now = performance.now()
      for (let done = 0; stock === undefined ? now < endsAt : done < stock; done += 1) {
        await step()
        const after = performance.now()
        latencies.push(after - now)
        now = after
      }
    }),
  )
  return latencies
}
