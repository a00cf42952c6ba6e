import { createPostgresStorage, migrateToLatest } from '@teamcast/oauth-server/postgres'
import test from 'ava'
import { Kysely, PostgresDialect } from 'kysely'
import { emptyDatabase } from '../helpers/empty-database.ts'
import { startPostgres } from '../helpers/start-postgres.ts'
import { testStorageContract } from './test-storage-contract.ts'

const postgres = await startPostgres()
const pool = postgres.connect({ max: 8 })
const db = new Kysely({ dialect: new PostgresDialect({ pool }) })
await migrateToLatest(db)

test.after.always(async () => {
  await pool.end()
  await postgres.stop()
})

const openEmpty = async (): Promise<void> => await emptyDatabase(db)

testStorageContract(
  'postgres through a pool',
  async () => {
    await openEmpty()
    return createPostgresStorage({ pool })
  },
  test.serial,
)

testStorageContract(
  'postgres through Kysely',
  async () => {
    await openEmpty()
    return createPostgresStorage({ db })
  },
  test.serial,
)
