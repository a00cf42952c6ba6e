import { execFile } from 'node:child_process'
import { access, mkdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import test from 'ava'
import { parse } from 'yaml'
import { createLimitedServer } from '../../examples/http-servers.ts'
import packageJson from '../../package.json' with { type: 'json' }
import {
  compareFigures,
  type Figures,
  isTooWide,
  readFigures,
  type Spread,
  spreadOf,
} from '../bench/figures.ts'
import { readGrowthFigures } from '../bench/growth/growth-figures.ts'
import { formatScalingOut, withGrowth } from '../bench/growth/growth-page.ts'
import { formatRatios, PERFORMANCE_PAGE, withFigures } from '../bench/performance-page.ts'
import {
  anchorsOf,
  codeBlocksOf,
  codeSpansOf,
  findCodeBlock,
  linksOf,
  type Page,
  ROOT,
  readPages,
} from '../helpers/documentation.ts'
import { createDocumentationProject } from '../helpers/documentation-project.ts'
import { COVERAGE_PAGE, formatCoveragePage } from '../requirements/coverage-page.ts'
import { readRequirements } from '../requirements/read-requirements.ts'
import { findUnproven } from '../requirements/unproven.ts'

const TYPESCRIPT = fileURLToPath(import.meta.resolve('@typescript/native/package.json'))

/** `lib/http`, `consent/connections.ts`, `revocation/`; not `client_id/x` or `/oauth/token`. */
const FILE_OR_FOLDER =
  /^(?:(?:lib|test|adapters|examples)(?:\/[\w.-]+)+|[\w-]+\/(?:[\w./-]*(?:\/|\.ts|\.md))?)$/

/** Where files that pages name without a link are, beside the page itself. */
const FOLDERS = ['', 'lib', 'lib/resource-server', 'test']

const pages = await readPages()

test('documentation: every block of TypeScript compiles by itself', async (t) => {
  const project = await createDocumentationProject()
  t.teardown(() => project.remove())
  const compilerOptions = {
    rootDir: '/',
    noEmit: true,
    declaration: false,
    isolatedDeclarations: false,
    noUnusedLocals: false,
    noUnusedParameters: false,
    skipLibCheck: true,
    lib: ['ES2024', 'DOM'],
    customConditions: ['teamcast-source'],
  }
  const configuration = {
    extends: join(ROOT, 'tsconfig.json'),
    compilerOptions,
    files: [],
    include: ['blocks'],
  }
  await project.write('tsconfig.json', JSON.stringify(configuration))
  await mkdir(join(project.path, 'blocks'))
  for (const { fileName, code } of pages.flatMap(codeBlocksOf)) {
    await project.write(join('blocks', fileName), code)
  }

  t.is(await compile(project.path), '')
})

async function compile(project: string): Promise<string> {
  const tsc = join(TYPESCRIPT, '..', 'bin', 'tsc')
  try {
    await promisify(execFile)(process.execPath, [
      tsc,
      '-p',
      project,
      '--pretty',
      'false',
      '--checkers',
      '1',
    ])
    return ''
  } catch (error) {
    return (error as { stdout: string }).stdout || String(error)
  }
}

test('documentation: every link leads to a file, and to a heading, that is there', async (t) => {
  const broken: Array<string> = []
  for (const page of pages) {
    for (const link of linksOf(page).filter((target) => !URL.canParse(target))) {
      if (!(await isThere(page, link))) broken.push(`${page.path}: ${link}`)
    }
  }
  t.deepEqual(broken, [])
})

async function isThere(page: Page, link: string): Promise<boolean> {
  const [file = '', anchor] = link.split('#')
  const path = file === '' ? page.path : join(dirname(page.path), file)
  if (!(await exists(path))) return false
  if (anchor === undefined) return true
  const target = pages.find((candidate) => candidate.path === path)
  return target !== undefined && anchorsOf(target).includes(anchor)
}

test('package: every file that the README or the list of the documentation links is in it', async (t) => {
  const options = ['--dry-run', '--json', '--ignore-scripts', '--loglevel=error']
  const { stdout } = await promisify(execFile)('npm', ['pack', ...options], { cwd: ROOT })
  const [packed]: Array<{ files: Array<{ path: string }> }> = JSON.parse(stdout)
  const files = packed?.files.map(({ path }) => path) ?? []
  const starts = pages.filter(({ path }) => path === 'README.md' || path === 'docs/README.md')
  t.is(starts.length, 2)
  const missing = starts.flatMap((page) =>
    linksOf(page)
      .filter((link) => !URL.canParse(link))
      .map((link) => join(dirname(page.path), link.split('#')[0] ?? ''))
      .filter((path) => !files.some((file) => file === path || file.startsWith(path))),
  )
  t.deepEqual(missing, [])
})

test('documentation: no heading of a page has the anchor of another', (t) => {
  for (const page of pages) {
    const anchors = anchorsOf(page)
    t.deepEqual(anchors, [...new Set(anchors)], page.path)
  }
})

test('documentation: every file and folder of ours that a page names is there', async (t) => {
  const missing: Array<string> = []
  for (const page of pages) {
    const names = codeSpansOf(page).filter((code) => FILE_OR_FOLDER.test(code))
    for (const name of names) {
      const found = await Promise.all(FOLDERS.map((folder) => exists(join(folder, name))))
      if (!found.includes(true)) missing.push(`${page.path}: ${name}`)
    }
  }
  t.deepEqual(missing, [])
})

test('Specification coverage: is what `npm run docs:coverage` writes', async (t) => {
  t.is(await readFile(COVERAGE_PAGE, 'utf8'), formatCoveragePage(readRequirements()))
})

test('Performance: the tables of the benchmarks are what `npm run docs:performance` writes', async (t) => {
  const page = await readFile(PERFORMANCE_PAGE, 'utf8')
  t.is(page, withFigures(page, readFigures()))
  t.is(page, withGrowth(page, readGrowthFigures()))
  for (const table of [formatRatios(readFigures()), formatScalingOut(readGrowthFigures())]) {
    t.true(page.includes(table))
  }
})

/** A run that found one ratio of our server to the base. */
function runWith(ratio: Spread): Figures {
  const base = {
    ...{ requestsPerSecond: 500, p50Milliseconds: 30, p99Milliseconds: 60, residentMegabytes: 90 },
    ...{ serverCpuMicroseconds: 2000, signatures: 2, ratio },
  }
  return {
    ...{ date: '2026-11-28', setting: {}, repetitions: 9, signatureMicroseconds: 1000 },
    rows: [{ store: 'memory', path: 'refresh', servers: { base } }],
  }
}

test('Performance: a ratio is the median of the repetitions and their middle half, unless that is too wide', (t) => {
  const narrow = spreadOf([0.9, 0.5, 0.86, 0.84, 2])
  t.deepEqual(narrow, { low: 0.84, median: 0.86, high: 0.9 })
  const wide = { ...narrow, high: 0.98 }

  t.deepEqual([narrow, wide, spreadOf([])].map(isTooWide), [false, true, true])
  t.true(formatRatios(runWith(narrow)).includes('| **0.86** (0.84–0.90) |'))
  t.true(formatRatios(runWith(wide)).includes('| too wide |'))
})

test('Performance: slower is what lies above the middle half of the earlier run by more than 5 %', (t) => {
  const earlier = runWith({ low: 0.78, median: 0.8, high: 0.82 })
  const compare = (ratio: Spread): ReadonlyArray<number> => {
    const { slower, unclear } = compareFigures(earlier, runWith(ratio))
    return [slower.length, unclear.length]
  }
  t.deepEqual(compare({ low: 0.83, median: 0.85, high: 0.87 }), [1, 0])
  t.deepEqual(compare({ low: 0.83, median: 0.835, high: 0.84 }), [0, 0])
  t.deepEqual(compare({ low: 0.81, median: 0.85, high: 0.87 }), [0, 0])
  t.deepEqual(compare({ low: 0.6, median: 0.62, high: 0.64 }), [0, 0])
  t.deepEqual(compare({ low: 0.9, median: 1, high: 1.1 }), [0, 1])
})

test('Specification coverage: a named test that is missing, or did not pass, is found', (t) => {
  const named = ['a › one', 'a › t*o', 'a › three', 'b › one', 'c › one'].map((test) => ({
    by: 'x-1',
    test,
  }))
  const exists = (file: string): boolean => file !== 'c'
  const unproven = findUnproven(named, ['a › one', 'a › two'], new Set(['a']), exists)
  t.deepEqual(
    unproven.map(({ test }) => test),
    ['a › three', 'c › one'],
  )
})

test('documentation: where it says which Node is needed, it is the one that the package asks for', (t) => {
  const minimum = packageJson.engines.node.replace('>=', '')
  for (const { path, text } of pages) {
    for (const [, version] of text.matchAll(/\bNode ([\d.]+) or later/g))
      t.is(version, minimum, path)
  }
})

test('Limits of the HTTP server: those that the guide shows are those of the example', async (t) => {
  const { code } = await findCodeBlock('docs/guides/mounting-in-koa.md#limits-of-the-http-server')
  const shown = new Map<string, number>()
  for (const [, name = '', value = ''] of code.matchAll(/\b(\w+)(?:: | = |\()(\d[\d_]*)/g)) {
    if (name !== 'listen') shown.set(name, Number(value.replaceAll('_', '')))
  }
  const server = createLimitedServer(() => undefined)
  const { headersTimeout, requestTimeout, keepAliveTimeout, timeout: setTimeout } = server
  const { maxRequestsPerSocket, maxConnections } = server
  const limits = { headersTimeout, requestTimeout, keepAliveTimeout, setTimeout }
  t.deepEqual(Object.fromEntries(shown), { ...limits, maxRequestsPerSocket, maxConnections })
})

test('Alerting: the rules count events that there are, and each alert on a first event has a zero before it', async (t) => {
  const rules: AlertRules = parse(
    await readFile(join(ROOT, 'docs/guides/alerting/oauth-alerts.yaml'), 'utf8'),
  )
  const alerts = rules.groups.flatMap((group) => group.rules)
  const types = pages.find(({ path }) => path === 'docs/guides/audit-events.md')?.text ?? ''
  const page = pages.find(({ path }) => path === 'docs/guides/alerting.md')
  const zeros = (page?.text ?? '').matchAll(/\[seriesOf\('([^']+)'(?:, '([^']+)')?\), 0\]/g)
  const started = [...zeros].map(([, type = '', reason = '']) => ({ type, reason }))
  t.true(started.length > 5)
  for (const { alert, expr } of alerts) {
    t.true(page?.text.includes(`| \`${alert}\` |`), alert)
    const [, type] = /type="([^"]+)"/.exec(expr) ?? []
    const [, reason] = /reason="([^"]+)"/.exec(expr) ?? []
    for (const name of [type, reason]) if (name) t.true(types.includes(`\`${name}\``), name)
    if (!expr.endsWith(' > 0')) continue
    const fits = started.some(
      (series) =>
        (type ?? series.type) === series.type && (reason ?? series.reason) === series.reason,
    )
    t.true(fits, alert)
  }
})

