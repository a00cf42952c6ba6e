import type { Context } from 'koa'
import type { Actor } from '../../clients/actor.ts'
import type { AuthorizeSuperAdmin, SuperAdminDecision } from '../../options.ts'
import { isObject } from '../../util/is-object.ts'
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

/** A hook that returns something else, such as `false`, must not let anybody in. */
function actorOf(decision: Exclude<SuperAdminDecision, 'unauthenticated' | 'forbidden'>): Actor {
  if (decision === 'allowed') return {}
  const superAdminId: unknown = isObject(decision) ? decision.superAdminId : undefined
  if (typeof superAdminId === 'string' && superAdminId !== '') return { actorId: superAdminId }
  throw new TypeError(
    'authorizeSuperAdmin must return "allowed", { superAdminId }, "unauthenticated" or "forbidden"',
  )
}
