/**
 * Middleware for hosts without Koa.
 *
 * @module
 */

import type { IncomingMessage, ServerResponse } from 'node:http'
import { notifyHost, toServerFailure } from '../../util/host-function.ts'
import { type Members, optional } from '../../util/schema.ts'
import { ProtectedResourceError } from '../errors.ts'
import { errorResponseOf } from '../middleware/error-response.ts'
import { functionOption } from '../options.ts'

/**
 * Middleware that calls `next()` to pass a request on, and `next(error)` when a function of the host fails or
 * the middleware is used wrongly. It returns at once, and not a promise: a framework that waits for one would
 * pass requests on that were refused.
 *
 * @typeParam RequestT The request of the framework, if a function of the host needs more than Node's.
 */
export type NodeMiddleware<RequestT extends IncomingMessage = IncomingMessage> = (
  request: RequestT,
  response: ServerResponse,
  next: (error?: Error) => void,
) => void

/** What a host wants to know of refused requests. */
export interface GuardOptions {
  /**
   * Called with the error of each request that this middleware, or one behind it, refuses. Its
   * {@link InvalidAccessTokenError} has `reason` and `detail`, which are never sent.
   *
   * @defaultValue Errors with status 503 are process warnings; others are not reported.
   */
  readonly onError?: (error: ProtectedResourceError, request: IncomingMessage) => void
}

type ErrorListener = NonNullable<GuardOptions['onError']>

/** The checks of {@link GuardOptions}. */
export const guardOptions: Members<GuardOptions> = { onError: optional(functionOption) }

const listeners = new WeakMap<IncomingMessage, ErrorListener>()

/** Sets the `onError` of a request, for this middleware and those behind it. */
export function listenToErrors(request: IncomingMessage, { onError }: GuardOptions): void {
  if (onError !== undefined) listeners.set(request, onError)
}

const warn: ErrorListener = (error) => {
  if (!error.expose) process.emitWarning(error)
}

/** Creates middleware that passes a request on after `check`, unless that throws. */
export function createGuard<RequestT extends IncomingMessage>(
  check: (request: RequestT) => Promise<void>,
): NodeMiddleware<RequestT> {
  return (request, response, next) => {
    const run = async (): Promise<boolean> => {
      try {
        await check(request)
        return true
      } catch (error) {
        if (!(error instanceof ProtectedResourceError)) throw error
        sendErrorResponse(request, response, error)
        return false
      }
    }
    run().then(
      (isPassed) => isPassed && next(),
      // Without an error, `next` would pass the request on; with a status, it could be another response.
      (thrown: unknown) => next(toServerFailure('the check of the request', thrown)),
    )
  }
}

function sendErrorResponse(
  request: IncomingMessage,
  response: ServerResponse,
  error: ProtectedResourceError,
): void {
  const { status, headers, body } = errorResponseOf(request, error)
  sendResponse(response, {
    status,
    headers: { ...headers, 'Content-Type': 'application/json; charset=utf-8' },
    body: JSON.stringify(body),
  })
  const listener = listeners.get(request) ?? warn
  void notifyHost('onError', 'OnErrorWarning', () => listener(error, request))
}

/** Sends a response, beside the headers that middleware in front has set. */
export function sendResponse(
  response: ServerResponse,
  {
    status,
    headers,
    body,
  }: {
    readonly status: number
    readonly headers: Readonly<Record<string, string>>
    readonly body: string | undefined
  },
): void {
  response.statusCode = status
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  response.end(body)
}
