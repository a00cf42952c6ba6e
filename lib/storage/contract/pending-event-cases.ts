import assert from 'node:assert/strict'
import { concurrently } from './assertions.ts'
import type { StorageContractCase } from './storage-contract-case.ts'

/** Audit events that are not reported yet. */
export const pendingEventCases: ReadonlyArray<StorageContractCase> = [
  {
    name: 'pendingEvents.take() returns what add() was given, the oldest first, and each once',
    async run(openStorage) {
      const { pendingEvents } = await openStorage()
      assert.deepEqual(await pendingEvents.take(10), [])
      const events = ['{"type":"a"}', 'Zoë \\ "é" \u0001', '', '{"type":"a"}']
      for (const event of events) await pendingEvents.add(event)
      assert.deepEqual(await pendingEvents.take(3), events.slice(0, 3))
      assert.deepEqual(await pendingEvents.take(3), events.slice(3))
      assert.deepEqual(await pendingEvents.take(3), [])
    },
  },
  {
    name: 'pendingEvents.take() returns each event to exactly one of 50 callers',
    async run(openStorage) {
      const { pendingEvents } = await openStorage()
      await concurrently((caller) => pendingEvents.add(String(caller)))
      const taken = await concurrently(() => pendingEvents.take(3))
      const numbers = taken.flat().map(Number)
      assert.deepEqual(
        numbers.toSorted((left, right) => left - right),
        Array.from(numbers, (_, index) => index),
      )
      assert.equal(numbers.length, taken.length)
    },
  },
]
