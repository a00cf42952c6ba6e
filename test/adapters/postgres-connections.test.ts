/**
 * Connections to Postgres that are of no use any more, and statements that find others than they know.
 *
 * @module
 */

import { createPostgresStorage, migrateToLatest } from '@teamcast/oauth-server/postgres'
import test, { type ExecutionContext } from 'ava'
import { Kysely, PostgresDialect } from 'kysely'
import type { Pool, PoolClient } from 'pg'
import { createPoolDialect } from '../../adapters/postgres/pool-dialect.ts'
import {
  createStatementRunner,
  type PostgresConnection,
} from '../../adapters/postgres/statement-runner.ts'
import { StorageError } from '../../lib/errors.ts'
import { storageContract } from '../../lib/storage/contract/index.ts'
import { NOW } from '../../lib/storage/contract/sample-records.ts'
import type { Storage } from '../../lib/storage/storage.ts'
import { createDatabase } from '../helpers/create-database.ts'
import { emptyDatabase } from '../helpers/empty-database.ts'
import { startLossyProxy } from '../helpers/lossy-proxy.ts'
import { startPgBouncer } from '../helpers/start-pgbouncer.ts'
import { startPostgres } from '../helpers/start-postgres.ts'
import { useEverything } from '../helpers/use-everything.ts'

const postgres = await startPostgres()
const pgBouncer = await startPgBouncer(postgres)
test.after.always(async () => {
  await pgBouncer.stop()
  await postgres.stop()
})

/** A database with tables, and a pool of connections to it. */
async function openPool(t: ExecutionContext, name: string, max: number): Promise<Pool> {
  const { pool, db } = await createDatabase(postgres, name, max)
  t.teardown(() => pool.end())
  await migrateToLatest(db)
  return pool
}

/** Does something with every connection that a pool can have, and puts them back. */
async function withEach(pool: Pool, work: (connection: PoolClient) => Promise<unknown>) {
  const { max = 1 } = pool.options
  const connections = await Promise.all(Array.from({ length: max }, () => pool.connect()))
  await Promise.all(connections.map(work))
  for (const connection of connections) connection.release()
}

const EMPTY =
  'delete from oauth.token_families; delete from oauth.revocations; delete from oauth.granting_users'

test('postgres: columns that are added disturb nobody: every statement names its own', async (t) => {
  const pool = await openPool(t, 'added_columns', 1)
  const storage = createPostgresStorage({ pool })
  await useEverything(t, storage)
  const { rows } = await pool.query(`select format('alter table %I.%I add column more text',
    schemaname, tablename) as statement from pg_tables where schemaname = 'oauth'`)
  t.is(rows.length, 10)
  for (const { statement } of rows) await pool.query(statement)
  await pool.query(EMPTY)
  const backend = await pool.query('select pg_backend_pid() as id')
  await useEverything(t, storage)
  t.deepEqual((await pool.query('select pg_backend_pid() as id')).rows, backend.rows)
})

test('postgres: columns of another type disturb nobody either (0A000)', async (t) => {
  const pool = await openPool(t, 'other_types', 3)
  const storage = createPostgresStorage({ pool })
  await useEverything(t, storage)
  const { rows } =
    await pool.query(`select format('alter table %I.%I alter column %I type varchar(9999)',
    table_schema, table_name, column_name) as statement
    from information_schema.columns where table_schema = 'oauth' and data_type = 'text'`)
  t.true(rows.length > 20)
  for (const { statement } of rows) await pool.query(statement)
  await pool.query(EMPTY)
  await useEverything(t, storage)
})

test('postgres: statements that a connection has forgotten are sent again (26000)', async (t) => {
  const pool = await openPool(t, 'forgotten', 1)
  const storage = createPostgresStorage({ pool })
  await useEverything(t, storage)
  await withEach(pool, (connection) => connection.query('discard all'))
  await pool.query(EMPTY)
  await useEverything(t, storage)
})

