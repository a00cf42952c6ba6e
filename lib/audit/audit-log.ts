import { AsyncLocalStorage } from 'node:async_hooks'
import type { ServerResponse } from 'node:http'
import { type Clock, systemClock } from '../util/clock.ts'
import { notifyHost } from '../util/host-function.ts'
import { parseIpAddress } from '../util/ip-address.ts'
import type { AuditEvent, AuditEventDetail, AuditListener, ReportedDetail } from './audit-event.ts'
import { AUDIT_RESULTS } from './audit-results.ts'
import { printable } from './printable.ts'
import { reportError } from './reported-error.ts'

/** Hands events to the host's listener. */
export interface AuditLog {
  /**
   * Reports an event. Never throws and never waits.
   *
   * @param ip Where it came from: left out of the event when it is no address.
   * @param at When it happened. Defaults to now.
   */
  record(detail: ReportedDetail, ip?: string, at?: number): void
  /**
   * Answers a request: what is recorded meanwhile is handed out when the response has been sent, and a
   * second after the work has ended at the latest, for a client may never read it.
   */
  answer(response: ServerResponse, work: () => Promise<void>): Promise<void>
}

/** A response that is being made. */
interface Answer {
  /** What is handed out when it was sent; `undefined` from then on. */
  held: Array<AuditEvent> | undefined
}

/** The time; by the machine's clock when the host's is what the event is about. */
function instantOf(now: Clock): number {
  try {
    return now()
  } catch {
    return systemClock()
  }
}

const MAXIMUM_DELAY_MILLISECONDS = 1000

/**
 * Creates an audit log. The listener runs when there is nothing left to wait for it: not before the
 * response was sent, if the client takes it at once, nor before the current turn of the event loop has
 * ended. So a slow one does not delay a response and a throwing one does not break it; its failures
 * become process warnings.
 */
export function createAuditLog(listener: AuditListener | undefined, now: Clock): AuditLog {
  if (listener === undefined) return { record: () => undefined, answer: (_, work) => work() }
  const answers = new AsyncLocalStorage<Answer>()

  const deliver = (event: AuditEvent): Promise<void> =>
    notifyHost(`onEvent for "${event.type}"`, 'AuditListenerWarning', () => listener(event))
  return {
    record(detail, from, at = instantOf(now)) {
      const result = AUDIT_RESULTS[detail.type]
      const ip = from === undefined ? undefined : parseIpAddress(from)
      const event: AuditEvent = { version: 1, at, result, ip, ...toEventDetail(detail) }
      const held = answers.getStore()?.held
      if (held === undefined) setImmediate(deliver, event)
      else held.push(event)
    },

    async answer(response, work) {
      const answer: Answer = { held: [] }
      const handOut = (): void => {
        for (const event of answer.held ?? []) setImmediate(deliver, event)
        answer.held = undefined
      }
      response.once('close', handOut)
      try {
        await answers.run(answer, work)
      } finally {
        if (answer.held !== undefined) {
          const timer = setTimeout(handOut, MAXIMUM_DELAY_MILLISECONDS)
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
