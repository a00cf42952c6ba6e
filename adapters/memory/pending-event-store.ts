import {
  MAXIMUM_PENDING_EVENTS,
  type PendingEventStore,
} from '../../lib/storage/pending-event-store.ts'

/** Creates the store of events that are not reported yet. */
export function createPendingEventStore(): PendingEventStore {
  const events: Array<string> = []
  return {
    async add(event) {
      events.push(event)
      if (events.length > MAXIMUM_PENDING_EVENTS) events.shift()
    },

    take: async (limit) => events.splice(0, limit),
  }
}
