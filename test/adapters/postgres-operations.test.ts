import { ConfigurationError, StorageError } from '@teamcast/oauth-server'
import {
  createPostgresStorage,
  migrateToLatest,
  startSweeper,
  sweepExpired,
} from '@teamcast/oauth-server/postgres'
import {
  type TokenFamily,
  USE_RESOLUTION_SECONDS,
  WITHDRAWAL_SECONDS,
} from '@teamcast/oauth-server/storage'
import test from 'ava'
import { CamelCasePlugin, Kysely, PostgresDialect, sql } from 'kysely'
import { applyMigrations } from '../../adapters/postgres/apply-migrations.ts'
import { NOW_MILLISECONDS } from '../../adapters/postgres/deadline.ts'
import { MIGRATIONS } from '../../adapters/postgres/migrate.ts'
import {
  ANYTIME,
  aFamily,
  aFamilyRevocation,
  aGrant,
  anEncryptedKey,
  aReplay,
  aRotation,
  familyIdOf,
  fullClient,
  NOW,
  refreshToken,
} from '../../lib/storage/contract/sample-records.ts'
import { createDatabase } from '../helpers/create-database.ts'
import { startPostgres } from '../helpers/start-postgres.ts'

const postgres = await startPostgres()
test.after.always(() => postgres.stop())

async function countRows(db: Kysely<unknown>): Promise<Record<string, number>> {
  const tables = ['clients', 'consents', 'token_families', 'artifacts', 'revocations']
  const counts = tables.map(async (table) => {
    const { rows } = await sql<{
      count: string
    }>`select count(*) from ${sql.id('oauth', table)}`.execute(db)
    return [table, Number(rows[0]?.count)] as const
  })
  return Object.fromEntries(await Promise.all(counts))
}

/** Everything that was created in a database: schemas and relations. */
async function listRelations(db: Kysely<unknown>): Promise<ReadonlyArray<string>> {
  const { rows } = await sql<{ name: string }>`
    select concat_ws('.', nspname, relname) as name from pg_namespace
      left join pg_class on relnamespace = pg_namespace.oid and relkind in ('r', 'S', 'v')
    where nspname not like 'pg\\_%' and nspname <> 'information_schema'
    order by name`.execute(db)
  return rows.map(({ name }) => name)
}

const TABLES = [
  'oauth.artifacts',
  'oauth.clients',
  'oauth.consents',
  'oauth.encrypted_keys',
  'oauth.granting_requests',
  'oauth.granting_users',
  'oauth.migrations',
  'oauth.pending_events',
  'oauth.pending_events_id_seq',
  'oauth.revocations',
  'oauth.token_families',
]

test('migrateToLatest: five instances at once create the tables once; running it again does nothing', async (t) => {
  const { pool, db } = await createDatabase(postgres, 'migrations')
  const applied = await Promise.all(Array.from({ length: 5 }, () => migrateToLatest(db)))
  t.deepEqual(applied.flat(), ['0001-tables'])
  t.deepEqual(await migrateToLatest(db), [])
  t.deepEqual(await listRelations(db), [...TABLES, 'public'])
  await createPostgresStorage({ pool }).backends[0]?.ping()
  await pool.end()
})

test('migrateToLatest: a host keeps its own tables, whatever they are called and where it looks first', async (t) => {
  const { pool, db } = await createDatabase(postgres, 'hosts_tables')
  const own = ['clients', 'oauth_clients', 'consents', 'migrations', 'kysely_migration']
  for (const table of own) {
    await pool.query(`create table ${table} (mine text); insert into ${table} values ('mine')`)
  }
  await migrateToLatest(db)
  const { clients, backends } = createPostgresStorage({ pool })
  await backends[0]?.ping()
  t.true(await clients.insert(fullClient()))
  t.deepEqual(await listRelations(db), [...TABLES, ...own.map((name) => `public.${name}`).sort()])
  for (const table of own) {
    t.deepEqual((await pool.query(`select * from ${table}`)).rows, [{ mine: 'mine' }])
  }
  await pool.end()
})

