/**
 * The responses to refused requests.
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
import { formatBearerChallenge } from './challenge.ts'
import type { ChallengeParameters } from './challenge-options.ts'

// Not in `ctx.state`, which belongs to the host.
const parametersOfRequests = new WeakMap<object, ChallengeParameters>()

/** Adds parameters to every challenge of a request, whichever middleware writes it. */
export function extendChallenges<StateT>(
  { req }: ParameterizedContext<StateT>,
  parameters: ChallengeParameters,
): void {
  parametersOfRequests.set(req, parameters)
}

/**
 * Writes status, headers and a JSON body `{error, error_description}`, and emits the error.
 *
 * The body has no `error` where the challenge has none.
 */
export function sendErrorResponse<StateT>(
  ctx: ParameterizedContext<StateT>,
  error: ProtectedResourceError,
): void {
  const { status, challenge } = error
  ctx.status = status
  ctx.set(error.headers)
  const more = parametersOfRequests.get(ctx.req)
  if (challenge !== undefined && more !== undefined) {
    const scopes = challenge.scopes ?? (status === 401 ? more.scopes : undefined)
    const extended = { ...challenge, scopes, resourceMetadata: more.resourceMetadata }
    ctx.set('WWW-Authenticate', formatBearerChallenge(extended))
  }
  ctx.body = { error: error.error, error_description: error.message }
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
