/**
 * `/oauth/continue?prt=…`: the pages on which a user signs in and consents.
 *
 * GET shows what is needed next, POST takes the answer and leads back to GET, so that reload and the
 * back button do no harm.
 *
 * @module
 */

import type { Context } from 'koa'
import { showNextStep } from './show-next-step.ts'
import { type ContinueDependencies, findSituation } from './situation.ts'
import { takeAnswer } from './take-answer.ts'

/** Makes the route. */
export function createContinueRoute(
  dependencies: ContinueDependencies,
): (ctx: Context) => Promise<void> {
  return async (ctx) => {
    const situation = await findSituation(dependencies, ctx)
    if (situation === undefined) return
    if (ctx.method === 'POST') await takeAnswer(dependencies, ctx, situation)
    else await showNextStep(dependencies, ctx, situation)
  }
}
