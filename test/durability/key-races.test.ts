/** Many instances on one real store that make, rotate and revoke keys at the same moment. */

import { type ManagedKeys, openManagedKeys } from '@teamcast/oauth-server'
import test from 'ava'
import { decodeProtectedHeader } from 'jose'
import { openStorageAt, type StoreLocation } from '../helpers/instance-storage.ts'
import { SLOW_STORE } from '../helpers/slow-store.ts'
import { startPostgres } from '../helpers/start-postgres.ts'
import { startRedis } from '../helpers/start-redis.ts'

const INSTANCES = 10
const NOW = 1_800_000_000

const [postgres, redis] = await Promise.all([startPostgres(), startRedis()])
test.after.always(() => Promise.all([postgres.stop(), redis.stop()]))

const LOCATIONS: ReadonlyArray<StoreLocation> = [
  { kind: 'redis', socket: redis.socketPath },
  { kind: 'postgres', socketDirectory: postgres.socketDirectory },
]

const kidsOf = (keys: ManagedKeys): ReadonlyArray<string | undefined> =>
  keys.publishedKeys().keys.map(({ kid }) => kid)

for (const location of LOCATIONS) {
  test(`${location.kind}: ten instances that start at once on an empty store agree on its keys, and revoke one once`, async (t) => {
    const opened = await Promise.all(
      Array.from({ length: INSTANCES }, () => openStorageAt(location)),
    )
    t.teardown(() => Promise.all(opened.map(({ close }) => close())))
    let now = NOW
    const instances = await Promise.all(
      opened.map(({ storage }) =>
        openManagedKeys({
          storage,
          ...SLOW_STORE,
          secret: 'the secret that all instances of a test share',
          clock: () => now,
        }),
      ),
    )
    t.teardown(() => Promise.all(instances.map((keys) => keys.stop())))
    const [keys] = instances
    if (keys === undefined) return t.fail()
    const [first, second] = kidsOf(keys)
    for (const instance of instances) {
      t.deepEqual(instance.publishedKeys(), keys.publishedKeys())
      t.deepEqual(instance.cookieKeys(), keys.cookieKeys())
    }
    const listed = await keys.list()
    t.deepEqual(
      listed.map(({ purpose, generation, state }) => `${purpose} ${generation} ${state}`),
      ['signing 2 next', 'signing 1 signing', 'cookie 2 next', 'cookie 1 signing'],
    )

    const revoked = await Promise.all(instances.map((each) => each.revoke(String(first))))
    t.deepEqual(new Set(revoked), new Set([NOW + 15]))
    now += 15
    await Promise.all(instances.map((each) => each.refresh()))
    const signing = instances.map(
      async (each) => decodeProtectedHeader(await each.signJwt({}, 'at+jwt')).kid,
    )
    t.deepEqual(new Set(await Promise.all(signing)), new Set([second]))
    for (const instance of instances) t.deepEqual(kidsOf(instance), kidsOf(keys))
    t.is(kidsOf(keys).length, 2)
    t.true(await opened[0]?.storage.revocations.has('signing-key', String(first), now))
  })
}
