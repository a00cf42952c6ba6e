import assert from 'node:assert/strict'
import type { ClientStore } from '../client-store.ts'
import { assertRecord } from './assertions.ts'
import { listPages } from './read-records.ts'
import { bareClient, fullClient, NOW } from './sample-records.ts'
import type { StorageContractCase } from './storage-contract-case.ts'

/** Inserts `client-0` to `client-<count - 1>`, each a second newer than the one before. */
async function insertClients(clients: ClientStore, count: number): Promise<void> {
  // Out of order: the order of the list is that of `createdAt`.
  const indexes = [...Array(count).keys()].sort((left, right) => (left % 3) - (right % 3))
  for (const index of indexes) await insertClient(clients, index)
}

async function insertClient(clients: ClientStore, index: number): Promise<void> {
  await clients.insert(bareClient({ clientId: `client-${index}`, createdAt: NOW + index }))
}

const idsFrom = (newest: number, oldest: number): ReadonlyArray<string> =>
  Array.from({ length: newest - oldest + 1 }, (_, step) => `client-${newest - step}`)

/** Lists of clients. */
export const clientListCases: ReadonlyArray<StorageContractCase> = [
  {
    name: 'clients.list() returns one empty page when there are no clients',
    async run(openStorage) {
      const { clients } = await openStorage()
      const { items, nextCursor } = await clients.list({ limit: 100 })
      assert.deepEqual(items, [])
      assert.equal(nextCursor, undefined)
    },
  },
  {
    name: 'clients.list() returns whole records',
    async run(openStorage) {
      const { clients } = await openStorage()
      await clients.insert(fullClient())
      const { items } = await clients.list({ limit: 1 })
      assertRecord(items[0], fullClient())
    },
  },
  {
    name: 'clients.list() returns the newest first',
    async run(openStorage) {
      const { clients } = await openStorage()
      await insertClients(clients, 12)
      assert.deepEqual(await listPages(clients, { limit: 100 }), [idsFrom(11, 0)])
    },
  },
  {
    name: 'clients.list() returns pages of the limit, and no nextCursor on the last',
    async run(openStorage) {
      const { clients } = await openStorage()
      await insertClients(clients, 7)
      assert.deepEqual(await listPages(clients, { limit: 3 }), [
        idsFrom(6, 4),
        idsFrom(3, 1),
        idsFrom(0, 0),
      ])
      assert.deepEqual(await listPages(clients, { limit: 7 }), [idsFrom(6, 0)])
      assert.equal((await listPages(clients, { limit: 1 })).length, 7)
    },
  },
  {
    name: 'clients.list() pages through more clients than fit on the largest page',
    async run(openStorage) {
      const { clients } = await openStorage()
      await insertClients(clients, 201)
      const pages = await listPages(clients, { limit: 100 })
      assert.deepEqual(pages, [idsFrom(200, 101), idsFrom(100, 1), idsFrom(0, 0)])
    },
  },
  {
    name: 'clients.list() returns each of many clients created in the same second exactly once',
    async run(openStorage) {
      const { clients } = await openStorage()
      const ids = [...Array(10).keys()].map((index) => `client-${index}`)
      for (const clientId of ids) await clients.insert(bareClient({ clientId }))
      const [first, ...more] = await listPages(clients, { limit: 3 })
      assert.deepEqual([...(first ?? []), ...more.flat()].sort(), ids)
      assert.deepEqual(first, (await listPages(clients, { limit: 3 }))[0])
    },
  },
  {
    name: 'clients.list() neither skips nor repeats a client while others are inserted',
    async run(openStorage) {
      const { clients } = await openStorage()
      await insertClients(clients, 6)
      let newest = 6
      const pages = await listPages(clients, { limit: 2 }, () => insertClient(clients, newest++))
      assert.deepEqual(pages, [idsFrom(5, 4), idsFrom(3, 2), idsFrom(1, 0)])
    },
  },
  {
    name: 'clients.list() neither skips nor repeats a client while others are deleted',
    async run(openStorage) {
      const { clients } = await openStorage()
      await insertClients(clients, 8)
      // Two that were listed, the last of them the one the cursor is at, and one that was not yet.
      const doomed = ['client-7', 'client-6', 'client-4']
      const pages = await listPages(clients, { limit: 2 }, async () => {
        for (const clientId of doomed.splice(0)) await clients.delete(clientId)
      })
      assert.deepEqual(pages, [
        idsFrom(7, 6),
        ['client-5', 'client-3'],
        idsFrom(2, 1),
        idsFrom(0, 0),
      ])
    },
  },
  {
    name: 'clients.list() keeps the position of a client that is updated',
    async run(openStorage) {
      const { clients } = await openStorage()
      await insertClients(clients, 4)
      let version = 1
      const pages = await listPages(clients, { limit: 1 }, async () => {
        const update = { clientId: 'client-1', createdAt: NOW + 1, updatedAt: NOW + 99 }
        await clients.update(bareClient({ ...update, version: version + 1 }), version)
        version += 1
      })
      assert.deepEqual(pages.flat(), idsFrom(3, 0))
    },
  },
  {
    name: 'clients.list() returns an empty last page for an unknown cursor',
    async run(openStorage) {
      const { clients } = await openStorage()
      await insertClients(clients, 3)
      const cursors = [
        '',
        ' ',
        'garbage',
        '*',
        "' OR 1=1 --",
        '{"a":1}',
        '利用者',
        'x'.repeat(2000),
      ]
      for (const cursor of cursors) {
        const { items, nextCursor } = await clients.list({ limit: 2, cursor })
        assert.deepEqual(items, [], `cursor ${JSON.stringify(cursor)}`)
        assert.equal(nextCursor, undefined)
      }
    },
  },
]