test('schema: two servers have one each in a database, and nothing in common', async (t) => {
  const { pool, db } = await createDatabase(postgres, 'two_schemas')
  t.deepEqual(await migrateToLatest(db), ['0001-tables'])
  t.deepEqual(await migrateToLatest(db, { schema: 'second' }), ['0001-tables'])
  const first = createPostgresStorage({ pool })
  const second = createPostgresStorage({ pool, schema: 'second' })
  const third = createPostgresStorage({ db, schema: 'second' })
  await first.clients.insert(fullClient())
  await first.artifacts.save('Session', 'key', {}, NOW)
  await second.artifacts.save('Session', 'key', {}, NOW)
  for (const { clients } of [second, third]) t.is(await clients.find('client-1'), undefined)
  t.is(await sweepExpired(db, NOW, { schema: 'second' }), 1)
  t.deepEqual(await first.artifacts.find('Session', 'key', NOW - 1), {})
  t.is(await second.artifacts.find('Session', 'key', NOW - 1), undefined)
  await pool.end()
})

test('migrateToLatest: a migration that fails leaves nothing behind, and can be tried again', async (t) => {
  const { pool, db } = await createDatabase(postgres, 'failing')
  const failing = {
    ...MIGRATIONS,
    '0002-fails': async (of: Kysely<unknown>) => {
      await of.schema.createTable('half').addColumn('id', 'text').execute()
      await sql`select 1 / 0`.execute(of)
    },
  }
  await t.throwsAsync(applyMigrations(db, 'oauth', failing), { message: 'division by zero' })
  t.deepEqual(await listRelations(db), ['public'])

  await pool.query('create schema oauth; create table oauth.revocations (mine text)')
  const error = await t.throwsAsync(migrateToLatest(db), {
    instanceOf: StorageError,
    message: 'postgres: the migration failed',
  })
  t.regex(String(error?.cause), /relation "revocations" already exists/)
  t.deepEqual(await listRelations(db), ['oauth.revocations', 'public'])
  await pool.query('drop table oauth.revocations')
  t.deepEqual(await migrateToLatest(db), ['0001-tables'])
  await pool.end()
})

test('migrateToLatest: what a newer version has migrated is no matter to an older one', async (t) => {
  const { pool, db } = await createDatabase(postgres, 'newer')
  const newer = { ...MIGRATIONS, '0002-newer': async () => undefined }
  t.deepEqual(await applyMigrations(db, 'oauth', newer), ['0001-tables', '0002-newer'])
  t.deepEqual(await migrateToLatest(db), [])
  await pool.end()
})

test('migrateToLatest: rather fails than has all requests wait behind it for a table', async (t) => {
  const { pool, db } = await createDatabase(postgres, 'held')
  await migrateToLatest(db)
  const reader = await pool.connect()
  await reader.query('begin; select count(*) from oauth.clients')
  const migrations = {
    ...MIGRATIONS,
    '0002-alters': async (of: Kysely<unknown>) => {
      await of.schema.alterTable('clients').addColumn('more', 'text').execute()
    },
  }
  await t.throwsAsync(applyMigrations(db, 'oauth', migrations), { message: /lock timeout/ })
  await reader.query('commit')
  reader.release()
  t.deepEqual(await applyMigrations(db, 'oauth', migrations), ['0002-alters'])
  await pool.end()
})

test('rights: whoever runs the server needs to select, insert, update and delete, and migrates nothing', async (t) => {
  const { pool, db } = await createDatabase(postgres, 'rights')
  await migrateToLatest(db)
  await pool.query(`create role app login;
    grant usage on schema oauth to app;
    grant select, insert, update, delete on all tables in schema oauth to app`)
  const app = postgres.connect({ database: 'rights', user: 'app' })
  const appDb = new Kysely({ dialect: new PostgresDialect({ pool: app }) })
  t.deepEqual(await migrateToLatest(appDb), [])
  const storage = createPostgresStorage({ pool: app })
  await storage.backends[0]?.ping()
  t.true(await storage.clients.insert(fullClient()))
  await storage.consents.grant(aGrant())
  t.is(await storage.families.create(aFamily(), NOW, ANYTIME), 'created')
  t.true(await storage.consents.delete('user-1', 'client-1'))
  t.true(await storage.clients.delete('client-1'))
  t.true(await storage.encryptedKeys.insert(anEncryptedKey()))
  await storage.revocations.add({ kind: 'client', id: 'client-1', expiresAt: NOW + 60 })
  await storage.artifacts.save('Session', 'key', {}, NOW)
  t.is(await sweepExpired(appDb, NOW), 1)
  await app.end()
  await pool.end()
})

test('db: plugins of the host’s Kysely change nothing for us', async (t) => {
  const { pool, db } = await createDatabase(postgres, 'plugins')
  const host = db.withPlugin(new CamelCasePlugin()).withSchema('public')
  await migrateToLatest(host)
  const { consents } = createPostgresStorage({ db: host })
  await consents.grant(aGrant())
  t.is((await consents.find('user-1', 'client-1'))?.tenantId, aGrant().tenantId)
  t.is(await sweepExpired(host, NOW), 0)
  await pool.end()
})

