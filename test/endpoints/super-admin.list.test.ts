import type { NewClient } from '@teamcast/oauth-server'
import test, { type ExecutionContext } from 'ava'
import { PUBLIC_CLIENT, TENANT_CLIENT } from '../helpers/start-server.ts'
import { createStoreOpener, STORE_KINDS } from '../helpers/store-kinds.ts'
import {
  assertPrivate,
  assertProblem,
  type ShownClient,
  type SuperAdminServer,
  startSuperAdminServer,
} from '../helpers/super-admin.ts'

const stores = createStoreOpener()
test.after.always(stores.close)

interface ShownPage {
  readonly items: ReadonlyArray<ShownClient>
  readonly nextCursor?: string
}

async function list(
  t: ExecutionContext,
  { send }: SuperAdminServer,
  query: Readonly<Record<string, string>> = {},
): Promise<ShownPage> {
  const response = await send('GET', `?${new URLSearchParams(query)}`)
  t.is(response.status, 200)
  assertPrivate(t, response)
  return await response.json()
}

async function listAll(
  t: ExecutionContext,
  server: SuperAdminServer,
  query: Readonly<Record<string, string>>,
): Promise<ReadonlyArray<ShownPage>> {
  const pages: Array<ShownPage> = []
  for (let cursor: string | undefined = ''; cursor !== undefined; ) {
    const page: ShownPage = await list(t, server, {
      ...query,
      ...(cursor === '' ? {} : { cursor }),
    })
    pages.push(page)
    cursor = page.nextCursor
  }
  return pages
}

const namesOf = ({ items }: ShownPage): ReadonlyArray<string> => items.map(({ name }) => name)

/** Some clients that differ in everything that can be filtered by. */
const CLIENTS: ReadonlyArray<NewClient> = [
  { ...TENANT_CLIENT, name: 'Acme Tool' },
  { ...TENANT_CLIENT, name: 'Globex Tool', tenantId: 'globex' },
  { ...PUBLIC_CLIENT, name: 'ACME Browser' },
  { ...PUBLIC_CLIENT, name: 'Straße 100% App' },
  { ...PUBLIC_CLIENT, name: 'Acme Phone', audience: 'TENANT', tenantId: 'acme' },
]

const FILTERS: ReadonlyArray<[Readonly<Record<string, string>>, ReadonlyArray<string>]> = [
  [{ audience: 'PLATFORM' }, ['ACME Browser', 'Straße 100% App']],
  [{ audience: 'TENANT' }, ['Acme Phone', 'Acme Tool', 'Globex Tool']],
  [{ tenantId: 'acme' }, ['Acme Phone', 'Acme Tool']],
  [{ tenantId: 'Acme' }, []],
  [{ clientType: 'CONFIDENTIAL' }, ['Acme Tool', 'Globex Tool']],
  [{ clientType: 'PUBLIC' }, ['ACME Browser', 'Acme Phone', 'Straße 100% App']],
  [{ name: 'acme' }, ['ACME Browser', 'Acme Phone', 'Acme Tool']],
  [{ name: 'ME T' }, ['Acme Tool']],
  [{ name: '0%' }, ['Straße 100% App']],
  [{ name: '%' }, ['Straße 100% App']],
  [{ name: '_' }, []],
  [{ name: '*' }, []],
  [{ name: "'" }, []],
  [{ name: '\\' }, []],
  [{ tenantId: 'acme', clientType: 'PUBLIC', audience: 'TENANT', name: 'PHONE' }, ['Acme Phone']],
  [{ tenantId: 'acme', name: 'globex' }, []],
]

