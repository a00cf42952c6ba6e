/**
 * Error codes of Postgres ("SQLSTATE").
 *
 * @module
 */

export const READ_ONLY = '25006'
export const UNDEFINED_TABLE = '42P01'

/** The code of an error that Postgres, or PGlite, answered; `undefined` of any other. */
export function sqlStateOf(error: unknown): string | undefined {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined
}