interface AlertRules {
  readonly groups: ReadonlyArray<{
    readonly rules: ReadonlyArray<{ readonly alert: string; readonly expr: string }>
  }>
}

for (const scheme of ['light', 'dark']) {
  test(`the button for ${scheme} pages: contrast of 4.5 and more, and high enough for fingers (WCAG 1.4.3, 2.5.5)`, async (t) => {
    const path = `docs/partners/button/sign-in-with-teamcast-${scheme}.svg`
    const svg = await readFile(join(ROOT, path), 'utf8')
    const fillOf = (id: string): string =>
      new RegExp(`<[^>]* id="${id}"[^>]* fill="(#[0-9a-f]{6})"`).exec(svg)?.[1] ?? ''
    t.true(contrast(fillOf('words'), fillOf('background')) >= 4.5)
    t.true(contrast(fillOf('mark'), fillOf('tile')) >= 4.5)
    t.regex(svg, / height="44" .*aria-label="Sign in with Teamcast"/)
  })
}

/** Contrast ratio of two colours such as `#2f4bd6` (WCAG 2.2). */
function contrast(left: string, right: string): number {
  const [darker = 0, lighter = 0] = [luminance(left), luminance(right)].sort((a, b) => a - b)
  return (lighter + 0.05) / (darker + 0.05)
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((start) => {
    const value = Number.parseInt(colour.slice(start, start + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

async function exists(path: string): Promise<boolean> {
  return await access(join(ROOT, path)).then(
    () => true,
    () => false,
  )
}
