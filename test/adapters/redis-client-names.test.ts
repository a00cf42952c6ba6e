/**
 * What only Redis keeps: the sets by which clients are found by their names.
 *
 * @module
 */

import { createRedisStorage } from '@teamcast/oauth-server/redis'
import test, { type ExecutionContext } from 'ava'
import type { Redis } from 'ioredis'
import { bareClient } from '../../lib/storage/contract/sample-records.ts'
import { crashAfter, interceptCommands } from '../helpers/intercepted-redis.ts'
import { listKeys } from '../helpers/redis-keys.ts'
import { startRedis, type TestRedis } from '../helpers/start-redis.ts'

let redis: TestRedis
let client: Redis

test.before(async () => {
  redis = await startRedis()
  client = redis.connect()
})
test.after.always(() => redis.stop())

let count = 0
const createKeyPrefix = (): string => `storage-${count++}:`

/** What the sets of names have: for each, how many entries. */
async function countEntries(keyPrefix: string): Promise<Readonly<Record<string, number>>> {
  const start = `${keyPrefix}clients:name:`
  const keys = (await listKeys(client, start)).map(
    async (key) => [key.slice(start.length), Number(await client.zcard(key))] as const,
  )
  return Object.fromEntries(await Promise.all(keys))
}

test('redis: a client is in the sets of its present name only, whoever lost or was deleted', async (t) => {
  const keyPrefix = createKeyPrefix()
  const { clients } = createRedisStorage({ client, keyPrefix })
  await clients.insert(bareClient({ name: 'One' }))
  await clients.insert(bareClient({ clientId: 'client-2', name: 'Two' }))
  const names = ['ab', 'bc', 'cd', 'de']
  await Promise.all(names.map((name) => clients.update(bareClient({ name, version: 2 }), 1)))
  await clients.update(bareClient({ name: 'xy', version: 3 }), 2)
  await clients.delete('client-2')
  t.deepEqual(await countEntries(keyPrefix), { x: 1, xy: 1, y: 1 })
})

test('redis: a change that leaves the name leaves its sets as they are', async (t) => {
  const keyPrefix = createKeyPrefix()
  const { clients } = createRedisStorage({ client, keyPrefix })
  await clients.insert(bareClient({ name: 'ab' }))
  const before = await client.zrange(`${keyPrefix}clients:name:ab`, '0', '-1')
  t.true(await clients.update(bareClient({ name: 'AB', version: 2 }), 1))
  t.deepEqual(await client.zrange(`${keyPrefix}clients:name:ab`, '0', '-1'), before)
})

test('redis: a search shows a client once and as it is, wherever a process died that renamed it', async (t) => {
  const found: Array<string> = []
  // 1 reads, 3 enter the new name, 1 updates, 3 remove the old one.
  for (let commands = 0; commands <= 8; commands += 1) {
    const keyPrefix = createKeyPrefix()
    const { clients } = createRedisStorage({ client, keyPrefix })
    await clients.insert(bareClient({ name: 'ab' }))
    // Others, so that a search reads a set of the name and not that of all clients.
    for (const clientId of ['client-2', 'client-3', 'client-4']) {
      await clients.insert(bareClient({ clientId, name: 'xy' }))
    }
    const dying = createRedisStorage({ client: crashAfter(client, commands), keyPrefix })
    const renaming = dying.clients.update(bareClient({ name: 'bc', version: 2 }), 1)
    if (commands === 8) t.true(await renaming)
    else await t.throwsAsync(renaming, { message: 'redis: clients.update() failed' })
    const { name = '' } = (await clients.find('client-1')) ?? {}
    for (const part of ['a', 'b', 'ab', 'c', 'bc']) {
      const { items } = await clients.list({ limit: 10, nameContains: part })
      t.is(items.length, name.includes(part) ? 1 : 0, `${part} of ${name}`)
    }
    found.push(name)
  }
  t.deepEqual(found, ['ab', 'ab', 'ab', 'ab', 'ab', 'bc', 'bc', 'bc', 'bc'])
})

test('redis: a change that the driver sends twice is found by its new name', async (t) => {
  const { clients } = createRedisStorage({
    client: sendsScriptsTwice(client),
    keyPrefix: createKeyPrefix(),
  })
  await createRedisStorage({ client, keyPrefix: `storage-${count - 1}:` }).clients.insert(
    bareClient({ name: 'ab' }),
  )
  t.true(await clients.update(bareClient({ name: 'cd', version: 2 }), 1))
  const { items } = await clients.list({ limit: 1, nameContains: 'cd' })
  t.is(items.length, 1)
})

/** A client whose connection breaks before the reply to a script, so that it is sent again. */
function sendsScriptsTwice(target: Redis): Redis {
  return new Proxy(target, {
    get(_, name) {
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      return async (...parameters: ReadonlyArray<unknown>) => {
        const isScript = name === 'evalsha' || name === 'eval'
        if (isScript) await Reflect.apply(member, target, parameters)
        return await Reflect.apply(member, target, parameters)
      }
    },
  })
}

/** How many commands a search sends. */
async function countCommandsOf(
  t: ExecutionContext,
  keyPrefix: string,
  nameContains: string,
  expected: number,
): Promise<number> {
  let commands = 0
  const counting = interceptCommands(client, async () => {
    commands += 1
  })
  const { clients } = createRedisStorage({ client: counting, keyPrefix })
  const { items } = await clients.list({ limit: 10, nameContains })
  t.is(items.length, expected, nameContains)
  return commands
}

test('redis: a search reads what can match, however many other names there are', async (t) => {
  const keyPrefix = createKeyPrefix()
  const { clients } = createRedisStorage({ client, keyPrefix })
  const nameOf = (index: number): string => (index === 0 ? 'Quick Hiring' : `Partner ${index}`)
  const insert = (_: unknown, index: number): Promise<boolean> =>
    clients.insert(bareClient({ clientId: `client-${index}`, name: nameOf(index) }))
  await Promise.all(Array.from({ length: 1000 }, insert))
  // Sizes of two or three sets and of all clients, the entries, and the clients at them.
  t.is(await countCommandsOf(t, keyPrefix, 'quick', 1), 1 + 4 + 1 + 1)
  t.is(await countCommandsOf(t, keyPrefix, 'q', 1), 1 + 1 + 1 + 1)
  t.is(await countCommandsOf(t, keyPrefix, 'xq', 0), 1 + 1 + 1)
  t.is(await countCommandsOf(t, keyPrefix, 'nobody', 0), 1 + 5 + 1)
  t.is(await countCommandsOf(t, keyPrefix, 'partner', 10), 1 + 6 + 1 + 11)
  // 19 names have two sevens in a row.
  t.true((await countCommandsOf(t, keyPrefix, 'partner 77', 10)) <= 1 + 9 + 2 + 19)
})
