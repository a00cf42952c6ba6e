/**
 * Limits of a connection: a client that sends requests without reading the responses must not fill the
 * memory.
 *
 * The host's `http.Server` limits the rest: how long a request may take to arrive, and how many
 * connections there are.
 *
 * @module
 */

import type { Socket } from 'node:net'
import type { Context } from 'koa'

/** Limits of a connection. */
export interface ConnectionLimits {
  /** How many pipelined requests of an HTTP/1.1 connection may wait for their responses. */
  readonly unansweredRequests: number
  /** How long a client may take to receive a response. */
  readonly responseMilliseconds: number
}

const LIMITS: ConnectionLimits = { unansweredRequests: 10, responseMilliseconds: 60_000 }

const unansweredRequests = new WeakMap<Socket, number>()

/**
 * Handles a request within the limits of its connection. A connection that exceeds a limit is closed, as
 * pipelining clients expect (RFC 9112 §9.3.2); its surplus requests get no response.
 */
export async function withinConnectionLimits(
  ctx: Context,
  handle: () => Promise<void>,
  limits: ConnectionLimits = LIMITS,
): Promise<void> {
  const { req, res } = ctx
  const { socket } = req
  const unanswered = (unansweredRequests.get(socket) ?? 0) + 1
  unansweredRequests.set(socket, unanswered)
  let timer: NodeJS.Timeout | undefined
  res.once('close', () => {
    clearTimeout(timer)
    unansweredRequests.set(socket, (unansweredRequests.get(socket) ?? 0) - 1)
  })
  // With HTTP/2 each request is a stream, of which the protocol itself limits the number.
  if (req.httpVersionMajor === 1 && unanswered > limits.unansweredRequests) {
    socket.destroy()
    ctx.respond = false
    return
  }
  await handle()
  if (!res.closed) timer = setTimeout(() => socket.destroy(), limits.responseMilliseconds).unref()
}
