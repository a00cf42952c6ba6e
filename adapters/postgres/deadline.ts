/**
 * Statements that undo themselves when their deadline has passed.
 *
 * A statement waits for locks on its rows and tables, and does not always evaluate its conditions again
 * afterwards. So a deadline is no condition: it is checked when everything else is done, and missing it is
 * an error, which rolls the statement back.
 *
 * @module
 */

import { type RawBuilder, sql } from 'kysely'
import { INVALID_TEXT, sqlStateOf } from './sql-state.ts'

/** The clock of the database: milliseconds since the Unix epoch, as text. */
export const NOW_MILLISECONDS: RawBuilder<string> = sql<string>`(extract(epoch from clock_timestamp()) * 1000)::bigint`

/** Neither a number nor a value of ours. */
const MISSED = 'the statement missed its deadline at '

/** Selected last: nothing, or an error when the deadline has passed. It may stand for a later value. */
export function requireInTime(deadlineMilliseconds: string): RawBuilder<number> {
  return sql<number>`case when ${NOW_MILLISECONDS} > ${deadlineMilliseconds}::bigint
    then cast(${sql.lit(MISSED)} || clock_timestamp()::text as integer) end`
}

/** Runs a statement that has {@link requireInTime}. @returns `late` when it failed for that reason. */
export async function inTime<Result>(run: () => Promise<Result>): Promise<Result | 'late'> {
  try {
    return await run()
  } catch (error) {
    if (isLate(error)) return 'late'
    throw error
  }
}

function isLate(error: unknown): boolean {
  return (
    sqlStateOf(error) === INVALID_TEXT && error instanceof Error && error.message.includes(MISSED)
  )
}
