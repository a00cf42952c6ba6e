import assert from 'node:assert/strict'
import type { ClientRecord } from '../client.ts'
import type { ClientListRequest, ClientStore, PageRequest } from '../client-store.ts'
import { concurrently } from './assertions.ts'
import { AWKWARD_USER_IDS } from './awkward-identifiers.ts'
import { listPages } from './read-records.ts'
import { bareClient, fullClient, NOW } from './sample-records.ts'
import type { StorageContractCase } from './storage-contract-case.ts'

type Filters = Omit<ClientListRequest, keyof PageRequest>

const KINDS: ReadonlyArray<Pick<ClientRecord, 'audience' | 'tenantId' | 'clientType'>> = [
  { audience: 'PLATFORM', tenantId: undefined, clientType: 'PUBLIC' },
  { audience: 'PLATFORM', tenantId: undefined, clientType: 'CONFIDENTIAL' },
  { audience: 'TENANT', tenantId: 'tenant:1', clientType: 'PUBLIC' },
  { audience: 'TENANT', tenantId: 'tenant:1', clientType: 'CONFIDENTIAL' },
  { audience: 'TENANT', tenantId: 'tenant:2', clientType: 'PUBLIC' },
  { audience: 'TENANT', tenantId: 'tenant:2', clientType: 'CONFIDENTIAL' },
]
const NAMES = ['Alpha Partner', 'Beta partner', 'Gamma']

/** A client of one of the kinds, with one of the names; the larger the index, the newer. */
function mixedClient(index: number): ClientRecord {
  const kind = KINDS[index % KINDS.length]
  const name = NAMES[Math.floor(index / KINDS.length) % NAMES.length] ?? ''
  return bareClient({ ...kind, name, clientId: `client-${index}`, createdAt: NOW + index })
}

async function insertMixed(clients: ClientStore, count: number): Promise<void> {
  for (let index = 0; index < count; index++) await clients.insert(mixedClient(index))
}

/** The ids of the mixed clients that filters let through, newest first. */
function idsOf(count: number, filters: Filters): ReadonlyArray<string> {
  const { audience, tenantId, clientType, nameContains = '' } = filters
  const passes = (client: ClientRecord): boolean =>
    (audience ?? client.audience) === client.audience &&
    (tenantId ?? client.tenantId) === client.tenantId &&
    (clientType ?? client.clientType) === client.clientType &&
    client.name.toLowerCase().includes(nameContains.toLowerCase())
  const all = Array.from({ length: count }, (_, index) => mixedClient(count - 1 - index))
  return all.filter(passes).map(({ clientId }) => clientId)
}

/** Every combination of filters, those without a result included. */
function everyFilter(): ReadonlyArray<Filters> {
  const audiences: ReadonlyArray<Filters> = [{}, { audience: 'TENANT' }, { audience: 'PLATFORM' }]
  const tenants: ReadonlyArray<Filters> = [{}, { tenantId: 'tenant:1' }, { tenantId: 'tenant:9' }]
  const types: ReadonlyArray<Filters> = [{}, { clientType: 'PUBLIC' }]
  const names: ReadonlyArray<Filters> = [{}, { nameContains: 'PARTNER' }, { nameContains: 'omega' }]
  return audiences.flatMap((audience) =>
    tenants.flatMap((tenant) =>
      types.flatMap((type) => names.map((name) => ({ ...audience, ...tenant, ...type, ...name }))),
    ),
  )
}

/** The names among these in which a text is found. */
async function search(
  names: ReadonlyArray<string>,
  clients: ClientStore,
  text: string,
): Promise<ReadonlyArray<string>> {
  const { items } = await clients.list({ limit: 100, nameContains: text })
  return names.filter((name) => items.some((client) => client.name === name))
}

async function insertNamed(clients: ClientStore, names: ReadonlyArray<string>): Promise<void> {
  for (const [index, name] of names.entries()) {
    await clients.insert(bareClient({ clientId: `client-${index}`, name }))
  }
}

