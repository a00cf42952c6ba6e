/**
 * The server's cookies: signed with its own keys, and `Secure` if the issuer is https. They do not depend on
 * the keys and proxy settings of the host application.
 *
 * @module
 */

import { createHmac } from 'node:crypto'
import Cookies from 'cookies'
import type { Context } from 'koa'
import { sha256 } from '../util/sha256.ts'

/** Settings of all cookies. */
export interface CookieSettings {
  /** Prefix of every cookie name. */
  readonly namePrefix: string
  /** Path of every cookie: that of the issuer. */
  readonly path: string
}

/** Derives the settings from the issuer. */
export function cookieSettingsFor(issuer: string): CookieSettings {
  const { protocol, pathname } = new URL(issuer)
  const isAtRoot = pathname === '/'
  return {
    // `__Host-` prevents sibling domains from planting cookies; it requires https and the root path.
    namePrefix: protocol === 'https:' && isAtRoot ? '__Host-' : '',
    path: pathname,
  }
}

/**
 * Creates the cookie jar of a request. Of several cookies with one name, it reads the one that our keys
 * signed: a sibling domain may have planted one with a longer path, which browsers send first
 * (RFC 6265 §8.6).
 */
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
  jar.get = (name) => {
    const signatures = new Set(cookieValuesOf(ctx, `${name}.sig`).map(sha256))
    return cookieValuesOf(ctx, name).find((value) =>
      keys.some((key) => signatures.has(sha256(signatureOf(key, name, value)))),
    )
  }
  jar.set = (name, value, options) =>
    set.call(jar, name, value, { path, sameSite: 'lax', ...options })
  return jar
}

/** Signs a cookie as the jar does. */
function signatureOf(key: string, name: string, value: string): string {
  return createHmac('sha1', key).update(`${name}=${value}`).digest('base64url')
}

/** The values of all cookies with a name, in the order of the request. */
export function cookieValuesOf(ctx: Context, name: string): ReadonlyArray<string> {
  const start = `${name}=`
  const cookies = ctx.get('cookie').split(/; */)
  return cookies
    .filter((cookie) => cookie.startsWith(start))
    .map((cookie) => cookie.slice(start.length))
}
