import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/** Identifiers that are hashes or random: compared byte by byte, whatever the database's collation. */
const id = sql`text collate "C"`

async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('oauth_clients')
    .addColumn('client_id', id, (column) => column.primaryKey())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('version', 'integer', (column) => column.notNull())
    .addColumn('record', 'text', (column) => column.notNull())
    .execute()
  await db.schema
    .createIndex('oauth_clients_newest')
    .on('oauth_clients')
    .columns(['created_at desc', 'client_id desc'])
    .execute()

  await db.schema
    .createTable('oauth_consents')
    .addColumn('user_id', id, (column) => column.notNull())
    .addColumn('client_id', id, (column) => column.notNull())
    .addColumn('consent_id', id, (column) => column.notNull())
    .addColumn('tenant_id', 'text', (column) => column.notNull())
    .addColumn('scopes', sql`text[]`, (column) => column.notNull())
    .addColumn('granted_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('oauth_consents_pkey', ['user_id', 'client_id'])
    .execute()
  // Not unique, though its values are: a grant may then conflict in one index only, the primary key.
  await db.schema
    .createIndex('oauth_consents_by_id')
    .on('oauth_consents')
    .column('consent_id')
    .execute()

  await db.schema
    .createTable('oauth_token_families')
    .addColumn('family_id', id, (column) => column.primaryKey())
    .addColumn('consent_id', id, (column) => column.notNull())
    .addColumn('client_id', id, (column) => column.notNull())
    .addColumn('user_id', id, (column) => column.notNull())
    .addColumn('tenant_id', 'text', (column) => column.notNull())
    .addColumn('scopes', sql`text[]`, (column) => column.notNull())
    .addColumn('audience', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('token_hash', id)
    .addColumn('token_issued_at', 'bigint')
    .addColumn('token_expires_at', 'bigint')
    .addColumn('retry', 'text')
    .addColumn('retry_token_hash', id)
    .addColumn('retry_request_hash', id)
    .addColumn('retry_until', 'bigint')
    .addColumn('is_revoked', 'boolean', (column) => column.notNull().defaultTo(false))
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    // Room for the next version of a row on its own page: a rotation then touches no index.
    .modifyEnd(sql`with (fillfactor = 70)`)
    .execute()

  await db.schema
    .createTable('oauth_artifacts')
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('key', id, (column) => column.notNull())
    .addColumn('data', 'text', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('oauth_artifacts_pkey', ['kind', 'key'])
    .execute()

  await db.schema
    .createTable('oauth_revoked_access_tokens')
    .addColumn('jti', id, (column) => column.primaryKey())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .execute()

  await db.schema
    .createTable('oauth_sealed_keys')
    .addColumn('purpose', 'text', (column) => column.notNull())
    .addColumn('generation', 'integer', (column) => column.notNull())
    .addColumn('key_id', id, (column) => column.notNull())
    .addColumn('sealed', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('oauth_sealed_keys_pkey', ['purpose', 'generation'])
    .execute()

  // What the sweeper looks for. Not on families: their expiry changes with every rotation, and an index on
  // it would be written each time; the sweeper reads that table through, now and then.
  for (const table of ['oauth_artifacts', 'oauth_revoked_access_tokens']) {
    await db.schema.createIndex(`${table}_expired`).on(table).column('expires_at').execute()
  }
}

/** The tables as they were first. */
export const initialTables: Migration = { up }
