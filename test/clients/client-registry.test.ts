import {
  ClientMetadataError,
  ClientNotFoundError,
  type ClientRegistry,
  ConflictError,
  createAuthorizationServer,
  type Storage,
} from '@teamcast/oauth-server'
import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import test from 'ava'
import { CONFIDENTIAL_CLIENT, PUBLIC_CLIENT } from '../helpers/start-server.ts'
import { validOptions } from '../helpers/valid-options.ts'

interface Fixture {
  readonly clients: ClientRegistry
  readonly storage: Storage
  readonly clock: { now: number }
}

function start(): Fixture {
  const storage = createMemoryStorage()
  const clock = { now: 1_700_000_000 }
  const options = { ...validOptions(), storage, clock: () => clock.now }
  return { clients: createAuthorizationServer(options).clients, storage, clock }
}

test('register: the secret is returned once, and only its hash is stored', async (t) => {
  const { clients, storage } = start()

  const { client, clientSecret } = await clients.register(CONFIDENTIAL_CLIENT)

  const record = JSON.stringify(await storage.clients.find(client.clientId))
  t.false(record.includes(String(clientSecret)))
  t.false(record.includes(String(clientSecret).slice(9)))
  t.regex(record, /"hash":"[\w-]{43}"/)
  const shown = JSON.stringify([
    client,
    await clients.find(client.clientId),
    await clients.list({ limit: 10 }),
    await clients.update(client.clientId, { name: 'Another name' }),
  ])
  t.notRegex(shown, /hash/)
  t.false(shown.includes(String(clientSecret).slice(0, 9)))
})

test('register: no two clients have the same id or secret', async (t) => {
  const { clients } = start()
  const registered = await Promise.all(
    Array.from({ length: 50 }, () => clients.register(CONFIDENTIAL_CLIENT)),
  )

  t.is(new Set(registered.map(({ client }) => client.clientId)).size, 50)
  t.is(new Set(registered.map(({ clientSecret }) => clientSecret)).size, 50)
})

test('find: what cannot be a client id finds nothing', async (t) => {
  const { clients } = start()

  for (const clientId of [
    '',
    'nobody',
    '__proto__',
    'constructor',
    'a b',
    'a\0',
    'x'.repeat(129),
  ]) {
    t.is(await clients.find(clientId), undefined)
  }
})

test('list: shows every client once, newest first, page by page', async (t) => {
  const { clients, clock } = start()
  const registered: Array<string> = []
  for (let count = 0; count < 7; count += 1) {
    clock.now += count % 2 // some at the same second
    const { client } = await clients.register({ ...PUBLIC_CLIENT, name: `Client ${count}` })
    registered.push(client.clientId)
  }

  const listed: Array<{ clientId: string; createdAt: number }> = []
  let cursor: string | undefined
  do {
    const page = await clients.list({ limit: 3, ...(cursor === undefined ? {} : { cursor }) })
    t.true(page.items.length <= 3)
    listed.push(...page.items)
    cursor = page.nextCursor
  } while (cursor !== undefined)

  t.deepEqual(listed.map(({ clientId }) => clientId).sort(), registered.sort())
  const ages = listed.map(({ createdAt }) => createdAt)
  t.deepEqual(
    ages,
    ages.toSorted((left, right) => right - left),
  )
})

test('list: a limit that is not 1 to 100 is refused', async (t) => {
  const { clients } = start()

  for (const limit of [0, -1, 101, 1.5, Number.NaN, '10', undefined]) {
    await t.throwsAsync(clients.list({ limit } as never), { instanceOf: RangeError })
  }
  t.deepEqual(await clients.list({ limit: 100 }), { items: [], nextCursor: undefined })
})

test('update: changes what is named, keeps the rest, and takes null back to the default', async (t) => {
  const { clients, clock } = start()
  const { client } = await clients.register({
    ...CONFIDENTIAL_CLIENT,
    clientUri: 'https://acme.example',
    accessTokenTtlSeconds: 60,
  })
  clock.now += 5

  const updated = await clients.update(client.clientId, {
    name: 'Another name',
    scopes: ['candidate:read'],
    clientUri: null,
    accessTokenTtlSeconds: null,
    tokenEndpointAuthMethod: 'client_secret_post',
  })

  const expected = {
    ...client,
    name: 'Another name',
    scopes: ['candidate:read'],
    clientUri: undefined,
    accessTokenTtlSeconds: 900,
    tokenEndpointAuthMethod: 'client_secret_post' as const,
    updatedAt: client.updatedAt + 5,
    version: 2,
  }
  t.deepEqual(updated, expected)
  t.deepEqual(await clients.find(client.clientId), expected)
})

