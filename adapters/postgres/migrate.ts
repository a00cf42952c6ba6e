import type { Kysely } from 'kysely'
import { ConfigurationError, type Issue, StorageError, unknownOptions } from '../../lib/errors.ts'
import {
  applyMigrations,
  listMigrations,
  type MigrationStatus,
  type Migrations,
} from './apply-migrations.ts'
import { createTables } from './migrations/0001-tables.ts'
import { DEFAULT_SCHEMA, findSchemaIssues, type SchemaOption } from './schema-option.ts'

/** All migrations. */
export const MIGRATIONS: Migrations = { '0001-tables': createTables }

/**
 * Creates or updates the tables. Safe to run again, and by several instances at once: one does it, the
 * others wait for it. An instance of an earlier version may run it, too, after the tables were updated.
 *
 * @param db The host's own `Kysely` instance, whatever its type and plugins.
 *
 * @returns The names of the migrations that were applied now; empty when the tables were up to date.
 *
 * @throws {@link ConfigurationError} when an option is wrong.
 * @throws {@link StorageError} when a migration fails, or would have to wait for a table for longer than
 *   two seconds. Everything is rolled back then.
 */
export async function migrateToLatest<Tables>(
  db: Kysely<Tables>,
  options: SchemaOption = {},
): Promise<ReadonlyArray<string>> {
  const schema = schemaOf(options)
  try {
    return await applyMigrations(db.withoutPlugins() as Kysely<unknown>, schema, MIGRATIONS)
  } catch (error) {
    throw new StorageError('postgres: the migration failed', { cause: error })
  }
}

/** Lists all migrations, with the time at which each was applied. Changes nothing. */
export async function migrationStatus(
  db: Kysely<unknown>,
  options: SchemaOption = {},
): Promise<ReadonlyArray<MigrationStatus>> {
  const schema = schemaOf(options)
  try {
    return await listMigrations(db, schema, MIGRATIONS)
  } catch (error) {
    throw new StorageError('postgres: reading the migrations failed', { cause: error })
  }
}

function schemaOf({ schema = DEFAULT_SCHEMA, ...unknown }: SchemaOption): string {
  const issues: ReadonlyArray<Issue> = [
    ...unknownOptions(Object.keys(unknown)),
    ...findSchemaIssues(schema),
  ]
  if (issues.length > 0) throw new ConfigurationError(issues)
  return schema
}
