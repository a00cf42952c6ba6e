/**
 * In which schema of the database the tables are.
 *
 * @module
 */

import type { Issue } from '../../lib/errors.ts'

/** The schema where no option names another. */
export const DEFAULT_SCHEMA = 'oauth'

/** Names the schema of the tables. */
export interface SchemaOption {
  /**
   * The schema of the tables, which is theirs alone.
   *
   * @range 1 to 63 characters out of `a–z 0–9 _`; does not begin with a digit or `pg_`
   * @defaultValue `'oauth'`
   */
  readonly schema?: string
}

/** What is wrong with the name of a schema. */
export function findSchemaIssues(schema: unknown): ReadonlyArray<Issue> {
  const isName = typeof schema === 'string' && /^(?!pg_)[a-z_][a-z0-9_]{0,62}$/.test(schema)
  if (isName) return []
  const message =
    'must be 1 to 63 characters out of a–z 0–9 _, and begin with neither a digit nor pg_'
  return [{ path: 'schema', message }]
}
