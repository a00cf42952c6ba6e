import {
  createPostgresStorage,
  migrateToLatest,
  type OAuthDatabase,
} from '@teamcast/oauth-server/postgres'
import test from 'ava'
import { Kysely, PostgresDialect, sql } from 'kysely'
import { Migrator } from 'kysely/migration'
import type { Pool } from 'pg'
import { initialTables } from '../../adapters/postgres/migrations/0001-initial-tables.ts'
import type { RevocationPage } from '../../lib/storage/storage.ts'
import {
  CONSENT_ID,
  familyIdOf,
  fullClient,
  NOW,
} from '../../lib/testing/storage-contract/sample-records.ts'
import { startPostgres } from '../helpers/start-postgres.ts'

const postgres = await startPostgres()
test.after.always(() => postgres.stop())

async function connectTo(
  name: string,
): Promise<{ readonly pool: Pool; readonly db: Kysely<OAuthDatabase> }> {
  const admin = postgres.connect({ max: 1 })
  await admin.query(`create database ${name}`)
  await admin.end()
  const pool = postgres.connect({ database: name })
  return { pool, db: new Kysely({ dialect: new PostgresDialect({ pool }) }) }
}

const idsOf = ({ items }: RevocationPage): ReadonlyArray<string> => items.map(({ id }) => id)

const INSERT = `insert into oauth_revocations (kind, id, expires_at, recorded_at)
  values ('family', $1, ${NOW + 60}, (extract(epoch from clock_timestamp()) * 1000)::bigint)`

test('postgres: a revocation that is committed after a reader has passed its place is told in the next run', async (t) => {
  const { pool, db } = await connectTo('late_commit')
  await migrateToLatest(db)
  const { revocations } = createPostgresStorage({ pool })
  const slow = await pool.connect()
  await slow.query('begin')
  await slow.query(INSERT, ['late'])
  for (const id of ['a', 'b', 'c']) {
    await revocations.add({ kind: 'family', id, expiresAt: NOW + 60 })
  }
  const first = await revocations.list({ limit: 2 }, NOW)
  t.deepEqual(idsOf(first), ['a', 'b'])
  await slow.query('commit')
  slow.release()
  const second = await revocations.list({ limit: 2, cursor: first.nextCursor }, NOW)
  t.deepEqual(idsOf(second), ['c'])
  t.false(second.hasMore)
  const next = await revocations.list({ limit: 10, cursor: second.nextCursor }, NOW)
  t.true(idsOf(next).includes('late'))
  await pool.end()
})

test('postgres: the next run begins a minute before the one before began, however long that took', async (t) => {
  const { pool, db } = await connectTo('slow_reader')
  await migrateToLatest(db)
  const { revocations } = createPostgresStorage({ pool })
  for (const id of ['a', 'b', 'c']) {
    await revocations.add({ kind: 'family', id, expiresAt: NOW + 60 })
  }
  const before = Date.now()
  const first = await revocations.list({ limit: 1 }, NOW)
  const after = Date.now()
  const second = await revocations.list({ limit: 1, cursor: first.nextCursor }, NOW)
  const last = await revocations.list({ limit: 1, cursor: second.nextCursor }, NOW)
  t.false(last.hasMore)
  const [, nextRun] = /^p(\d+)$/.exec(last.nextCursor) ?? []
  t.true(Number(nextRun) >= before - 60_000 && Number(nextRun) <= after - 60_000)
  for (const { nextCursor } of [first, second]) t.true(nextCursor.startsWith(`p${nextRun}.`))
  await pool.end()
})

test('postgres: a revocation is told again for a minute and not for ever', async (t) => {
  const { pool, db } = await connectTo('repeats')
  await migrateToLatest(db)
  const { revocations } = createPostgresStorage({ pool })
  await revocations.add({ kind: 'family', id: 'older', expiresAt: NOW + 60 })
  await revocations.add({ kind: 'family', id: 'newer', expiresAt: NOW + 60 })
  await sql`update oauth_revocations set recorded_at = recorded_at - 61000 where id = 'older'`.execute(
    db,
  )
  const first = await revocations.list({ limit: 10 }, NOW)
  t.deepEqual(idsOf(first), ['older', 'newer'])
  const second = await revocations.list({ limit: 10, cursor: first.nextCursor }, NOW)
  t.deepEqual(idsOf(second), ['newer'])
  await pool.end()
})

test('postgres: revocations of one millisecond are paged through without loss', async (t) => {
  const { pool, db } = await connectTo('same_millisecond')
  await migrateToLatest(db)
  const { revocations } = createPostgresStorage({ pool })
  const ids = Array.from({ length: 9 }, (_, index) => `id-${index}`)
  for (const id of ids) await revocations.add({ kind: 'family', id, expiresAt: NOW + 60 })
  await sql`update oauth_revocations set recorded_at = 1`.execute(db)
  const told: Array<string> = []
  let page = await revocations.list({ limit: 2 }, NOW)
  while (page.hasMore) {
    told.push(...idsOf(page))
    page = await revocations.list({ limit: 2, cursor: page.nextCursor }, NOW)
  }
  t.deepEqual([...told, ...idsOf(page)], ids)
  await pool.end()
})

async function openAtFirst(name: string): ReturnType<typeof connectTo> {
  const { pool, db } = await connectTo(name)
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => ({ '0001-initial-tables': initialTables }) },
    migrationTableName: 'oauth_migrations',
    migrationLockTableName: 'oauth_migrations_lock',
  })
  await migrator.migrateToLatest()
  return { pool, db }
}

test('migration 0003: a family keeps its one audience, as a list', async (t) => {
  const { pool, db } = await openAtFirst('migration_0003_families')
  await pool.query(`insert into oauth_consents
    (user_id, client_id, consent_id, tenant_id, scopes, granted_at)
    values ('user-1', 'client-1', '${CONSENT_ID}', 'tenant:1', '{}', ${NOW})`)
  await pool.query(
    `insert into oauth_token_families (family_id, consent_id, client_id, user_id, tenant_id, scopes,
      audience, created_at, expires_at)
     values ($1, '${CONSENT_ID}', 'client-1', 'user-1', 'tenant:1', '{}', $2, ${NOW}, ${NOW + 60})`,
    [familyIdOf('old'), 'https://api.example/{"a",b}'],
  )
  await migrateToLatest(db)
  const { clients, families } = createPostgresStorage({ pool })
  await clients.insert(fullClient())
  const family = await families.find(familyIdOf('old'), 'client-1', NOW)
  t.deepEqual(family?.resources, ['https://api.example/{"a",b}'])
  await pool.end()
})

test('migration 0003: access tokens that were revoked before stay revoked, and are in the feed', async (t) => {
  const { pool, db } = await openAtFirst('migration_0003')
  await pool.query(`insert into oauth_revoked_access_tokens values ('jti-1', ${NOW + 60})`)
  await migrateToLatest(db)
  const { revocations } = createPostgresStorage({ pool })
  t.true(await revocations.has('access-token', 'jti-1', NOW + 59))
  t.false(await revocations.has('access-token', 'jti-1', NOW + 60))
  const { items } = await revocations.list({ limit: 10 }, NOW)
  t.deepEqual(items, [{ kind: 'access-token', id: 'jti-1', expiresAt: NOW + 60 }])
  await pool.end()
})
