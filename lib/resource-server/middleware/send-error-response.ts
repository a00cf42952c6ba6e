/**
 * Sends the responses to refused requests, in Koa.
 *
 * The middlewares write the response instead of throwing, because a thrown error changes it: Koa sends
 * plain text and removes the headers set before, the CORS ones too, without which a browser hides the
 * response from its script; and the error handlers of many hosts drop `WWW-Authenticate`.
 *
 * The error is emitted on the application, as Koa does with thrown ones. Koa's own listener logs the 503s
 * and ignores errors with `expose`.
 *
 * @module
 */

import type { Next, ParameterizedContext } from 'koa'
import { emitError, toServerFailure } from '../../util/host-function.ts'
import { ProtectedResourceError } from '../errors.ts'
import { errorResponseOf } from './error-response.ts'

/** Writes status, headers and a JSON body `{error, error_description}`, and emits the error. */
export function sendErrorResponse<StateT>(
  ctx: ParameterizedContext<StateT>,
  error: ProtectedResourceError,
): void {
  const { status, headers, body } = errorResponseOf(ctx.req, error)
  ctx.status = status
  ctx.set(headers)
  ctx.body = body
  emitError(ctx, error)
}

/** Calls `next` after `check`, unless that throws: a {@link ProtectedResourceError} is the response, any other error a 500. */
export async function passAfter<StateT>(
  ctx: ParameterizedContext<StateT>,
  next: Next,
  check: () => Promise<void>,
): Promise<void> {
  try {
    await check()
  } catch (error) {
    if (!(error instanceof ProtectedResourceError))
      throw toServerFailure('the check of the request', error)
    sendErrorResponse(ctx, error)
    return
  }
  await next()
}
