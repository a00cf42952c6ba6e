/**
 * Measures the servers of a store and path in turn.
 *
 * @module
 */

import { quantile, type Row, type ServerFigures, type Spread, spreadOf } from './figures.ts'
import type { Measured, MeasuredServer } from './measured-processes.ts'
import { cpuTimeBetween, readCpuTimes, residentMegabytes } from './process-usage.ts'
import { type PreparedScenario, SCENARIOS } from './scenarios.ts'
import { type PathName, type StoreName, serversOf } from './servers.ts'

const FEWEST_REPETITIONS = 5

/** How much is measured. */
export interface Effort {
  /** Repetitions before those that count: a new process runs code that is not compiled yet. */
  readonly warmUps: number
  readonly repetitions: number
  /** Turns of each server in a repetition. */
  readonly turns: number
  readonly turnMilliseconds: number
  /** Steps of a path that uses up what was prepared for it, for each connection and repetition. */
  readonly stock: number
  /** After this time, what was prepared must be enough. */
  readonly stockMilliseconds: number
  /** After this time no further repetition begins, if there are five. */
  readonly pathMilliseconds: number
}

/** A server that is prepared for a path. */
interface Contender {
  readonly server: MeasuredServer
  readonly scenarios: ReadonlyArray<PreparedScenario>
}

/** One repetition of one server. */
interface Repetition {
  readonly latencies: ReadonlyArray<number>
  readonly requestsPerSecond: number
  readonly serverCpuMicroseconds: number
  readonly storeCpuMicroseconds: number
  readonly storeCalls: number
}

/** One repetition of all servers, in their order. */
interface Round {
  readonly repetitions: ReadonlyArray<Repetition>
  /** CPU time of one signature in the same seconds. */
  readonly signatureMicroseconds: number
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
  const contenders: Array<Contender> = []
  for (const server of servers.filter(({ name }) => measured.includes(name))) {
    const scenarios = await Promise.all(server.connections.map(SCENARIOS[path]))
    contenders.push({ server, scenarios })
  }
  const rounds = await measureRounds(contenders, signer, effort)
  const figures = contenders.map(
    ({ server }, index) => [server.name, figuresOf(contenders, rounds, index)] as const,
  )
  return {
    row: { store, path, servers: Object.fromEntries(figures) },
    signatureMicroseconds: rounds.map((round) => round.signatureMicroseconds),
  }
}

async function measureRounds(
  contenders: ReadonlyArray<Contender>,
  signer: Measured,
  effort: Effort,
): Promise<ReadonlyArray<Round>> {
  const endsAt = performance.now() + effort.pathMilliseconds
  for (let count = 0; count < effort.warmUps; count += 1) {
    await measureRound(contenders, signer, effort)
  }
  const rounds: Array<Round> = []
  while (
    rounds.length < effort.repetitions &&
    (rounds.length < FEWEST_REPETITIONS || performance.now() < endsAt)
  ) {
    rounds.push(await measureRound(contenders, signer, effort))
  }
  return rounds
}

function figuresOf(
  contenders: ReadonlyArray<Contender>,
  rounds: ReadonlyArray<Round>,
  index: number,
): ServerFigures {
  const { server } = at(contenders, index)
  const medianOf = (value: (repetition: Repetition, round: Round) => number): number => {
    const values = rounds.map((round) => value(at(round.repetitions, index), round))
    return rounded(quantile(values, 0.5))
  }
  const latencies = rounds.flatMap(({ repetitions }) => at(repetitions, index).latencies)
  return {
    requestsPerSecond: medianOf((repetition) => repetition.requestsPerSecond),
    p50Milliseconds: rounded(quantile(latencies, 0.5)),
    p99Milliseconds: rounded(quantile(latencies, 0.99)),
    serverCpuMicroseconds: medianOf((repetition) => repetition.serverCpuMicroseconds),
    signatures: medianOf(
      ({ serverCpuMicroseconds }, round) => serverCpuMicroseconds / round.signatureMicroseconds,
    ),
    ...(server.store.pid !== undefined && {
      storeCpuMicroseconds: medianOf((repetition) => repetition.storeCpuMicroseconds),
      storeCalls: medianOf((repetition) => repetition.storeCalls),
    }),
    residentMegabytes: rounded(residentMegabytes(server.pid)),
    ...(server.name !== 'ours' && { ratio: ratioOf(contenders, rounds, index) }),
  }
}

/** CPU time of our server divided by that of another one. */
function ratioOf(
  contenders: ReadonlyArray<Contender>,
  rounds: ReadonlyArray<Round>,
  index: number,
): Spread {
  const oursIndex = contenders.findIndex(({ server }) => server.name === 'ours')
  const { low, median, high } = spreadOf(
    rounds.map(({ repetitions }) => {
      const ours = at(repetitions, oursIndex).serverCpuMicroseconds
      return ours / at(repetitions, index).serverCpuMicroseconds
    }),
  )
  return { low: rounded(low), median: rounded(median), high: rounded(high) }
}

