import type { Context } from 'koa'

/**
 * Takes back what was said about other origins, by oidc-provider or by a middleware of the host: their
 * scripts may send the request, but not read the answer.
 */
export function forbidOtherOrigins(ctx: Context): void {
  for (const name of Object.keys(ctx.response.headers)) {
    if (name.startsWith('access-control-')) ctx.remove(name)
  }
}
