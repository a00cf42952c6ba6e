import * as shape from './result-shape.ts'

/**
 * Audit events of the command line, which has no `onEvent`, until an instance reports them. Bounded: a store may drop
 * the oldest when it holds more than 1000.
 */
export interface PendingEventStore {
  /** Adds an event after all others. It is the caller's text, JSON for example. */
  add(event: string): Promise<void>

  /** Removes up to `limit` events, the oldest first. @returns Each event to exactly one caller, in order. */
  take(limit: number): Promise<ReadonlyArray<string>>
}

/** How many events a store keeps at least. */
export const MAXIMUM_PENDING_EVENTS = 1000

/** What the methods may resolve to. */
export const PENDING_EVENT_RESULTS: shape.ResultShapes<PendingEventStore> = {
  add: shape.ANYTHING,
  take: shape.listOf('texts', shape.string),
}
