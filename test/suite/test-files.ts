/**
 * All test files, in groups of what they need, which is read from what they import.
 *
 * @module
 */

import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const TEST_DIRECTORY = fileURLToPath(new URL('../', import.meta.url))

/**
 * What tests need, and what a file imports, itself or through its helpers, that needs it. The first that
 * fits counts.
 */
const NEEDS = {
  clients: ['interop/follow.ts', 'interop/interop-clients.ts', 'interop/page-programs.ts'],
  documentation: ['helpers/documentation.ts'],
  chromium: ['playwright-core'],
  example: ['helpers/start-example.ts'],
  processes: ['helpers/start-instances.ts', 'helpers/start-rotating-system.ts'],
  cluster: ['helpers/start-redis-cluster.ts'],
  postgres: ['helpers/start-postgres.ts', '@electric-sql/pglite'],
  redis: ['helpers/start-redis.ts'],
  server: [
    ...['node:child_process', 'node:http', 'node:net'],
    ...['@teamcast/oauth-server/testing', '../lib/testing/start-test-server.ts'],
  ],
  nothing: [],
} as const satisfies Readonly<Record<string, ReadonlyArray<string>>>

export type Need = keyof typeof NEEDS

/** The commands of the suite, and the needs of the files that each runs. */
export const COMMANDS = {
  test: ['nothing', 'server', 'redis'],
  quick: ['nothing'],
  stores: ['postgres', 'cluster'],
  system: ['processes', 'example', 'chromium'],
  extra: ['documentation'],
  clients: ['clients'],
} as const satisfies Readonly<Record<string, ReadonlyArray<Need>>>

export type Command = keyof typeof COMMANDS

/**
 * What runs in one worker, and what its files need. The dearest come first. Each is a file in `groups`, and
 * several of the same need share its files out.
 */
export const GROUPS = {
  'processes-1': 'processes',
  example: 'example',
  chromium: 'chromium',
  'processes-2': 'processes',
  'postgres-1': 'postgres',
  'documentation-1': 'documentation',
  'documentation-2': 'documentation',
  'processes-3': 'processes',
  'server-1': 'server',
  'server-2': 'server',
  'postgres-2': 'postgres',
  'clients-1': 'clients',
  'clients-2': 'clients',
  redis: 'redis',
  cluster: 'cluster',
  nothing: 'nothing',
} as const satisfies Readonly<Record<string, Need>>

export type Group = keyof typeof GROUPS

/** A file whose tests run. */
export interface TestFile {
  /** Its path below `test`, without `.test.ts`. */
  readonly name: string
  readonly path: string
  readonly group: Group
}

/**
 * Finds all `*.test.ts` files, in the order of their names.
 *
 * @param parts Beginnings of the names of the files to find. Defaults to all.
 */
export function findTestFiles(parts: ReadonlyArray<string> = []): ReadonlyArray<TestFile> {
  const counts: Partial<Record<Need, number>> = {}
  return globSync('**/*.test.ts', { cwd: TEST_DIRECTORY, exclude: ['**/node_modules/**'] })
    .sort()
    .map((name) => {
      const need = needOf(name)
      const count = counts[need] ?? 0
      counts[need] = count + 1
      const groups = groupsOf(need)
      return {
        name: name.replace(/\.test\.ts$/, ''),
        path: join(TEST_DIRECTORY, name),
        group: groups[count % groups.length] ?? 'nothing',
      }
    })
    .filter(({ name }) => parts.length === 0 || parts.some((part) => name.startsWith(part)))
}

const groupsOf = (need: Need): ReadonlyArray<Group> =>
  (Object.keys(GROUPS) as ReadonlyArray<Group>).filter((group) => GROUPS[group] === need)

function needOf(name: string): Need {
  const imported = findImports(name)
  for (const [need, signs] of Object.entries(NEEDS)) {
    if (signs.some((sign) => imported.has(sign))) return need as Need
  }
  return 'nothing'
}

/** What a file imports, itself or through its helpers: packages, and paths from `test`. */
function findImports(name: string, found: Set<string> = new Set()): ReadonlySet<string> {
  for (const imported of importsOf(name)) {
    if (found.has(imported)) continue
    found.add(imported)
    if (existsInTests(imported)) findImports(imported, found)
  }
  return found
}

const existsInTests = (imported: string): boolean =>
  imported.endsWith('.ts') && !imported.startsWith('..')

const imports = new Map<string, ReadonlyArray<string>>()

function importsOf(name: string): ReadonlyArray<string> {
  const known = imports.get(name)
  if (known !== undefined) return known
  const source = readFileSync(join(TEST_DIRECTORY, name), 'utf8')
  const specifiers = source.matchAll(/^(?:import(?! type)|export|\}) .*?from '([^']+)'/gm)
  const found = [...specifiers].map(([, specifier = '']) =>
    specifier.startsWith('.') ? join(dirname(name), specifier) : specifier,
  )
  imports.set(name, found)
  return found
}
