import type { z } from 'zod'
import type { Issue } from '../errors.ts'

/** Words for issues that a schema cannot phrase itself. */
export interface IssueWords {
  /** The message for an unknown key. */
  readonly unknownKey: string
  /** The path of the value as a whole. */
  readonly root?: string
}

/** Finds what a schema rejects in a value, as issues for the person who gave it. */
export function findSchemaIssues(
  schema: z.ZodType,
  value: unknown,
  { unknownKey, root = '' }: IssueWords,
): Array<Issue> {
  const { error } = schema.safeParse(value, { reportInput: true })
  return (error?.issues ?? []).flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({
        path: [...issue.path, key].join('.'),
        message: unknownKey,
      }))
    }
    const path = issue.path.join('.') || root
    const message = (issue.code === 'invalid_key' && issue.issues[0]?.message) || issue.message
    const isMissing = issue.input === undefined && issue.path.length > 0
    return [{ path, message: isMissing ? `is missing; it ${message}` : message }]
  })
}
