import { checkResult, type Expectation, toServerFailure } from './host-function.ts'
import { rule } from './schema.ts'

/** Returns the time in whole seconds since the Unix epoch. */
export type Clock = () => number

/** The machine's clock. */
export const systemClock: Clock = () => Math.floor(Date.now() / 1000)

// Later than any clock in seconds will show for 3 000 years, and long ago in milliseconds.
const LATEST_INSTANT = 100_000_000_000

/** Whether a value can be an instant in whole seconds since the Unix epoch, and not in milliseconds. */
export function isInstant(value: unknown): boolean {
  return Number.isSafeInteger(value) && Math.abs(value as number) < LATEST_INSTANT
}

const INSTANT: Expectation<number> = {
  words: 'the time in whole seconds since the Unix epoch',
  schema: rule((value) => !isInstant(value) && 'must be an instant'),
}

/** Checks every result of a host's clock: nothing expires by a clock that says `NaN`. */
export function checkedClock(clock: Clock): Clock {
  const read = (): number => {
    try {
      return clock()
    } catch (thrown) {
      throw toServerFailure('clock', thrown)
    }
  }
  return () => checkResult('clock', INSTANT, read())
}

/**
 * Checks the option `clock`: a function that tells the time.
 *
 * @returns What is wrong, or `undefined` when nothing is.
 */
export function validateClock(clock: unknown): string | undefined {
  if (typeof clock !== 'function') return 'must be a function'
  return tellsTime(clock as Clock) ? undefined : `must tell ${INSTANT.words}`
}

function tellsTime(clock: Clock): boolean {
  try {
    return isInstant(clock())
  } catch {
    return false
  }
}
