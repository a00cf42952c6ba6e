/**
 * What the run tells its workers, in their environment, and what it gets back.
 *
 * @module
 */

import { appendFileSync } from 'node:fs'

const PARTS = 'TEST_PARTS'
const SECONDS_FILE = 'TEST_SECONDS_FILE'

/** The environment of the workers of a run. */
export const workerEnvironment = (
  parts: ReadonlyArray<string>,
  secondsFile: string,
): Readonly<Record<string, string>> => ({
  [PARTS]: parts.join(' '),
  [SECONDS_FILE]: secondsFile,
})

/** Beginnings of the names of the test files to run; none means all. */
export const readParts = (): ReadonlyArray<string> =>
  (process.env[PARTS] ?? '').split(' ').filter((part) => part !== '')

/** Tells the run how long a test file took. */
export function recordSeconds(name: string, seconds: number): void {
  const path = process.env[SECONDS_FILE]
  if (path !== undefined) appendFileSync(path, `${seconds.toFixed(1).padStart(7)}  ${name}\n`)
}
