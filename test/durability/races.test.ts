import test, { type ExecutionContext } from 'ava'
import { often } from '../helpers/full-counts.ts'
import type { StoreLocation } from '../helpers/instance-storage.ts'
import { postAs } from '../helpers/requests.ts'
import { type Instances, startInstances } from '../helpers/start-instances.ts'
import { startPostgres } from '../helpers/start-postgres.ts'
import { startRedis } from '../helpers/start-redis.ts'
import { startRedisCluster } from '../helpers/start-redis-cluster.ts'

const CALLERS = 50
const ROUNDS = often(5, 3)
const DUELS = often(20, 8)

const [postgres, layeredPostgres, redis, cluster] = await Promise.all([
  startPostgres(),
  startPostgres(),
  startRedis(),
  startRedisCluster(),
])
const { socketPath: socket } = redis
const LOCATIONS: ReadonlyArray<StoreLocation> = [
  { kind: 'redis', socket },
  { kind: 'redis-cluster', ports: cluster.ports },
  { kind: 'postgres', socketDirectory: postgres.socketDirectory },
  { kind: 'layered', socket, socketDirectory: layeredPostgres.socketDirectory },
]

test.after.always(async () => {
  await Promise.all([postgres.stop(), layeredPostgres.stop(), redis.stop(), cluster.stop()])
})

/** Sends one request many times at once, through the load balancer to both processes. */
async function redeemAtOnce(
  { issuer, client }: Instances,
  parameters: Record<string, string>,
): Promise<ReadonlyArray<Response>> {
  const send = (): Promise<Response> => postAs(client, `${issuer}/oauth/token`, parameters)
  return await Promise.all(Array.from({ length: CALLERS }, send))
}

async function assertOneWinner(
  t: ExecutionContext,
  instances: Instances,
  responses: ReadonlyArray<Response>,
): Promise<void> {
  const winners = responses.filter(({ status }) => status === 200)
  t.is(winners.length, 1)
  for (const loser of responses.filter(({ status }) => status !== 200)) {
    t.is(loser.status, 400)
    t.like(await loser.json(), { error: 'invalid_grant' })
  }
  // The others were reuse: what the winner got is dead.
  const { access_token: accessToken, refresh_token: refreshToken } =
    (await winners[0]?.json()) ?? {}
  t.false(await isActive(instances, accessToken))
  t.is((await refresh(instances, refreshToken)).status, 400)
}

async function isActive({ issuer, client }: Instances, token: string): Promise<boolean> {
  const response = await postAs(client, `${issuer}/oauth/introspect`, { token })
  return (await response.json()).active
}

function refresh(
  { issuer, client }: Instances,
  refreshToken: string,
  as = client,
): Promise<Response> {
  const parameters = { grant_type: 'refresh_token', refresh_token: refreshToken }
  return postAs(as, `${issuer}/oauth/token`, parameters)
}

/** The refresh token a client holds after a refresh: the new one, or the old one if it got none. */
async function held(response: Response, before: string): Promise<string> {
  return response.status === 200 ? (await response.json()).refresh_token : before
}

for (const location of LOCATIONS) {
  test.serial(
    `two processes on ${location.kind}: one winner, and nothing is active after it was revoked`,
    async (t) => {
      const instances = await startInstances(location)
      t.teardown(() => instances.stop())
      const { issuer, client, opened } = instances

      for (let round = 0; round < ROUNDS; round += 1) {
        const { code, codeVerifier } = await instances.authorize(`code-${round}`)
        const redeemed = await redeemAtOnce(instances, {
          grant_type: 'authorization_code',
          code,
          code_verifier: codeVerifier,
        })
        await assertOneWinner(t, instances, redeemed)

        const { refresh_token: token } = await instances.issueTokens(`refresh-${round}`)
        const refreshed = await redeemAtOnce(instances, {
          grant_type: 'refresh_token',
          refresh_token: token,
        })
        await assertOneWinner(t, instances, refreshed)
      }

      const duels = Array.from({ length: DUELS }, async (_, index) => {
        // Refresh against revocation of the token.
        const first = await instances.issueTokens(`revoke-${index}`)
        const [refreshed, revoked] = await Promise.all([
          refresh(instances, first.refresh_token),
          postAs(client, `${issuer}/oauth/revoke`, { token: first.refresh_token }),
        ])
        t.is(revoked.status, 200)
        const afterRevoke = await held(refreshed, first.refresh_token)
        t.false(await isActive(instances, afterRevoke))
        t.is((await refresh(instances, afterRevoke)).status, 400)

        // Refresh against revocation of the connection.
        const second = await instances.issueTokens(`disconnect-${index}`)
        const [again, existed] = await Promise.all([
          refresh(instances, second.refresh_token),
          opened.storage.consents.delete(`disconnect-${index}`, client.client.clientId),
        ])
        t.true(existed)
        const afterDisconnect = await held(again, second.refresh_token)
        t.false(await isActive(instances, afterDisconnect))
        t.false(await isActive(instances, second.access_token))
        t.is((await refresh(instances, afterDisconnect)).status, 400)

        // Refresh against deletion of the client, of which the other process may know nothing yet.
        const doomed = await instances.registerClient()
        const third = await instances.issueTokens(`delete-${index}`, doomed)
        const [last, deleted] = await Promise.all([
          refresh(instances, third.refresh_token, doomed),
          fetch(`${issuer}/delete-client?clientId=${doomed.client.clientId}`),
        ])
        t.is(deleted.status, 204)
        const afterDelete = await held(last, third.refresh_token)
        for (const { url } of instances.instances) {
          const response = await postAs(doomed, `${url}/oauth/token`, {
            grant_type: 'refresh_token',
            refresh_token: afterDelete,
          })
          t.true([400, 401].includes(response.status), `${response.status}`)
        }
      })
      await Promise.all(duels)
    },
  )
}
