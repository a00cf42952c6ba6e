/**
 * What a run of the benchmark found, and what may be concluded from it.
 *
 * @module
 */

import { readFileSync, writeFileSync } from 'node:fs'
import type { PathName, ServerName, StoreName } from './servers.ts'

const COMMITTED = new URL('figures.json', import.meta.url)

/** Repetitions whose middle half differs by more than this share of the median do not make a ratio. */
export const WIDEST_SPREAD = 0.15

/** A path counts as slower from this share on: less is not seen twice. */
const SMALLEST_CHANGE = 0.05

/** The median of the repetitions, and the middle half of them. */
export interface Spread {
  readonly low: number
  readonly median: number
  readonly high: number
}

/** What was measured of one server on one path. A request is the whole path. */
export interface ServerFigures {
  readonly requestsPerSecond: number
  readonly p50Milliseconds: number
  readonly p99Milliseconds: number
  readonly serverCpuMicroseconds: number
  /** CPU time of the server, in RSA-2048 signatures. */
  readonly signatures: number
  /** `undefined` in memory, like the next one. */
  readonly storeCpuMicroseconds?: number
  /** Commands of Redis or statements of Postgres. */
  readonly storeCalls?: number
  /** Memory of the server after the path. */
  readonly residentMegabytes: number
  /** CPU time of our server divided by that of this one, of neighbours. `undefined` for our server. */
  readonly ratio?: Spread
}

/** A store and path. */
export interface Row {
  readonly store: StoreName
  readonly path: PathName
  readonly servers: Readonly<Partial<Record<ServerName, ServerFigures>>>
}

/** A run. */
export interface Figures {
  /** ISO 8601. */
  readonly date: string
  /** The machine and the versions, by what they are of. */
  readonly setting: Readonly<Record<string, string>>
  readonly repetitions: number
  readonly signatureMicroseconds: number
  readonly rows: ReadonlyArray<Row>
}

/** The committed figures. */
export function readFigures(): Figures {
  return JSON.parse(readFileSync(COMMITTED, 'utf8'))
}

/** Commits figures. */
export function writeFigures(figures: Figures): void {
  writeFileSync(COMMITTED, `${JSON.stringify(figures, null, 2)}\n`)
}

/** The value that a share of the values does not exceed, between two values if it must be. */
export function quantile(values: ReadonlyArray<number>, share: number): number {
  const sorted = values.toSorted((left, right) => left - right)
  const position = (sorted.length - 1) * share
  const [below = Number.NaN, above = below] = sorted.slice(Math.floor(position))
  return below + (above - below) * (position % 1)
}

/** The median, and the middle half. */
export function spreadOf(values: ReadonlyArray<number>): Spread {
  return {
    low: quantile(values, 0.25),
    median: quantile(values, 0.5),
    high: quantile(values, 0.75),
  }
}

/** Whether repetitions differ too much for a conclusion. */
export function isTooWide({ low, median, high }: Spread): boolean {
  return !(high - low <= WIDEST_SPREAD * median)
}

/** What became slower, and what cannot be told. */
export interface Comparison {
  readonly slower: ReadonlyArray<string>
  readonly unclear: ReadonlyArray<string>
}

/**
 * Compares two runs by the ratio of our server to the base, or to the floor where there is no base: the base is measured
 * in the same minute, on the same machine. A path is slower when the middle halves of the two ratios do not touch and
 * the medians differ by more than 5 %.
 */
export function compareFigures(before: Figures, after: Figures): Comparison {
  const slower: Array<string> = []
  const unclear: Array<string> = []
  for (const { store, path, servers } of after.rows) {
    const earlier = before.rows.find((row) => row.store === store && row.path === path)
    const anchor = servers.base === undefined ? 'floor' : 'base'
    const [was, is] = [earlier?.servers[anchor]?.ratio, servers[anchor]?.ratio]
    if (was === undefined || is === undefined) continue
    const change = `${store}, ${path}: ours ÷ ${anchor} ${was.median.toFixed(2)} → ${is.median.toFixed(2)}`
    if (isTooWide(was) || isTooWide(is)) unclear.push(change)
    else if (is.low > was.high && is.median > was.median * (1 + SMALLEST_CHANGE)) {
      slower.push(change)
    }
  }
  return { slower, unclear }
}
