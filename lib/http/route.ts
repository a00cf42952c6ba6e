/**
 * Routes, and how one is found by its path.
 *
 * @module
 */

import type { Context } from 'koa'

/** What a route's errors are: a page, an OAuth error response (RFC 6749 §5.2), or problem details (RFC 9457). */
export type ErrorFormat = 'html' | 'oauth' | 'problem'

/** How one path is answered. */
export interface Route {
  /** Methods it answers; any other gets 405. */
  readonly methods: ReadonlyArray<string>
  /** What its errors are; a function where that depends on the request. */
  readonly errorFormat: ErrorFormat | ((ctx: Context) => ErrorFormat)
  /** Answers; `parameters` are the parts of the path that its pattern names. */
  readonly handle: (ctx: Context, parameters: PathParameters) => Promise<void> | void
}

/** The parts of a path that the pattern of its route names. */
export type PathParameters = Readonly<Record<string, string>>

/** A route with what the path says. */
export interface FoundRoute {
  readonly route: Route
  readonly parameters: PathParameters
}

/** Finds the route of a path, relative to the issuer. */
export type FindRoute = (path: string) => FoundRoute | undefined

/**
 * Paths and their routes. In a text, `:name` stands for an id, 1 to 128 characters out of
 * `A–Z a–z 0–9 _ -`; any other path is not matched and stays the host's.
 */
export type RouteTable = ReadonlyArray<readonly [path: string | RegExp, route: Route]>

/** Makes what finds a route in a table. */
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

/** A route that answers each method in its own way. GET answers HEAD too. */
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
