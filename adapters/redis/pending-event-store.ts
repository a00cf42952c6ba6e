import {
  MAXIMUM_PENDING_EVENTS,
  type PendingEventStore,
} from '../../lib/storage/pending-event-store.ts'
import type { Connection } from './connection.ts'

/** Creates the store of events that are not reported yet: one list, the oldest at its head. */
export function createPendingEventStore({ client, keys }: Connection): PendingEventStore {
  return {
    async add(event) {
      const length = await client.rpush(keys.pendingEvents, event)
      if (Number(length) > MAXIMUM_PENDING_EVENTS) {
        await client.ltrim(keys.pendingEvents, -MAXIMUM_PENDING_EVENTS, -1)
      }
    },

    take: async (limit) => (await client.lpop(keys.pendingEvents, limit)) ?? [],
  }
}
