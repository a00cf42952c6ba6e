/**
 * A pool of `pg` whose every statement is prepared: Postgres plans it once per connection.
 *
 * @module
 */

import { createHash } from 'node:crypto'
import type { PostgresPool as KyselyPool, PostgresPoolClient } from 'kysely'

/** What is used of a `Pool` of `pg`. */
export interface PostgresPool {
  readonly options: object
  connect(): Promise<PostgresConnection>
  end(): Promise<void>
}

/** What is used of a connection of `pg`. */
export interface PostgresConnection {
  query(statement: {
    readonly name: string
    readonly text: string
    readonly values: Array<unknown>
  }): Promise<unknown>
  on(event: 'error', listener: (error: Error) => void): unknown
}

const NAME_LENGTH = 24

/** Wraps a pool for Kysely. What it does not change is the pool's own. */
export function prepareStatements(pool: PostgresPool): KyselyPool {
  const prepared = new WeakMap<PostgresConnection, PostgresPoolClient>()
  return Object.create(pool, {
    connect: {
      async value() {
        const connection = await pool.connect()
        const client = prepared.get(connection) ?? prepareConnection(connection)
        prepared.set(connection, client)
        return client
      },
    },
  })
}

function prepareConnection(connection: PostgresConnection): PostgresPoolClient {
  // A connection that breaks while it is used emits this besides failing its queries, and `pg` ends the
  // process when nobody listens.
  connection.on('error', () => undefined)
  return Object.create(connection, {
    query: {
      value: (text: string, values: ReadonlyArray<unknown> = []) =>
        connection.query({ name: nameOf(text), text, values: [...values] }),
    },
  })
}

const names = new Map<string, string>()

/** Statements with the same text have the same name, on every connection. */
function nameOf(text: string): string {
  const known = names.get(text)
  if (known !== undefined) return known
  const name = createHash('sha256').update(text).digest('hex').slice(0, NAME_LENGTH)
  names.set(text, name)
  return name
}
