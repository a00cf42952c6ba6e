/**
 * From one version to the next, whose tables differ, while requests go on: the tables are expanded, the
 * processes replaced one by one, the tables contracted. `npm run rolling-upgrade` does it with an earlier commit.
 *
 * @module
 */

import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import test from 'ava'
import { Kysely, PostgresDialect } from 'kysely'
import { applyMigrations } from '../../adapters/postgres/apply-migrations.ts'
import type { StoreLocation } from '../helpers/instance-storage.ts'
import { startInstances } from '../helpers/start-instances.ts'
import { startPostgres } from '../helpers/start-postgres.ts'
import { makeDirectory } from '../helpers/start-process.ts'
import { CONTRACTED, EXPANDED, RENAMED } from '../rolling-upgrade/migrations.ts'
import { findCommit } from '../rolling-upgrade/packed-tree.ts'
import { startUsers } from '../rolling-upgrade/users.ts'

const postgres = await startPostgres()
test.after.always(() => postgres.stop())

test('two processes under load are upgraded across a migration that renames a column: no request fails', async (t) => {
  const location: StoreLocation = {
    kind: 'postgres',
    socketDirectory: postgres.socketDirectory,
  }
  const instances = await startInstances(location)
  t.teardown(() => instances.stop())
  const pool = postgres.connect({ max: 1 })
  t.teardown(() => pool.end())
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) })
  const users = startUsers(instances)
  t.teardown(() => users.stop())
  await users.onceRound()

  t.deepEqual(await applyMigrations(db, 'oauth', EXPANDED), ['0002-expand'])
  await users.onceRound()
  for (const index of instances.instances.keys()) {
    await instances.replace(index, { location: { ...location, renamedColumn: RENAMED } })
    await users.onceRound()
  }
  t.deepEqual(await applyMigrations(db, 'oauth', CONTRACTED), ['0003-contract'])
  await users.onceRound()

  await users.stop()
  t.deepEqual(users.failures, [])
  for (const { url } of instances.instances) {
    t.true((await (await fetch(`${url}/health`)).json()).isHealthy)
  }
})

test('a shallow clone says that it does not have the earlier commit, and how to get it', async (t) => {
  const directory = await makeDirectory('clones')
  t.teardown(() => directory.remove())
  const [whole, shallow] = [join(directory.path, 'whole'), join(directory.path, 'shallow')]
  const git = (...parameters: ReadonlyArray<string>): Promise<unknown> =>
    promisify(execFile)('git', parameters)
  const author = ['-c', 'user.name=any', '-c', 'user.email=any@example.com']
  await git('init', '--quiet', whole)
  for (const message of ['earlier', 'later']) {
    await git('-C', whole, ...author, 'commit', '--quiet', '--allow-empty', '--message', message)
  }
  await git('clone', '--quiet', '--depth', '1', pathToFileURL(whole).href, shallow)

  const earlier = await findCommit(whole, 'HEAD^')
  const message = /is a shallow clone without .*git fetch --unshallow/
  await t.throwsAsync(findCommit(shallow, earlier), { message })
  await t.throwsAsync(findCommit(shallow), { message })
  await t.throwsAsync(findCommit(whole, 'HEAD~9'), { message: /has no commit HEAD~9/ })
})
