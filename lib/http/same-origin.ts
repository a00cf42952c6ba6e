/**
 * Checks of the origin of a request. Browsers set these headers, and pages cannot change them.
 *
 * Our pages with forms send `Referrer-Policy: same-origin`: under `no-referrer` browsers submit forms with
 * `Origin: null`, as pages of other sites can do too.
 *
 * @module
 */

import type { Context } from 'koa'

/**
 * Whether a page of the issuer's origin submitted a form: by `Origin` or, when that is absent, by
 * `Sec-Fetch-Site`.
 */
export function isFromOwnPage(ctx: Context, issuer: string): boolean {
  const hasOrigin = ctx.get('origin') !== ''
  return hasOrigin ? !isFromOtherOrigin(ctx, issuer) : ctx.get('sec-fetch-site') === 'same-origin'
}

/**
 * Whether a page of another origin sent a request. For requests that non-browsers send too, and forms
 * cannot.
 */
export function isFromOtherOrigin(ctx: Context, issuer: string): boolean {
  const site = ctx.get('sec-fetch-site')
  const origin = ctx.get('origin')
  return (
    !['', 'same-origin', 'none'].includes(site) || !['', new URL(issuer).origin].includes(origin)
  )
}