export function at<Value>(values: ReadonlyArray<Value>, index: number): Value {
  const value = values[index]
  if (value === undefined) throw new RangeError(`nothing at ${index} of ${values.length}`)
  return value
}

/** More digits than the machine repeats. */
export const rounded = (value: number): number => Number(value.toPrecision(4))

/**
 * One repetition of all servers. A machine that others share becomes faster and slower within a second, so the servers
 * take many short turns, each of them first in turn.
 */
async function measureRound(
  contenders: ReadonlyArray<Contender>,
  signer: Measured,
  effort: Effort,
): Promise<Round> {
  const stocks: Array<ReadonlyArray<number | undefined>> = []
  for (const { scenarios } of contenders) stocks.push(await stockUp(scenarios, effort))
  const finishers: Array<(turns: ReadonlyArray<Turn>) => Promise<Repetition>> = []
  for (const { server } of contenders) finishers.push(await startMeasuring(server))

  const signatures: Array<number> = []
  const turns = contenders.map((): Array<Turn> => [])
  for (let count = 0; count < effort.turns; count += 1) {
    signatures.push(await signer.ask())
    for (let next = 0; next < contenders.length; next += 1) {
      const index = (count + next) % contenders.length
      const steps = at(stocks, index).map((stock) => shareOf(stock, count, effort.turns))
      const turn = await takeTurn(at(contenders, index).scenarios, steps, effort.turnMilliseconds)
      at(turns, index).push(turn)
    }
  }
  const repetitions: Array<Repetition> = []
  for (const [index, finish] of finishers.entries())
    repetitions.push(await finish(at(turns, index)))
  return { repetitions, signatureMicroseconds: sumOf(signatures) / signatures.length }
}

async function stockUp(
  scenarios: ReadonlyArray<PreparedScenario>,
  { stock: steps, stockMilliseconds }: Effort,
): Promise<ReadonlyArray<number | undefined>> {
  const endsAt = performance.now() + stockMilliseconds
  return await Promise.all(scenarios.map(async ({ stock }) => await stock?.(steps, endsAt)))
}

/** How much of its stock a connection uses up in a turn. */
function shareOf(stock: number | undefined, turn: number, turns: number): number | undefined {
  if (stock === undefined) return undefined
  return Math.floor((stock * (turn + 1)) / turns) - Math.floor((stock * turn) / turns)
}

/** Reads what a server and its store have used so far. @returns What ends the measurement. */
async function startMeasuring(
  server: MeasuredServer,
): Promise<(turns: ReadonlyArray<Turn>) => Promise<Repetition>> {
  const { pid } = server.store
  const readStore = (): ReturnType<typeof readCpuTimes> =>
    pid === undefined ? new Map() : readCpuTimes(pid)
  const callsBefore = await server.ask()
  const storeBefore = readStore()
  const serverBefore = readCpuTimes(server.pid)
  return async (turns) => {
    const serverCpu = cpuTimeBetween(serverBefore, readCpuTimes(server.pid))
    const storeCpu = cpuTimeBetween(storeBefore, readStore())
    const calls = (await server.ask()) - callsBefore
    const latencies = turns.flatMap((turn) => turn.latencies)
    const { length } = latencies
    return {
      latencies,
      requestsPerSecond: (length / sumOf(turns.map((turn) => turn.milliseconds))) * 1000,
      serverCpuMicroseconds: serverCpu / length,
      storeCpuMicroseconds: storeCpu / length,
      storeCalls: calls / length,
    }
  }
}

/** What the clients of a server saw in a turn, in milliseconds. */
export interface Turn {
  readonly milliseconds: number
  /** How long each step took. */
  readonly latencies: ReadonlyArray<number>
}

/** @param steps How many each connection takes. `undefined`: as many as it can. */
export async function takeTurn(
  scenarios: ReadonlyArray<PreparedScenario>,
  steps: ReadonlyArray<number | undefined>,
  milliseconds: number,
): Promise<Turn> {
  const latencies: Array<number> = []
  const startedAt = performance.now()
  await Promise.all(
    scenarios.map(async ({ step }, index) => {
      const most = steps[index]
      let now = startedAt
      const isOver = (done: number): boolean =>
        most === undefined ? now >= startedAt + milliseconds : done >= most
      for (let done = 0; !isOver(done); done += 1) {
        await step()
        const after = performance.now()
        latencies.push(after - now)
        now = after
      }
    }),
  )
  return { milliseconds: performance.now() - startedAt, latencies }
}

export function sumOf(values: ReadonlyArray<number>): number {
  return values.reduce((sum, value) => sum + value, 0)
}
