import { Kysely, PostgresDialect } from 'kysely'
import type { Pool } from 'pg'
import type { RunningPostgres } from './start-postgres.ts'

/** A database of one test, and connections to it. */
export interface TestDatabase {
  readonly pool: Pool
  readonly db: Kysely<unknown>
  readonly url: string
}

/** Creates a database without tables. */
export async function createDatabase(
  postgres: RunningPostgres,
  name: string,
  max = 10,
): Promise<TestDatabase> {
  const admin = postgres.connect({ max: 1 })
  await admin.query(`create database ${name}`)
  await admin.end()
  const pool = postgres.connect({ database: name, max })
  const db = new Kysely({ dialect: new PostgresDialect({ pool }) })
  const url = `postgres://postgres@/${name}?host=${encodeURIComponent(postgres.socketDirectory)}`
  return { pool, db, url }
}
