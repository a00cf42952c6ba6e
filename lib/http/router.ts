/**
 * The server as a Koa middleware: handles its own paths and passes all others on.
 *
 * @module
 */

import type { Context, Middleware, Next } from 'koa'
import mount from 'koa-mount'
import type { AuditLog } from '../audit/audit-log.ts'
import { isUnavailable } from '../errors.ts'
import { defaultPages } from '../pages/default-pages.ts'
import type { ServerPages } from '../pages/server-pages.ts'
import { emitError } from '../util/host-function.ts'
import { withinConnectionLimits } from './connection-limits.ts'
import { forbidOtherOrigins } from './cors.ts'
import { operationOf, pathOf } from './paths.ts'
import { PRIVATE_HEADERS, sendErrorPage, sendErrorResponse, sendProblem } from './responses.ts'
import type { ErrorFormat, FindRoute, FoundRoute } from './route.ts'
import { THROTTLE_WINDOW_SECONDS } from './throttle.ts'

/** Dependencies of the router. */
export interface RouterDependencies {
  readonly issuer: string
  readonly findRoute: FindRoute
  /** The route of RFC 8414 §3.1: metadata at the root of the host, for an issuer with a path. */
  readonly rootRoutes: FindRoute
  readonly pages: ServerPages
  readonly audit: AuditLog
}

/** The server as a part of a host application. */
export interface Router {
  readonly middleware: Middleware
  /** Whether a path, from the root of the host, is one of the server's. */
  readonly owns: (path: string) => boolean
}

/** Creates the router. */
export function createRouter(dependencies: RouterDependencies): Router {
  const dispatch = createDispatcher(dependencies)
  return {
    middleware(ctx, next) {
      if (hasPath(ctx)) return dispatch(ctx, next)
      sendErrorResponse(ctx, 400, 'invalid_request', 'the request target is not a URL')
    },
    owns: createOwnership(dependencies),
  }
}

function createOwnership({ issuer, findRoute, rootRoutes }: RouterDependencies): Router['owns'] {
  const { pathname: issuerPath } = new URL(issuer)
  if (issuerPath === '/') return (path) => findRoute(path) !== undefined
  return (path) => {
    if (rootRoutes(path) !== undefined) return true
    const isBelow = path.startsWith(`${issuerPath}/`)
    return isBelow && findRoute(path.slice(issuerPath.length)) !== undefined
  }
}

/** Reading the path of a malformed request target such as `http://[/` throws (RFC 9112 §3.2.2). */
function hasPath(ctx: Context): boolean {
  try {
    return typeof ctx.path === 'string'
  } catch {
    return false
  }
}

function createDispatcher(dependencies: RouterDependencies): Middleware {
  const routes = createRouteMiddleware(dependencies, dependencies.findRoute)
  const { pathname: issuerPath } = new URL(dependencies.issuer)
  if (issuerPath === '/') return routes

  const underIssuerPath = mount(issuerPath, routes)
  const atRoot = createRouteMiddleware(dependencies, dependencies.rootRoutes)
  return (ctx, next) => {
    // koa-mount has removed the prefix already.
    const isMounted = pathOf(ctx.originalUrl) === issuerPath + ctx.path
    if (isMounted) return routes(ctx, next)
    return atRoot(ctx, () => underIssuerPath(ctx, next))
  }
}

function createRouteMiddleware(dependencies: RouterDependencies, findRoute: FindRoute): Middleware {
  return (ctx: Context, next: Next) => {
    const found = findRoute(ctx.path)
    if (found === undefined) return next()
    // Reads the address now: Koa asks the connection, which has none once it is closed.
    ctx.request.ip = ctx.ip
    return withinConnectionLimits(ctx, () =>
      dependencies.audit.deferUntilSent(ctx.res, () => handle(dependencies, ctx, found)),
    )
  }
}

async function handle(
  dependencies: RouterDependencies,
  ctx: Context,
  { route, parameters }: FoundRoute,
): Promise<void> {
  const { errorFormat: format } = route
  const errorFormat = typeof format === 'function' ? format(ctx) : format
  // A middleware of the host may have set others. A route that is public, or open to other origins, says so.
  ctx.status = 200
  ctx.set(PRIVATE_HEADERS)
  forbidOtherOrigins(ctx)
  try {
    if (route.methods.includes(ctx.method)) await route.handle(ctx, parameters)
    else await sendMethodNotAllowed(dependencies, ctx, errorFormat, route.methods)
  } catch (error) {
    await sendServerError(dependencies, ctx, errorFormat, error)
  }
  const retryAfterSeconds = RETRY_AFTER_SECONDS.get(ctx.status)
  if (retryAfterSeconds !== undefined && !ctx.res.hasHeader('Retry-After')) {
    ctx.set('Retry-After', String(retryAfterSeconds))
  }
}

async function sendMethodNotAllowed(
  { pages }: RouterDependencies,
  ctx: Context,
  errorFormat: ErrorFormat,
  methods: ReadonlyArray<string>,
): Promise<void> {
  ctx.set('Allow', methods.join(', '))
  const error = 'invalid_request'
  const description = `use ${methods.join(' or ')}`
  switch (errorFormat) {
    case 'oauth':
      sendErrorResponse(ctx, 405, error, description)
      break
    case 'problem':
      sendProblem(ctx, 405, description)
      break
    case 'html': {
      const view = { kind: 'method-not-allowed', error, description, client: undefined } as const
      await sendErrorPage(ctx, 405, pages, view)
    }
  }
}

const RETRY_AFTER_SECONDS: ReadonlyMap<number, number> = new Map([
  [429, THROTTLE_WINDOW_SECONDS],
  [503, 5],
])

async function sendServerError(
  { pages, audit }: RouterDependencies,
  ctx: Context,
  errorFormat: ErrorFormat,
  error: unknown,
): Promise<void> {
  const operation = operationOf(ctx)
  audit.record({ type: 'server.error', error, operation }, ctx.ip)
  emitError(ctx, error)
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
      await sendErrorPage(ctx, status, pages, view).catch(async (pageError: unknown) => {
        audit.record({ type: 'server.error', error: pageError, operation }, ctx.ip)
        await sendErrorPage(ctx, status, { ...pages, ...defaultPages }, view)
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
  description: 'the server failed to handle this request',
} as const
