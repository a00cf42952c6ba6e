/**
 * Error codes of Postgres ("SQLSTATE").
 *
 * @module
 */

/** `read_only_sql_transaction`: this server does not accept writes, or no longer does. */
export const READ_ONLY = '25006'

/** `undefined_table`; Postgres says the same when the schema does not exist. */
export const UNDEFINED_TABLE = '42P01'

/**
 * A pooler runs each statement on another connection, where it was not prepared, or another client has
 * prepared it: `invalid_sql_statement_name` and `duplicate_prepared_statement`.
 */
export const STATEMENT_UNKNOWN = '26000'
export const STATEMENT_TAKEN = '42P05'

/**
 * `feature_not_supported`: a table has changed, and with it the rows of a prepared statement. Our statements
 * have no other cause for it.
 */
export const PLAN_STALE = '0A000'

/** `in_failed_sql_transaction`: the previous user of the connection left a failed transaction open. */
export const TRANSACTION_FAILED = '25P02'

/** `idle_session_timeout`: the server ended the connection before it read the statement. */
export const SESSION_IDLE = '57P05'

/** `invalid_text_representation`: a text is not what it is cast to. */
export const INVALID_TEXT = '22P02'

/** The code of an error of Postgres or PGlite; `undefined` for any other. */
export function sqlStateOf(error: unknown): string | undefined {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined
}
