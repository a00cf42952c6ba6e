import type { Context } from 'koa'
import type { AuditLog } from '../../audit/audit-log.ts'
import type { Actor } from '../../clients/actor.ts'
import { sendProblem } from '../../http/problem.ts'
import type { PathParameters, Route } from '../../http/route.ts'
import type {
  AuthorizeSuperAdmin,
  SuperAdminDecision,
} from '../../options/authorization-server-options.ts'
import { createCredentialThrottle } from './credential-throttle.ts'

/** Answers a request of a SuperAdmin; `by` is who it is, for the audit event. */
export type SuperAdminHandler = (
  ctx: Context,
  parameters: PathParameters,
  by: Actor,
) => Promise<void>

/** Dependencies of the guard. */
export interface SuperAdminGuardDependencies {
  readonly authorizeSuperAdmin: AuthorizeSuperAdmin
  readonly audit: AuditLog
  readonly now: () => number
}

/** What is answered to whoever is not let in, by the reason in the audit event. */
const REFUSALS = {
  'no-credentials': [401, 'sign in as a SuperAdmin'],
  unauthenticated: [401, 'sign in as a SuperAdmin'],
  forbidden: [403, 'only a SuperAdmin may do this'],
  'too-many-attempts': [429, 'too many failed attempts from this address, try again later'],
  'address-unknown': [429, 'attempts from an unknown address cannot be counted, so none is made'],
} as const

/** Creates what lets a SuperAdmin through to a handler, and nobody else. */
export function createSuperAdminGuard({
  authorizeSuperAdmin,
  audit,
  now,
}: SuperAdminGuardDependencies): (handler: SuperAdminHandler) => Route['handle'] {
  const askAboutCredentials = createCredentialThrottle(now)

  async function decide(ctx: Context): Promise<Actor | keyof typeof REFUSALS> {
    const ask = async (): Promise<SuperAdminDecision> => await authorizeSuperAdmin(ctx)
    const credentials = credentialsOf(ctx)
    const decision =
      credentials === undefined ? await ask() : await askAboutCredentials(ctx.ip, credentials, ask)
    if (decision === 'allowed') return {}
    if (typeof decision === 'object') return { actorId: decision.superAdminId }
    const isAnonymous = credentials === undefined && decision === 'unauthenticated'
    return isAnonymous ? 'no-credentials' : decision
  }

  return (handler) => async (ctx, parameters) => {
    const { ip } = ctx
    const decision = await decide(ctx)
    if (typeof decision === 'object') {
      await handler(ctx, parameters, { ...decision, ip })
      return
    }
    audit.record({ type: 'super-admin.refused', reason: decision }, ip)
    const [status, detail] = REFUSALS[decision]
    if (status === 401) ctx.set('WWW-Authenticate', 'Bearer')
    sendProblem(ctx, status, detail)
  }
}

/** What a request presents: two headers, as one text. `undefined` when it has neither. */
function credentialsOf(ctx: Context): string | undefined {
  const presented = [ctx.get('authorization'), ctx.get('cookie')]
  return presented.every((header) => header === '') ? undefined : JSON.stringify(presented)
}
