import type { AuditEvent, AuditEventDetail, AuditListener } from './audit-event.ts'

/** Hands events to the host's listener. */
export interface AuditLog {
  /** Reports an event. Never throws and never waits. */
  record(detail: AuditEventDetail, ip?: string): void
}

/**
 * Makes an audit log. The listener runs after the current turn of the event loop, so that a slow one
 * does not delay a response and a throwing one does not break it; its failures become process warnings.
 */
export function createAuditLog(listener: AuditListener | undefined, now: () => number): AuditLog {
  if (listener === undefined) return { record: () => undefined }
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
    record(detail, ip) {
      const event: AuditEvent = { version: 1, at: now(), ip, ...detail }
      setImmediate(deliver, event)
    },
  }
}
