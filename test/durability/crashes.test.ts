import test, { type ExecutionContext } from 'ava'
import { often } from '../helpers/full-counts.ts'
import type { StoreLocation } from '../helpers/instance-storage.ts'
import { postAs } from '../helpers/requests.ts'
import { type Instances, startInstances } from '../helpers/start-instances.ts'
import { startPostgres } from '../helpers/start-postgres.ts'
import { startRedis } from '../helpers/start-redis.ts'

const CLIENTS = often(48, 16)
const ROTATIONS_BEFORE_CRASH = often(300, 100)
const MAXIMUM_RETRIES = 20_000

const [postgres, redis] = await Promise.all([
  startPostgres({ durable: true }),
  startRedis(['--appendonly', 'yes', '--appendfsync', 'always']),
])
test.after.always(async () => {
  await Promise.all([postgres.stop(), redis.stop()])
})

const STORES = [
  { store: redis, location: { kind: 'redis', socket: redis.socketPath } },
  {
    store: postgres,
    location: { kind: 'postgres', socketDirectory: postgres.socketDirectory },
  },
] as const satisfies ReadonlyArray<{ location: StoreLocation; store: unknown }>

/** A client that refreshes, over and over, and knows what it was told. */
interface Refresher {
  /** The refresh token it holds: of the last answer that reached it. */
  token: string
  /** Tokens it spent, whose answers reached it. */
  readonly spent: Array<string>
}

async function startRefreshers(instances: Instances): Promise<ReadonlyArray<Refresher>> {
  const refreshers: Array<Refresher> = []
  for (let index = 0; index < CLIENTS; index += 1) {
    const { refresh_token: token } = await instances.issueTokens(`user-${index}`)
    refreshers.push({ token, spent: [] })
  }
  return refreshers
}

/** One refresh. @returns The status; 0 when the answer was cut off. */
async function refreshOnce(
  { client, instances }: Instances,
  refresher: Refresher,
): Promise<number> {
  try {
    const response = await postAs(client, `${instances[0]?.url}/oauth/token`, {
      grant_type: 'refresh_token',
      refresh_token: refresher.token,
    })
    if (response.status !== 200) {
      await response.text()
      return response.status
    }
    const { refresh_token: token } = await response.json()
    refresher.spent.push(refresher.token)
    refresher.token = token
    return 200
  } catch {
    return 0
  }
}

/** All refresh until `crash` has happened and they noticed. @returns How many answers were cut off. */
async function refreshUntilCrash(
  instances: Instances,
  refreshers: ReadonlyArray<Refresher>,
  crash: () => Promise<void>,
): Promise<number> {
  let rotations = 0
  let crashed: Promise<void> | undefined
  const cutOff = await Promise.all(
    refreshers.map(async (refresher) => {
      for (;;) {
        const status = await refreshOnce(instances, refresher)
        if (status !== 200) return status
        rotations += 1
        if (rotations === ROTATIONS_BEFORE_CRASH) crashed = crash()
      }
    }),
  )
  await crashed
  return cutOff.filter((status) => status === 0 || status >= 500).length
}

/** Asks again with the same token until the servers are back. */
async function retry(instances: Instances, refresher: Refresher): Promise<number> {
  let status = 0
  for (let times = 0; times < MAXIMUM_RETRIES && (status === 0 || status >= 500); times += 1) {
    status = await refreshOnce(instances, refresher)
  }
  return status
}

async function assertUsedTokensAreRevoked(
  t: ExecutionContext,
  { client, issuer }: Instances,
  refreshers: ReadonlyArray<Refresher>,
): Promise<void> {
  await Promise.all(
    refreshers.map(async ({ spent: [oldest = ''] }) => {
      const response = await postAs(client, `${issuer}/oauth/token`, {
        grant_type: 'refresh_token',
        refresh_token: oldest,
      })
      t.is(response.status, 400)
    }),
  )
}

for (const { store, location } of STORES) {
  test.serial(
    `kill -9 of a server on ${location.kind}, with a grace period: every rotation whose response was cut off succeeds on retry`,
    async (t) => {
      const instances = await startInstances(location, { count: 1, refreshTokenGraceSeconds: 60 })
      t.teardown(() => instances.stop())
      const refreshers = await startRefreshers(instances)

      const cutOff = await refreshUntilCrash(instances, refreshers, async () => {
        await instances.instances[0]?.process.stop('SIGKILL')
      })
      t.is(cutOff, CLIENTS)
      await instances.restart(0)

      const statuses = await Promise.all(refreshers.map((each) => retry(instances, each)))
      t.deepEqual(
        statuses.filter((status) => status !== 200),
        [],
      )
      // What they hold now is good too: there is one live branch, and it is theirs.
      const next = await Promise.all(refreshers.map((each) => refreshOnce(instances, each)))
      t.deepEqual(next, Array(CLIENTS).fill(200))
      await assertUsedTokensAreRevoked(t, instances, refreshers)
    },
  )

  test.serial(
    `kill -9 of a server on ${location.kind}, without one: no rotation whose response arrived is lost`,
    async (t) => {
      const instances = await startInstances(location, { count: 1 })
      t.teardown(() => instances.stop())
      const refreshers = await startRefreshers(instances)
      await refreshUntilCrash(instances, refreshers, async () => {
        await instances.instances[0]?.process.stop('SIGKILL')
      })
      await instances.restart(0)

      // What a client holds is good, or its own last request spent it: then it is reuse, and the end.
      for (const refresher of refreshers) {
        const held = refresher.token
        const introspection = await postAs(
          instances.client,
          `${instances.issuer}/oauth/introspect`,
          {
            token: held,
          },
        )
        const { active: isGood } = await introspection.json()
        t.is(await refreshOnce(instances, refresher), isGood ? 200 : 400)
      }
      await assertUsedTokensAreRevoked(t, instances, refreshers)
    },
  )

  test.serial(
    `kill -9 of ${location.kind} itself: every client goes on when it is back`,
    async (t) => {
      const instances = await startInstances(location, { count: 1, refreshTokenGraceSeconds: 60 })
      t.teardown(() => instances.stop())
      const refreshers = await startRefreshers(instances)
      await refreshUntilCrash(instances, refreshers, async () => {
        await store.kill()
      })
      await store.restart()

      const statuses = await Promise.all(refreshers.map((each) => retry(instances, each)))
      t.deepEqual(
        statuses.filter((status) => status !== 200),
        [],
      )
      await assertUsedTokensAreRevoked(t, instances, refreshers)
    },
  )
}
