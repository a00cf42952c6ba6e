import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'

const id = sql`text collate "C"`

async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('oauth_revocations')
    .addColumn('kind', id, (column) => column.notNull())
    .addColumn('id', id, (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .addColumn('recorded_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('oauth_revocations_pkey', ['kind', 'id'])
    .execute()
  await db.schema
    .createIndex('oauth_revocations_feed')
    .on('oauth_revocations')
    .columns(['recorded_at', 'kind', 'id'])
    .execute()
  await db.schema
    .createIndex('oauth_revocations_expired')
    .on('oauth_revocations')
    .column('expires_at')
    .execute()
  await sql`
    insert into oauth_revocations (kind, id, expires_at, recorded_at)
    select 'access-token', jti, expires_at, (extract(epoch from clock_timestamp()) * 1000)::bigint
    from oauth_revoked_access_tokens`.execute(db)
  await db.schema.dropTable('oauth_revoked_access_tokens').execute()

  await sql`
    alter table oauth_token_families alter column audience type text[] using array[audience]`.execute(
    db,
  )
  await db.schema.alterTable('oauth_token_families').renameColumn('audience', 'resources').execute()
}

/** What was revoked, of every kind, in an order that can be followed; families for several APIs. */
export const revocationsAndResources: Migration = { up }
