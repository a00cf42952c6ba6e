/**
 * The tables of `docs/performance.md` that a run of the growth benchmark gives.
 *
 * @module
 */

import { readFileSync, writeFileSync } from 'node:fs'
import {
  formatSpread,
  formatTable,
  PERFORMANCE_PAGE,
  replaceSection,
  TITLES,
} from '../performance-page.ts'
import { STORES, type StoreName } from '../servers.ts'
import {
  DIMENSIONS,
  type Dimension,
  type GrowthFigures,
  type GrowthRow,
  type HourFigures,
  meetsGoal,
  type SizeFigures,
} from './growth-figures.ts'

const HEADINGS: Readonly<Record<Dimension, string>> = {
  clients: 'Clients',
  families: 'Live token families',
  connections: 'Connections',
  processes: 'Servers on one store',
}

/** The page with the tables of a run. The words around them stay as they are. */
export function withGrowth(page: string, figures: GrowthFigures): string {
  const grown = replaceSection(page, 'growth', formatGrowth(figures))
  return replaceSection(grown, 'scaling out', formatScalingOut(figures))
}

/** Writes the page. */
export function writeGrowth(figures: GrowthFigures): void {
  writeFileSync(PERFORMANCE_PAGE, withGrowth(readFileSync(PERFORMANCE_PAGE, 'utf8'), figures))
}

/** What grew, and what it did to the paths. */
export function formatGrowth({ date, setting, repetitions, rows, day }: GrowthFigures): string {
  const where = Object.entries({ measured: date, ...setting, repetitions: String(repetitions) })
  const tables = DIMENSIONS.flatMap((dimension) => {
    const found = rows.filter((row) => row.dimension === dimension)
    if (found.length === 0) return []
    return `### ${HEADINGS[dimension]}\n\n${formatRows(found)}`
  })
  return [
    formatTable(['', ''], ['---', '---'], where),
    ...tables,
    `### A day of traffic\n\n${formatDay(day)}`,
  ].join('\n\n')
}

function formatRows(rows: ReadonlyArray<GrowthRow>): string {
  const header = [
    'store',
    'path',
    'sizes',
    'CPU µs',
    'of these, the store’s',
    'p50 ms',
    'largest ÷ smallest',
    'goal',
  ]
  const cells = rows.map((row) => {
    const each = (value: (size: SizeFigures) => string): string => row.sizes.map(value).join(' / ')
    return [
      row.store,
      row.path,
      each(({ size }) => size.toLocaleString('fr-FR').replaceAll('\u202f', ' ')),
      each((size) => totalOf(size).toFixed(0)),
      row.store === 'memory' ? '–' : each((size) => size.storeCpuMicroseconds.toFixed(0)),
      each((size) => size.p50Milliseconds.toFixed(1)),
      ...formatRatio(row),
    ]
  })
  return formatTable(header, ['---', '---', '--:', '--:', '--:', '--:', '--:', '---'], cells)
}

function formatRatio(row: GrowthRow): readonly [ratio: string, goal: string] {
  const isMet = meetsGoal(row)
  if (isMet === undefined) return ['too wide', 'cannot tell']
  return [formatSpread(row.ratio), isMet ? 'met' : '**missed**']
}

function totalOf({ serverCpuMicroseconds, storeCpuMicroseconds }: SizeFigures): number {
  return serverCpuMicroseconds + storeCpuMicroseconds
}

function formatDay(day: ReadonlyArray<HourFigures>): string {
  const cells = day.map(({ store, hour, requests, residentMegabytes, heapMegabytes, records }) => [
    store,
    String(hour),
    String(requests),
    residentMegabytes.toFixed(0),
    heapMegabytes.toFixed(1),
    records === undefined ? '–' : String(records),
  ])
  const header = [
    'store',
    'hour',
    'requests so far',
    'resident MB',
    'heap MB',
    'records in the store',
  ]
  return formatTable(header, ['---', '--:', '--:', '--:', '--:', '--:'], cells)
}

/** Servers of one core each, and the rows that say what they ask of a store: the largest size of each path. */
const INSTANCES = 100
const SCALED: ReadonlyArray<readonly [Dimension, string]> = [
  ['clients', 'client_credentials'],
  ['families', 'refresh'],
  ['families', 'introspect a refresh token'],
  ['families', 'revoke'],
  ['clients', 'authorize + code + token'],
]

/** What many instances do to a store. */
export function formatScalingOut({ rows }: GrowthFigures): string {
  const cells = STORES.filter((store) => store !== 'memory').flatMap((store) =>
    SCALED.flatMap(([dimension, path]) => {
      const row = rows.find(
        (one) => one.store === store && one.dimension === dimension && one.path === path,
      )
      const largest = row?.sizes.at(-1)
      return largest === undefined ? [] : [scaledCells(store, path, largest)]
    }),
  )
  const header = [
    ...['store', 'path', 'requests/s of an instance', 'instances that use one core of the store'],
    ...['requests/s of that core', `cores of the store for ${INSTANCES} instances`],
  ]
  return formatTable(header, ['---', '---', '--:', '--:', '--:', '--:'], cells)
}

function scaledCells(
  store: StoreName,
  path: string,
  { serverCpuMicroseconds: server, storeCpuMicroseconds: used }: SizeFigures,
): ReadonlyArray<string> {
  const perSecond = (microseconds: number): string => (1_000_000 / microseconds).toFixed(0)
  return [
    TITLES[store],
    path,
    perSecond(server),
    (server / used).toFixed(1),
    perSecond(used),
    ((INSTANCES * used) / server).toFixed(1),
  ]
}
