/**
 * The audit events of a server that runs in this process.
 *
 * @module
 */

import { subscribe } from 'node:diagnostics_channel'
import type { ServerResponse } from 'node:http'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { AuditEvent, AuditListener } from '@teamcast/oauth-server'

/** A listener for audit events, and what it heard. */
export interface RecordedEvents {
  readonly onEvent: AuditListener
  /**
   * All events so far: of every request that this process has begun to handle, and of what it has called itself. A
   * client may read a response before the server has reported what it did, so this waits until all responses have
   * ended. Do not call it while a response is held back.
   */
  settled(): Promise<ReadonlyArray<AuditEvent>>
  /** The first event of a type, which may come later: a request whose client has disconnected is still handled. */
  first(type: AuditEvent['type']): Promise<AuditEvent>
}

/** Keeps the audit events of a server. */
export function recordEvents(): RecordedEvents {
  const events: Array<AuditEvent> = []
  return {
    onEvent: (event) => void events.push(event),
    async settled() {
      await responsesEnded()
      return [...events]
    },
    async first(type) {
      for (;;) {
        const found = events.find((event) => event.type === type)
        if (found !== undefined) return found
        await nextTurn()
      }
    },
  }
}

/** The responses under way. */
const responses = new Map<ServerResponse, Promise<void>>()

subscribe('http.server.request.start', (message) => {
  const { response } = message as { readonly response: ServerResponse }
  const { promise, resolve } = Promise.withResolvers<void>()
  responses.set(response, promise)
  response.once('close', () => {
    responses.delete(response)
    resolve()
  })
})

/** Waits until all responses under way have ended, and what is done one turn later is done, too. */
export async function responsesEnded(): Promise<void> {
  await Promise.all(responses.values())
  await nextTurn()
  await nextTurn()
}

/** Every client that waits for a response of a server disconnects. What they asked for is handled all the same. */
export function hangUp(issuer: string): void {
  const port = Number(new URL(issuer).port)
  for (const { socket } of responses.keys()) {
    if (socket?.localPort === port) socket.destroy()
  }
}
