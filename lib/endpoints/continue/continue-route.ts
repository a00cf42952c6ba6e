/**
 * `/oauth/continue?prt=…`: the pages where a user signs in and consents; and `/oauth/authorize/…`, which
 * resumes the authorization request after the last page.
 *
 * GET shows the next step. POST handles the submitted form and redirects to GET, so that reload and the
 * back button are safe.
 *
 * @module
 */

import type { Context } from 'koa'
import { readForm } from '../../http/body.ts'
import { clientLinkOf } from '../../http/page-views.ts'
import { redirectAfterGet } from '../../http/responses.ts'
import type { PathParameters } from '../../http/route.ts'
import { finishDenial } from '../../interaction/deny-request.ts'
import {
  browserUserOf,
  currentSignIn,
  isComplete,
  isUsedUp,
} from '../../interaction/pending-request.ts'
import type { AuthorizationEndpoint } from '../../provider/authorization-endpoint.ts'
import { handleSubmission } from './handle-submission.ts'
import {
  type ContinueDependencies,
  continueUrl,
  determineNextStep,
  findRequest,
  orRequestExpired,
  sendRequestError,
} from './interaction-context.ts'
import { showNextStep } from './show-next-step.ts'

/** Creates the handler of the pages. */
export function createContinueRoute(
  dependencies: ContinueDependencies,
): (ctx: Context) => Promise<void> {
  return async (ctx) => {
    // Before the request is looked up: a body may take minutes to arrive.
    const form = ctx.method === 'POST' ? await readForm(ctx) : undefined
    const found = await findRequest(dependencies, ctx, ctx.query['prt'])
    if (found === undefined) return
    await orRequestExpired(dependencies, ctx, found, async () => {
      if (ctx.method === 'POST') {
        await handleSubmission(dependencies, ctx, found, form)
      } else if (found.request.isDenied) {
        redirectAfterGet(ctx, dependencies.pendingRequests.resumeUrl(found.request))
      } else if (isUsedUp(found.request, currentSignIn(found.request)?.userId)) {
        await sendRequestError(dependencies, ctx, 400, 'request-finished', found)
      } else {
        await showNextStep(dependencies, ctx, await determineNextStep(dependencies, found))
      }
    })
  }
}

/**
 * Creates the handler that resumes an authorization request. Only the user who completed the pages, in the
 * same session, is redirected to the client; a repeated request gets the same response.
 *
 * @param resume Sends the authorization response.
 */
export function createResumeRoute(
  dependencies: ContinueDependencies,
  resume: AuthorizationEndpoint['resume'],
): (ctx: Context, parameters: PathParameters) => Promise<void> {
  return async (ctx, { pendingRequestToken }) => {
    const found = await findRequest(dependencies, ctx, pendingRequestToken)
    if (found === undefined) return
    const { request, client } = found
    if (!request.isDenied && isUsedUp(request, currentSignIn(request)?.userId)) {
      await sendRequestError(dependencies, ctx, 400, 'request-finished', found)
    } else if (request.isDenied || isComplete(request)) {
      // A denial that failed half-way ends here: the client does not hear of it before.
      const finish = (deniedBy: string | undefined): Promise<void> =>
        finishDenial(dependencies, request, deniedBy, browserUserOf(request), ctx.ip)
      if (request.isDenied) await finish(request.deniedBy)
      await orRequestExpired(dependencies, ctx, found, async () => {
        const sent = await resume(ctx, request, clientLinkOf(client, request.redirectUri))
        if (sent === undefined) return
        const isDenied = sent.denial !== undefined
        // Denied since the request was found. The response is sent only after this.
        if (isDenied && !request.isDenied) await finish(sent.denial.userId ?? undefined)
        if (!request.isResponseSent || isDenied !== request.isDenied) {
          await dependencies.pendingRequests.recordResponse({ ...request, isDenied })
        }
      })
    } else {
      redirectAfterGet(ctx, continueUrl(dependencies, request))
    }
  }
}
