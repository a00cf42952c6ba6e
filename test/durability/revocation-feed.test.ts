import test from 'ava'
import { often } from '../helpers/full-counts.ts'
import type { StoreLocation } from '../helpers/instance-storage.ts'
import { basicCredentials, postAs } from '../helpers/requests.ts'
import { type Instances, startInstances } from '../helpers/start-instances.ts'
import { startPostgres } from '../helpers/start-postgres.ts'
import { startRedis } from '../helpers/start-redis.ts'
import { startRedisCluster } from '../helpers/start-redis-cluster.ts'
import { decodeJwt } from '../helpers/token-requests.ts'

const FAMILIES = often(40, 20)

const [postgres, redis, cluster] = await Promise.all([
  startPostgres(),
  startRedis(),
  startRedisCluster(),
])
const LOCATIONS: ReadonlyArray<StoreLocation> = [
  { kind: 'redis', socket: redis.socketPath },
  { kind: 'redis-cluster', ports: cluster.ports },
  { kind: 'postgres', socketDirectory: postgres.socketDirectory },
]
test.after.always(async () => {
  await Promise.all([postgres.stop(), redis.stop(), cluster.stop()])
})

/** Reads the feed as a resource server in another process does: from both instances in turn. */
async function createReader(
  instances: Instances,
): Promise<{ readonly told: ReadonlySet<string>; readonly readOn: () => Promise<void> }> {
  const resourceServerAudiences = [instances.issuer]
  const { client, clientSecret = '' } = await instances.registerClient({ resourceServerAudiences })
  const authorization = basicCredentials(client.clientId, clientSecret)
  const told = new Set<string>()
  let cursor = ''
  return {
    told,
    async readOn() {
      for (let hasMore = true; hasMore; ) {
        const url = `${instances.issuer}/oauth/revocations?limit=7&cursor=${cursor}`
        const response = await fetch(url, { headers: { authorization } })
        if (response.status !== 200) throw new Error(await response.text())
        const page = await response.json()
        for (const { type, id } of page.revocations) told.add(`${type} ${id}`)
        cursor = page.next_cursor
        hasMore = page.has_more
      }
    },
  }
}

for (const location of LOCATIONS) {
  test.serial(
    `${location.kind}: two processes: a reader of the feed gets every revocation that was acknowledged before its last run`,
    async (t) => {
      const instances = await startInstances(location)
      t.teardown(() => instances.stop())
      const { issuer, client } = instances
      const families = await Promise.all(
        Array.from({ length: FAMILIES }, (_, index) => instances.issueTokens(`user-${index}`)),
      )
      const { told, readOn } = await createReader(instances)

      let isOver = false
      const reading = (async () => {
        while (!isOver) await readOn()
      })()
      const revoked = await Promise.all(
        families.map(async ({ refresh_token: token, access_token: accessToken }, index) => {
          if (index % 2 === 0) {
            const response = await postAs(client, `${issuer}/oauth/revoke`, { token })
            t.is(response.status, 200)
          } else {
            // Reuse: the second of two refreshes.
            for (const status of [200, 400]) {
              const parameters = { grant_type: 'refresh_token', refresh_token: token }
              t.is((await postAs(client, `${issuer}/oauth/token`, parameters)).status, status)
            }
          }
          return `token_family ${decodeJwt(accessToken, 'payload')['grant_id']}`
        }),
      )
      isOver = true
      await reading
      await readOn()
      t.deepEqual(
        revoked.filter((family) => !told.has(family)),
        [],
      )
      t.is(told.size, FAMILIES)
    },
  )
}
