/**
 * The server as one Koa middleware: knows its own paths, answers them, and leaves all others alone.
 *
 * @module
 */

import type { Context, Middleware, Next } from 'koa'
import mount from 'koa-mount'
import type { AuditLog } from '../audit/audit-log.ts'
import { isUnavailable } from '../errors.ts'
import { defaultPages } from '../pages/default-pages.ts'
import type { Pages } from '../pages/pages.ts'
import { withinConnectionLimits } from './connection-limits.ts'
import { forbidOtherOrigins } from './cors.ts'
import { operationOf } from './paths.ts'
import { sendProblem } from './problem.ts'
import { sendErrorPage, sendErrorResponse } from './responses.ts'
import type { ErrorFormat, FindRoute, FoundRoute } from './route.ts'
import { THROTTLE_WINDOW_SECONDS } from './throttle.ts'

/** Dependencies of the router. */
export interface RouterDependencies {
  readonly issuer: string
  readonly findRoute: FindRoute
  /** The route of RFC 8414 §3.1: metadata at the root of the host, for an issuer with a path. */
  readonly rootRoutes: FindRoute
  readonly pages: Pages
  readonly audit: AuditLog
}

/** Creates the middleware. */
export function createRouter(dependencies: RouterDependencies): Middleware {
  const answer = createDispatcher(dependencies)
  return async (ctx, next) => {
    if (hasPath(ctx)) await answer(ctx, next)
    else sendErrorResponse(ctx, 400, 'invalid_request', 'the request target is not a URL')
  }
}

/** Koa throws at every look at the path of a target such as `http://[/` (RFC 9112 §3.2.2). */
function hasPath(ctx: Context): boolean {
  try {
    return typeof ctx.path === 'string'
  } catch {
    return false
  }
}

function createDispatcher(dependencies: RouterDependencies): Middleware {
  const routes = dispatch(dependencies, dependencies.findRoute)
  const { pathname: issuerPath } = new URL(dependencies.issuer)
  if (issuerPath === '/') return routes

  const underIssuerPath = mount(issuerPath, routes)
  const atRoot = dispatch(dependencies, dependencies.rootRoutes)
  return (ctx, next) => {
    // koa-mount has taken the prefix off already. (It leaves `mountPath` behind when the host mounted
    // something else there that called `next()`.)
    const isMounted = ctx['mountPath'] !== undefined && !ctx.path.startsWith(`${issuerPath}/`)
    if (isMounted) return routes(ctx, next)
    return atRoot(ctx, () => underIssuerPath(ctx, next))
  }
}

function dispatch(dependencies: RouterDependencies, findRoute: FindRoute): Middleware {
  return async (ctx: Context, next: Next) => {
    const found = findRoute(ctx.path)
    if (found === undefined) return await next()
    // Koa asks the connection, which has forgotten it once it is closed.
    ctx.request.ip = ctx.ip
    await withinConnectionLimits(ctx, () =>
      dependencies.audit.answer(ctx.res, () => answer(dependencies, ctx, found)),
    )
  }
}

async function answer(
  dependencies: RouterDependencies,
  ctx: Context,
  { route, parameters }: FoundRoute,
): Promise<void> {
  const { errorFormat: format } = route
  const errorFormat = typeof format === 'function' ? format(ctx) : format
  // What is for one person or a tool of theirs, no script of another origin may read.
  if (errorFormat !== 'oauth') forbidOtherOrigins(ctx)
  if (!route.methods.includes(ctx.method)) {
    ctx.set('Allow', route.methods.join(', '))
    sendRefusal(ctx, errorFormat, 405, `use ${route.methods.join(' or ')}`)
    return
  }
  try {
    await route.handle(ctx, parameters)
  } catch (error) {
    await answerFailure(dependencies, ctx, errorFormat, error)
  }
  const retryAfterSeconds = RETRY_AFTER_SECONDS.get(ctx.status)
  if (retryAfterSeconds !== undefined) ctx.set('Retry-After', String(retryAfterSeconds))
}

const RETRY_AFTER_SECONDS: ReadonlyMap<number, number> = new Map([
  [429, THROTTLE_WINDOW_SECONDS],
  [503, 5],
])

function sendRefusal(
  ctx: Context,
  errorFormat: ErrorFormat,
  status: number,
  description: string,
): void {
  if (errorFormat === 'problem') sendProblem(ctx, status, description)
  else sendErrorResponse(ctx, status, 'invalid_request', description)
}

async function answerFailure(
  { pages, audit }: RouterDependencies,
  ctx: Context,
  errorFormat: ErrorFormat,
  error: unknown,
): Promise<void> {
  const operation = operationOf(ctx)
  audit.record({ type: 'server.error', error, operation }, ctx.ip)
  ctx.app.emit('error', error, ctx)
  // oidc-provider's errors carry ours as their cause.
  const failure = [error, (error as Error | undefined)?.cause].some(isUnavailable)
    ? UNAVAILABLE
    : DEFECT
  const { status, code, description, kind } = failure
  switch (errorFormat) {
    case 'oauth':
      sendErrorResponse(ctx, status, code, description)
      break
    case 'problem':
      sendProblem(ctx, status, description)
      break
    case 'html': {
      const view = { kind, error: code, description: undefined, client: undefined }
      await sendErrorPage(ctx, status, pages, view).catch(async (failureOfPage: unknown) => {
        audit.record({ type: 'server.error', error: failureOfPage, operation }, ctx.ip)
        await sendErrorPage(ctx, status, defaultPages, view)
      })
    }
  }
}

const UNAVAILABLE = {
  status: 503,
  code: 'temporarily_unavailable',
  kind: 'temporarily-unavailable',
  description: 'the service is temporarily unavailable, try again',
} as const
const DEFECT = {
  status: 500,
  code: 'server_error',
  kind: 'server-error',
  description: 'the server failed to answer this request',
} as const