/** Filtered lists of clients. */
export const clientFilterCases: ReadonlyArray<StorageContractCase> = [
  {
    name: 'clients.list() lists what matches all of its filters, alone and combined',
    async run(openStorage) {
      const { clients } = await openStorage()
      await insertMixed(clients, 36)
      for (const filters of everyFilter()) {
        const { items, nextCursor } = await clients.list({ limit: 100, ...filters })
        const ids = items.map(({ clientId }) => clientId)
        assert.deepEqual(ids, idsOf(36, filters), JSON.stringify(filters))
        assert.equal(nextCursor, undefined)
      }
    },
  },
  {
    name: 'clients.list() returns pages of the limit, whatever its filters exclude',
    async run(openStorage) {
      const { clients } = await openStorage()
      await insertMixed(clients, 36)
      for (const filters of everyFilter()) {
        const pages = await listPages(clients, { limit: 2, ...filters })
        const expected = idsOf(36, filters)
        assert.deepEqual(pages.flat(), expected, JSON.stringify(filters))
        assert.equal(pages.length, Math.max(1, Math.ceil(expected.length / 2)))
      }
    },
  },
  {
    name: 'clients.list() with filters neither skips nor repeats a client while others are inserted and deleted',
    async run(openStorage) {
      const { clients } = await openStorage()
      await insertMixed(clients, 36)
      let newest = 36
      for (const filters of everyFilter()) {
        const before = await listPages(clients, { limit: 100, ...filters })
        const doomed = before.flat().filter((_, index) => index % 6 === 2)
        const pages = await listPages(clients, { limit: 2, ...filters }, async () => {
          const deleted = doomed.splice(0, 1).map((clientId) => clients.delete(clientId))
          await Promise.all([...deleted, clients.insert(mixedClient(newest++))])
        })
        const after = await listPages(clients, { limit: 100, ...filters })
        const durable = before.flat().filter((clientId) => after.flat().includes(clientId))
        const listed = pages.flat()
        assert.deepEqual(
          listed.filter((clientId) => durable.includes(clientId)),
          durable,
          JSON.stringify(filters),
        )
        assert.ok(listed.every((clientId) => before.flat().includes(clientId)))
      }
    },
  },
  {
    name: 'clients.list() omits a deleted client under every filter',
    async run(openStorage) {
      const { clients } = await openStorage()
      await insertMixed(clients, 18)
      for (const [index] of KINDS.entries()) await clients.delete(`client-${index}`)
      for (const filters of everyFilter()) {
        const { items } = await clients.list({ limit: 100, ...filters })
        const expected = idsOf(18, filters).filter((id) => Number(id.slice(7)) >= KINDS.length)
        assert.deepEqual(
          items.map(({ clientId }) => clientId),
          expected,
        )
      }
    },
  },
  {
    name: 'clients.list() finds each of 50 clients that are inserted at the same moment',
    async run(openStorage) {
      const { clients } = await openStorage()
      await concurrently((caller) => clients.insert(mixedClient(caller)))
      for (const filters of everyFilter()) {
        const { items } = await clients.list({ limit: 100, ...filters })
        assert.deepEqual(
          items.map(({ clientId }) => clientId),
          idsOf(50, filters),
        )
      }
    },
  },
  {
    name: 'clients.list() tells tenants apart by every character of their ids',
    async run(openStorage) {
      const { clients } = await openStorage()
      for (const [index, tenantId] of AWKWARD_USER_IDS.entries()) {
        await clients.insert(fullClient({ clientId: `client-${index}`, tenantId }))
      }
      for (const [index, tenantId] of AWKWARD_USER_IDS.entries()) {
        const { items } = await clients.list({ limit: 100, tenantId })
        assert.deepEqual(
          items.map(({ clientId }) => clientId),
          [`client-${index}`],
        )
      }
    },
  },
  {
    name: 'clients.list() searches names without regard to case and compatibility forms',
    async run(openStorage) {
      const { clients } = await openStorage()
      const names = [
        'Zoë Hiring',
        'ＦＵＬＬ width',
        'Ligature ﬁnder',
        '採用 Tool',
        'ΑΒΓ greek',
        '👩🏽‍💻 dev',
      ]
      await insertNamed(clients, names)
      const searches: ReadonlyArray<readonly [string, string]> = [
        ['ZOË h', 'Zoë Hiring'],
        ['zoe\u0308', 'Zoë Hiring'],
        ['full WIDTH', 'ＦＵＬＬ width'],
        ['ｗｉｄｔｈ', 'ＦＵＬＬ width'],
        ['FINDER', 'Ligature ﬁnder'],
        ['ature ﬁ', 'Ligature ﬁnder'],
        ['用 t', '採用 Tool'],
        ['αβγ', 'ΑΒΓ greek'],
        ['👩🏽‍💻', '👩🏽‍💻 dev'],
      ]
      for (const [text, name] of searches) {
        assert.deepEqual(await search(names, clients, text), [name], text)
      }
      assert.deepEqual(await search(names, clients, ''), names)
      for (const text of ['zoe h', 'zoëhiring', 'dev ', 'x'.repeat(10_000), '\0', '\ud800']) {
        assert.deepEqual(await search(names, clients, text), [], JSON.stringify(text))
      }
    },
  },
  {
    name: 'clients.list() takes every character of a searched name literally',
    async run(openStorage) {
      const { clients } = await openStorage()
      const characters = [...'%_*?\\[](){}^$.|+-#:/"\'`;&<>=@!~,']
      const names = ['nothing special', ...characters.map((character) => `a${character}b`)]
      await insertNamed(clients, names)
      for (const character of characters) {
        assert.deepEqual(await search(names, clients, character), [`a${character}b`])
        assert.deepEqual(await search(names, clients, `A${character}B`), [`a${character}b`])
      }
      for (const text of ['a%', '%b', '\\%', '__', '.*', '[a-z]', '\\', "' or '1'='1"]) {
        const expected = names.filter((name) => name.includes(text))
        assert.deepEqual(await search(names, clients, text), expected, text)
      }
    },
  },
  {
    name: 'clients.list() searches the name that a client has now',
    async run(openStorage) {
      const { clients } = await openStorage()
      await clients.insert(bareClient({ name: 'Before' }))
      assert.equal(await clients.update(bareClient({ name: 'After', version: 2 }), 1), true)
      assert.equal((await clients.list({ limit: 1, nameContains: 'before' })).items.length, 0)
      assert.equal((await clients.list({ limit: 1, nameContains: 'after' })).items.length, 1)
      await clients.update(bareClient({ name: 'Refused', version: 2 }), 1)
      assert.equal((await clients.list({ limit: 1, nameContains: 'refused' })).items.length, 0)
    },
  },
  {
    name: 'clients.list() finds the few that match among many',
    async run(openStorage) {
      const { clients } = await openStorage()
      const isRare = (index: number): boolean => index % 400 === 7
      const clientOf = (index: number): ClientRecord => {
        const name = isRare(index) ? `Rare ${index}` : `Common ${index}`
        return bareClient({ clientId: `client-${index}`, name, createdAt: NOW + index })
      }
      const indexes = [...Array(1300).keys()]
      for (let from = 0; from < indexes.length; from += 100) {
        const batch = indexes.slice(from, from + 100)
        await Promise.all(batch.map((index) => clients.insert(clientOf(index))))
      }
      const rare = indexes.filter(isRare).map((index) => `client-${index}`)
      const request = { limit: 3, nameContains: 'rare' }
      assert.deepEqual(await listPages(clients, request), [
        rare.slice(1).reverse(),
        rare.slice(0, 1),
      ])
    },
  },
]
