/**
 * The server's cookies: signed with its own keys, secure whenever the issuer is https, whatever the
 * host application's keys and proxy settings are.
 *
 * @module
 */

import { createHmac } from 'node:crypto'
import Cookies from 'cookies'
import type { Context } from 'koa'
import { sha256 } from '../util/sha256.ts'

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

/**
 * Creates the cookie jar of a request. Of several cookies with one name, it reads the one that our keys
 * signed: a sibling domain may have planted others, with a longer path, which browsers send first
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

/** The signature that the jar gives a cookie. */
function signatureOf(key: string, name: string, value: string): string {
  return createHmac('sha1', key).update(`${name}=${value}`).digest('base64url')
}

/** The values of all cookies of a name that a request has, in their order. */
export function cookieValuesOf(ctx: Context, name: string): ReadonlyArray<string> {
  const start = `${name}=`
  const cookies = ctx.get('cookie').split(/; */)
  return cookies
    .filter((cookie) => cookie.startsWith(start))
    .map((cookie) => cookie.slice(start.length))
}
