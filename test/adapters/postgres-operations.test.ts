import {
  ConfigurationError,
  StorageError,
  type TokenFamily,
  USE_RESOLUTION_SECONDS,
} from '@teamcast/oauth-server'
import {
  createPostgresStorage,
  migrateToLatest,
  type OAuthDatabase,
  startSweeper,
  sweepExpired,
} from '@teamcast/oauth-server/postgres'
import test from 'ava'
import { type Kysely, sql } from 'kysely'
import {
  aFamily,
  aGrant,
  aRetry,
  aRotation,
  familyIdOf,
  fullClient,
  NOW,
  refreshToken,
} from '../../lib/testing/storage-contract/sample-records.ts'
import { createDatabase } from '../helpers/create-database.ts'
import { startPostgres } from '../helpers/start-postgres.ts'

const postgres = await startPostgres()
test.after.always(() => postgres.stop())

const MIGRATIONS = [
  '0001-initial-tables',
  '0002-lists-and-last-use',
  '0003-revocations-and-resources',
  '0004-key-activation',
]

async function countRows(db: Kysely<OAuthDatabase>): Promise<Record<string, number>> {
  const tables = [
    'oauth_clients',
    'oauth_consents',
    'oauth_token_families',
    'oauth_artifacts',
    'oauth_revocations',
  ]
  const counts = tables.map(async (table) => {
    const { rows } = await sql<{
      count: string
    }>`select count(*) from ${sql.table(table)}`.execute(db)
    return [table.slice('oauth_'.length), Number(rows[0]?.count)] as const
  })
  return Object.fromEntries(await Promise.all(counts))
}

test('migrateToLatest: five instances at once make the tables once, and again is nothing to do', async (t) => {
  const { pool, db } = await createDatabase(postgres, 'migrations')
  const applied = await Promise.all(Array.from({ length: 5 }, () => migrateToLatest(db)))
  t.deepEqual(applied.flat(), MIGRATIONS)
  t.deepEqual(await migrateToLatest(db), [])
  await createPostgresStorage({ pool }).backends[0]?.ping()
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
    )
  })
  await Promise.all(saves)

  const sweep = async (now: number): Promise<number> => {
    const counts = await Promise.all(Array.from({ length: 4 }, () => sweepExpired(db, now, 10)))
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
    `select statement from pg_prepared_statements where statement like '%oauth_clients%'`,
  )
  t.is(rows.length, 1)
  await pool.end()
})

test('growth: a family is one row of at most 6 kB after 1 000 rotations (decision 4)', async (t) => {
  const { pool, db } = await createDatabase(postgres, 'growth')
  await migrateToLatest(db)
  const { clients, consents, families } = createPostgresStorage({ pool })
  await clients.insert(fullClient())
  await consents.grant(aGrant())
  const { familyId } = aFamily()
  await families.create(aFamily(), NOW)
  for (let index = 0; index < 1000; index += 1) {
    const retry = aRetry(index, 'x'.repeat(1800))
    const { outcome } = await families.rotate(familyId, aRotation(index, index + 1, { retry }), NOW)
    if (outcome !== 'rotated') t.fail(outcome)
  }
  const { rows } = await sql<{
    size: number
  }>`select pg_column_size(f.*) as size from oauth_token_families f`.execute(db)
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
  await families.create(aFamily(), NOW)
  const versionOf = async (): Promise<string> => {
    const { rows } = await sql<{ version: string }>`select xmin || '.' || ctid::text as version
      from oauth_consents`.execute(db)
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
  for (const familyId of ids) await families.create(familyAt(familyId, 0), NOW)
  const transitions = Array.from({ length: 100 }, async (_, index) => {
    const familyId = ids[index % 3] ?? ''
    if (index === 50) return await consents.delete('user-1', 'client-1')
    if (index % 10 === 9) return await families.revoke(familyId, NOW + 60, NOW)
    if (index % 10 === 8) return await consents.grant(aGrant())
    if (index % 10 === 7) return await families.create(familyAt(familyIdOf(`${index}`), index), NOW)
    // Each notes a use, if the ones before were noted.
    const now = NOW + index * (USE_RESOLUTION_SECONDS + 1)
    return await families.rotate(familyId, aRotation(0, index + 1, { expiresAt }), now)
  })
  await t.notThrowsAsync(Promise.all(transitions))
  await pool.end()
})

test('options: everything wrong is reported at once', (t) => {
  const wrong: ReadonlyArray<[options: unknown, message: string]> = [
    [undefined, '"pool" or "db" must be given, and not both'],
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