test('ping: a database without tables, and a read-only one, are not healthy', async (t) => {
  const { pool, db } = await createDatabase(postgres, 'unhealthy')
  const [backend] = createPostgresStorage({ pool }).backends
  await t.throwsAsync(async () => backend?.ping(), {
    instanceOf: StorageError,
    message: 'postgres: its tables are missing; run migrateToLatest()',
  })
  await migrateToLatest(db)
  await backend?.ping()
  await pool.end()
  const readOnly = postgres.connect({
    database: 'unhealthy',
    options: '-c default_transaction_read_only=on',
  })
  await t.throwsAsync(async () => createPostgresStorage({ pool: readOnly }).backends[0]?.ping(), {
    instanceOf: StorageError,
    message: 'postgres: it is read-only',
  })
  await readOnly.end()
})

test('sweepExpired: several at once delete everything that has expired, once, and nothing else', async (t) => {
  const { pool, db } = await createDatabase(postgres, 'sweeping')
  await migrateToLatest(db)
  const storage = createPostgresStorage({ pool })
  await storage.clients.insert(fullClient())
  await storage.consents.grant(aGrant())
  await storage.consents.withdraw({ ...aGrant(), requestKey: 'denied' }, NOW)
  const saves = Array.from({ length: 300 }, async (_, index) => {
    await storage.artifacts.save('Session', `key-${index}`, {}, NOW + index)
    await storage.revocations.add({
      kind: 'access-token',
      id: `jti-${index}`,
      expiresAt: NOW + index,
    })
    await storage.families.create(
      aFamily({ familyId: familyIdOf(`family ${index}`), expiresAt: NOW + index }),
      NOW - 1,
      ANYTIME,
    )
  })
  await Promise.all(saves)

  const sweep = async (now: number): Promise<number> => {
    const counts = await Promise.all(
      Array.from({ length: 4 }, () => sweepExpired(db, now, { batchSize: 10 })),
    )
    return counts.reduce((sum, count) => sum + count, 0)
  }
  t.is(await sweep(NOW + 99), 300)
  t.like(await countRows(db), { artifacts: 200, revocations: 200, token_families: 200 })
  t.is(await sweep(NOW + 300), 600)
  t.deepEqual(await countRows(db), {
    clients: 1,
    consents: 1,
    token_families: 0,
    artifacts: 0,
    revocations: 0,
  })
  t.is(await sweep(NOW + WITHDRAWAL_SECONDS), 3)
  await pool.end()
})

test('sweepExpired: what cancels or refuses grants stays until it expires, although a clock that is behind wrote it again', async (t) => {
  const { pool, db } = await createDatabase(postgres, 'sweeping_cancellations')
  await migrateToLatest(db)
  const { consents } = createPostgresStorage({ pool })
  const { userId, clientId, requestKey } = aGrant()
  const { cancellation } = await consents.findTimed(userId, clientId)
  const behind = NOW - WITHDRAWAL_SECONDS
  await consents.cancelGrants(userId, NOW)
  await consents.cancelGrants(userId, behind)
  t.is(await consents.grant(aGrant({ cancellation, grantedAt: behind })), 'cancelled')
  const current = await consents.findTimed(userId, clientId)
  for (const now of [NOW, behind]) await consents.withdraw({ userId, clientId, requestKey }, now)

  t.is(await sweepExpired(db, NOW), 0)
  t.is(await consents.grant(aGrant({ cancellation })), 'cancelled')
  t.is(await consents.grant(aGrant({ cancellation: current.cancellation })), 'withdrawn')
  t.is(await sweepExpired(db, NOW + WITHDRAWAL_SECONDS), 2)
  await pool.end()
})

test('startSweeper: sweeps at its interval, reports failures, and stops', async (t) => {
  const { pool, db } = await createDatabase(postgres, 'sweeper')
  const { promise: failed, resolve } = Promise.withResolvers<unknown>()
  const sweeper = startSweeper({ db, intervalSeconds: 1, onError: resolve })
  const error = await failed
  t.true(error instanceof StorageError)
  await sweeper.stop()
  await pool.end()
  t.throws(() => startSweeper({ db, intervalSeconds: 0, onError: () => undefined }), {
    instanceOf: ConfigurationError,
    message: '"intervalSeconds" must be 1 to 86400',
  })
})