test('postgres: a transaction that somebody left on a connection and that failed disturbs nobody (25P02)', async (t) => {
  const pool = await openPool(t, 'left_transaction', 3)
  const storage = createPostgresStorage({ pool })
  const connection = await pool.connect()
  await connection.query('begin')
  await t.throwsAsync(connection.query('select 1 / 0'))
  connection.release()
  await useEverything(t, storage)
})

test('postgres: connections to a server that does not write any more are replaced (25006)', async (t) => {
  const pool = await openPool(t, 'read_only', 3)
  const storage = createPostgresStorage({ pool })
  await withEach(pool, (connection) => connection.query('set default_transaction_read_only = on'))
  await useEverything(t, storage)
})

test('postgres: a connection that was made before the storage was is replaced, too', async (t) => {
  const pool = await openPool(t, 'read_only_before', 3)
  await withEach(pool, (connection) => connection.query('set default_transaction_read_only = on'))
  await useEverything(t, createPostgresStorage({ pool }))
})

test('postgres: the health check replaces spoilt connections, as requests do (25006, 26000)', async (t) => {
  const pool = await openPool(t, 'spoilt_health', 3)
  const [backend] = createPostgresStorage({ pool }).backends
  for (const spoil of ['set default_transaction_read_only = on', 'discard all']) {
    await backend?.ping()
    await withEach(pool, (connection) => connection.query(spoil))
    await t.notThrowsAsync(async () => backend?.ping(), spoil)
  }
})

test('postgres: the backend counts the connections of its pool, and the calls that wait for one', async (t) => {
  const pool = await openPool(t, 'counted', 2)
  const { artifacts, backends } = createPostgresStorage({ pool })
  const [backend] = backends
  await Promise.all(['a', 'b'].map((key) => artifacts.find('Session', key, NOW)))
  t.deepEqual(backend?.connections?.(), { open: 2, idle: 2, waiting: 0 })
  const connections = await Promise.all([pool.connect(), pool.connect()])
  const waiting = ['c', 'd', 'e'].map((key) => artifacts.find('Session', key, NOW))
  await new Promise(setImmediate)
  t.deepEqual(backend?.connections?.(), { open: 2, idle: 0, waiting: 3 })
  for (const connection of connections) connection.release()
  await Promise.all(waiting)
  t.deepEqual(backend?.connections?.(), { open: 2, idle: 2, waiting: 0 })
})

for (const [code, isSentAgain] of [
  ['0A000', true],
  ['26000', true],
  ['42P05', true],
  ['25P02', true],
  ['25006', true],
  ['57P05', true], // idle_session_timeout: the server ended before it read the statement
  ['57P01', false], // admin_shutdown may come after the statement was run
  ['57014', false],
  ['40001', false],
  ['40P01', false],
  ['23505', false],
  ['53300', false],
  ['08006', false],
  [undefined, false],
] as const) {
  test(`postgres: a statement that fails with ${code} is ${isSentAgain ? 'sent once more, unprepared, over another connection' : 'sent once: it may have been run'}`, async (t) => {
    const failure = Object.assign(new Error('on purpose'), code === undefined ? {} : { code })
    const sent: Array<string | undefined> = []
    const released: Array<boolean> = []
    const listeners: Array<(connection: PostgresConnection) => void> = []
    const connect = async (): Promise<PostgresConnection> => {
      const connection: PostgresConnection = {
        async query({ name }) {
          sent.push(name)
          if (sent.length === 1) throw failure
          return { rows: ['a row'] }
        },
        release: (destroy) => void released.push(destroy),
        on: () => undefined,
      }
      for (const listener of listeners) listener(connection)
      return connection
    }
    const run = createStatementRunner(
      { connect, on: (_event, listener) => listeners.push(listener) },
      () => 0,
    )
    const statement = { text: 'select 1', values: [] }
    if (isSentAgain) t.deepEqual(await run(statement), ['a row'])
    else t.is(await t.throwsAsync(run(statement)), failure)
    t.is(sent.length, isSentAgain ? 2 : 1)
    t.is(typeof sent[0], 'string')
    t.is(sent[1], undefined)
    t.is(released[0], isSentAgain || code === undefined)
  })
}

