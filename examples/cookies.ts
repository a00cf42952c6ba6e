/**
 * Reading cookies.
 *
 * @module
 */

import type { Context } from 'koa'

/**
 * Returns the values of all cookies with a name. There may be several: a site on a sibling domain can set one with a
 * longer path, which browsers send first (RFC 6265 §8.6). So use the value that is known, not the first.
 */
export function cookieValuesOf(ctx: Context, name: string): ReadonlyArray<string> {
  const start = `${name}=`
  const cookies = ctx.get('cookie').split(/; */)
  return cookies
    .filter((cookie) => cookie.startsWith(start))
    .map((cookie) => cookie.slice(start.length))
}
