/**
 * Which scripts of which origins may read a response (Fetch §3.2).
 *
 * @module
 */

import type { Context } from 'koa'

/**
 * Takes back what a middleware of the host said about other origins: their scripts may send the request,
 * but not read the response.
 */
export function forbidOtherOrigins(ctx: Context): void {
  for (const name of ctx.res.getHeaderNames()) {
    if (name.startsWith('access-control-')) ctx.remove(name)
  }
}

/** Lets scripts of the request's origin read the response, without credentials. */
export function allowOrigin(ctx: Context): void {
  ctx.set('Access-Control-Allow-Origin', ctx.get('origin'))
  ctx.vary('Origin')
}

/**
 * Lets scripts of any origin read that the server cannot answer now, and when to try again. It says nothing
 * about anybody, and whoever may not read it takes it for a broken network.
 */
export function allowOriginToReadFailure(ctx: Context): void {
  if (ctx.get('origin') === '') return
  allowOrigin(ctx)
  ctx.set('Access-Control-Expose-Headers', 'Retry-After')
}

/** Answers a preflight. It does not say who the client is, so every origin may ask. */
export function sendPreflightResponse(ctx: Context): void {
  if (ctx.get('origin') !== '') allowOrigin(ctx)
  ctx.set({ 'Access-Control-Allow-Methods': 'POST', 'Access-Control-Max-Age': '3600' })
  const headers = ctx.get('access-control-request-headers')
  if (headers !== '') ctx.set('Access-Control-Allow-Headers', headers)
  ctx.status = 204
}