test('postgres: a server that stays read-only gets new connections once a second, and 25006 is told', async (t) => {
  const pool = await openPool(t, 'stays_read_only', 3)
  let made = 0
  pool.on('connect', () => {
    made += 1
  })
  let now = 0
  const { revocations, artifacts, backends } = createPostgresStorage({
    db: new Kysely({ dialect: createPoolDialect(pool, () => now) }),
  })
  const admin = postgres.connect({ max: 1 })
  t.teardown(() => admin.end())
  await admin.query('alter database stays_read_only set default_transaction_read_only = on')
  await withEach(pool, (connection) => connection.query('set default_transaction_read_only = on'))
  const fail = async (): Promise<void> => {
    const revocation = { kind: 'family', id: 'any', expiresAt: NOW } as const
    const error = await t.throwsAsync(revocations.add(revocation), { instanceOf: StorageError })
    t.regex(String(error?.cause), /read-only transaction/)
  }
  now = 1
  const before = made
  for (let times = 0; times < 20; times += 1) {
    await fail()
    t.is(await artifacts.find('Session', 'any', NOW), undefined)
  }
  t.true(made > before)
  t.true(made - before <= 3, `${made - before} connections`)
  now = 1001
  const replaced = made
  await fail()
  t.is(made, replaced + 1)
  await t.throwsAsync(async () => backends[0]?.ping(), { message: 'postgres: it is read-only' })

  await admin.query('alter database stays_read_only reset all')
  now = 2001
  await revocations.add({ kind: 'family', id: 'any', expiresAt: NOW })
  await backends[0]?.ping()
})

test('postgres: a connection that does not answer in time is thrown away, and the next one is used', async (t) => {
  const direct = await openPool(t, 'silent', 1)
  const proxy = await startLossyProxy(`${postgres.socketDirectory}/.s.PGSQL.5432`)
  t.teardown(proxy.close)
  const { host, port } = proxy
  const pool = postgres.connect({ database: 'silent', host, port, max: 1, query_timeout: 10_000 })
  t.teardown(() => pool.end())
  const { artifacts } = createPostgresStorage({ pool })
  await artifacts.save('Session', 'before', {}, NOW + 60)
  proxy.silence()
  const error = await t.throwsAsync(artifacts.find('Session', 'before', NOW), {
    instanceOf: StorageError,
  })
  t.regex(String(error?.cause), /timeout/)
  await artifacts.save('Session', 'after', {}, NOW + 60)
  const { rows } = await direct.query('select count(*)::integer as count from oauth.artifacts')
  t.is(rows[0].count, 2)
})

test('postgres: behind PgBouncer in transaction mode, which knows no prepared statements, everything works', async (t) => {
  const { db: direct, pool: directPool } = await createDatabase(postgres, 'bouncer', 1)
  t.teardown(() => directPool.end())
  const pools = Array.from({ length: 3 }, () =>
    pgBouncer.connect({ database: 'bouncer', max: 10, connectionTimeoutMillis: 20_000 }),
  )
  t.teardown(() => Promise.all(pools.map((pool) => pool.end())))
  const applied = await Promise.all(
    pools.map((pool) => migrateToLatest(new Kysely({ dialect: new PostgresDialect({ pool }) }))),
  )
  t.deepEqual(applied.flat(), ['0001-tables'])

  // Each process finds what the ones before have prepared, and does not find what it has prepared itself.
  for (const pool of [...pools, ...pools]) {
    await emptyDatabase(direct)
    await useEverything(t, createPostgresStorage({ pool }))
  }
  const [pool = directPool] = pools
  const races = storageContract.filter(({ name }) => /^families.*(at once|50)/.test(name))
  t.true(races.length >= 5)
  for (const { name, run } of races) {
    await emptyDatabase(direct)
    const openStorage = async (): Promise<Storage> => createPostgresStorage({ pool })
    await t.notThrowsAsync(run(openStorage), name)
  }
})
