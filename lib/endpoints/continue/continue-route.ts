/**
 * `/oauth/continue?prt=…`: the pages on which a user signs in and consents, and `/oauth/authorize/…`, the
 * way back from the last of them.
 *
 * GET shows what is needed next, POST takes the answer and leads back to GET, so that reload and the
 * back button do no harm.
 *
 * @module
 */

import type { Context } from 'koa'
import { redirectAfterGet } from '../../http/responses.ts'
import type { PathParameters } from '../../http/route.ts'
import {
  currentSignIn,
  isComplete,
  isUsedUp,
  type PendingRequest,
} from '../../interaction/pending-request.ts'
import { handleSubmission } from './handle-submission.ts'
import {
  type ContinueDependencies,
  continueUrl,
  determineNextStep,
  findRequest,
  refuse,
} from './interaction-context.ts'
import { showNextStep } from './show-next-step.ts'

/** Creates the route of the pages. */
export function createContinueRoute(
  dependencies: ContinueDependencies,
): (ctx: Context) => Promise<void> {
  return async (ctx) => {
    const found = await findRequest(dependencies, ctx, ctx.query['prt'])
    if (found === undefined) return
    if (ctx.method === 'POST') {
      await handleSubmission(dependencies, ctx, await determineNextStep(dependencies, found))
    } else if (found.request.isDenied) {
      redirectAfterGet(ctx, dependencies.pendingRequests.answerUrl(found.request))
    } else if (isUsedUp(found.request, currentSignIn(found.request)?.userId)) {
      await refuse(dependencies, ctx, 400, 'request-finished', found)
    } else {
      await showNextStep(dependencies, ctx, await determineNextStep(dependencies, found))
    }
  }
}

/**
 * Creates the route of the way back. It leads to the client only the user who answered the pages, in the
 * session in which they did; the second time as the first.
 *
 * @param resume Answers with what the client gets.
 */
export function createResumeRoute(
  dependencies: ContinueDependencies,
  resume: (ctx: Context, request: PendingRequest) => Promise<void>,
): (ctx: Context, parameters: PathParameters) => Promise<void> {
  return async (ctx, { pendingRequestToken }) => {
    const found = await findRequest(dependencies, ctx, pendingRequestToken)
    if (found === undefined) return
    const { request } = found
    if (!request.isDenied && isUsedUp(request, currentSignIn(request)?.userId)) {
      await refuse(dependencies, ctx, 400, 'request-finished', found)
    } else if (request.isDenied || isComplete(request)) {
      if (!request.isAnswered) await dependencies.pendingRequests.recordAnswer(request)
      await resume(ctx, request)
    } else {
      redirectAfterGet(ctx, continueUrl(dependencies, request))
    }
  }
}
