import type { ExecutionContext } from 'ava'

/**
 * Catches the warnings of the process until the test ends, so that none is printed: use it in serial
 * tests that provoke some.
 *
 * @returns Their messages.
 */
export function catchWarnings(t: ExecutionContext): ReadonlyArray<string> {
  const { emitWarning } = process
  const messages: Array<string> = []
  process.emitWarning = (warning: string | Error) => void messages.push(String(warning))
  t.teardown(() => {
    process.emitWarning = emitWarning
  })
  return messages
}
