/**
 * From one version to the next, whose tables differ, while requests go on: the tables are expanded, the
 * processes replaced one by one, the tables contracted.
 *
 * @module
 */

import test from 'ava'
import { Kysely, PostgresDialect, sql } from 'kysely'
import { applyMigrations, type Migrations } from '../../adapters/postgres/apply-migrations.ts'
import { MIGRATIONS } from '../../adapters/postgres/migrate.ts'
import type { StoreLocation } from '../helpers/instance-storage.ts'
import { postAs } from '../helpers/requests.ts'
import { type Instances, startInstances } from '../helpers/start-instances.ts'
import { startPostgres } from '../helpers/start-postgres.ts'

const postgres = await startPostgres()
test.after.always(() => postgres.stop())

const USERS = 3
const REFRESHES_PER_SIGN_IN = 3

/** The next version says `current_token_hash` where this one says `token_hash`. */
const RENAMED = { from: 'token_hash', to: 'current_token_hash' }

const EXPANDED: Migrations = {
  ...MIGRATIONS,
  '0002-expand': async (db) => {
    await sql`
      alter table oauth.token_families add column current_token_hash text collate "C";
      create function oauth.copy_token_hash() returns trigger language plpgsql as $$
        begin
          if tg_op = 'UPDATE' and new.token_hash is distinct from old.token_hash
            or tg_op = 'INSERT' and new.token_hash is not null then
            new.current_token_hash := new.token_hash;
          else
            new.token_hash := new.current_token_hash;
          end if;
          return new;
        end $$;
      create trigger copy_token_hash before insert or update on oauth.token_families
        for each row execute function oauth.copy_token_hash();
      update oauth.token_families set current_token_hash = token_hash`.execute(db)
  },
}

const CONTRACTED: Migrations = {
  ...EXPANDED,
  '0003-contract': async (db) => {
    await sql`
      drop trigger copy_token_hash on oauth.token_families;
      drop function oauth.copy_token_hash();
      alter table oauth.token_families drop column token_hash`.execute(db)
  },
}

/** Users who sign in, refresh, are looked up and sign out, over and over. */
function startUsers(instances: Instances) {
  const { issuer, client } = instances
  const failures: Array<string> = []
  const refreshes = Array.from({ length: USERS }, () => 0)
  let isOver = false
  let checkGoal = (): void => undefined

  async function post(path: string, parameters: Record<string, string>): Promise<Response> {
    const response = await postAs(client, `${issuer}/oauth/${path}`, parameters)
    if (response.status === 200) return response
    throw new Error(`${path}: ${response.status} ${await response.text()}`)
  }

  async function use(user: number): Promise<void> {
    let token = (await instances.issueTokens(`user-${user}`)).refresh_token
    for (let times = 0; times < REFRESHES_PER_SIGN_IN; times += 1) {
      const refreshed = await post('token', { grant_type: 'refresh_token', refresh_token: token })
      token = (await refreshed.json()).refresh_token
      const introspected = await post('introspect', { token })
      if (!(await introspected.json()).active) throw new Error('a new token is not active')
      refreshes[user] = (refreshes[user] ?? 0) + 1
      checkGoal()
    }
    await post('revoke', { token })
  }

  const running = refreshes.map(async (_, user) => {
    while (!isOver && failures.length === 0) {
      await use(user).catch((error: unknown) => failures.push(String(error)))
      checkGoal()
    }
  })

  return {
    failures,
    /** Waits until each user has refreshed as often as from one sign-in to the next, or one failed. */
    async onceRound(): Promise<void> {
      const goal = refreshes.map((count) => count + REFRESHES_PER_SIGN_IN)
      const { promise, resolve } = Promise.withResolvers<void>()
      checkGoal = () => {
        const isReached = goal.every((count, user) => (refreshes[user] ?? 0) >= count)
        if (isReached || failures.length > 0) resolve()
      }
      checkGoal()
      await promise
    },
    async stop(): Promise<void> {
      isOver = true
      await Promise.all(running)
    },
  }
}

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
    await instances.replace(index, { ...location, renamedColumn: RENAMED })
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
