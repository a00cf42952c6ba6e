/**
 * Applies migrations: all that are missing, or none, in one transaction.
 *
 * Not Kysely's `Migrator`: it creates its own tables before its transaction begins, keeps its lock in a
 * session, which no pooler in transaction mode has, and refuses to run where a newer version has migrated
 * already, which every instance meets that restarts during a rolling upgrade.
 *
 * @module
 */

import { type Kysely, sql, type Transaction } from 'kysely'

/** What a migration does. Its `db` names the schema by itself; raw SQL has to. */
export type Migration = (db: Kysely<unknown>) => Promise<void>

/** Migrations by name, in the order in which they are applied. */
export type Migrations = Readonly<Record<string, Migration>>

/** Longer than any request holds a row. */
const LOCK_TIMEOUT = '2s'

/**
 * Applies the migrations that the schema does not have yet. It may have unknown ones of a newer version.
 *
 * @returns The names of those that were applied.
 */
export async function applyMigrations(
  db: Kysely<unknown>,
  schema: string,
  migrations: Migrations,
): Promise<ReadonlyArray<string>> {
  return await db
    .transaction()
    .setIsolationLevel('read committed') // to see what the previous holder of the lock did
    .execute(async (transaction) => {
      await takeTurns(transaction, schema)
      await createSchema(transaction, schema)
      const known = await findApplied(transaction, schema)
      const missing = Object.entries(migrations).filter(([name]) => !known.has(name))
      for (const [name, migrate] of missing) {
        await migrate(transaction.withSchema(schema))
        await sql`insert into ${sql.id(schema, 'migrations')} (name) values (${name})`.execute(
          transaction,
        )
      }
      return missing.map(([name]) => name)
    })
}

/** A migration, and when it was applied. */
export interface MigrationStatus {
  readonly name: string
  readonly appliedAt?: Date
  /** Whether this version has it; `false` for one of a newer version. */
  readonly isKnown: boolean
}

/** Lists the migrations that this version has or that were applied, in order. Changes nothing. */
export async function listMigrations(
  db: Kysely<unknown>,
  schema: string,
  migrations: Migrations,
): Promise<ReadonlyArray<MigrationStatus>> {
  const applied = await findApplied(db, schema)
  const names = new Set([...Object.keys(migrations), ...applied.keys()])
  return [...names].sort().map((name) => {
    const appliedAt = applied.get(name)
    return { name, ...(appliedAt && { appliedAt }), isKnown: name in migrations }
  })
}

async function findApplied(
  db: Kysely<unknown>,
  schema: string,
): Promise<ReadonlyMap<string, Date>> {
  const { hasTable } = await findCreated(db, schema)
  if (!hasTable) return new Map()
  const { rows } = await sql<{ name: string; applied_at: Date | string }>`
    select name, applied_at from ${sql.id(schema, 'migrations')}`.execute(db)
  return new Map(rows.map((row) => [row.name, new Date(row.applied_at)]))
}

/** Waits until nobody else migrates the schema. The lock ends with the transaction. */
async function takeTurns(db: Transaction<unknown>, schema: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`teamcast-oauth ${schema}`}, 0))`.execute(
    db,
  )
  // Requests queue behind a migration that waits for a table: give up instead, and try again.
  await sql`set local lock_timeout = ${sql.lit(LOCK_TIMEOUT)}`.execute(db)
}

/** Creates what is missing. Needs no right to do what is done already. */
async function createSchema(db: Transaction<unknown>, schema: string): Promise<void> {
  const { hasSchema, hasTable } = await findCreated(db, schema)
  if (!hasSchema) await sql`create schema ${sql.id(schema)}`.execute(db)
  if (!hasTable) {
    await sql`create table ${sql.id(schema, 'migrations')} (
      name text collate "C" primary key,
      applied_at timestamptz not null default now())`.execute(db)
  }
}

/** Whether the schema and its table of migrations are there. */
async function findCreated(
  db: Kysely<unknown>,
  schema: string,
): Promise<{ readonly hasSchema: boolean; readonly hasTable: boolean }> {
  const { rows } = await sql<{ hasSchema: boolean; hasTable: boolean }>`select
    to_regnamespace(quote_ident(${schema})) is not null as "hasSchema",
    to_regclass(quote_ident(${schema}) || '.migrations') is not null as "hasTable"`.execute(db)
  const [found = { hasSchema: false, hasTable: false }] = rows
  return found
}
