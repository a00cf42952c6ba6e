/**
 * What a run of the growth benchmark found.
 *
 * @module
 */

import { readFileSync, writeFileSync } from 'node:fs'
import { isTooWide, type Spread } from '../figures.ts'
import type { StoreName } from '../servers.ts'

const COMMITTED = new URL('figures.json', import.meta.url)

/** Nothing may become slower by more than this factor. */
export const GOAL = 1.1

/** What grows, in the order of the tables. */
export const DIMENSIONS = ['clients', 'families', 'connections', 'processes'] as const
export type Dimension = (typeof DIMENSIONS)[number]

/** One size of one path. A request is the whole path. */
export interface SizeFigures {
  readonly size: number
  readonly serverCpuMicroseconds: number
  /** 0 in memory. */
  readonly storeCpuMicroseconds: number
  readonly p50Milliseconds: number
}

/** A path, for all sizes. */
export interface GrowthRow {
  readonly store: StoreName
  readonly dimension: Dimension
  readonly path: string
  readonly sizes: ReadonlyArray<SizeFigures>
  /** CPU time of server and store with the largest size divided by that with the smallest, of neighbours. */
  readonly ratio: Spread
}

/** What a server and its store hold at a time of the day. */
export interface HourFigures {
  readonly store: StoreName
  readonly hour: number
  readonly requests: number
  readonly residentMegabytes: number
  readonly heapMegabytes: number
  /** `undefined` in memory. */
  readonly records?: number
}

/** A run. */
export interface GrowthFigures {
  /** ISO 8601. */
  readonly date: string
  readonly setting: Readonly<Record<string, string>>
  readonly repetitions: number
  readonly rows: ReadonlyArray<GrowthRow>
  readonly day: ReadonlyArray<HourFigures>
}

/** The committed figures. */
export function readGrowthFigures(): GrowthFigures {
  return JSON.parse(readFileSync(COMMITTED, 'utf8'))
}

/** Commits figures. */
export function writeGrowthFigures(figures: GrowthFigures): void {
  writeFileSync(COMMITTED, `${JSON.stringify(figures, null, 2)}\n`)
}

/** Whether a row meets the goal; `undefined` when its repetitions differ too much to tell. */
export function meetsGoal({ ratio }: GrowthRow): boolean | undefined {
  if (ratio.high <= GOAL) return true
  if (ratio.low > GOAL) return false
  return isTooWide(ratio) ? undefined : ratio.median <= GOAL
}
