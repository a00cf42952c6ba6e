/**
 * Schemas that options share.
 *
 * @module
 */

import { z } from 'zod'
import type { Issue } from '../errors.ts'
import { type Clock, validateClock } from './clock.ts'
import type { IssueWords } from './schema-issues.ts'

const MINIMUM_SECRET_LENGTH = 32

/** Words for the issues of options. */
export const OPTION_WORDS: IssueWords = {
  unknownKey: 'is not an option; check its spelling',
  root: 'options',
}

/** The option `clock`. */
export const clockOption: z.ZodType<Clock> = z.custom<Clock>(
  (clock) => validateClock(clock) === undefined,
  { error: ({ input }) => validateClock(input) },
)

/** An option that is a function. */
export const functionOption: z.ZodType<unknown> = z.custom(
  (value) => typeof value === 'function',
  'must be a function',
)

/** An option that is a secret. */
export const secretOption: z.ZodType<string> = z
  .string('must be a string')
  .min(MINIMUM_SECRET_LENGTH, `must have at least ${MINIMUM_SECRET_LENGTH} characters`)

/**
 * An option that is a storage.
 *
 * @param findIssues What is wrong with it: with all of it at the path `''`, or in it.
 */
export function storageOption(
  findIssues: (storage: unknown) => ReadonlyArray<Issue>,
): z.ZodType<unknown> {
  return z.unknown().superRefine((storage, context) => {
    for (const { path, message } of findIssues(storage)) {
      context.addIssue({ code: 'custom', message, path: path === '' ? [] : path.split('.') })
    }
  })
}

/** An optional whole number of a unit. */
export function wholeNumberOption(
  unit: 'seconds' | 'milliseconds',
  minimum: number,
  maximum: number,
): z.ZodType<number | undefined> {
  return z
    .int(`must be a whole number of ${unit}`)
    .min(minimum, `must be at least ${minimum}`)
    .max(maximum, `must be at most ${maximum}`)
    .optional()
}
