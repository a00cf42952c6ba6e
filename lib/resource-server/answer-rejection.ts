/**
 * How both middlewares answer a request that they refuse.
 *
 * They write the answer rather than throw. RFC 6750 prescribes it to the letter, and a thrown error
 * seldom arrives so: without an error handler Koa sends plain text and removes every header that was
 * set before, the CORS ones too, without which a browser hides the answer from its script; with one,
 * the header that starts sign-in in many clients is usually lost.
 *
 * The host hears of it all the same: the error is emitted on the application, as Koa does with
 * thrown ones. Koa's own listener logs the 503s and passes over what has `expose`.
 *
 * @module
 */

import type { ParameterizedContext } from 'koa'
import type { BearerTokenError, JwksUnavailableError } from './errors.ts'

/** Why a request is refused. */
export type AccessTokenRejection = BearerTokenError | JwksUnavailableError

/**
 * Writes status, headers and a JSON body `{error, error_description}`, and emits the error.
 *
 * `error` is left out of the body where it is left out of the challenge.
 *
 * @param ctx The request's context.
 * @param rejection What is wrong.
 *
 * @internal
 */
export function answerRejection<StateT>(
  ctx: ParameterizedContext<StateT>,
  rejection: AccessTokenRejection,
): void {
  ctx.status = rejection.status
  ctx.set(rejection.headers)
  ctx.body = { error: rejection.error, error_description: rejection.message }
  ctx.app.emit('error', rejection, ctx)
}