test('through a pool: every statement is prepared, once per connection', async (t) => {
  const { pool, db } = await createDatabase(postgres, 'prepared', 1)
  await migrateToLatest(db)
  const { clients } = createPostgresStorage({ pool })
  for (let times = 0; times < 3; times += 1) await clients.find('client-1')
  const { rows } = await pool.query(
    `select statement from pg_prepared_statements where statement like '%"clients"%'`,
  )
  t.is(rows.length, 1)
  await pool.end()
})

test('growth: a family is one row of at most 6 kB after 1 000 rotations (ADR 0004)', async (t) => {
  const { pool, db } = await createDatabase(postgres, 'growth')
  await migrateToLatest(db)
  const { clients, consents, families } = createPostgresStorage({ pool })
  await clients.insert(fullClient())
  await consents.grant(aGrant())
  const { familyId } = aFamily()
  await families.create(aFamily(), NOW, ANYTIME)
  for (let index = 0; index < 1000; index += 1) {
    const replay = aReplay(index, 'x'.repeat(1800))
    const { outcome } = await families.rotate(
      familyId,
      aRotation(index, index + 1, { replay }),
      NOW,
    )
    if (outcome !== 'rotated') t.fail(outcome)
  }
  const { rows } = await sql<{
    size: number
  }>`select pg_column_size(f.*) as size from oauth.token_families f`.execute(db)
  t.is(rows.length, 1)
  t.true((rows[0]?.size ?? Number.POSITIVE_INFINITY) < 6000)
  t.deepEqual(await families.rotate(familyId, aRotation(3, 1001), NOW), { outcome: 'reused' })
  await pool.end()
})

test('growth: a thousand rotations within an hour write the consent once', async (t) => {
  const { pool, db } = await createDatabase(postgres, 'uses')
  await migrateToLatest(db)
  const { consents, families } = createPostgresStorage({ pool })
  await consents.grant(aGrant())
  const { familyId } = aFamily()
  await families.create(aFamily(), NOW, ANYTIME)
  const versionOf = async (): Promise<string> => {
    const { rows } = await sql<{ version: string }>`select xmin || '.' || ctid::text as version
      from oauth.consents`.execute(db)
    return String(rows[0]?.version)
  }
  const before = await versionOf()
  for (let index = 0; index < 1000; index += 1) {
    await families.rotate(familyId, aRotation(index, index + 1), NOW + index)
  }
  t.is(await versionOf(), before)
  t.is((await consents.find('user-1', 'client-1'))?.lastUsedAt, NOW)
  await pool.end()
})

test('a hundred transitions of the same families at once end without a deadlock', async (t) => {
  const { pool, db } = await createDatabase(postgres, 'deadlocks', 20)
  await migrateToLatest(db)
  const { clients, consents, families } = createPostgresStorage({ pool })
  await clients.insert(fullClient())
  await consents.grant(aGrant())
  const ids = ['1', '2', '3'].map((secret) => familyIdOf(secret))
  const expiresAt = NOW + 1_000_000
  const familyAt = (familyId: string, seconds: number): TokenFamily => {
    const token = { ...refreshToken(0), expiresAt }
    return aFamily({ familyId, createdAt: NOW + seconds, expiresAt, refreshToken: token })
  }
  for (const familyId of ids) await families.create(familyAt(familyId, 0), NOW, ANYTIME)
  const transitions = Array.from({ length: 100 }, async (_, index) => {
    const familyId = ids[index % 3] ?? ''
    if (index === 50) return await consents.delete('user-1', 'client-1')
    if (index % 10 === 9) return await families.revoke(familyId, aFamilyRevocation(NOW + 60), NOW)
    if (index % 10 === 8) return await consents.grant(aGrant())
    if (index % 10 === 7)
      return await families.create(familyAt(familyIdOf(`${index}`), index), NOW, ANYTIME)
    // Each notes a use, if the ones before were noted.
    const now = NOW + index * (USE_RESOLUTION_SECONDS + 1)
    return await families.rotate(familyId, aRotation(0, index + 1, { expiresAt }), now)
  })
  await t.notThrowsAsync(Promise.all(transitions))
  await pool.end()
})

/** Waits until a deadline has passed by the clock of the database, which the store rounds. */
async function untilPast(db: Kysely<unknown>, milliseconds: number): Promise<void> {
  const isPast = sql<{ past: boolean }>`select ${NOW_MILLISECONDS} > ${milliseconds} as past`
  while (!(await isPast.execute(db)).rows[0]?.past) {
    // ask again
  }
}

