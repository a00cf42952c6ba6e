/**
 * Statements that undo themselves when their deadline has passed.
 *
 * A statement waits for whoever holds a row or a table that it wants. Its conditions are not always asked
 * again after that, so a deadline is no condition: it is looked at when everything else is done, and to have
 * missed it is an error, which takes back what the statement did.
 *
 * @module
 */

import { type RawBuilder, sql } from 'kysely'
import { INVALID_TEXT, sqlStateOf } from './sql-state.ts'

/** The clock of the database: milliseconds since the Unix epoch, as text. */
export const NOW_MILLISECONDS: RawBuilder<string> = sql<string>`(extract(epoch from clock_timestamp()) * 1000)::bigint`

/** What is no number, and no value of ours either. */
const MISSED = 'the statement missed its deadline at '

/** Selected last: nothing, or an error when the deadline has passed. It may stand for a value of later. */
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
