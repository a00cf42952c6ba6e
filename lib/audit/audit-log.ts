import { AsyncLocalStorage } from 'node:async_hooks'
import type { ServerResponse } from 'node:http'
import { type Clock, systemClock } from '../util/clock.ts'
import { notifyHost } from '../util/host-function.ts'
import { parseIpAddress } from '../util/ip-address.ts'
import {
  AUDIT_RESULTS,
  type AuditEvent,
  type AuditEventDetail,
  type AuditListener,
  type ReportedDetail,
} from './audit-event.ts'
import { printable } from './printable.ts'
import { reportError } from './reported-error.ts'

/** Delivers audit events to the host's listener. */
export interface AuditLog {
  /**
   * Records an event. Never throws and never waits.
   *
   * @param ip Address of the caller. Left out of the event when it is not valid.
   * @param at When it happened. Defaults to now.
   */
  record(detail: ReportedDetail, ip?: string, at?: number): void
  /**
   * Handles a request and holds back the events that `handle` records. They are delivered when the
   * response has been sent, at the latest a second after `handle` has ended: a client may never read it.
   */
  deferUntilSent(response: ServerResponse, handle: () => Promise<void>): Promise<void>
}

/** The events of a request under way. */
interface PendingEvents {
  /** `undefined` once they were delivered: later events are delivered at once. */
  held: Array<AuditEvent> | undefined
}

/** Reads the clock. Falls back to the system clock: the failing clock may be what the event reports. */
function instantOf(now: Clock): number {
  try {
    return now()
  } catch {
    return systemClock()
  }
}

const MAXIMUM_DELAY_MILLISECONDS = 1000

/**
 * Creates an audit log. The listener runs after the response was sent and after the current turn of the
 * event loop. So a slow listener does not delay a response and a throwing one does not break it. Its
 * failures become process warnings.
 */
export function createAuditLog(listener: AuditListener | undefined, now: Clock): AuditLog {
  if (listener === undefined)
    return { record: () => undefined, deferUntilSent: (_, handle) => handle() }
  const requests = new AsyncLocalStorage<PendingEvents>()

  const deliver = (event: AuditEvent): Promise<void> =>
    notifyHost(`onEvent for "${event.type}"`, 'AuditListenerWarning', () => listener(event))
  return {
    record(detail, from, at = instantOf(now)) {
      const result = AUDIT_RESULTS[detail.type]
      const ip = from === undefined ? undefined : parseIpAddress(from)
      const event: AuditEvent = { version: 1, at, result, ip, ...toEventDetail(detail) }
      const held = requests.getStore()?.held
      if (held === undefined) setImmediate(deliver, event)
      else held.push(event)
    },

    async deferUntilSent(response, handle) {
      const events: PendingEvents = { held: [] }
      const deliverHeld = (): void => {
        for (const event of events.held ?? []) setImmediate(deliver, event)
        events.held = undefined
      }
      response.once('close', deliverHeld)
      try {
        await requests.run(events, handle)
      } finally {
        if (events.held !== undefined) {
          const timer = setTimeout(deliverHeld, MAXIMUM_DELAY_MILLISECONDS)
          response.once('close', () => clearTimeout(timer))
        }
      }
    },
  }
}

function toEventDetail(detail: ReportedDetail): AuditEventDetail {
  if (detail.type !== 'server.error') return printable(detail)
  return printable({ type: detail.type, error: reportError(detail.error, detail.operation) })
}
