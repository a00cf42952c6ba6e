import { z } from 'zod'
import { type Issue, unknownOptions } from '../errors.ts'
import { type Clock, validateClock } from '../util/clock.ts'

/** The option `clock`. */
export const clockOption: z.ZodType<Clock> = z.custom<Clock>(
  (clock) => validateClock(clock) === undefined,
  { error: ({ input }) => validateClock(input) },
)

/** What a schema finds wrong with options, as a person who gave them wants to be told. */
export function structuralIssues(schema: z.ZodType, options: unknown): Array<Issue> {
  const { error } = schema.safeParse(options, { reportInput: true })
  return (error?.issues ?? []).flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') {
      return unknownOptions(issue.keys.map((key) => [...issue.path, key].join('.')))
    }
    const path = issue.path.join('.') || 'options'
    const message = (issue.code === 'invalid_key' && issue.issues[0]?.message) || issue.message
    const isMissing = issue.input === undefined && issue.path.length > 0
    return [{ path, message: isMissing ? `is missing; it ${message}` : message }]
  })
}
