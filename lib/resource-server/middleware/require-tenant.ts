/**
 * Koa middleware: lets a request pass only if its caller may act in its tenant.
 *
 * @module
 */

import type { Middleware } from 'koa'
import { readOptions } from '../options.ts'
import { authenticatedCallerOf, type CallerState } from './caller.ts'
import { passAfter } from './send-error-response.ts'
import { admitToTenant, type TenantGuardOptions, tenantGuardOptions } from './tenant-guard.ts'

/**
 * Creates middleware that compares the tenant of the caller with the tenant of the request, and puts
 * the caller into `ctx.state.caller`. Put it behind `requireAccessToken`, or behind `requireCaller` where
 * a route names the tenant once more.
 *
 * A request that names no tenant is about the caller's own. The response to one that names another is
 * 403 `tenant_mismatch`; for other errors see {@link requireCaller}.
 *
 * The middleware throws {@link ConfigurationError}, a 500 in Koa, when neither of the two ran before it.
 *
 * @param options Where a request names its tenant.
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
  const resolved = readOptions<TenantGuardOptions>(tenantGuardOptions, options)
  return async function requireTenantMiddleware(ctx, next) {
    const caller = authenticatedCallerOf(ctx.state, 'requireTenant')
    await passAfter(ctx, next, async () => {
      ctx.state.caller = await admitToTenant(ctx.req, ctx, caller, resolved)
    })
  }
}
