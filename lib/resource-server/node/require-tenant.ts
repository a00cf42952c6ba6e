/**
 * Middleware for hosts without Koa: lets a request pass only if its caller may act in its tenant.
 *
 * @module
 */

import type { IncomingMessage } from 'node:http'
import { authenticatedCallerOf } from '../middleware/caller.ts'
import {
  admitToTenant,
  type TenantGuardOptions,
  tenantGuardOptions,
} from '../middleware/tenant-guard.ts'
import { readOptions } from '../options.ts'
import { addToRequest, checkedRequestOf } from './checked-requests.ts'
import { createGuard, type NodeMiddleware } from './node-middleware.ts'

/**
 * Creates middleware that compares the tenant of the caller with the tenant of the request; `callerOf(req)`
 * returns the caller then. Put it behind `requireAccessToken`, or behind `requireCaller` where a route
 * names the tenant once more; without them it calls `next` with a {@link ConfigurationError}.
 *
 * Responses to refused requests are those of `requireTenant` for Koa.
 *
 * @param options Where a request names its tenant. The host's function receives the request;
 *   `{ parameter }` reads `req.params`.
 *
 * @throws {@link ConfigurationError} when options are rejected.
 *
 * @example
 *
 * Routes of Express below a tenant
 *
 * ```ts
 * app.get('/tenants/:tenantId/interviews', requireTenant({ tenantOf: { parameter: 'tenantId' } }))
 * ```
 */
export function requireTenant<RequestT extends IncomingMessage = IncomingMessage>(
  options: TenantGuardOptions<RequestT> = {},
): NodeMiddleware<RequestT> {
  const resolved = readOptions<TenantGuardOptions<RequestT>>(tenantGuardOptions, options)
  return createGuard(async (request) => {
    const caller = authenticatedCallerOf(checkedRequestOf(request), 'requireTenant')
    addToRequest(request, { caller: await admitToTenant(request, request, caller, resolved) })
  })
}
