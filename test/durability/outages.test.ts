import test, { type ExecutionContext } from 'ava'
import type { StoreLocation } from '../helpers/instance-storage.ts'
import { authorizationUrl, postAs } from '../helpers/requests.ts'
import { type Instances, startInstances } from '../helpers/start-instances.ts'
import { startPostgres } from '../helpers/start-postgres.ts'
import { startRedis } from '../helpers/start-redis.ts'

// More than a busy machine needs while nothing is frozen.
const TIMEOUT_MILLISECONDS = 5000
// Far less than the outage, which lasts until the test ends it; much more than a busy machine needs.
const MAXIMUM_MILLISECONDS = 120_000
const CLIENTS = 8
const MAXIMUM_RETRIES = 20_000

const [postgres, redis] = await Promise.all([startPostgres(), startRedis()])
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

function refresh({ issuer, client }: Instances, refreshToken: string): Promise<Response> {
  const parameters = { grant_type: 'refresh_token', refresh_token: refreshToken }
  return postAs(client, `${issuer}/oauth/token`, parameters)
}

/** Asserts that every kind of request is answered in time, in its own format, and can be tried again. */
async function assertUnavailable(
  t: ExecutionContext,
  instances: Instances,
  tokens: ReadonlyArray<string>,
): Promise<void> {
  const { issuer, client } = instances
  const begin = performance.now()
  const programs = [
    ...tokens.map((token) => refresh(instances, token)),
    ...tokens.map((token) => postAs(client, `${issuer}/oauth/introspect`, { token })),
  ]
  const pages = tokens.map(() => fetch(authorizationUrl(issuer, client), { redirect: 'manual' }))
  for (const response of await Promise.all(programs)) {
    t.is(response.status, 503)
    t.is(response.headers.get('retry-after'), '5')
    t.like(await response.json(), { error: 'temporarily_unavailable' })
  }
  for (const response of await Promise.all(pages)) {
    t.is(response.status, 503)
    t.is(response.headers.get('retry-after'), '5')
    t.regex(response.headers.get('content-type') ?? '', /^text\/html/)
  }
  t.true(performance.now() - begin < MAXIMUM_MILLISECONDS)
}

async function isHealthy({ instances }: Instances): Promise<boolean> {
  const answers = await Promise.all(
    instances.map(async ({ url }) => (await (await fetch(`${url}/health`)).json()).isHealthy),
  )
  return answers.every(Boolean)
}

async function untilHealthy(t: ExecutionContext, instances: Instances): Promise<void> {
  for (let times = 0; times < MAXIMUM_RETRIES; times += 1) {
    if (await isHealthy(instances)) return
  }
  t.fail('the servers did not recover')
}

for (const { store, location } of STORES) {
  test.serial(
    `${location.kind} frozen: 503 in time; when it wakes up everything works, and no token was used up meanwhile`,
    async (t) => {
      const instances = await startInstances(location, {
        storageTimeoutMilliseconds: TIMEOUT_MILLISECONDS,
      })
      t.teardown(() => instances.stop())
      const tokens: Array<string> = []
      for (let index = 0; index < CLIENTS; index += 1) {
        tokens.push((await instances.issueTokens(`user-${index}`)).refresh_token)
      }
      t.true(await isHealthy(instances))

      store.signal('SIGSTOP')
      t.teardown(() => store.signal('SIGCONT'))
      await assertUnavailable(t, instances, tokens)
      t.false(await isHealthy(instances))
      store.signal('SIGCONT')
      await untilHealthy(t, instances)

      // What was sent while it was frozen has run by now, and rotated nothing: there is no grace period.
      for (const token of tokens) t.is((await refresh(instances, token)).status, 200)
    },
  )

  test.serial(
    `${location.kind} stopped and started again: 503 in time, then everything works by itself`,
    async (t) => {
      const instances = await startInstances(location, {
        storageTimeoutMilliseconds: TIMEOUT_MILLISECONDS,
      })
      t.teardown(() => instances.stop())
      const before = await instances.issueTokens('before')
      await store.kill()
      await assertUnavailable(t, instances, [before.refresh_token])
      t.false(await isHealthy(instances))
      await store.restart()
      await untilHealthy(t, instances)

      const after = await refresh(instances, before.refresh_token)
      // This Redis keeps nothing on disk: nobody knows the token, nor, a second later, the client.
      const expected = location.kind === 'redis' ? [400, 401] : [200]
      t.true(expected.includes(after.status), `${after.status}`)
    },
  )
}
