/**
 * CORS: which origins may read a response (Fetch §3.2).
 *
 * @module
 */

import type { Context } from 'koa'

/**
 * Removes CORS headers that a middleware of the host may have set: scripts of other origins cannot read the
 * response.
 */
export function forbidOtherOrigins(ctx: Context): void {
  for (const name of ctx.res.getHeaderNames()) {
    if (name.startsWith('access-control-')) ctx.remove(name)
  }
}

/** Allows the origin of the request to read the response, without credentials. */
export function allowOrigin(ctx: Context): void {
  ctx.set('Access-Control-Allow-Origin', ctx.get('origin'))
  ctx.vary('Origin')
}

/**
 * Allows every origin to read a 429, 500 or 503 and its `Retry-After`. It reveals nothing, and without it the
 * script would see a network error.
 *
 * @param headers The headers that it may read.
 */
export function allowOriginToReadFailure(
  ctx: Context,
  headers: ReadonlyArray<string> = ['Retry-After'],
): void {
  if (ctx.get('origin') === '') return
  allowOrigin(ctx)
  ctx.set('Access-Control-Expose-Headers', headers.join(', '))
}

/** Responds to a preflight. It does not identify the client, so every origin is allowed. */
export function sendPreflightResponse(ctx: Context, methods = 'POST'): void {
  if (ctx.get('origin') !== '') allowOrigin(ctx)
  ctx.set({ 'Access-Control-Allow-Methods': methods, 'Access-Control-Max-Age': '3600' })
  const headers = ctx.get('access-control-request-headers')
  if (headers !== '') ctx.set('Access-Control-Allow-Headers', headers)
  ctx.status = 204
}
