import test from 'ava'
import { often } from '../helpers/full-counts.ts'
import type { StoreLocation } from '../helpers/instance-storage.ts'
import { startPostgres } from '../helpers/start-postgres.ts'
import { startRedis } from '../helpers/start-redis.ts'
import { POLL_INTERVAL_SECONDS, startRotatingSystem } from '../helpers/start-rotating-system.ts'

const LOAD = {
  connections: often(8, 4),
  requestsPerSecond: often(200, 60),
  tokensPerSecond: often(20, 6),
}
const ENOUGH_ANSWERS = often(200, 60)
/** What requests may take on a busy machine; far less than the API keeps the JWKS. */
const TOLERANCE_MILLISECONDS = 60_000

const [postgres, redis] = await Promise.all([startPostgres(), startRedis()])
const LOCATIONS: ReadonlyArray<StoreLocation> = [
  { kind: 'redis', socket: redis.socketPath },
  { kind: 'postgres', socketDirectory: postgres.socketDirectory },
]

test.after.always(async () => {
  await Promise.all([postgres.stop(), redis.stop()])
})

for (const location of LOCATIONS) {
  test(`two issuers on ${location.kind} and an API under load: no valid token is refused while keys rotate, none is accepted after its key was revoked`, async (t) => {
    const { traffic, issuerUrls, keys, signingKeyId, stop } = await startRotatingSystem(
      location,
      LOAD,
    )
    t.teardown(stop)
    const { tokens, answers, until } = traffic
    const first = await signingKeyId()
    const answersOf = (keyId: string): number =>
      answers.filter((answer) => answer.keyId === keyId).length
    await until(() => answersOf(first) >= ENOUGH_ANSWERS)

    await keys.rotate('signing')
    const second = await signingKeyId()
    t.not(second, first)
    const isSignedEverywhereWith = (keyId: string, since = 0): boolean =>
      issuerUrls.every((url) =>
        tokens.some(
          (token) => token.issuerUrl === url && token.keyId === keyId && token.requestedAt > since,
        ),
      )
    await until(() => isSignedEverywhereWith(second) && answersOf(second) >= ENOUGH_ANSWERS)
    t.deepEqual(
      answers.filter(({ status }) => status !== 204),
      [],
    )

    const revokedAt = Number(await keys.revoke(second)) * 1000
    // The next key is seconds old, too young to be known to the API: the first key signs once more.
    t.is(await signingKeyId(), first)
    const isRefused = (keyId: string): boolean =>
      answers.some((answer) => answer.keyId === keyId && answer.status === 401)
    await until(() => isRefused(second))
    const refusedAt = answers.find(({ status }) => status === 401)?.endedAt ?? 0
    const later = answers.length + ENOUGH_ANSWERS
    await until(() => answers.length >= later && isSignedEverywhereWith(first, revokedAt))
    await traffic.stop()

    const revoked = answers.filter(({ keyId }) => keyId === second)
    const others = answers.filter(({ keyId }) => keyId !== second)
    t.true(others.every(({ status }) => status === 204))
    t.true(
      revoked.some(({ startedAt }) => startedAt > refusedAt),
      'a request must have tried',
    )
    for (const { startedAt, status } of revoked) {
      if (startedAt > refusedAt) t.is(status, 401)
    }
    t.true(refusedAt > revokedAt - 1000)
    t.true(refusedAt < revokedAt + POLL_INTERVAL_SECONDS * 1000 + TOLERANCE_MILLISECONDS)
    t.deepEqual(
      tokens.filter(({ keyId, requestedAt }) => keyId === second && requestedAt > revokedAt),
      [],
    )
  })
}
