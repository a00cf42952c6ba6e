import type { Context } from 'koa'

/**
 * Whether a browser says that a page of another origin sent this request (Fetch Metadata, `Origin`).
 * The `Origin` of our own forms is `null`, as their pages send no referrer; so it says nothing.
 */
export function isFromOtherOrigin(ctx: Context, issuer: string): boolean {
  const site = ctx.get('sec-fetch-site')
  const origin = ctx.get('origin')
  return (
    !['', 'same-origin', 'none'].includes(site) ||
    !['', 'null', new URL(issuer).origin].includes(origin)
  )
}
