/** What throttling failures costs in memory: nothing that one address could drive up without end. */

import test from 'ava'
import { RateLimiterMemory } from 'rate-limiter-flexible'
import { createCredentialThrottle } from '../../lib/endpoints/super-admin/credential-throttle.ts'
import { createThrottle } from '../../lib/http/throttle.ts'

const ADDRESS = '192.0.2.1'

test.serial(
  'an address counts at most 100 targets, however many and however long ones it names (ASVS 2.4, OWASP Denial of Service)',
  async (t) => {
    const counted = new Set<unknown>()
    const { penalty } = RateLimiterMemory.prototype
    RateLimiterMemory.prototype.penalty = function (key, ...rest) {
      counted.add(key)
      return penalty.call(this, key, ...rest)
    }
    t.teardown(() => {
      RateLimiterMemory.prototype.penalty = penalty
    })
    const throttle = createThrottle()

    const attempts: Array<boolean> = []
    for (let attempt = 0; attempt < 150; attempt += 1) {
      attempts.push(await throttle.consume(ADDRESS, `${attempt}`.padEnd(16_000, 'x')))
    }

    t.deepEqual(
      attempts,
      Array.from({ length: 150 }, (_, attempt) => attempt < 100),
    )
    t.is(counted.size, 101)
    for (const key of counted) t.true(String(key).length < 100)
  },
)

test.serial(
  'a blocked caller waits for what remains of the window, which began with its first failure',
  async (t) => {
    const { now } = Date
    t.teardown(() => {
      Date.now = now
    })
    const start = now()
    const at = (milliseconds: number): void => {
      Date.now = () => start + milliseconds
    }
    at(0)
    const throttle = createThrottle()
    t.true(await throttle.consume(ADDRESS, 'ada'))
    at(60_000)
    for (let attempt = 1; attempt < 10; attempt += 1) t.true(await throttle.consume(ADDRESS, 'ada'))
    at(100_500)
    t.false(await throttle.consume(ADDRESS, 'ada'))

    t.is(await throttle.retryAfterSeconds(ADDRESS, 'ada'), 200)
    t.is(await throttle.retryAfterSeconds(ADDRESS, 'grace'), 0)
    t.is(await throttle.retryAfterSeconds('unknown', 'ada'), 300)
  },
)

test('a refused attempt is not counted: what was consumed and refunded can be used again', async (t) => {
  const throttle = createThrottle()
  for (let attempt = 0; attempt < 10; attempt += 1) t.true(await throttle.consume(ADDRESS, 'ada'))
  for (let attempt = 0; attempt < 200; attempt += 1) t.false(await throttle.consume(ADDRESS, 'ada'))
  throttle.refund(ADDRESS, 'ada')
  t.true(await throttle.consume(ADDRESS, 'ada'))
  t.true(await throttle.consume(ADDRESS, 'grace'))
})

test('all addresses of an IPv6 /64 count as one, because one host has them all (ASVS 6.3)', async (t) => {
  const throttle = createThrottle()
  for (let attempt = 0; attempt < 10; attempt += 1) {
    t.true(await throttle.consume(`2001:db8:1:2::${attempt}`, 'ada'))
  }

  t.false(await throttle.consume('2001:db8:1:2:3:4:5:6', 'ada'))
  t.true((await throttle.retryAfterSeconds('2001:db8:1:2:3:4:5:6', 'ada')) > 0)
  t.true(await throttle.consume('2001:db8:1:3::1', 'ada'))
  t.true(await throttle.consume('::ffff:192.0.2.1', 'ada'))
})

test('accepted credentials: a bounded number of parts is remembered, by when they were used last', async (t) => {
  const ask = createCredentialThrottle(() => 0)
  const accept = (part: string): Promise<string | object> =>
    ask(ADDRESS, [part], async () => 'allowed')
  const named = (count: number): string => `accepted ${count}`
  for (let count = 0; count < 5000; count += 1) await accept(named(count))
  await accept(named(0))
  await accept(named(5000))
  for (let attempt = 0; attempt < 100; attempt += 1) {
    t.is(await ask(ADDRESS, [`wrong ${attempt}`], async () => 'unauthenticated'), 'unauthenticated')
  }

  const blocked = await accept(named(1))
  t.true(typeof blocked === 'object' && 'retryAfterSeconds' in blocked)
  for (const count of [0, 2, 5000]) t.is(await accept(named(count)), 'allowed')
})

test('accepted credentials: of a request with any number of cookies, 50 are remembered', async (t) => {
  const ask = createCredentialThrottle(() => 0)
  const many = Array.from({ length: 4000 }, (_, count) => `cookie ${count}`)
  t.is(await ask(ADDRESS, ['first'], async () => 'allowed'), 'allowed')
  for (const part of many.slice(0, 90))
    await ask('192.0.2.2', [part, ...many], async () => 'allowed')
  for (let attempt = 0; attempt < 100; attempt += 1) {
    await ask(ADDRESS, [`wrong ${attempt}`], async () => 'unauthenticated')
  }

  t.is(await ask(ADDRESS, ['first'], async () => 'allowed'), 'allowed')
})
