/**
 * The tables of `docs/performance.md` that a run of the benchmark gives.
 *
 * @module
 */

import { readFileSync, writeFileSync } from 'node:fs'
import { type Figures, isTooWide, type Row, type Spread, WIDEST_SPREAD } from './figures.ts'
import {
  reasonAgainst,
  SERVERS,
  type ServerName,
  STORES,
  type StoreName,
  serversOf,
} from './servers.ts'

/** Where the page is. */
export const PERFORMANCE_PAGE = new URL('../../docs/performance.md', import.meta.url)

export const TITLES: Readonly<Record<ServerName | StoreName, string>> = {
  floor: 'floor',
  base: 'base',
  ours: 'ours',
  'node-oauth': '@node-oauth/oauth2-server',
  'better-auth': 'better-auth',
  memory: 'In memory',
  redis: 'Redis',
  postgres: 'PostgreSQL',
}

const RIVALS = SERVERS.filter((server) => server !== 'ours')

/** The page, with its tables made from figures. The words around them stay as they are. */
export function withFigures(page: string, figures: Figures): string {
  const sections = {
    setting: formatSetting(figures),
    ratios: formatRatios(figures),
    figures: formatFigures(figures),
  }
  return Object.entries(sections).reduce(
    (text, [name, section]) => replaceSection(text, name, section),
    page,
  )
}

/** Writes the page. */
export function writePage(figures: Figures): void {
  writeFileSync(PERFORMANCE_PAGE, withFigures(readFileSync(PERFORMANCE_PAGE, 'utf8'), figures))
}

/** Replaces what is between two marks of the page. */
export function replaceSection(page: string, name: string, section: string): string {
  const [begin, end] = [`<!-- bench: ${name} -->\n`, '<!-- end -->']
  const [from, to] = [page.indexOf(begin), page.indexOf(end, page.indexOf(begin))]
  if (from < 0 || to < 0) {
    throw new Error(
      `docs/performance.md must have a line "${begin.trim()}" and one "${end.trim()}"`,
    )
  }
  return `${page.slice(0, from + begin.length)}\n${section}\n\n${page.slice(to)}`
}

function formatSetting({ date, setting, repetitions, signatureMicroseconds }: Figures): string {
  const rows = Object.entries({
    ...{ measured: date },
    ...setting,
    'one RSA-2048 signature': `${signatureMicroseconds.toFixed(0)} µs`,
    repetitions: String(repetitions),
  })
  return formatTable(['', ''], ['---', '---'], rows)
}

/** The ratios of all stores and paths. */
export function formatRatios({ rows }: Figures): string {
  const notes = new Notes()
  const cells = rows.map((row) => [
    row.store,
    row.path,
    ...RIVALS.map((server) => formatRatio(row, server, notes)),
  ])
  const header = ['store', 'path', ...RIVALS.map((server) => `ours ÷ ${TITLES[server]}`)]
  const table = formatTable(header, ['---', '---', ...RIVALS.map(() => '--:')], cells)
  return [table, notes.format()].join('\n\n')
}

function formatRatio(row: Row, server: ServerName, notes: Notes): string {
  const ratio = row.servers[server]?.ratio
  if (ratio === undefined) return notes.absence(reasonAgainst(server, row.store, row.path) ?? '')
  return isTooWide(ratio) ? notes.tooWide() : formatSpread(ratio)
}

export const formatSpread = ({ low, median, high }: Spread): string =>
  `**${median.toFixed(2)}** (${low.toFixed(2)}–${high.toFixed(2)})`

/** What stands below a table, because it has no room in a cell. */
class Notes {
  readonly #reasons: Array<string> = []
  #isAnyTooWide = false

  absence(reason: string): string {
    if (!this.#reasons.includes(reason)) this.#reasons.push(reason)
    return `– (${this.#reasons.indexOf(reason) + 1})`
  }

  tooWide(): string {
    this.#isAnyTooWide = true
    return 'too wide'
  }

  format(): string {
    const reasons = this.#reasons.map((reason, index) => `(${index + 1}) ${reason}`)
    const percent = (WIDEST_SPREAD * 100).toFixed(0)
    const tooWide = `“too wide”: the middle half of the repetitions is wider than ${percent} % of their median, which tells nothing.`
    return [...reasons, ...(this.#isAnyTooWide ? [tooWide] : [])].join('  \n')
  }
}

/** All figures, a table for each store. */
export function formatFigures({ rows }: Figures): string {
  return STORES.filter((store) => rows.some((row) => row.store === store))
    .map((store) =>
      formatStore(
        store,
        rows.filter((row) => row.store === store),
      ),
    )
    .join('\n\n')
}

function formatStore(store: StoreName, rows: ReadonlyArray<Row>): string {
  const isInMemory = store === 'memory'
  const header = [
    ...['path', 'server', 'requests/s', 'p50 ms', 'p99 ms', 'server CPU µs', 'signatures’ worth'],
    ...(isInMemory ? [] : ['store CPU µs', 'store calls']),
    'memory MB',
  ]
  const cells = rows.flatMap(({ path, servers }) =>
    serversOf(store, path).flatMap((server) => {
      const found = servers[server]
      if (found === undefined) return []
      const storeCells = [found.storeCpuMicroseconds?.toFixed(0), found.storeCalls?.toFixed(1)]
      return [
        [
          path,
          TITLES[server],
          found.requestsPerSecond.toFixed(0),
          found.p50Milliseconds.toFixed(1),
          found.p99Milliseconds.toFixed(1),
          found.serverCpuMicroseconds.toFixed(0),
          found.signatures.toFixed(2),
          ...(isInMemory ? [] : storeCells.map((cell) => cell ?? '–')),
          found.residentMegabytes.toFixed(0),
        ],
      ]
    }),
  )
  const alignment = header.map((_, index) => (index < 2 ? '---' : '--:'))
  return `### ${TITLES[store]}\n\n${formatTable(header, alignment, cells)}`
}

/** A table in Markdown. */
export function formatTable(
  header: ReadonlyArray<string>,
  alignment: ReadonlyArray<string>,
  rows: ReadonlyArray<ReadonlyArray<string>>,
): string {
  return [header, alignment, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}
