import assert from 'node:assert/strict'
import type { ClientRecord } from '../client.ts'
import { assertOneWinner, assertRecord, concurrently, ruin } from './assertions.ts'
import { AWKWARD_KEYS } from './awkward-identifiers.ts'
import { bareClient, fullClient, NOW } from './sample-records.ts'
import type { StorageContractCase } from './storage-contract-case.ts'

const changed = (changes: Partial<ClientRecord> = {}): ClientRecord =>
  fullClient({ name: 'Changed', updatedAt: NOW + 9, version: 2, ...changes })

/** Clients, one at a time. */
export const clientCases: ReadonlyArray<StorageContractCase> = [
  {
    name: 'clients.find() returns what insert() was given',
    async run(openStorage) {
      const { clients } = await openStorage()
      assert.equal(await clients.insert(fullClient()), true)
      assertRecord(await clients.find('client-1'), fullClient())
    },
  },
  {
    name: 'clients.find() returns undefined members as undefined and empty lists as empty lists',
    async run(openStorage) {
      const { clients } = await openStorage()
      await clients.insert(bareClient())
      const found = await clients.find('client-1')
      assertRecord(found, bareClient())
      assert.equal(found?.tenantId, undefined)
    },
  },
  {
    name: 'clients.find() returns undefined for a client that does not exist',
    async run(openStorage) {
      const { clients } = await openStorage()
      for (const clientId of AWKWARD_KEYS) assert.equal(await clients.find(clientId), undefined)
    },
  },
  {
    name: 'clients.has() tells whether a client exists: from its insert() to its delete()',
    async run(openStorage) {
      const { clients } = await openStorage()
      for (const clientId of AWKWARD_KEYS) assert.equal(await clients.has(clientId), false)
      await clients.insert(fullClient())
      assert.equal(await clients.has('client-1'), true)
      for (const clientId of AWKWARD_KEYS) assert.equal(await clients.has(clientId), false)
      await clients.update(changed(), 1)
      assert.equal(await clients.has('client-1'), true)
      await clients.delete('client-1')
      assert.equal(await clients.has('client-1'), false)
    },
  },
  {
    name: 'clients.insert() returns false for a taken id and changes nothing',
    async run(openStorage) {
      const { clients } = await openStorage()
      await clients.insert(fullClient())
      assert.equal(await clients.insert(changed()), false)
      assertRecord(await clients.find('client-1'), fullClient())
      assert.equal((await clients.list({ limit: 100 })).items.length, 1)
    },
  },
  {
    name: 'clients.insert() returns true to exactly one of 50 concurrent callers',
    async run(openStorage) {
      const { clients } = await openStorage()
      const clientOf = (caller: number): ClientRecord => fullClient({ name: `Caller ${caller}` })
      const results = await concurrently((caller) => clients.insert(clientOf(caller)))
      assertRecord(await clients.find('client-1'), clientOf(assertOneWinner(results)))
    },
  },
  {
    name: 'clients.insert() accepts the id of a client that was deleted',
    async run(openStorage) {
      const { clients } = await openStorage()
      await clients.insert(fullClient())
      await clients.delete('client-1')
      assert.equal(await clients.insert(bareClient()), true)
      assertRecord(await clients.find('client-1'), bareClient())
    },
  },
  {
    name: 'clients are told apart by every character of their ids',
    async run(openStorage) {
      const { clients } = await openStorage()
      for (const clientId of AWKWARD_KEYS) {
        assert.equal(await clients.insert(fullClient({ clientId, name: `is ${clientId}` })), true)
      }
      for (const clientId of AWKWARD_KEYS) {
        const client = fullClient({ clientId, name: `is ${clientId}` })
        assertRecord(await clients.find(clientId), client)
        assert.equal(await clients.update({ ...client, version: 2 }, 1), true)
        assert.equal(await clients.delete(clientId), true)
        assert.equal(await clients.find(clientId), undefined)
      }
    },
  },
  {
    name: 'clients are copies: changing one that was saved or found changes nothing',
    async run(openStorage) {
      const { clients } = await openStorage()
      const inserted = fullClient()
      await clients.insert(inserted)
      ruin(inserted)
      ruin(await clients.find('client-1'))
      ruin((await clients.list({ limit: 1 })).items[0])
      assertRecord(await clients.find('client-1'), fullClient())

      const updated = changed()
      await clients.update(updated, 1)
      ruin(updated)
      assertRecord(await clients.find('client-1'), changed())
    },
  },
  {
    name: 'clients.update() replaces the client, and keeps nothing of the one before',
    async run(openStorage) {
      const { clients } = await openStorage()
      await clients.insert(fullClient())
      await clients.insert(fullClient({ clientId: 'client-2' }))
      assert.equal(await clients.update(bareClient({ version: 2 }), 1), true)
      assertRecord(await clients.find('client-1'), bareClient({ version: 2 }))
      assertRecord(await clients.find('client-2'), fullClient({ clientId: 'client-2' }))
    },
  },
  {
    name: 'clients.update() returns false for another version and changes nothing',
    async run(openStorage) {
      const { clients } = await openStorage()
      await clients.insert(fullClient({ version: 10 }))
      for (const version of [0, 1, 9, 11]) {
        assert.equal(await clients.update(changed({ version: version + 1 }), version), false)
      }
      assertRecord(await clients.find('client-1'), fullClient({ version: 10 }))
    },
  },
  {
    name: 'clients.update() replaces a client whose version stays the same',
    async run(openStorage) {
      const { clients } = await openStorage()
      await clients.insert(fullClient({ version: 3 }))
      const [first, second] = fullClient().secrets
      assert.ok(first !== undefined && second !== undefined)
      const used = fullClient({ version: 3, secrets: [first, { ...second, lastUsedAt: NOW + 9 }] })
      assert.equal(await clients.update(used, 3), true)
      assertRecord(await clients.find('client-1'), used)
      assert.equal(await clients.update(changed({ version: 4 }), 3), true)
      assert.equal(await clients.update(used, 3), false)
      assertRecord(await clients.find('client-1'), changed({ version: 4 }))
    },
  },
  {
    name: 'clients.update() with the same version loses no concurrent change',
    async run(openStorage) {
      const { clients } = await openStorage()
      await clients.insert(fullClient())
      const results = await concurrently((caller) =>
        caller === 25
          ? clients.update(changed(), 1)
          : clients.update(fullClient({ updatedAt: NOW + caller }), 1),
      )
      assert.equal(results[25], true)
      assertRecord(await clients.find('client-1'), changed())
    },
  },
  {
    name: 'clients.update() returns false for a client that does not exist and adds none',
    async run(openStorage) {
      const { clients } = await openStorage()
      assert.equal(await clients.update(changed(), 1), false)
      assert.equal(await clients.find('client-1'), undefined)
      assert.deepEqual((await clients.list({ limit: 100 })).items, [])
    },
  },
  {
    name: 'clients.update() returns true to exactly one of 50 concurrent callers',
    async run(openStorage) {
      const { clients } = await openStorage()
      await clients.insert(fullClient())
      const clientOf = (caller: number): ClientRecord => changed({ name: `Caller ${caller}` })
      const results = await concurrently((caller) => clients.update(clientOf(caller), 1))
      assertRecord(await clients.find('client-1'), clientOf(assertOneWinner(results)))
    },
  },
  {
    name: 'clients.update() never brings back a client that is deleted concurrently',
    async run(openStorage) {
      const { clients } = await openStorage()
      const results = await concurrently(async (caller) => {
        const clientId = `client-${caller}`
        await clients.insert(fullClient({ clientId }))
        const [, deleted] = await Promise.all([
          clients.update(changed({ clientId }), 1),
          clients.delete(clientId),
        ])
        return deleted && (await clients.find(clientId)) === undefined
      })
      assert.ok(results.every(Boolean))
      assert.deepEqual((await clients.list({ limit: 100 })).items, [])
    },
  },
  {
    name: 'clients.delete() returns whether there was a client, and deletes no other',
    async run(openStorage) {
      const { clients } = await openStorage()
      await clients.insert(fullClient())
      await clients.insert(fullClient({ clientId: 'client-2' }))
      assert.equal(await clients.delete('client-1'), true)
      assert.equal(await clients.delete('client-1'), false)
      assert.equal(await clients.delete('never'), false)
      assert.equal(await clients.find('client-1'), undefined)
      assertRecord(await clients.find('client-2'), fullClient({ clientId: 'client-2' }))
    },
  },
  {
    name: 'clients.delete() with a version returns false at another one and changes nothing',
    async run(openStorage) {
      const { clients } = await openStorage()
      await clients.insert(fullClient({ version: 10 }))
      for (const version of [0, 1, 9, 11]) {
        assert.equal(await clients.delete('client-1', version), false)
      }
      assert.equal(await clients.delete('never', 1), false)
      assertRecord(await clients.find('client-1'), fullClient({ version: 10 }))
      assert.equal((await clients.list({ limit: 100 })).items.length, 1)
      assert.equal(await clients.delete('client-1', 10), true)
      assert.equal(await clients.delete('client-1', 10), false)
      assert.equal(await clients.find('client-1'), undefined)
      assert.deepEqual((await clients.list({ limit: 100 })).items, [])
    },
  },
  {
    name: 'clients.delete() with a version returns true to exactly one of 50 concurrent callers',
    async run(openStorage) {
      const { clients } = await openStorage()
      await clients.insert(fullClient())
      assertOneWinner(await concurrently(() => clients.delete('client-1', 1)))
      assert.equal(await clients.find('client-1'), undefined)
    },
  },
  {
    name: 'clients.delete() with a version never deletes a client that is updated concurrently',
    async run(openStorage) {
      const { clients } = await openStorage()
      await concurrently(async (caller) => {
        const clientId = `client-${caller}`
        await clients.insert(fullClient({ clientId }))
        const [isUpdated, isDeleted] = await Promise.all([
          clients.update(changed({ clientId }), 1),
          clients.delete(clientId, 1),
        ])
        assert.notEqual(isUpdated, isDeleted, 'one of the two must win')
        assert.equal((await clients.find(clientId)) !== undefined, isUpdated)
      })
    },
  },
]
