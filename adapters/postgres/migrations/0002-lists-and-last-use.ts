import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import { type ClientRecord, searchableText } from '../../../lib/storage/storage.ts'

const BATCH_SIZE = 500

/** Which clients a list can be of; each in the order of the list. */
const CLIENT_LISTS = {
  oauth_clients_of_tenant: ['tenant_id'],
  oauth_clients_of_audience: ['audience'],
  oauth_clients_of_type: ['client_type'],
  oauth_clients_of_audience_and_type: ['audience', 'client_type'],
}

async function up(db: Kysely<unknown>): Promise<void> {
  await extendClients(db)
  await extendConsents(db)
}

async function extendClients(db: Kysely<unknown>): Promise<void> {
  await sql`alter table oauth_clients
    add column audience text,
    add column tenant_id text collate "C",
    add column client_type text,
    add column searchable_name text collate "C"`.execute(db)
  while (await fillClients(db)) {
    // The next ones.
  }
  await sql`alter table oauth_clients
    alter column audience set not null,
    alter column client_type set not null,
    alter column searchable_name set not null`.execute(db)
  for (const [name, columns] of Object.entries(CLIENT_LISTS)) {
    await db.schema
      .createIndex(name)
      .on('oauth_clients')
      .columns([...columns, 'created_at desc', 'client_id desc'])
      .execute()
  }
}

/**
 * Fills the new columns of some clients. Not in SQL: its `lower()` depends on the collation, and names
 * are searched by what JavaScript makes of them.
 *
 * @returns Whether there were any.
 */
async function fillClients(db: Kysely<unknown>): Promise<boolean> {
  const { rows } = await sql<{ client_id: string; record: string }>`select client_id, record
    from oauth_clients where searchable_name is null limit ${BATCH_SIZE}`.execute(db)
  for (const row of rows) {
    const { audience, tenantId, clientType, name } = JSON.parse(row.record) as ClientRecord
    await sql`update oauth_clients
      set audience = ${audience}, tenant_id = ${tenantId ?? null}, client_type = ${clientType},
        searchable_name = ${searchableText(name)}
      where client_id = ${row.client_id}`.execute(db)
  }
  return rows.length > 0
}

async function extendConsents(db: Kysely<unknown>): Promise<void> {
  await sql`alter table oauth_consents
    add column created_at bigint,
    add column last_used_at bigint,
    add column scope_grants jsonb`.execute(db)
  // When each scope was granted was not kept: none was granted later than the last time.
  await sql`update oauth_consents set
    created_at = granted_at,
    scope_grants = coalesce(
      (select jsonb_object_agg(scope, granted_at) from unnest(scopes) as scope), '{}')`.execute(db)
  await sql`alter table oauth_consents
    alter column created_at set not null,
    alter column scope_grants set not null,
    drop column scopes`.execute(db)
  // Room for the next version of a row on its own page: to note a use then touches no index.
  await sql`alter table oauth_consents set (fillfactor = 85)`.execute(db)
  for (const column of ['tenant_id', 'client_id']) {
    await db.schema
      .createIndex(`oauth_consents_by_${column.replace('_id', '')}`)
      .on('oauth_consents')
      .column(column)
      .execute()
  }
}

/** What lists of clients and consents are filtered by, when scopes were granted, and the last use. */
export const listsAndLastUse: Migration = { up }
