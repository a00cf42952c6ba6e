import type { Context } from 'koa'

/** Answers a request whose client did not authenticate at all (RFC 6749 §5.2). */
export function answerInvalidClient(ctx: Context, issuer: string): void {
  ctx.status = 401
  ctx.set('WWW-Authenticate', `Basic realm="${issuer}"`)
  ctx.body = { error: 'invalid_client', error_description: 'client authentication is required' }
}
