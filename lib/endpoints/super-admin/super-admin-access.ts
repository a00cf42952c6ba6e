/**
 * Who may use the SuperAdmin API and pages: one decision for both, so that a failed attempt at one counts at the
 * other.
 *
 * @module
 */

import type { Context } from 'koa'
import type { Actor, AuditEvent } from '../../audit/audit-event.ts'
import type { AuditLog } from '../../audit/audit-log.ts'
import { isFromOtherOrigin } from '../../http/same-origin.ts'
import type {
  AuthorizeSuperAdmin,
  SuperAdminDecision,
} from '../../options/authorization-server-options.ts'
import { createCredentialThrottle } from './credential-throttle.ts'

/** Dependencies of the decision. */
export interface SuperAdminAccessDependencies {
  readonly issuer: string
  readonly authorizeSuperAdmin: AuthorizeSuperAdmin
  readonly audit: AuditLog
  readonly now: () => number
}

/** Why a request is refused: the reason in the audit event. */
export type SuperAdminRefusal = Extract<AuditEvent, { type: 'super-admin.refused' }>['reason']

/**
 * Decides about a request, and reports a refusal.
 *
 * @returns The SuperAdmin, for audit events; or the reason why the request is refused. With `too-many-attempts`,
 *   `Retry-After` is set.
 */
export type DecideSuperAdminAccess = (ctx: Context) => Promise<Actor | SuperAdminRefusal>

/** Creates the decision of a server, with counters of its own. */
export function createSuperAdminAccess({
  issuer,
  authorizeSuperAdmin,
  audit,
  now,
}: SuperAdminAccessDependencies): DecideSuperAdminAccess {
  const askAboutCredentials = createCredentialThrottle(now)

  async function decide(ctx: Context): Promise<Actor | SuperAdminRefusal> {
    // A preflight would stop it in a browser, but the host may allow preflights.
    const isSafe = ctx.method === 'GET' || ctx.method === 'HEAD'
    if (!isSafe && isFromOtherOrigin(ctx, issuer)) return 'other-origin'
    const ask = async (): Promise<SuperAdminDecision> => await authorizeSuperAdmin(ctx)
    const credentials = credentialsOf(ctx)
    const isWithout = credentials.length === 0
    const decision = isWithout ? await ask() : await askAboutCredentials(ctx.ip, credentials, ask)
    if (decision === 'allowed') return {}
    if (typeof decision === 'object') return toActorOrBlocked(ctx, decision)
    return isWithout && decision === 'unauthenticated' ? 'no-credentials' : decision
  }

  return async (ctx) => {
    const { ip } = ctx
    const decision = await decide(ctx)
    if (typeof decision === 'object') return { ...decision, ip }
    audit.record({ type: 'super-admin.refused', reason: decision }, ip)
    return decision
  }
}

function toActorOrBlocked(
  ctx: Context,
  decision: { readonly superAdminId: string } | { readonly retryAfterSeconds: number },
): Actor | 'too-many-attempts' {
  if ('superAdminId' in decision) return { actorId: decision.superAdminId }
  ctx.set('Retry-After', String(decision.retryAfterSeconds))
  return 'too-many-attempts'
}

/** What a request presents: the `Authorization` header and each cookie. Empty when it has neither. */
function credentialsOf(ctx: Context): ReadonlyArray<string> {
  const authorization = ctx.get('authorization')
  const cookies = ctx.get('cookie').split(';')
  const presented = [`Authorization: ${authorization}`, ...cookies.map((text) => text.trim())]
  return presented.slice(authorization === '' ? 1 : 0).filter((text) => text !== '')
}
