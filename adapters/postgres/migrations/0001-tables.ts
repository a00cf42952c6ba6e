import { type Kysely, sql } from 'kysely'

/** Text that is compared byte by byte, whatever the database's collation. */
const id = sql`text collate "C"`

/** Which clients a list can be of; each in the order of the list. */
const CLIENT_LISTS = {
  clients_newest: [],
  clients_of_tenant: ['tenant_id'],
  clients_of_audience: ['audience'],
  clients_of_type: ['client_type'],
  clients_of_audience_and_type: ['audience', 'client_type'],
}

/** Creates the tables. Until the first release, whatever changes in them is changed here. */
export async function createTables({ schema }: Kysely<unknown>): Promise<void> {
  await schema
    .createTable('clients')
    .addColumn('client_id', id, (column) => column.primaryKey())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('version', 'integer', (column) => column.notNull())
    .addColumn('audience', id, (column) => column.notNull())
    .addColumn('tenant_id', id)
    .addColumn('client_type', id, (column) => column.notNull())
    .addColumn('searchable_name', id, (column) => column.notNull())
    .addColumn('record', 'text', (column) => column.notNull())
    .execute()
  for (const [name, columns] of Object.entries(CLIENT_LISTS)) {
    await schema
      .createIndex(name)
      .on('clients')
      .columns([...columns, 'created_at desc', 'client_id desc'])
      .execute()
  }

  await schema
    .createTable('consents')
    .addColumn('user_id', id, (column) => column.notNull())
    .addColumn('client_id', id, (column) => column.notNull())
    .addColumn('consent_id', id, (column) => column.notNull())
    .addColumn('tenant_id', id, (column) => column.notNull())
    .addColumn('scope_grants', 'jsonb', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('granted_at', 'bigint', (column) => column.notNull())
    .addColumn('last_used_at', 'bigint')
    .addPrimaryKeyConstraint('consents_pkey', ['user_id', 'client_id'])
    // Room for the next version of a row on its own page: to note a use then touches no index.
    .modifyEnd(sql`with (fillfactor = 85)`)
    .execute()
  // Not unique, though its values are: a grant may then conflict in one index only, the primary key.
  await schema.createIndex('consents_by_id').on('consents').column('consent_id').execute()
  await schema.createIndex('consents_by_tenant').on('consents').column('tenant_id').execute()
  await schema.createIndex('consents_by_client').on('consents').column('client_id').execute()

  await schema
    .createTable('granting_users')
    .addColumn('user_id', id, (column) => column.primaryKey())
    .addColumn('cancellation', 'text', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .execute()
  await schema
    .createIndex('granting_users_expired')
    .on('granting_users')
    .column('expires_at')
    .execute()

  await schema
    .createTable('granting_requests')
    .addColumn('user_id', id, (column) => column.notNull())
    .addColumn('client_id', id, (column) => column.notNull())
    .addColumn('request_key', id, (column) => column.notNull())
    .addColumn('is_withdrawn', 'boolean', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('granting_requests_pkey', ['request_key', 'user_id', 'client_id'])
    .execute()
  await schema
    .createIndex('granting_requests_expired')
    .on('granting_requests')
    .column('expires_at')
    .execute()

  // No index on its expiry, which changes with every rotation: the sweeper reads it through now and then.
  await schema
    .createTable('token_families')
    .addColumn('family_id', id, (column) => column.primaryKey())
    .addColumn('consent_id', id, (column) => column.notNull())
    .addColumn('client_id', id, (column) => column.notNull())
    .addColumn('user_id', id, (column) => column.notNull())
    .addColumn('tenant_id', id, (column) => column.notNull())
    .addColumn('scopes', sql`text[]`, (column) => column.notNull())
    .addColumn('resources', sql`text[]`, (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('token_hash', id)
    .addColumn('token_issued_at', 'bigint')
    .addColumn('token_expires_at', 'bigint')
    .addColumn('replay', 'text')
    .addColumn('access_tokens_expire_at', 'bigint', (column) => column.notNull())
    .addColumn('is_revoked', 'boolean', (column) => column.notNull().defaultTo(false))
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    // As above: a rotation then touches no index.
    .modifyEnd(sql`with (fillfactor = 70)`)
    .execute()

  await schema
    .createTable('artifacts')
    .addColumn('kind', id, (column) => column.notNull())
    .addColumn('key', id, (column) => column.notNull())
    .addColumn('data', 'text', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('artifacts_pkey', ['kind', 'key'])
    .execute()
  await schema.createIndex('artifacts_expired').on('artifacts').column('expires_at').execute()

  await schema
    .createTable('revocations')
    .addColumn('kind', id, (column) => column.notNull())
    .addColumn('id', id, (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .addColumn('recorded_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('revocations_pkey', ['kind', 'id'])
    .execute()
  await schema
    .createIndex('revocations_feed')
    .on('revocations')
    .columns(['recorded_at', 'kind', 'id'])
    .execute()
  await schema.createIndex('revocations_expired').on('revocations').column('expires_at').execute()

  await schema
    .createTable('encrypted_keys')
    .addColumn('purpose', id, (column) => column.notNull())
    .addColumn('generation', 'integer', (column) => column.notNull())
    .addColumn('key_id', id, (column) => column.notNull())
    .addColumn('encrypted', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('activates_at', 'bigint', (column) => column.notNull())
    .addColumn('revoked_at', 'bigint')
    .addColumn('changes', 'text')
    .addColumn('version', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('encrypted_keys_pkey', ['purpose', 'generation'])
    .execute()

  await schema
    .createTable('pending_events')
    .addColumn('id', 'bigint', (column) => column.primaryKey().generatedAlwaysAsIdentity())
    .addColumn('event', 'text', (column) => column.notNull())
    .execute()
}
