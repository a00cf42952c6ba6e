/**
 * What an earlier version left in the tables, after they were migrated.
 *
 * @module
 */

import type { ClientListRequest } from '@teamcast/oauth-server'
import { createPostgresStorage, migrateToLatest } from '@teamcast/oauth-server/postgres'
import test from 'ava'
import { sql } from 'kysely'
import { initialTables } from '../../adapters/postgres/migrations/0001-initial-tables.ts'
import { listsAndLastUse } from '../../adapters/postgres/migrations/0002-lists-and-last-use.ts'
import { assertConsent } from '../../lib/testing/storage-contract/assertions.ts'
import {
  aConsent,
  aGrant,
  bareClient,
  fullClient,
} from '../../lib/testing/storage-contract/sample-records.ts'
import { createDatabase } from '../helpers/create-database.ts'
import { startPostgres } from '../helpers/start-postgres.ts'

const postgres = await startPostgres()
test.after.always(() => postgres.stop())

test('migrateToLatest: what was there before can be listed, searched and found as if it were new', async (t) => {
  const { pool, db } = await createDatabase(postgres, 'old_records')
  await initialTables.up(db)
  const client = fullClient({ name: 'ZOË ＦＵＬＬ' })
  const platformClient = bareClient({ clientId: 'client-2' })
  for (const record of [client, platformClient]) {
    await pool.query('insert into oauth_clients values ($1, $2, 1, $3)', [
      record.clientId,
      record.createdAt,
      JSON.stringify(record),
    ])
  }
  for (const [userId, scopes] of [
    ['user-1', ['a:read', 'b:read']],
    ['user-2', []],
  ] as const) {
    const { consentId, clientId, tenantId, grantedAt } = aGrant({ userId })
    const row = [userId, clientId, consentId, tenantId, scopes, grantedAt]
    await pool.query('insert into oauth_consents values ($1, $2, $3, $4, $5, $6)', row)
  }
  await sql`create table oauth_migrations (name varchar(255) primary key, timestamp varchar(255))`.execute(
    db,
  )
  await sql`insert into oauth_migrations values ('0001-initial-tables', '2026')`.execute(db)
  t.is((await migrateToLatest(db))[0], '0002-lists-and-last-use')

  const { clients, consents } = createPostgresStorage({ pool })
  const list = async (filters: Partial<ClientListRequest>): Promise<ReadonlyArray<string>> =>
    (await clients.list({ limit: 10, ...filters })).items.map(({ clientId }) => clientId)
  const { tenantId = '', clientType } = client
  t.deepEqual(await list({ nameContains: 'zoë full' }), ['client-1'])
  t.deepEqual(await list({ audience: 'TENANT', tenantId, clientType }), ['client-1'])
  t.deepEqual(await list({ audience: 'PLATFORM', clientType: 'PUBLIC' }), ['client-2'])
  for (const [userId, scopes] of [
    ['user-1', ['a:read', 'b:read']],
    ['user-2', []],
  ] as const) {
    assertConsent(await consents.find(userId, 'client-1'), aConsent({ userId, scopes }))
  }
  t.is((await consents.listSome({ clientId: 'client-1' }, 10)).length, 2)
  await pool.end()
})

test('migrateToLatest: more clients than it reads at once are all filled in', async (t) => {
  const { pool, db } = await createDatabase(postgres, 'many_old_records')
  await initialTables.up(db)
  await pool.query(
    `insert into oauth_clients
      select 'client-' || n, n, 1, replace($1, 'client-1', 'client-' || n)
      from generate_series(1, 1200) as n`,
    [JSON.stringify(bareClient())],
  )
  await listsAndLastUse.up(db)
  const { rows } = await sql<{
    count: string
  }>`select count(*) from oauth_clients where searchable_name = 'bare'`.execute(db)
  t.is(Number(rows[0]?.count), 1200)
  await pool.end()
})
