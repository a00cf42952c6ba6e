/**
 * Koa middleware: lets a request pass only if its caller may act in the tenant that it is about.
 *
 * @module
 */

import type { Middleware } from 'koa'
import { z } from 'zod'
import { ConfigurationError } from '../../errors.ts'
import { ProtectedResourceError } from '../errors.ts'
import { NO_BOOLEAN, readOptions } from '../verify/option-issues.ts'
import { type AuthenticatedCaller, type CallerState, callerOfToken } from './caller.ts'
import type { AccessTokenState } from './require-access-token.ts'
import { sendErrorResponse } from './send-error-response.ts'
import { readTenant, type TenantOf, tenantOfOption } from './tenant-of.ts'
import { admitToTenant } from './tenant-policy.ts'

/** Where the tenant of a request is, and whom to let in without one. */
export interface TenantGuardOptions {
  /**
   * Where a request names its tenant; see {@link TenantOf}.
   *
   * @defaultValue `{ header: 'X-Tenant-ID' }`
   */
  readonly tenantOf?: TenantOf
  /**
   * Whether a client that belongs to no tenant, a PLATFORM client that acts for itself, may act in any
   * tenant that it names. It could read every customer's data: allow it where that is meant.
   *
   * @defaultValue `false`
   */
  readonly allowTenantlessClients?: boolean
}

const tenantGuardOptions = z.strictObject({
  tenantOf: tenantOfOption,
  allowTenantlessClients: z.boolean(NO_BOOLEAN).default(false),
})

/** `undefined` when no middleware in front has looked at credentials. */
function authenticatedCallerOf(
  state: Partial<CallerState & AccessTokenState>,
): AuthenticatedCaller | undefined {
  if (state.caller !== undefined) return state.caller
  return state.accessToken === undefined ? undefined : callerOfToken(state.accessToken)
}

/**
 * Creates middleware that compares the tenant of the caller with the tenant of the request, and leaves
 * the caller in `ctx.state.caller`. Put it behind `requireAccessToken`, or behind `requireCaller` where
 * a route names the tenant once more.
 *
 * A request that names no tenant is about the caller's own. One that names another is answered right
 * here with 403 `tenant_mismatch`; for the other refusals see {@link requireCaller}.
 *
 * The created middleware throws {@link ConfigurationError}, which Koa answers with 500, when neither of
 * the two ran before it.
 *
 * @param options Where the tenant of a request is.
 *
 * @throws {@link ConfigurationError} when options are rejected.
 *
 * @example
 *
 * Routes below a tenant, with a router that fills `ctx.params`
 *
 * ```ts
 * router.get('/tenants/:tenantId/interviews', requireTenant({ tenantOf: { parameter: 'tenantId' } }))
 * ```
 */
export function requireTenant(options: TenantGuardOptions = {}): Middleware<CallerState> {
  const { tenantOf, allowTenantlessClients } = readOptions(tenantGuardOptions, options)
  return async function requireTenantMiddleware(ctx, next) {
    const caller = authenticatedCallerOf(ctx.state)
    if (caller === undefined) {
      const message = 'must be used behind requireAccessToken or requireCaller'
      throw new ConfigurationError([{ path: 'requireTenant', message }])
    }
    try {
      const tenantId = await readTenant(ctx, tenantOf)
      ctx.state.caller = admitToTenant(caller, tenantId, allowTenantlessClients)
    } catch (error) {
      if (!(error instanceof ProtectedResourceError)) throw error
      sendErrorResponse(ctx, error)
      return
    }
    await next()
  }
}
