import { AsyncLocalStorage } from 'node:async_hooks'
import type { ServerResponse } from 'node:http'
import { parseIpAddress } from '../util/ip-address.ts'
import type { AuditEvent, AuditEventDetail, AuditListener } from './audit-event.ts'
import { AUDIT_RESULTS } from './audit-results.ts'

/** Hands events to the host's listener. */
export interface AuditLog {
  /**
   * Reports an event. Never throws and never waits.
   *
   * @param ip Where it came from: left out of the event when it is no address.
   */
  record(detail: AuditEventDetail, ip?: string): void
  /** Answers a request: what is recorded meanwhile is handed out when the response has been sent. */
  answer(response: ServerResponse, work: () => Promise<void>): Promise<void>
}

/** A response that is being made. */
interface Answer {
  readonly response: ServerResponse
  /** What is handed out when it was sent. */
  readonly held: Array<AuditEvent>
}

/**
 * Makes an audit log. The listener runs when there is nothing left to wait for it: not before the
 * response was sent, nor before the current turn of the event loop has ended. So a slow one does not
 * delay a response and a throwing one does not break it; its failures become process warnings.
 */
export function createAuditLog(listener: AuditListener | undefined, now: () => number): AuditLog {
  if (listener === undefined) return { record: () => undefined, answer: (_, work) => work() }
  const answers = new AsyncLocalStorage<Answer>()

  const deliver = async (event: AuditEvent): Promise<void> => {
    try {
      await listener(event)
    } catch (error) {
      process.emitWarning(
        `onEvent failed for "${event.type}": ${String(error)}`,
        'AuditListenerWarning',
      )
    }
  }
  return {
    record(detail, from) {
      const result = AUDIT_RESULTS[detail.type]
      const ip = from === undefined ? undefined : parseIpAddress(from)
      const event: AuditEvent = { version: 1, at: now(), result, ip, ...detail }
      const answer = answers.getStore()
      if (answer === undefined || answer.response.closed) setImmediate(deliver, event)
      else answer.held.push(event)
    },

    answer(response, work) {
      const held: Array<AuditEvent> = []
      response.once('close', () => {
        for (const event of held) setImmediate(deliver, event)
      })
      return answers.run({ response, held }, work)
    },
  }
}
