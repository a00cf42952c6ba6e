/**
 * Runs the tests in a few workers, or a part of them: `npm test [-- options] [parts]`. It prints what
 * fails, and a last line.
 *
 * A part is the beginning of the path of a test file below `test`: `endpoints/revoke`, `adapters`.
 *
 * - `--quick`: only what needs no server, no store and no browser.
 * - `--stores`: instead, what holds on every store: Postgres, Redis Cluster, and the layered one.
 * - `--system`: instead, what starts whole systems: several processes, the example, a browser.
 * - `--extra`: instead, what the documentation says, run as it stands.
 * - `--clients`: instead, the libraries that partners use, unmodified.
 * - `--all`: everything.
 * - `--times`: says how long the slowest files took.
 * - `--match`, `-m`: only tests with a title like this, as ava understands it. May be repeated.
 *
 * @module
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs, stripVTControlCharacters } from 'node:util'
import { findUnproven, namedTests } from '../requirements/unproven.ts'
import {
  COMMANDS,
  type Command,
  findTestFiles,
  GROUPS,
  type Group,
  type Need,
} from './test-files.ts'
import { type RunFiles, workerEnvironment } from './worker-environment.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const SLOWEST = 10

const { values: options, positionals: parts } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    stores: { type: 'boolean', default: false },
    system: { type: 'boolean', default: false },
    extra: { type: 'boolean', default: false },
    clients: { type: 'boolean', default: false },
    all: { type: 'boolean', default: false },
    times: { type: 'boolean', default: false },
    match: { type: 'string', short: 'm', multiple: true, default: [] },
  },
})

const COMMAND_OPTIONS = ['quick', 'stores', 'system', 'extra', 'clients'] as const

/** Whether what a group needs is asked for. */
function isAskedFor(need: Need): boolean {
  if (options.all) return true
  const command: Command = COMMAND_OPTIONS.find((option) => options[option]) ?? 'test'
  return (COMMANDS[command] as ReadonlyArray<Need>).includes(need)
}

/** How to run what needs this. */
function commandOf(need: Need): string {
  const option = COMMAND_OPTIONS.find((name) =>
    (COMMANDS[name] as ReadonlyArray<Need>).includes(need),
  )
  return option === undefined || option === 'quick' ? 'npm test' : `npm run test:${option}`
}

/** What is wrong with a part, or nothing when a file of it is asked for. */
function problemOf(part: string): string | undefined {
  const found = findTestFiles([part])
  if (found.some(({ group }) => isAskedFor(GROUPS[group]))) return undefined
  if (found.length === 0)
    return `No test file is in ${part}; give the beginning of a path below test.`
  const commands = new Set(found.map(({ group }) => commandOf(GROUPS[group])))
  return `${part} is run by: ${[...commands].join(', ')}.`
}

const problems = parts.map(problemOf).filter((problem) => problem !== undefined)
if (problems.length > 0) {
  process.stderr.write(`${problems.join('\n')}\n`)
  process.exit(1)
}

const testFiles = findTestFiles(parts)
const selected = new Set(testFiles.map(({ group }) => group))
const groups = (Object.keys(GROUPS) as ReadonlyArray<Group>).filter(
  (group) => selected.has(group) && isAskedFor(GROUPS[group]),
)

const directory = mkdtempSync(join(tmpdir(), 'tests-'))
const files: RunFiles = { seconds: join(directory, 'seconds'), passed: join(directory, 'passed') }
for (const file of Object.values(files)) writeFileSync(file, '')
process.once('exit', () => rmSync(directory, { recursive: true, force: true }))

const ava = spawn(
  process.execPath,
  [
    join(ROOT, 'node_modules/ava/entrypoints/cli.js'),
    ...(process.stdout.isTTY ? ['--color'] : []),
    ...options.match.map((title) => `--match=${title}`),
    ...groups.map((group) => `test/suite/groups/${group}.ts`),
  ],
  {
    cwd: ROOT,
    env: {
      ...process.env,
      NODE_COMPILE_CACHE: join(ROOT, 'node_modules/.cache/compiled'),
      ...workerEnvironment(parts, files),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true, // in a group of its own, with the servers that the tests start
  },
)

/** Signals ava and what its tests have started. */
function signalAll(signal: NodeJS.Signals): void {
  if (ava.pid === undefined) return
  try {
    process.kill(-ava.pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error // all have ended
  }
}

const exited = once(ava, 'exit').finally(() => signalAll('SIGKILL'))
let isInterrupted = false
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    isInterrupted = true
    signalAll(signal)
  })
}

const PASSED = /^\s*✔ /
for await (const line of createInterface({ input: ava.stdout })) {
  if (!PASSED.test(stripVTControlCharacters(line))) process.stdout.write(`${line}\n`)
}
const [, endedBy] = await exited
if (endedBy !== null) process.stdout.write(`The tests were ended by ${endedBy}.\n`)
if (options.times) {
  const slowest = readFileSync(files.seconds, 'utf8').split('\n').sort().reverse().slice(0, SLOWEST)
  process.stdout.write(`\n${slowest.join('\n')}\n`)
}
process.exitCode = ava.exitCode ?? 1
if (options.match.length === 0 && !isInterrupted) tellUnproven()

/** Fails when a test that a requirement or the threat model names is missing, or did not pass. */
function tellUnproven(): void {
  const ran = testFiles.filter(({ group }) => groups.includes(group)).map(({ name }) => name)
  const all = new Set(findTestFiles().map(({ name }) => name))
  const passed = readFileSync(files.passed, 'utf8').split('\n')
  for (const { by, test } of findUnproven(namedTests(), passed, new Set(ran), (name) =>
    all.has(name),
  )) {
    process.stdout.write(`${by} names a test that did not pass, or is not there: ${test}\n`)
    process.exitCode = 1
  }
}
