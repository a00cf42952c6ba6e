import { createPostgresStorage, migrateToLatest } from '@teamcast/oauth-server/postgres'
import test from 'ava'
import { Kysely, PostgresDialect, sql } from 'kysely'
import type { Pool } from 'pg'
import { NOW } from '../../lib/storage/contract/sample-records.ts'
import type { RevocationPage } from '../../lib/storage/revocation-store.ts'
import { startPostgres } from '../helpers/start-postgres.ts'

const postgres = await startPostgres()
test.after.always(() => postgres.stop())

async function connectTo(
  name: string,
): Promise<{ readonly pool: Pool; readonly db: Kysely<unknown> }> {
  const admin = postgres.connect({ max: 1 })
  await admin.query(`create database ${name}`)
  await admin.end()
  const pool = postgres.connect({ database: name })
  return { pool, db: new Kysely({ dialect: new PostgresDialect({ pool }) }) }
}

const idsOf = ({ items }: RevocationPage): ReadonlyArray<string> => items.map(({ id }) => id)

const INSERT = `insert into oauth.revocations (kind, id, expires_at, recorded_at)
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
  await sql`update oauth.revocations set recorded_at = recorded_at - 61000 where id = 'older'`.execute(
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
  await sql`update oauth.revocations set recorded_at = 1`.execute(db)
  const told: Array<string> = []
  let page = await revocations.list({ limit: 2 }, NOW)
  while (page.hasMore) {
    told.push(...idsOf(page))
    page = await revocations.list({ limit: 2, cursor: page.nextCursor }, NOW)
  }
  t.deepEqual([...told, ...idsOf(page)], ids)
  await pool.end()
})
