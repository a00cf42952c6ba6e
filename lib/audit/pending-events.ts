/**
 * Audit events of the command line. It has no `onEvent`, so it leaves them in the storage; the first instance with a
 * listener that looks reports them. Each is reported once, or never if that instance dies at that moment.
 *
 * @module
 */

import type { PendingEventStore } from '../storage/pending-event-store.ts'
import { type Clock, systemClock } from '../util/clock.ts'
import { AUDIT_RESULTS, type ReportedDetail } from './audit-event.ts'
import type { AuditLog } from './audit-log.ts'

const BATCH_SIZE = 100

/** An event in the store. */
interface PendingEvent {
  readonly detail: ReportedDetail
  readonly at: number
}

/** An audit log that leaves its events in a store. */
export interface PendingAuditLog extends AuditLog {
  /** Resolves when all recorded events are in the store. @throws {@link StorageError} */
  flush(): Promise<void>
}

/** Creates an audit log that leaves its events in a store. */
export function createPendingAuditLog(
  store: PendingEventStore,
  now: Clock = systemClock,
): PendingAuditLog {
  const recorded: Array<PendingEvent> = []
  return {
    record(detail, _ip, at = now()) {
      recorded.push({ detail, at })
    },
    deferUntilSent: (_response, handle) => handle(),
    async flush() {
      for (const event of recorded.splice(0)) await store.add(JSON.stringify(event))
    },
  }
}

/**
 * Reports the events in a store. One that cannot be read is reported as an error.
 *
 * @throws {@link StorageError}
 */
export async function reportPendingEvents(
  store: Pick<PendingEventStore, 'take'>,
  audit: AuditLog,
): Promise<void> {
  for (const text of await store.take(BATCH_SIZE)) {
    try {
      const { detail, at } = parsePendingEvent(text)
      audit.record(detail, undefined, at)
    } catch (cause) {
      const message = 'an audit event of the command line cannot be read; it is lost'
      const error = new Error(message, { cause })
      audit.record({ type: 'server.error', error, operation: 'pendingEvents.take()' })
    }
  }
}

function parsePendingEvent(text: string): PendingEvent {
  const event: PendingEvent = JSON.parse(text)
  if (!Object.hasOwn(AUDIT_RESULTS, event.detail.type)) {
    throw new TypeError(`"${event.detail.type}" is not a type of event`)
  }
  if (!Number.isSafeInteger(event.at)) throw new TypeError('"at" must be a whole number')
  return event
}