for (const kind of STORE_KINDS) {
  test(`GET /super-admin/oauth-clients, ${kind}: every client once, newest first, page by page`, async (t) => {
    const server = await startSuperAdminServer(t, { storage: await stores.open(kind, t) })
    t.deepEqual(await list(t, server), { items: [] })
    const registered: Array<string> = []
    for (let index = 0; index < 25; index += 1) {
      server.clock.advance(index % 2) // some at the same second
      const { clientId } = await server.register({ ...PUBLIC_CLIENT, name: `Client ${index}` })
      registered.push(clientId)
    }

    t.is((await list(t, server)).items.length, 20)
    const pages = await listAll(t, server, { limit: '10' })

    t.deepEqual(
      pages.map(({ items }) => items.length),
      [10, 10, 5],
    )
    const items = pages.flatMap((page) => page.items)
    t.deepEqual(items.map(({ clientId }) => clientId).sort(), registered.sort())
    const ages = items.map(({ createdAt }) => createdAt)
    t.deepEqual(
      ages,
      ages.toSorted((left, right) => right - left),
    )
    const [first] = items
    t.deepEqual(first, await server.read(String(first?.clientId)))
  })

  test(`GET /super-admin/oauth-clients, ${kind}: filtered by audience, tenant, type and part of the name`, async (t) => {
    const server = await startSuperAdminServer(t, { storage: await stores.open(kind, t) })
    for (const client of CLIENTS) await server.register(client)

    for (const [query, names] of FILTERS) {
      const pages = await listAll(t, server, { ...query, limit: '2' })
      t.deepEqual(pages.flatMap(namesOf).sort(), names, JSON.stringify(query))
    }
  })

  test(`GET /super-admin/oauth-clients, ${kind}: a renamed client is found by its new name, a deleted one not at all`, async (t) => {
    const server = await startSuperAdminServer(t, { storage: await stores.open(kind, t) })
    const { clientId } = await server.register({ ...PUBLIC_CLIENT, name: 'Before' })

    await server.send('PATCH', `/${clientId}`, { body: { name: 'After' } })
    t.deepEqual(namesOf(await list(t, server, { name: 'before' })), [])
    t.deepEqual(namesOf(await list(t, server, { name: 'after' })), ['After'])

    await server.send('DELETE', `/${clientId}`)
    t.deepEqual(namesOf(await list(t, server, { name: 'after' })), [])
    t.deepEqual(namesOf(await list(t, server)), [])
  })

  test(`GET /super-admin/oauth-clients, ${kind}: a cursor that no page had leads to an empty page`, async (t) => {
    const server = await startSuperAdminServer(t, { storage: await stores.open(kind, t) })
    await server.register(PUBLIC_CLIENT)

    for (const cursor of ['x', '1', "1.'", '1.%00', `1.${'x'.repeat(400)}`, '9'.repeat(400)]) {
      t.deepEqual(await list(t, server, { cursor }), { items: [] }, cursor)
    }
  })
}

const LIMIT = 'must be a whole number from 1 to 100'
const CURSOR = 'must be the nextCursor of a page'
const CONTROLS = 'must not contain control characters'
const LENGTH = 'must have at most 255 characters'
const REFUSED: ReadonlyArray<[query: string, path: string, message: string]> = [
  ['limit=0', 'limit', LIMIT],
  ['limit=101', 'limit', LIMIT],
  ['limit=1.5', 'limit', LIMIT],
  ['limit=-1', 'limit', LIMIT],
  ['limit=1e1', 'limit', LIMIT],
  ['limit=', 'limit', LIMIT],
  ['limit=10&limit=20', 'limit', 'must be given once'],
  ['cursor=', 'cursor', CURSOR],
  ['cursor=a%00b', 'cursor', CURSOR],
  [`cursor=${'x'.repeat(501)}`, 'cursor', CURSOR],
  ['audience=tenant', 'audience', 'must be TENANT or PLATFORM'],
  ['audience=', 'audience', 'must be TENANT or PLATFORM'],
  ['tenantId=', 'tenantId', 'must not be empty'],
  ['tenantId=a%00b', 'tenantId', CONTROLS],
  [`tenantId=${'x'.repeat(256)}`, 'tenantId', LENGTH],
  ['clientType=NATIVE', 'clientType', 'must be CONFIDENTIAL or PUBLIC'],
  ['name=', 'name', 'must not be empty'],
  ['name=a%00', 'name', CONTROLS],
  [`name=${'x'.repeat(256)}`, 'name', LENGTH],
  ['q=acme', 'q', 'is not a parameter of this list'],
  ['__proto__=1', '__proto__', 'is not a parameter of this list'],
]

test('GET /super-admin/oauth-clients: each bad or unknown parameter is 400 and named', async (t) => {
  const server = await startSuperAdminServer(t)
  for (const [query, path, message] of REFUSED) {
    const { errors } = await assertProblem(t, await server.send('GET', `?${query}`), 400)
    t.deepEqual(errors, [{ path, message }], query)
  }
})

test('GET /super-admin/oauth-clients: every bad parameter is told at once', async (t) => {
  const server = await startSuperAdminServer(t)

  const query = '?limit=0&audience=x&name=a&name=b&colour=green&size=7'
  const { errors } = await assertProblem(t, await server.send('GET', query), 400)

  t.deepEqual(errors?.map(({ path }) => path).sort(), [
    'audience',
    'colour',
    'limit',
    'name',
    'size',
  ])
})