test('update: a field that is undefined stays as it is', async (t) => {
  const { clients } = start()
  const { client } = await clients.register(CONFIDENTIAL_CLIENT)
  const changes = { name: undefined, scopes: undefined, audience: undefined }

  t.deepEqual(await clients.update(client.clientId, changes as never), client)
})

for (const changes of [
  { audience: 'TENANT' },
  { audience: 'PLATFORM' },
  { tenantId: 'acme' },
  { tenantId: null },
  { clientType: 'PUBLIC' },
]) {
  test(`update: refuses ${JSON.stringify(changes)}, because it is immutable`, async (t) => {
    const { clients } = start()
    const { client } = await clients.register(CONFIDENTIAL_CLIENT)

    const error = await t.throwsAsync(clients.update(client.clientId, changes as never), {
      instanceOf: ClientMetadataError,
      code: 'ERR_CLIENT_METADATA_INVALID',
    })

    const [path] = Object.keys(changes)
    t.deepEqual(error?.issues, [
      { path: String(path), message: 'cannot be changed after registration' },
    ])
  })
}

test('update: reports everything that is wrong at once, and changes nothing', async (t) => {
  const { clients } = start()
  const { client } = await clients.register(CONFIDENTIAL_CLIENT)

  const error = await t.throwsAsync(
    clients.update(client.clientId, {
      clientType: 'PUBLIC',
      name: null,
      requirePkce: false,
      redirectUris: [],
      tokenEndpointAuthMethod: 'none',
      clientId: 'mine',
      secrets: [],
      colour: 'green',
    } as never),
    { instanceOf: ClientMetadataError },
  )

  t.deepEqual(error?.issues.map(({ path }) => path).sort(), [
    'clientId',
    'clientType',
    'colour',
    'name',
    'redirectUris',
    'requirePkce',
    'secrets',
    'tokenEndpointAuthMethod',
  ])
  t.deepEqual(await clients.find(client.clientId), client)
})

test('update: what is not an object is refused', async (t) => {
  const { clients } = start()
  const { client } = await clients.register(CONFIDENTIAL_CLIENT)

  for (const changes of [undefined, null, 'name', []]) {
    await t.throwsAsync(clients.update(client.clientId, changes as never), {
      instanceOf: ClientMetadataError,
      message: '"client" must be an object',
    })
  }
})

test('update: each of several concurrent changes is made or refused as a conflict', async (t) => {
  const { clients } = start()
  const { client } = await clients.register(CONFIDENTIAL_CLIENT)
  const names = Array.from({ length: 20 }, (_, index) => `Name ${index}`)

  const outcomes = await Promise.allSettled(
    names.map((name) => clients.update(client.clientId, { name })),
  )

  const held = outcomes.flatMap((outcome) =>
    outcome.status === 'fulfilled' ? [outcome.value.name] : [],
  )
  t.is(held.length, 1)
  for (const outcome of outcomes) {
    if (outcome.status !== 'rejected') continue
    t.true(outcome.reason instanceof ConflictError)
    t.is(outcome.reason.code, 'ERR_CONFLICT')
  }
  t.is((await clients.find(client.clientId))?.name, held[0])
})

test('delete: every later operation on the client says that it is not found', async (t) => {
  const { clients } = start()
  const { client } = await clients.register(CONFIDENTIAL_CLIENT)
  const notFound = { instanceOf: ClientNotFoundError, code: 'ERR_CLIENT_NOT_FOUND' }

  await clients.delete(client.clientId)

  t.is(await clients.find(client.clientId), undefined)
  await t.throwsAsync(clients.update(client.clientId, { name: 'Another name' }), notFound)
  await t.throwsAsync(clients.delete(client.clientId), notFound)
  await t.throwsAsync(clients.delete('__proto__'), notFound)
})

test('delete: of concurrent deletions one succeeds', async (t) => {
  const { clients } = start()
  const { client } = await clients.register(CONFIDENTIAL_CLIENT)

  const outcomes = await Promise.allSettled(
    Array.from({ length: 10 }, () => clients.delete(client.clientId)),
  )

  t.is(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
})
