/**
 * Routes, and how they are found by path.
 *
 * @module
 */

import type { Context } from 'koa'

/** The format of error responses: a page, OAuth (RFC 6749 §5.2), or problem details (RFC 9457). */
export type ErrorFormat = 'html' | 'oauth' | 'problem'

/** The handler of a path. */
export interface Route {
  /** Allowed methods; any other gets 405. */
  readonly methods: ReadonlyArray<string>
  /** The format of its errors; a function if it depends on the request. */
  readonly errorFormat: ErrorFormat | ((ctx: Context) => ErrorFormat)
  /** Sends the response. `parameters` are the named parts of the path. */
  readonly handle: (ctx: Context, parameters: PathParameters) => Promise<void> | void
}

/** The named parts of a path. */
export type PathParameters = Readonly<Record<string, string>>

/** A route and the parameters of the path. */
export interface FoundRoute {
  readonly route: Route
  readonly parameters: PathParameters
}

/** Finds the route of a path, relative to the issuer. */
export type FindRoute = (path: string) => FoundRoute | undefined

/**
 * Paths, their routes, and the name of the path's URL in the metadata if it is announced there (RFC 8414 §2). In a
 * string, `:name` stands for an id: 1 to 128 characters out of `A–Z a–z 0–9 _ -`.
 */
export type RouteTable = ReadonlyArray<
  readonly [path: string | RegExp, route: Route, metadataName?: string]
>

/** Creates the finder of a table. */
export function createRouteFinder(table: RouteTable): FindRoute {
  const exact = new Map<string, FoundRoute>()
  const patterns: Array<readonly [RegExp, Route]> = []
  for (const [path, route] of table) {
    if (typeof path !== 'string') patterns.push([path, route])
    else if (path.includes(':')) patterns.push([patternOf(path), route])
    else exact.set(path, { route, parameters: {} })
  }
  return (path) => exact.get(path) ?? findByPattern(patterns, path)
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replace(/:(\w+)/g, '(?<$1>[\\w-]{1,128})')}$`)
}

function findByPattern(
  patterns: ReadonlyArray<readonly [RegExp, Route]>,
  path: string,
): FoundRoute | undefined {
  for (const [pattern, route] of patterns) {
    const match = pattern.exec(path)
    if (match !== null) return { route, parameters: { ...match.groups } }
  }
  return undefined
}

/** Creates a route with a handler for each method. GET also handles HEAD. */
export function routeByMethod(
  errorFormat: Route['errorFormat'],
  handlers: Readonly<Record<string, Route['handle']>>,
): Route {
  const byMethod = new Map(Object.entries(handlers))
  const get = byMethod.get('GET')
  if (get !== undefined) byMethod.set('HEAD', get)
  return {
    methods: [...byMethod.keys()],
    errorFormat,
    handle: (ctx, parameters) => byMethod.get(ctx.method)?.(ctx, parameters),
  }
}
