import type { Storage } from '@teamcast/oauth-server'
import test from 'ava'
import type { Kysely } from 'kysely'
import { findCodeBlock } from '../helpers/documentation.ts'
import { createDocumentationProject } from '../helpers/documentation-project.ts'
import { emptyDatabase } from '../helpers/empty-database.ts'
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
