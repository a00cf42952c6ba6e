/**
 * Whether a caller may act in the tenant that a request is about.
 *
 * @module
 */

import type { AuthenticatedCaller, Caller } from './caller.ts'
import { TenantMismatchError, TenantMissingError } from './caller-errors.ts'

/**
 * Admits a caller to a tenant.
 *
 * - Credentials of a tenant are good for that tenant. A request that names none is about theirs.
 * - A client without tenant, where such are allowed, acts in the tenant that the request names. It has
 *   to name one.
 * - Everything else is refused, a user without tenant too.
 *
 * @param requested The tenant that the request names; `undefined` for none.
 *
 * @throws {@link TenantMismatchError} when the caller may not act there.
 * @throws {@link TenantMissingError} when the request does not say where.
 */
export function admitToTenant(
  caller: AuthenticatedCaller,
  requested: string | undefined,
  allowTenantlessClients: boolean,
): Caller {
  const isTenantless = caller.tenantId === undefined
  if (isTenantless && !(caller.kind === 'client' && allowTenantlessClients)) {
    throw new TenantMismatchError()
  }
  const tenantId = requested ?? caller.tenantId
  if (tenantId === undefined || tenantId === '') throw new TenantMissingError()
  if (!isTenantless && tenantId !== caller.tenantId) throw new TenantMismatchError()
  return Object.freeze({ ...caller, tenantId })
}