/** What a statement may wait for, and who holds it: nothing of it is changed. */
const HELD: Readonly<Record<string, string>> = {
  'the table of families': 'lock table oauth.token_families in access exclusive mode',
  'the table of consents': 'lock table oauth.consents in access exclusive mode',
  'the consent': 'select 1 from oauth.consents for update',
  'the family': 'select 1 from oauth.token_families for update',
}
for (const [held, hold] of Object.entries(HELD)) {
  test(`postgres: what waits for ${held} past its deadline does nothing when it gets it`, async (t) => {
    const name = `waiting_for_${held.replaceAll(' ', '_')}`
    const { pool, db } = await createDatabase(postgres, name)
    await migrateToLatest(db)
    const { clients, consents, families } = createPostgresStorage({ pool })
    await clients.insert(fullClient())
    await consents.grant(aGrant())
    const { familyId } = aFamily()
    const fresh = familyIdOf('fresh')
    // So much later that both note a use of the consent.
    const later = NOW + USE_RESOLUTION_SECONDS + 1
    const expiresAt = later + 7200
    const durable = { refreshToken: { ...refreshToken(0), expiresAt }, expiresAt }
    await families.create(aFamily(durable), NOW, ANYTIME)
    const before = await consents.find('user-1', 'client-1')

    const holder = await pool.connect()
    await holder.query('begin')
    await holder.query(hold)
    const deadlineMilliseconds = Date.now() + 200
    const calls = Promise.all([
      families.rotate(familyId, aRotation(0, 1, { deadlineMilliseconds, expiresAt }), later),
      families.create(
        aFamily({ ...durable, familyId: fresh, createdAt: later }),
        later,
        deadlineMilliseconds,
      ),
    ])
    await untilPast(db, deadlineMilliseconds)
    await holder.query('commit')
    holder.release()
    const [rotation, creation] = await calls
    t.deepEqual(rotation, { outcome: 'late' })
    // A family that begins waits for no other.
    if (held !== 'the family') {
      t.is(creation, 'late')
      t.is(await families.find(fresh, 'client-1', later), undefined)
      t.deepEqual(await consents.find('user-1', 'client-1'), before)
    }
    t.is((await families.find(familyId, 'client-1', NOW))?.refreshToken?.hash, refreshToken(0).hash)
    await pool.end()
  })
}

/** What a grant may wait for, who holds it, and whether the consent is there afterwards. */
const HELD_FROM_GRANTS: Readonly<Record<string, readonly [hold: string, isLeft: boolean]>> = {
  'the table of consents': ['lock table oauth.consents in access exclusive mode', true],
  'the consent': ['select 1 from oauth.consents for update', true],
  'a disconnect': ['delete from oauth.consents', false],
}
for (const [held, [hold, isLeft]] of Object.entries(HELD_FROM_GRANTS)) {
  test(`postgres: a grant that waits for ${held} past its deadline does nothing`, async (t) => {
    const { pool, db } = await createDatabase(postgres, `grant_${held.replaceAll(' ', '_')}`)
    await migrateToLatest(db)
    const { consents } = createPostgresStorage({ pool })
    await consents.grant(aGrant())
    const before = await consents.find('user-1', 'client-1')

    const holder = await pool.connect()
    await holder.query('begin')
    await holder.query(hold)
    const deadlineMilliseconds = Date.now() + 200
    const grant = consents.grant(
      aGrant({
        consentId: 'a-later-consent-of-the',
        scopes: ['more:read'],
        deadlineMilliseconds,
      }),
    )
    await untilPast(db, deadlineMilliseconds)
    await holder.query('commit')
    holder.release()
    t.is(await grant, 'late')
    t.deepEqual(await consents.find('user-1', 'client-1'), isLeft ? before : undefined)
    await pool.end()
  })
}

test('options: everything wrong is reported at once', (t) => {
  const wrong: ReadonlyArray<[options: unknown, message: string]> = [
    [undefined, '"pool" or "db" must be given, and not both'],
    [
      { schema: 'pg_oauth' },
      '"schema" must be 1 to 63 characters out of a–z 0–9 _, and begin with neither a digit nor pg_; "pool" or "db" must be given, and not both',
    ],
    [{ pool: {} }, '"pool" must be a Pool of pg'],
    [
      { db: {}, prefix: 'x' },
      '"prefix" is not an option; check its spelling; "db" must be a Kysely instance',
    ],
  ]
  for (const [options, message] of wrong) {
    t.throws(() => createPostgresStorage(options as never), {
      instanceOf: ConfigurationError,
      message,
    })
  }
})
