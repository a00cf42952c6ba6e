/**
 * Measures a path with several sizes in turn.
 *
 * @module
 */

import { quantile, spreadOf } from '../figures.ts'
import { at, rounded, sumOf, takeTurn } from '../measure.ts'
import { type CpuTimes, cpuTimeBetween, readCpuTimes } from '../process-usage.ts'
import type { PreparedScenario } from '../scenarios.ts'
import type { Dimension, GrowthRow, SizeFigures } from './growth-figures.ts'

/** How much is measured. */
export interface GrowthEffort {
  /** Repetitions before those that count. */
  readonly warmUps: number
  readonly repetitions: number
  /** Turns of each size in a repetition. */
  readonly turns: number
  readonly turnMilliseconds: number
}

/** A size, prepared for a path. */
export interface Sized {
  readonly size: number
  /** The processes of servers that share the work. */
  readonly servers: ReadonlyArray<number>
  /** The first process of the store. `undefined` in memory. */
  readonly store: number | undefined
  readonly scenarios: ReadonlyArray<PreparedScenario>
}

/** What is measured. */
export interface GrowthPath {
  readonly store: GrowthRow['store']
  readonly dimension: Dimension
  readonly path: string
  /** Steps of all connections in a turn, where sizes differ in how many they take at once, or use something up. */
  readonly stepsOfTurn?: number
}

/** One repetition of one size. */
interface Repetition {
  readonly serverCpuMicroseconds: number
  readonly storeCpuMicroseconds: number
  readonly latencies: ReadonlyArray<number>
}

/** CPU time so far. */
interface Reading {
  readonly servers: ReadonlyArray<CpuTimes>
  readonly store: CpuTimes
}

/** Measures a path. Sizes take short turns, because a machine that others share becomes faster and slower within a second. */
export async function measureGrowth(
  path: GrowthPath,
  sizes: ReadonlyArray<Sized>,
  effort: GrowthEffort,
): Promise<GrowthRow> {
  for (let count = 0; count < effort.warmUps; count += 1) await measureRound(path, sizes, effort)
  const rounds: Array<ReadonlyArray<Repetition>> = []
  for (let count = 0; count < effort.repetitions; count += 1) {
    rounds.push(await measureRound(path, sizes, effort))
  }
  const ratios = rounds.map((round) => totalOf(at(round, sizes.length - 1)) / totalOf(at(round, 0)))
  const { low, median, high } = spreadOf(ratios)
  return {
    store: path.store,
    dimension: path.dimension,
    path: path.path,
    sizes: sizes.map(({ size }, index) =>
      figuresOf(
        size,
        rounds.map((round) => at(round, index)),
      ),
    ),
    ratio: { low: rounded(low), median: rounded(median), high: rounded(high) },
  }
}

function totalOf({ serverCpuMicroseconds, storeCpuMicroseconds }: Repetition): number {
  return serverCpuMicroseconds + storeCpuMicroseconds
}

function figuresOf(size: number, repetitions: ReadonlyArray<Repetition>): SizeFigures {
  const medianOf = (values: ReadonlyArray<number>): number => rounded(quantile(values, 0.5))
  return {
    size,
    serverCpuMicroseconds: medianOf(repetitions.map((one) => one.serverCpuMicroseconds)),
    storeCpuMicroseconds: medianOf(repetitions.map((one) => one.storeCpuMicroseconds)),
    p50Milliseconds: medianOf(repetitions.flatMap(({ latencies }) => latencies)),
  }
}

async function measureRound(
  { stepsOfTurn }: GrowthPath,
  sizes: ReadonlyArray<Sized>,
  effort: GrowthEffort,
): Promise<ReadonlyArray<Repetition>> {
  const taken = sizes.map(() => ({
    server: [] as Array<number>,
    store: [] as Array<number>,
    latencies: [] as Array<number>,
  }))
  for (let turn = 0; turn < effort.turns; turn += 1) {
    for (let next = 0; next < sizes.length; next += 1) {
      const index = (turn + next) % sizes.length
      const size = at(sizes, index)
      const { length } = size.scenarios
      const steps = size.scenarios.map((_, place) =>
        stepsOfTurn === undefined ? undefined : shareOf(stepsOfTurn, place, length),
      )
      const before = read(size)
      const { latencies } = await takeTurn(size.scenarios, steps, effort.turnMilliseconds)
      const after = read(size)
      const sums = at(taken, index)
      sums.latencies.push(...latencies)
      sums.store.push(cpuTimeBetween(before.store, after.store))
      const used = after.servers.map((times, place) =>
        cpuTimeBetween(at(before.servers, place), times),
      )
      sums.server.push(sumOf(used))
    }
  }
  return taken.map(({ server, store, latencies }) => ({
    serverCpuMicroseconds: sumOf(server) / latencies.length,
    storeCpuMicroseconds: sumOf(store) / latencies.length,
    latencies,
  }))
}

function read({ servers, store }: Sized): Reading {
  return {
    servers: servers.map(readCpuTimes),
    store: store === undefined ? new Map() : readCpuTimes(store),
  }
}

/** How many steps a connection takes. */
function shareOf(steps: number, place: number, connections: number): number {
  return Math.floor((steps + place) / connections)
}
