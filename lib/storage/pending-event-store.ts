import * as shape from './result-shape.ts'

/**
 * Audit events of the command line, which has no `onEvent`, until an instance reports them. Bounded: a store drops
 * the oldest above {@link MAXIMUM_PENDING_EVENTS}.
 */
export interface PendingEventStore {
  /** Adds an event after all others. It is the caller's text, JSON for example. */
  add(event: string): Promise<void>

  /** Removes up to `limit` events, the oldest first. @returns Each event to exactly one caller, in order. */
  take(limit: number): Promise<ReadonlyArray<string>>
}

/** How many events a store keeps. The oldest are dropped above this number. */
export const MAXIMUM_PENDING_EVENTS = 1000

/** What the methods may resolve to. */
export const PENDING_EVENT_RESULTS: shape.ResultShapes<PendingEventStore> = {
  add: shape.ANYTHING,
  take: shape.listOf('texts', shape.string),
}
