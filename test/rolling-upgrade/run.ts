/**
 * Upgrades two processes to this tree and rolls them back, one by one, while users sign in, refresh, are looked up and
 * sign out: `npm run rolling-upgrade -- --store postgres --from <commit>`. Both versions are packed as they are published,
 * and share the store. It fails when a request is refused that must not be, or a revoked token is active.
 *
 * - `--store`: `postgres`, whose tables also get a column meanwhile, as by the next version's first migration; or `redis`;
 *   postgres unless it says otherwise.
 * - `--from`: the earlier commit; the last that changed the tables unless it says otherwise.
 * - `--times`: how often it is upgraded and rolled back; 1 unless it says otherwise.
 *
 * @module
 */

import { parseArgs } from 'node:util'
import { Kysely, PostgresDialect } from 'kysely'
import { applyMigrations } from '../../adapters/postgres/apply-migrations.ts'
import { ROOT } from '../helpers/documentation.ts'
import type { StoreLocation } from '../helpers/instance-storage.ts'
import { startInstances } from '../helpers/start-instances.ts'
import { startPostgres } from '../helpers/start-postgres.ts'
import { startRedis } from '../helpers/start-redis.ts'
import { EXPANDED } from './migrations.ts'
import { findCommit, type InstalledTree, installCommit, installThisTree } from './packed-tree.ts'
import { startUsers, type Users } from './users.ts'

const { values } = parseArgs({
  options: {
    store: { type: 'string', default: 'postgres' },
    from: { type: 'string' },
    times: { type: 'string', default: '1' },
  },
})
const times = Number(values.times)
if (!Number.isSafeInteger(times) || times < 1) throw new Error('--times is a whole number from 1')

interface StartedStore {
  readonly location: StoreLocation
  /** Changes its tables, if it has any. */
  migrate(): Promise<void>
  stop(): Promise<void>
}

async function startStore(): Promise<StartedStore> {
  if (values.store === 'redis') {
    const redis = await startRedis()
    const location: StoreLocation = { kind: 'redis', socket: redis.socketPath }
    return { location, migrate: async () => undefined, stop: () => redis.stop() }
  }
  if (values.store !== 'postgres') throw new Error('--store is postgres or redis')
  const postgres = await startPostgres()
  const pool = postgres.connect({ max: 1 })
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) })
  return {
    location: { kind: 'postgres', socketDirectory: postgres.socketDirectory },
    migrate: async () => void (await applyMigrations(db, 'oauth', EXPANDED)),
    async stop() {
      await pool.end()
      await postgres.stop()
    },
  }
}

/** @returns Who used it meanwhile. */
async function upgradeAndRollBack(
  { location, migrate }: StartedStore,
  { earlier, current }: Record<'earlier' | 'current', InstalledTree>,
): Promise<Users> {
  const instances = await startInstances(location, { program: earlier.program })
  const users = startUsers(instances)
  await users.onceRound()
  await migrate()
  await users.onceRound()
  for (let time = 0; time < times; time += 1) {
    for (const { program } of [current, earlier]) {
      for (const index of instances.instances.keys()) {
        await instances.replace(index, { program })
        await users.onceRound()
      }
    }
  }
  await users.stop()
  await instances.stop()
  return users
}

const commit = await findCommit(ROOT, values.from)
const installed: Array<InstalledTree> = []
try {
  const earlier = await installCommit(commit)
  installed.push(earlier)
  const current = await installThisTree()
  installed.push(current)
  const store = await startStore()
  const start = performance.now()
  const users = await upgradeAndRollBack(store, { earlier, current }).finally(store.stop)
  const seconds = ((performance.now() - start) / 1000).toFixed(0)
  const { failures, signIns, refreshes } = users
  if (failures.length > 0) throw new Error(`from ${commit}:\n${failures.join('\n')}`)
  process.stdout.write(
    `${values.store}, from ${commit.slice(0, 7)}: upgraded and rolled back ${times === 1 ? 'once' : `${times} times`}, ` +
      `meanwhile ${signIns} sign-ins and ${refreshes} refreshes, in ${seconds} s: none refused, nothing revoked is active\n`,
  )
} finally {
  await Promise.all(installed.map(({ remove }) => remove()))
}
process.exit()
