/**
 * Which tenant a request is about.
 *
 * @module
 */

import type { Context } from 'koa'
import { z } from 'zod'
import { ConfigurationError } from '../../errors.ts'
import { callHost, type Expectation } from '../../util/host-function.ts'
import { functionOf, textOption } from '../verify/option-issues.ts'
import { AmbiguousRequestError } from './caller-errors.ts'
import { headerValuesOf } from './header-values.ts'

/**
 * Where a request names its tenant:
 *
 * - in a header, which may be absent
 * - in a parameter of its route, read from `ctx.params` where routers put it. A route without it is a
 *   mistake in the host's code, and answered with 500: a guard that looks at nothing guards nothing
 * - wherever the host's own function finds it; `undefined` when the request names none
 */
export type TenantOf =
  | { readonly header: string }
  | { readonly parameter: string }
  | ((ctx: Context) => string | undefined | Promise<string | undefined>)

/** The header that names the tenant, unless the host says otherwise. */
export const TENANT_HEADER = 'X-Tenant-ID'

// RFC 9110 §5.1: field-name = token
const HEADER_NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/i

/** The option `tenantOf`, with its default. */
export const tenantOfOption: z.ZodType<TenantOf> = z
  .union(
    [
      z.strictObject({ header: z.string().regex(HEADER_NAME, 'must be the name of a header') }),
      z.strictObject({ parameter: textOption }),
      functionOf<Extract<TenantOf, (...args: never) => unknown>>(),
    ],
    'must be { header: name }, { parameter: name } or a function',
  )
  .default({ header: TENANT_HEADER })

const TENANT_ID: Expectation<string | undefined> = {
  words: 'a text, or undefined when the request names no tenant',
  schema: z.string().nullish(),
}

/**
 * Reads which tenant a request is about.
 *
 * @returns `undefined` when the request names none.
 *
 * @throws {@link AmbiguousRequestError} when it sends the header several times.
 * @throws {@link ConfigurationError} when the route has no such parameter.
 * @throws TypeError when the host's function returns something else.
 */
export async function readTenant(ctx: Context, tenantOf: TenantOf): Promise<string | undefined> {
  if (typeof tenantOf === 'function') {
    return await callHost('tenantOf', TENANT_ID, () => tenantOf(ctx))
  }
  if ('header' in tenantOf) return onlyHeaderOf(ctx, tenantOf.header)
  const { params } = ctx as { readonly params?: Readonly<Record<string, unknown>> }
  const tenantId = params?.[tenantOf.parameter]
  if (typeof tenantId === 'string') return tenantId
  const message = `must name a parameter of the route: "${tenantOf.parameter}" is none of this one`
  throw new ConfigurationError([{ path: 'tenantOf', message }])
}

/**
 * The value of a header that may be sent once.
 *
 * @throws {@link AmbiguousRequestError} when it was sent several times.
 */
export function onlyHeaderOf({ req }: Pick<Context, 'req'>, name: string): string | undefined {
  const values = headerValuesOf(req, name.toLowerCase())
  if (values.length > 1) throw new AmbiguousRequestError()
  return values[0]
}
