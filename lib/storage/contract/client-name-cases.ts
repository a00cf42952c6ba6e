import assert from 'node:assert/strict'
import type { ClientRecord } from '../client.ts'
import type { ClientListRequest, ClientStore } from '../client-store.ts'
import { assertOneWinner, concurrently } from './assertions.ts'
import { listPages } from './read-records.ts'
import { bareClient } from './sample-records.ts'
import type { StorageContractCase } from './storage-contract-case.ts'

/** Ids that begin alike, with characters that sort before and after others. */
const SIMILAR_IDS = ['a', 'a-', 'a-b', 'a0', 'aa', 'a_', 'A', '-a', '_']

async function idsNamed(clients: ClientStore, part: string): Promise<ReadonlyArray<string>> {
  const { items } = await clients.list({ limit: 100, nameContains: part })
  return items.map(({ clientId }) => clientId)
}

/** Every part of a name that has one or two characters, and the name. */
function partsOf(name: string): ReadonlyArray<string> {
  const pairs = [...name].map((_, index) => name.slice(index, index + 2))
  return [...name, ...pairs, name]
}

async function assertFound(
  clients: ClientStore,
  name: string,
  expected: ReadonlyArray<string>,
): Promise<void> {
  for (const part of partsOf(name)) assert.deepEqual(await idsNamed(clients, part), expected, part)
}

/** Searches for names that change, and searches that combine with the list. */
export const clientNameCases: ReadonlyArray<StorageContractCase> = [
  {
    name: 'clients.list() finds a client by every part of its name, after each change of it, and by no part of another',
    async run(openStorage) {
      const { clients } = await openStorage()
      const names = ['Abc', 'Xyz', 'Abc', 'Abz', 'x']
      await clients.insert(bareClient({ name: names[0] ?? '' }))
      for (const [index, name] of names.entries()) {
        if (index > 0) await clients.update(bareClient({ name, version: index + 1 }), index)
        await assertFound(clients, name, ['client-1'])
        const others = partsOf('abcxyz').filter((part) => !name.toLowerCase().includes(part))
        for (const part of others) assert.deepEqual(await idsNamed(clients, part), [], part)
      }
      assert.equal(await clients.delete('client-1'), true)
      await assertFound(clients, 'x', [])
    },
  },
  {
    name: 'clients.list() finds the name that won, of 50 that a client is given at the same moment, and no other',
    async run(openStorage) {
      const { clients } = await openStorage()
      await clients.insert(bareClient({ name: 'at first' }))
      const nameOf = (caller: number): string => `Named ${String.fromCodePoint(0x4e00 + caller)}`
      const winner = assertOneWinner(
        await concurrently((caller) =>
          clients.update(bareClient({ name: nameOf(caller), version: 2 }), 1),
        ),
      )
      await assertFound(clients, nameOf(winner), ['client-1'])
      for (const caller of [...Array(50).keys()].filter((one) => one !== winner)) {
        assert.deepEqual(await idsNamed(clients, nameOf(caller).slice(-1)), [])
      }
      assert.deepEqual(await idsNamed(clients, 'first'), [])
    },
  },
  {
    name: 'clients.list() finds the last name of a client that is given names and loses them at the same moment',
    async run(openStorage) {
      const { clients } = await openStorage()
      await clients.insert(bareClient({ name: 'odd' }))
      for (let version = 1; version < 20; version += 1) {
        const rename = (name: string): Promise<boolean> =>
          clients.update(bareClient({ name, version: version + 1 }), version)
        await Promise.all([rename('even'), rename('odd'), rename('even')])
        const name = (await clients.find('client-1'))?.name ?? ''
        const other = name === 'odd' ? 'even' : 'odd'
        await assertFound(clients, name, ['client-1'])
        assert.deepEqual(await idsNamed(clients, other), [])
      }
    },
  },
  {
    name: 'clients.list() finds none of 50 clients that are renamed and deleted at the same moment',
    async run(openStorage) {
      const { clients } = await openStorage()
      const clientOf = (caller: number, changes: Partial<ClientRecord> = {}): ClientRecord =>
        bareClient({ clientId: `client-${caller}`, name: 'before', ...changes })
      await concurrently((caller) => clients.insert(clientOf(caller)))
      await concurrently(async (caller) => {
        await Promise.all([
          clients.update(clientOf(caller, { name: 'after', version: 2 }), 1),
          clients.delete(`client-${caller}`),
        ])
      })
      for (const name of ['before', 'after']) await assertFound(clients, name, [])
    },
  },
  {
    name: 'clients.list() pages through a search in the order in which it lists all clients',
    async run(openStorage) {
      const { clients } = await openStorage()
      for (const clientId of SIMILAR_IDS) {
        await clients.insert(bareClient({ clientId, name: `Named ${clientId}` }))
      }
      const [all] = await listPages(clients, { limit: 100 })
      for (const nameContains of ['n', 'me', 'named', 'named ']) {
        for (const limit of [1, 2, 5]) {
          const request: ClientListRequest = { limit, nameContains }
          const pages = await listPages(clients, request)
          assert.deepEqual(pages.flat(), all, `${limit} of ${nameContains}`)
        }
      }
    },
  },
]
