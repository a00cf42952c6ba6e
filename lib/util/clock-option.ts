import { z } from 'zod'
import { type Clock, validateClock } from './clock.ts'

/** The schema of the option `clock`. */
export const clockOption: z.ZodType<Clock> = z.custom<Clock>(
  (clock) => validateClock(clock) === undefined,
  { error: ({ input }) => validateClock(input) },
)
