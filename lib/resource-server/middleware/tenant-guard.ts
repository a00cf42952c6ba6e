/**
 * Which tenant a request is about, and whether its caller may act there.
 *
 * @module
 */

import type { IncomingMessage } from 'node:http'
import type { Context } from 'koa'
import { ConfigurationError } from '../../errors.ts'
import { callHost, type Expectation } from '../../util/host-function.ts'
import { boolean, nullish, optional, rule, type Schema, string } from '../../util/schema.ts'
import { TenantMismatchError, TenantMissingError } from '../errors.ts'
import type { AuthenticatedCaller, Caller } from './caller.ts'
import { onlyHeaderOf } from './request-headers.ts'

/**
 * Where a request names its tenant:
 *
 * - in a header, which may be absent
 * - in a parameter of its route, read from `ctx.params` or `req.params`, where routers put it. A route
 *   without it is a mistake in the host's code, and the response 500: a guard that looks at nothing guards
 *   nothing
 * - where the host's own function finds it; `undefined` when the request names none
 *
 * @typeParam ContextT The context of Koa, or the request of Node.
 */
export type TenantOf<ContextT = Context> =
  | { readonly header: string }
  | { readonly parameter: string }
  | ((context: ContextT) => string | undefined | Promise<string | undefined>)

/** Where a request names its tenant, and which callers need none. */
export interface TenantGuardOptions<ContextT = Context> {
  /**
   * Where a request names its tenant; see {@link TenantOf}.
   *
   * @defaultValue `{ header: 'X-Tenant-ID' }`
   */
  readonly tenantOf?: TenantOf<ContextT>
  /**
   * Whether a client without tenant, a PLATFORM client that acts for itself, may act in any tenant that
   * it names. It can then read every customer's data.
   *
   * @defaultValue `false`
   */
  readonly allowTenantlessClients?: boolean
}

/** The default header that names the tenant; with an API key, the only one. */
export const TENANT_HEADER = 'X-Tenant-ID'

// RFC 9110 §5.1: field-name = token
const HEADER_NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/i

function isTenantOf(value: unknown): boolean {
  if (typeof value === 'function') return true
  const [[name, place] = [], ...others] = Object.entries(value ?? {})
  if (typeof place !== 'string' || others.length > 0) return false
  return name === 'header' ? HEADER_NAME.test(place) : name === 'parameter' && place !== ''
}

/** The checks of {@link TenantGuardOptions}, of whatever type a function's parameter is. */
export const tenantGuardOptions: {
  readonly tenantOf: Schema<undefined>
  readonly allowTenantlessClients: Schema<boolean | undefined>
} = {
  tenantOf: optional(
    rule<never>(
      (value) =>
        !isTenantOf(value) && 'must be { header: name }, { parameter: name } or a function',
    ),
  ),
  allowTenantlessClients: optional(boolean),
}

const TENANT_ID: Expectation<string | undefined> = {
  words: 'a text, or undefined when the request names no tenant',
  schema: nullish(string),
}

async function readTenant<ContextT>(
  request: IncomingMessage,
  context: ContextT,
  tenantOf: TenantOf<ContextT>,
): Promise<string | undefined> {
  if (typeof tenantOf === 'function') {
    return await callHost('tenantOf', TENANT_ID, () => tenantOf(context))
  }
  if ('header' in tenantOf) return onlyHeaderOf(request, tenantOf.header)
  const { params } = context as { readonly params?: Readonly<Record<string, unknown>> }
  const tenantId = params?.[tenantOf.parameter]
  if (typeof tenantId === 'string') return tenantId
  const message = `must name a parameter of the route; this one has no "${tenantOf.parameter}"`
  throw new ConfigurationError([{ path: 'tenantOf', message }])
}

/**
 * Admits a caller to the tenant of a request.
 *
 * - Credentials of a tenant are for that tenant. A request that names none is about theirs.
 * - A client without tenant, where allowed, acts in the tenant that the request names. It must name one.
 * - All others are refused, users without tenant too.
 *
 * @param context What the host's function receives, and has the parameters of the route.
 *
 * @throws {@link TenantMismatchError} when the caller may not act there.
 * @throws {@link TenantMissingError} when the request must name a tenant and does not.
 * @throws {@link AmbiguousRequestError} when it sends the header several times.
 * @throws {@link ConfigurationError} when the route has no such parameter.
 * @throws TypeError when the host's function returns something else.
 */
export async function admitToTenant<ContextT>(
  request: IncomingMessage,
  context: ContextT,
  caller: AuthenticatedCaller,
  options: TenantGuardOptions<ContextT>,
): Promise<Caller> {
  const { tenantOf = { header: TENANT_HEADER }, allowTenantlessClients = false } = options
  const requested = await readTenant(request, context, tenantOf)
  const isTenantless = caller.tenantId === undefined
  if (isTenantless && !(caller.kind === 'client' && allowTenantlessClients)) {
    throw new TenantMismatchError()
  }
  const tenantId = requested ?? caller.tenantId
  if (tenantId === undefined || tenantId === '') throw new TenantMissingError()
  if (!isTenantless && tenantId !== caller.tenantId) throw new TenantMismatchError()
  return Object.freeze({ ...caller, tenantId })
}
