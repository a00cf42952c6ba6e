import { PGlite } from '@electric-sql/pglite'
import { createPostgresStorage, migrateToLatest } from '@teamcast/oauth-server/postgres'
import test from 'ava'
import { Kysely, PGliteDialect } from 'kysely'
import { emptyDatabase } from '../helpers/empty-database.ts'
import { testStorageContract } from './test-storage-contract.ts'

const db = new Kysely({ dialect: new PGliteDialect({ pglite: new PGlite() }) })
await migrateToLatest(db)

test.after.always(() => db.destroy())

// It has one connection: what happens at once happens one after the other here, and the cases about that
// say nothing. They are run all the same; the real Postgres says it.
testStorageContract(
  'pglite',
  async () => {
    await emptyDatabase(db)
    return createPostgresStorage({ db })
  },
  test.serial,
)
