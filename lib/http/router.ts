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
import type { ErrorKind } from '../pages/pages.ts'
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
    else await sendError(dependencies.pages, ctx, errorFormat, methodNotAllowed(ctx, route.methods))
  } catch (error) {
    await sendServerError(dependencies, ctx, errorFormat, error)
  }
  const retryAfterSeconds = RETRY_AFTER_SECONDS.get(ctx.status)
  if (retryAfterSeconds !== undefined && !ctx.res.hasHeader('Retry-After')) {
    ctx.set('Retry-After', String(retryAfterSeconds))
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
  await sendError(pages, ctx, errorFormat, failure).catch(async (pageError: unknown) => {
    audit.record({ type: 'server.error', error: pageError, operation }, ctx.ip)
    await sendError({ ...pages, ...defaultPages }, ctx, errorFormat, failure)
  })
}

/** An error that the router itself sends. */
interface RouterError {
  readonly status: number
  readonly code: string
  readonly kind: ErrorKind
  readonly description: string
}

async function sendError(
  pages: ServerPages,
  ctx: Context,
  errorFormat: ErrorFormat,
  { status, code, kind, description }: RouterError,
): Promise<void> {
  switch (errorFormat) {
    case 'oauth':
      sendErrorResponse(ctx, status, code, description)
      break
    case 'problem':
      sendProblem(ctx, status, description)
      break
    case 'html': {
      // Failures are the server's: the page has nothing to tell a developer.
      const view = { kind, error: code, description: status < 500 ? description : undefined }
      await sendErrorPage(ctx, status, pages, { ...view, client: undefined })
    }
  }
}

function methodNotAllowed(ctx: Context, methods: ReadonlyArray<string>): RouterError {
  ctx.set('Allow', methods.join(', '))
  const description = `use ${methods.join(' or ')}`
  return { status: 405, code: 'invalid_request', kind: 'method-not-allowed', description }
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
