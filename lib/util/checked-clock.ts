/**
 * A host's clock, of which every answer is checked.
 *
 * @module
 */

import { z } from 'zod'
import { type Clock, isInstant } from './clock.ts'
import { checkResult, type Expectation } from './host-function.ts'

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
