import { z } from 'zod'
import { checkResult, type Expectation } from './host-function.ts'

/** Tells the time: whole seconds since the Unix epoch. */
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
  schema: z.custom<number>(isInstant),
}

/** A clock of the host's, whose every answer is checked: nothing expires by a clock that says `NaN`. */
export function checkedClock(clock: Clock): Clock {
  return () => checkResult('clock', INSTANT, clock())
}

/** The option `clock`: a function that tells the time. */
export const clockOption: z.ZodType<Clock> = z
  .custom<Clock>((value) => typeof value === 'function', {
    error: 'must be a function',
    abort: true,
  })
  .refine(tellsTime, `must tell ${INSTANT.words}`)
  .transform(checkedClock)

function tellsTime(clock: Clock): boolean {
  try {
    return isInstant(clock())
  } catch {
    return false
  }
}
