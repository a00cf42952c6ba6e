import {
  MAXIMUM_PENDING_EVENTS,
  type PendingEventStore,
} from '../../lib/storage/pending-event-store.ts'
import type { Database } from './schema.ts'

/** Creates the store of events that are not reported yet. */
export function createPendingEventStore(db: Database): PendingEventStore {
  return {
    async add(event) {
      const { id } = await db
        .insertInto('pending_events')
        .values({ event: JSON.stringify(event) })
        .returning('id')
        .executeTakeFirstOrThrow()
      const dropped = String(BigInt(id) - BigInt(MAXIMUM_PENDING_EVENTS))
      await db.deleteFrom('pending_events').where('id', '<=', dropped).execute()
    },

    async take(limit) {
      const taken = await db
        .deleteFrom('pending_events')
        .where('id', 'in', (query) =>
          query
            .selectFrom('pending_events')
            .select('id')
            .orderBy('id')
            .limit(limit)
            // What another caller is taking is not for this one.
            .forUpdate()
            .skipLocked(),
        )
        .returning(['id', 'event'])
        .execute()
      return taken
        .toSorted((left, right) => (BigInt(left.id) < BigInt(right.id) ? -1 : 1))
        .map(({ event }) => JSON.parse(event) as string)
    },
  }
}
