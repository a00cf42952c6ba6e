#!/usr/bin/env node
/**
 * `teamcast-oauth migrate`: creates or updates the tables of the database that `DATABASE_URL` names.
 *
 * @module
 */

import { Kysely, PostgresDialect } from 'kysely'
import { Pool } from 'pg'
import { migrateToLatest } from './migrate.ts'

const USAGE = `Usage: teamcast-oauth migrate

Creates or updates the tables of the authorization server. Safe to run again.

Environment:
  DATABASE_URL  the database, for example postgres://user:password@localhost:5432/teamcast
`

async function migrate(connectionString: string): Promise<void> {
  const pool = new Pool({ connectionString, max: 1, connectionTimeoutMillis: 10_000 })
  pool.on('error', () => undefined) // whatever was under way fails by itself
  const db = new Kysely({ dialect: new PostgresDialect({ pool }) })
  try {
    const applied = await migrateToLatest(db)
    const names = applied.length === 0 ? 'nothing to do' : applied.join(', ')
    process.stdout.write(`The tables are up to date: ${names}.\n`)
  } finally {
    await db.destroy()
  }
}

function fail(message: string): void {
  process.stderr.write(`${message}\n`)
  process.exitCode = 1
}

const [command, ...rest] = process.argv.slice(2)
const databaseUrl = process.env['DATABASE_URL']
if (command === '--help' || command === 'help') {
  process.stdout.write(USAGE)
} else if (command !== 'migrate' || rest.length > 0) {
  fail(USAGE)
} else if (!databaseUrl) {
  fail('DATABASE_URL is missing: it names the database, as postgres://user:password@host:5432/name')
} else {
  try {
    await migrate(databaseUrl)
  } catch (error) {
    const { message, cause } = error as Error
    fail(cause instanceof Error ? `${message}: ${cause.message || cause.name}` : message)
  }
}
