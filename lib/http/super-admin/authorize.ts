import type { Context } from 'koa'
import type { Actor } from '../../clients/actor.ts'
import type { AuthorizeSuperAdmin, SuperAdminDecision } from '../../options.ts'
import { sendProblem } from '../problem.ts'
import type { PathParameters, Route } from '../route.ts'

/** Answers a request of a SuperAdmin; `by` is who it is, for the audit event. */
export type SuperAdminHandler = (
  ctx: Context,
  parameters: PathParameters,
  by: Actor,
) => Promise<void>

/** Lets a SuperAdmin through to a handler, and nobody else. */
export function forSuperAdmins(
  authorizeSuperAdmin: AuthorizeSuperAdmin,
  handler: SuperAdminHandler,
): Route['handle'] {
  return async (ctx, parameters) => {
    const decision = await authorizeSuperAdmin(ctx)
    if (decision === 'unauthenticated') {
      ctx.set('WWW-Authenticate', 'Bearer')
      sendProblem(ctx, 401, 'sign in as a SuperAdmin')
    } else if (decision === 'forbidden') {
      sendProblem(ctx, 403, 'only a SuperAdmin may do this')
    } else {
      await handler(ctx, parameters, { ...actorOf(decision), ip: ctx.ip })
    }
  }
}

function actorOf(decision: Exclude<SuperAdminDecision, 'unauthenticated' | 'forbidden'>): Actor {
  return decision === 'allowed' ? {} : { actorId: decision.superAdminId }
}
