/**
 * Process warnings that a test provokes on purpose: caught, and not printed.
 *
 * @module
 */

import type { ExecutionContext } from 'ava'

type Catch = (warning: string) => boolean

// Tests of several files may run at once in one process.
const catches = new Set<Catch>()
const { emitWarning } = process

function emitUncaught(this: unknown, ...parameters: ReadonlyArray<unknown>): void {
  const [warning] = parameters
  const isCaught = [...catches].filter((it) => it(String(warning))).length > 0
  if (!isCaught) Reflect.apply(emitWarning, process, parameters)
}

/** Catches the warnings of a pattern until the test has ended. @returns Those caught so far. */
export function catchWarnings(t: ExecutionContext, pattern: RegExp): ReadonlyArray<string> {
  const caught: Array<string> = []
  const it: Catch = (warning) => {
    if (!pattern.test(warning)) return false
    caught.push(warning)
    return true
  }
  process.emitWarning = emitUncaught
  catches.add(it)
  t.teardown(() => {
    catches.delete(it)
    if (catches.size === 0) process.emitWarning = emitWarning
  })
  return caught
}
