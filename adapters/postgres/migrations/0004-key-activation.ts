import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'

async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable('oauth_sealed_keys')
    .addColumn('activates_at', 'bigint')
    .addColumn('withdrawn_at', 'bigint')
    .addColumn('version', 'integer', (column) => column.notNull().defaultTo(1))
    .execute()
  // There was one key of each purpose so far, in use since it was made.
  await sql`update oauth_sealed_keys set activates_at = created_at`.execute(db)
  await db.schema
    .alterTable('oauth_sealed_keys')
    .alterColumn('activates_at', (column) => column.setNotNull())
    .execute()
}

/** When keys begin and end to count. */
export const keyActivation: Migration = { up }
