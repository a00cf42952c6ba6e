import { type Storage, StorageError } from '@teamcast/oauth-server'
import { createPostgresStorage, migrateToLatest } from '@teamcast/oauth-server/postgres'
import test from 'ava'
import { type Kysely, sql } from 'kysely'
import { testServerOn } from '../connections/test-server-on.ts'
import { findCodeBlock } from '../helpers/documentation.ts'
import { createDocumentationProject } from '../helpers/documentation-project.ts'
import { emptyDatabase } from '../helpers/empty-database.ts'
import { useEverything } from '../helpers/use-everything.ts'
import { testStorageContract } from './test-storage-contract.ts'

// The storage is what the guide makes, so that this shows the guide to be right as well.
const project = await createDocumentationProject()
const { fileName, code } = await findCodeBlock('docs/guides/postgres.md#pglite')
const file = await project.write(fileName, code.replaceAll("'.data", `'${project.path}/.data`))
const { db, storage } = (await import(file)) as {
  readonly db: Kysely<unknown>
  readonly storage: Storage
}

test.after.always(async () => {
  await db.destroy()
  await project.remove()
})

// It has one connection: what happens at once happens one after the other here, and the cases about that
// say nothing. They are run all the same; the real Postgres says it.
testStorageContract(
  'pglite',
  async () => {
    await emptyDatabase(db)
    return storage
  },
  test.serial,
)

// Creating a PGlite takes 8 s of CPU, so that every test of one is here.
await migrateToLatest(db, { schema: 'server' })
testServerOn('pglite', createPostgresStorage({ db, schema: 'server' }))

test.serial(
  'pglite: a migration that fails leaves nothing behind, and can be tried again',
  async (t) => {
    const schema = 'failing'
    await sql`create schema failing`.execute(db)
    await sql`create table failing.revocations (mine text)`.execute(db)
    await t.throwsAsync(migrateToLatest(db, { schema }), { instanceOf: StorageError })
    const { rows } = await sql<{ relname: string }>`
    select relname from pg_class where relnamespace = 'failing'::regnamespace and relkind = 'r'`.execute(
      db,
    )
    t.deepEqual(rows, [{ relname: 'revocations' }])
    await sql`drop table failing.revocations`.execute(db)
    t.deepEqual(await migrateToLatest(db, { schema }), ['0001-tables'])
  },
)

test.serial('pglite: columns that are added or of another type disturb nobody', async (t) => {
  const schema = 'changing'
  await migrateToLatest(db, { schema })
  const changing = createPostgresStorage({ db, schema })
  await useEverything(t, changing)
  const { rows } = await sql<{ statement: string }>`
    select format('alter table %I.%I add column more text', schemaname, tablename) as statement
      from pg_tables where schemaname = ${schema}
    union all
    select format('alter table %I.%I alter column %I type varchar(9999)',
      table_schema, table_name, column_name)
      from information_schema.columns where table_schema = ${schema} and data_type = 'text'`.execute(
    db,
  )
  t.true(rows.length > 20)
  for (const { statement } of rows) await sql.raw(statement).execute(db)
  await emptyDatabase(db, schema)
  await useEverything(t, changing)
})
