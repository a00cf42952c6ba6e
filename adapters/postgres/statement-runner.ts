/**
 * Runs statements, each a transaction of its own, on the connections of a pool of `pg`.
 *
 * They are prepared: Postgres plans each once per connection.
 *
 * Some errors mean that a connection is no longer usable: its server has become a replica, or its prepared
 * statements no longer match. The connection is discarded then, and the statement runs once more on another
 * one, unprepared; only after errors that prove that it did nothing the first time.
 *
 * @module
 */

import { createHash } from 'node:crypto'
import {
  PLAN_STALE,
  READ_ONLY,
  SESSION_IDLE,
  STATEMENT_TAKEN,
  STATEMENT_UNKNOWN,
  sqlStateOf,
  TRANSACTION_FAILED,
} from './sql-state.ts'

/** The part of a `Pool` of `pg` that is used. */
export interface PostgresPool {
  connect(): Promise<PostgresConnection>
  on(event: 'connect', listener: (connection: PostgresConnection) => void): unknown
  /** How many connections there are, how many of them are idle, and how many calls wait for one. */
  readonly totalCount?: number
  readonly idleCount?: number
  readonly waitingCount?: number
}

/** The part of a connection of `pg` that is used. */
export interface PostgresConnection {
  query(statement: {
    readonly name?: string
    readonly text: string
    readonly values: Array<unknown>
  }): Promise<{ readonly rows: ReadonlyArray<unknown> }>
  release(destroy: boolean): void
  on(event: 'error', listener: (error: Error) => void): unknown
}

/** A statement with its parameters. */
export interface Statement {
  readonly text: string
  readonly values: ReadonlyArray<unknown>
}

/** Runs a statement. @returns Its rows. */
export type RunStatement = (statement: Statement) => Promise<ReadonlyArray<unknown>>

/**
 * At most how often all connections of a pool are replaced. If a new one cannot write either in between, the
 * server cannot.
 */
const REPLACEMENT_INTERVAL_MILLISECONDS = 1000

type Outcome =
  | { readonly rows: ReadonlyArray<unknown> }
  | { readonly error: unknown; readonly isSpoilt: boolean }

const runners = new WeakMap<PostgresPool, RunStatement>()

/**
 * What runs statements on a pool: one, however many storages use it.
 *
 * @param now A monotonic clock, in milliseconds.
 */
export function statementRunnerOf(
  pool: PostgresPool,
  now = (): number => performance.now(),
): RunStatement {
  const run = runners.get(pool) ?? createStatementRunner(pool, now)
  runners.set(pool, run)
  return run
}

/**
 * Creates what runs statements on a pool.
 *
 * @param now A monotonic clock, in milliseconds.
 */
export function createStatementRunner(pool: PostgresPool, now: () => number): RunStatement {
  const madeAt = new WeakMap<PostgresConnection, number>()
  /** Connections from before this are no longer used. */
  let usableSince = Number.NEGATIVE_INFINITY
  let keepsStatements = true

  function enter(connection: PostgresConnection, instant: number): void {
    madeAt.set(connection, instant)
    // A connection that breaks during a statement emits this too, and without a listener it would end the
    // process.
    connection.on('error', () => undefined)
  }
  pool.on('connect', (connection) => enter(connection, now()))

  async function checkOut(): Promise<PostgresConnection> {
    for (;;) {
      const connection = await pool.connect()
      // One that the host opened earlier, or uses itself.
      if (!madeAt.has(connection)) enter(connection, Number.NEGATIVE_INFINITY)
      if (isUsable(connection)) return connection
      connection.release(true)
    }
  }

  function isUsable(connection: PostgresConnection): boolean {
    return (madeAt.get(connection) ?? Number.NEGATIVE_INFINITY) >= usableSince
  }

  /** Whether the connection is the cause: the statement did nothing and may succeed on another one. */
  function isSpoilt(code: string, connection: PostgresConnection): boolean {
    switch (code) {
      case STATEMENT_UNKNOWN:
      case STATEMENT_TAKEN:
        keepsStatements = false
        return true
      case PLAN_STALE:
      case TRANSACTION_FAILED:
      case SESSION_IDLE:
        return true
      case READ_ONLY:
        if (!isUsable(connection)) return true
        if (now() - usableSince < REPLACEMENT_INTERVAL_MILLISECONDS) return false
        usableSince = now()
        return true
      default:
        return false
    }
  }

  async function attempt(statement: Parameters<PostgresConnection['query']>[0]): Promise<Outcome> {
    const connection = await checkOut()
    try {
      const { rows } = await connection.query(statement)
      connection.release(false)
      return { rows }
    } catch (error) {
      const code = sqlStateOf(error)
      const spoilt = code !== undefined && isSpoilt(code, connection)
      // An error without a code is not the server's: the connection may still receive a response.
      connection.release(spoilt || code === undefined)
      return { error, isSpoilt: spoilt }
    }
  }

  return async ({ text, values: given }) => {
    const values = [...given]
    const first = await attempt({ text, values, ...(keepsStatements && { name: nameOf(text) }) })
    const outcome = 'error' in first && first.isSpoilt ? await attempt({ text, values }) : first
    if ('error' in outcome) throw outcome.error
    return outcome.rows
  }
}

const NAME_LENGTH = 24
const names = new Map<string, string>()

/** Statements with the same text have the same name, on every connection. */
function nameOf(text: string): string {
  const known = names.get(text)
  if (known !== undefined) return known
  const name = createHash('sha256').update(text).digest('hex').slice(0, NAME_LENGTH)
  names.set(text, name)
  return name
}
