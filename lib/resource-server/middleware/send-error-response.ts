/**
 * How the middlewares answer a request that they refuse.
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
import type { ProtectedResourceError } from '../errors.ts'
import { formatBearerChallenge } from './challenge.ts'
import type { ChallengeParameters } from './challenge-options.ts'

// Not in `ctx.state`, which is the host's.
const parametersOfRequests = new WeakMap<object, ChallengeParameters>()

/** Has every challenge to a request say more, whichever middleware writes it. */
export function extendChallenges<StateT>(
  { req }: ParameterizedContext<StateT>,
  parameters: ChallengeParameters,
): void {
  parametersOfRequests.set(req, parameters)
}

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
export function sendErrorResponse<StateT>(
  ctx: ParameterizedContext<StateT>,
  rejection: ProtectedResourceError,
): void {
  const { status, challenge } = rejection
  ctx.status = status
  ctx.set(rejection.headers)
  const more = parametersOfRequests.get(ctx.req)
  if (challenge !== undefined && more !== undefined) {
    const scopes = challenge.scopes ?? (status === 401 ? more.scopes : undefined)
    const extended = { ...challenge, scopes, resourceMetadata: more.resourceMetadata }
    ctx.set('WWW-Authenticate', formatBearerChallenge(extended))
  }
  ctx.body = { error: rejection.error, error_description: rejection.message }
  ctx.app.emit('error', rejection, ctx)
}
