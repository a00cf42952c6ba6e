import type { Kysely } from 'kysely'
import { type MigrationProvider, Migrator } from 'kysely/migration'
import { StorageError } from '../../lib/errors.ts'
import { initialTables } from './migrations/0001-initial-tables.ts'
import { listsAndLastUse } from './migrations/0002-lists-and-last-use.ts'
import { revocationsAndResources } from './migrations/0003-revocations-and-resources.ts'
import { keyActivation } from './migrations/0004-key-activation.ts'

const MIGRATION_TABLE = 'oauth_migrations'
const MIGRATION_LOCK_TABLE = 'oauth_migrations_lock'

const provider: MigrationProvider = {
  getMigrations: async () => ({
    '0001-initial-tables': initialTables,
    '0002-lists-and-last-use': listsAndLastUse,
    '0003-revocations-and-resources': revocationsAndResources,
    '0004-key-activation': keyActivation,
  }),
}

/**
 * Creates or updates the tables. Safe to run again, and by several instances at once: one does it, the
 * others wait for it.
 *
 * @param db The host's own `Kysely` instance, whatever its type.
 *
 * @returns The names of the migrations that were applied now; empty when the tables were up to date.
 *
 * @throws {@link StorageError} when a migration fails; nothing of it stays.
 */
export async function migrateToLatest<Tables>(db: Kysely<Tables>): Promise<ReadonlyArray<string>> {
  const migrator = new Migrator({
    db,
    provider,
    migrationTableName: MIGRATION_TABLE,
    migrationLockTableName: MIGRATION_LOCK_TABLE,
  })
  const { error, results = [] } = await migrator.migrateToLatest()
  if (error !== undefined)
    throw new StorageError('postgres: the migration failed', { cause: error })
  return results.map(({ migrationName }) => migrationName)
}
