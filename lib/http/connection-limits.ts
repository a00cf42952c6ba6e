/**
 * What one connection may hold of the server: a client that sends requests and never reads the responses
 * must not keep them in memory.
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
  /** How many requests of an HTTP/1.1 connection may wait for their responses at once (pipelining). */
  readonly unansweredRequests: number
  /** How long a client may take to receive a response. */
  readonly responseMilliseconds: number
}

const LIMITS: ConnectionLimits = { unansweredRequests: 10, responseMilliseconds: 60_000 }

const unansweredRequests = new WeakMap<Socket, number>()

/**
 * Answers a request within the limits of its connection. A connection that exceeds one is closed, which
 * clients that pipeline expect (RFC 9112 §9.3.2); its surplus requests are not answered at all.
 *
 * @param work Makes the response.
 */
export async function withinConnectionLimits(
  ctx: Context,
  work: () => Promise<void>,
  limits: ConnectionLimits = LIMITS,
): Promise<void> {
  const { req, res } = ctx
  const { socket } = req
  const unanswered = (unansweredRequests.get(socket) ?? 0) + 1
  unansweredRequests.set(socket, unanswered)
  res.once('close', () => {
    unansweredRequests.set(socket, (unansweredRequests.get(socket) ?? 0) - 1)
  })
  // With HTTP/2 each request is a stream, of which the protocol itself limits the number.
  if (req.httpVersionMajor === 1 && unanswered > limits.unansweredRequests) {
    socket.destroy()
    ctx.respond = false
    return
  }
  await work()
  if (res.closed) return
  const timer = setTimeout(() => socket.destroy(), limits.responseMilliseconds).unref()
  res.once('close', () => clearTimeout(timer))
}
