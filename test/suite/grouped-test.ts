/**
 * What `ava` is for the test files of a group, which share one worker. Each file has its titles, its hooks
 * and its turn for itself, as if it ran alone.
 *
 * @module
 */

import ava, { type ExecutionContext, registerCompletionHandler } from 'ava'
import { recordPassed, recordSeconds } from './worker-environment.ts'

type Parameters = ReadonlyArray<unknown>
type Implementation = (t: ExecutionContext, ...parameters: Parameters) => unknown
type Hook = () => unknown

interface Macro {
  readonly exec: Implementation
  readonly title?: (given: string | undefined, ...parameters: Parameters) => string
}

interface DeclaredTest {
  readonly title: string
  readonly isSerial: boolean
  readonly run: (t: ExecutionContext) => unknown
}

/** What a test file has declared. */
interface TestFile {
  /** Prefix of its titles: its path below `test`. */
  readonly name: string
  readonly tests: Array<DeclaredTest>
  readonly before: Array<Hook>
  readonly beforeEach: Array<Hook>
  readonly after: Array<Hook>
  /** Tests that the runner has selected and started, and that wait for the file's turn. */
  readonly waiting: Array<WaitingTest>
  /** What its hooks after its tests have thrown. */
  readonly afterErrors: Array<unknown>
}

interface WaitingTest {
  readonly isSerial: boolean
  readonly begin: () => void
  /** Fails instead of beginning. */
  readonly fail: (reason: unknown) => void
  /** Resolves when its teardowns have run. */
  readonly ended: Promise<void>
}

/** How many tests of a file run at the same time. */
const CONCURRENT_TESTS = 12

const HOLD_MILLISECONDS = 60_000

/**
 * How long a test may go on without an assertion. Less than the timeout of ava, which ends the whole worker and names
 * all its tests that have not begun.
 */
const STUCK_MILLISECONDS = 240_000

const files: Array<TestFile> = []

/** The tests and hooks that are declared from now on are those of this file. */
export function beginFile(name: string): void {
  files.push({
    name,
    tests: [],
    before: [],
    beforeEach: [],
    after: [],
    waiting: [],
    afterErrors: [],
  })
}

/** Hands everything that was declared to the runner. */
export function declareTests(): void {
  for (const file of files) {
    if (file.tests.length === 0) ava(`${file.name} › it has tests`, (t) => t.fail('it has none'))
    for (const { title, isSerial, run } of file.tests) {
      const fullTitle = `${file.name} › ${title}`
      ava(fullTitle, async (t) => {
        t.teardown(() => {
          if (t.passed) recordPassed(fullTitle) // runs last, after the turn has ended
        })
        await turnOf(t, file, isSerial)
        t.timeout(STUCK_MILLISECONDS, 'the test is stuck')
        for (const hook of file.beforeEach) await hook()
        await run(t)
      })
    }
    ava.after.always(`${file.name} › its hooks after its tests`, async () => {
      await turns // those of the last file end after its tests
      for (const error of file.afterErrors) throw error
    })
  }
  // A file without a selected test gets no turn, and nothing ends what it started when it was imported.
  registerCompletionHandler(() => {
    if (files.some(({ waiting }) => waiting.length === 0)) process.exit()
  })
}

/** Resolves when the hooks of the last file have ended. */
let turns: Promise<void> | undefined

/** Waits for the turn of a test. The runner starts all tests at once; when it has, the files take turns. */
function turnOf(t: ExecutionContext, file: TestFile, isSerial: boolean): Promise<void> {
  turns ??= startTurns()
  const turn = Promise.withResolvers<void>()
  const end = Promise.withResolvers<void>()
  t.teardown(end.resolve) // the first to be registered is the last to run
  file.waiting.push({ isSerial, begin: turn.resolve, fail: turn.reject, ended: end.promise })
  return turn.promise
}

async function startTurns(): Promise<void> {
  await new Promise(setImmediate)
  await runFiles()
}

async function runFiles(): Promise<void> {
  // A test that waits for nothing but a timer that holds nobody must not end the worker, and all its files.
  const hold = setInterval(() => undefined, HOLD_MILLISECONDS)
  for (const file of files) {
    if (file.waiting.length === 0) continue
    const start = performance.now()
    await runFile(file)
    recordSeconds(file.name, (performance.now() - start) / 1000)
  }
  clearInterval(hold)
}

async function runFile({ before, after, waiting, afterErrors }: TestFile): Promise<void> {
  try {
    for (const hook of before) await hook()
    for (const test of waiting) if (test.isSerial) await runTest(test)
    const concurrent = waiting.filter(({ isSerial }) => !isSerial).values()
    await Promise.all(
      Array.from({ length: CONCURRENT_TESTS }, async () => {
        for (const test of concurrent) await runTest(test)
      }),
    )
  } catch (error) {
    for (const test of waiting) test.fail(error)
  }
  for (const hook of after) {
    try {
      await hook()
    } catch (error) {
      afterErrors.push(error)
    }
  }
}

async function runTest({ begin, ended }: WaitingTest): Promise<void> {
  begin()
  await ended
}

type Declare = {
  (title: string, implementation: Implementation | Macro, ...parameters: Parameters): void
  (macro: Macro, ...parameters: Parameters): void
}

const declare =
  (isSerial: boolean): Declare =>
  (...given: Parameters) => {
    const title = typeof given[0] === 'string' ? given[0] : undefined
    const [implementation, ...parameters] = title === undefined ? given : given.slice(1)
    const { exec, title: titleOf } = macroOf(implementation)
    currentFile().tests.push({
      title: titleOf?.(title, ...parameters) ?? String(title),
      isSerial,
      run: (t) => exec(t, ...parameters),
    })
  }

const macroOf = (implementation: unknown): Macro =>
  typeof implementation === 'function'
    ? { exec: implementation as Implementation }
    : (implementation as Macro)

function currentFile(): TestFile {
  const file = files.at(-1)
  if (file === undefined) throw new Error('begin a file before its tests are declared')
  return file
}

const addHook =
  (kind: 'before' | 'beforeEach' | 'after') =>
  (hook: Hook): void => {
    currentFile()[kind].push(hook)
  }

/** The part of ava that the tests use. Hooks get no `t`. */
export const test = Object.assign(declare(false), {
  serial: declare(true),
  before: addHook('before'),
  beforeEach: addHook('beforeEach'),
  after: { always: addHook('after') },
  macro: ava.macro,
})
