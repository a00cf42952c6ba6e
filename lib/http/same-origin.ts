/**
 * Where a request says that it comes from. Browsers set these headers, and no page can change them.
 *
 * Our pages with forms send `Referrer-Policy: same-origin`: under `no-referrer` a browser sends its forms
 * with `Origin: null`, which a page of any other site can make it do too.
 *
 * @module
 */

import type { Context } from 'koa'

/**
 * Whether a page of the issuer's own origin sent a form: its `Origin` says so or, where a browser sends
 * none, `Sec-Fetch-Site: same-origin`.
 */
export function isFromOwnPage(ctx: Context, issuer: string): boolean {
  const hasOrigin = ctx.get('origin') !== ''
  return hasOrigin ? !isFromOtherOrigin(ctx, issuer) : ctx.get('sec-fetch-site') === 'same-origin'
}

/**
 * Whether a browser says that a page of another origin sent a request. For requests that programs send
 * too, and no form can.
 */
export function isFromOtherOrigin(ctx: Context, issuer: string): boolean {
  const site = ctx.get('sec-fetch-site')
  const origin = ctx.get('origin')
  return (
    !['', 'same-origin', 'none'].includes(site) || !['', new URL(issuer).origin].includes(origin)
  )
}
