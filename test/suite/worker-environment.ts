/**
 * What the run tells its workers, in their environment, and what it gets back.
 *
 * @module
 */

import { appendFileSync } from 'node:fs'

const PARTS = 'TEST_PARTS'
const SECONDS_FILE = 'TEST_SECONDS_FILE'
const PASSED_FILE = 'TEST_PASSED_FILE'

/** Where the workers of a run write what it gets back, a line each. */
export interface RunFiles {
  readonly seconds: string
  readonly passed: string
}

/** The environment of the workers of a run. */
export const workerEnvironment = (
  parts: ReadonlyArray<string>,
  files: RunFiles,
): Readonly<Record<string, string>> => ({
  [PARTS]: parts.join(' '),
  [SECONDS_FILE]: files.seconds,
  [PASSED_FILE]: files.passed,
})

/** Beginnings of the names of the test files to run; none means all. */
export const readParts = (): ReadonlyArray<string> =>
  (process.env[PARTS] ?? '').split(' ').filter((part) => part !== '')

/** Tells the run how long a test file took. */
export function recordSeconds(name: string, seconds: number): void {
  const path = process.env[SECONDS_FILE]
  if (path !== undefined) appendFileSync(path, `${seconds.toFixed(1).padStart(7)}  ${name}\n`)
}

/** Tells the run that a test has passed. */
export function recordPassed(title: string): void {
  const path = process.env[PASSED_FILE]
  if (path !== undefined) appendFileSync(path, `${title}\n`)
}
