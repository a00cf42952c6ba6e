/**
 * The server's cookies: signed with its own keys, secure whenever the issuer is https, whatever the
 * host application's keys and proxy settings are.
 *
 * @module
 */

import Cookies from 'cookies'
import type { Context } from 'koa'

/** How cookies are set. */
export interface CookieSettings {
  /** Put before every cookie's name. */
  readonly namePrefix: string
  /** Path of every cookie: that of the issuer. */
  readonly path: string
}

/** Decides names and paths from the issuer. */
export function cookieSettingsFor(issuer: string): CookieSettings {
  const { protocol, pathname } = new URL(issuer)
  const isAtRoot = pathname === '/'
  return {
    // `__Host-` keeps a sibling domain from planting a session; it demands https and the root path.
    namePrefix: protocol === 'https:' && isAtRoot ? '__Host-' : '',
    path: pathname,
  }
}

/** Makes the cookie jar of a request. */
export function createCookieJar(
  ctx: Context,
  issuer: string,
  keys: ReadonlyArray<string>,
): Cookies {
  const jar = new Cookies(ctx.req, ctx.res, {
    keys: [...keys],
    secure: issuer.startsWith('https:'),
  })
  const { set } = jar
  const { path } = cookieSettingsFor(issuer)
  // The jar sets cookies by itself too: signatures that an older key made.
  jar.set = (name, value, options) =>
    set.call(jar, name, value, { path, sameSite: 'lax', ...options })
  return jar
}
