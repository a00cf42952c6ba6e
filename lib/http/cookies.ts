/**
 * The server's cookies: signed with its own keys, and `Secure` if the issuer is https. They do not depend on
 * the keys and proxy settings of the host application.
 *
 * @module
 */

import { createHmac } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
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
 * Creates the cookie jars of a server, one for each call. Of several cookies with one name, a jar reads the one that our
 * keys signed: a sibling domain may have planted one with a longer path, which browsers send first (RFC 6265 §8.6).
 * However many jars a request has, each of its cookies is verified once.
 *
 * @param keys The current cookie keys: the first one signs, all of them verify.
 */
export function createCookieJars(
  issuer: string,
  keys: () => ReadonlyArray<string>,
): (ctx: Context) => Cookies {
  const { path } = cookieSettingsFor(issuer)
  const secure = issuer.startsWith('https:')
  /** The verified cookies of a request, by its cookies. */
  const verified = new WeakMap<object, Map<string, string | undefined>>()

  function verifiedCookiesOf(ctx: Context): Map<string, string | undefined> {
    const cookies = cookiesOf(ctx)
    const known = verified.get(cookies) ?? new Map<string, string | undefined>()
    verified.set(cookies, known)
    return known
  }

  return (ctx) => {
    const jar = new Cookies(ctx.req, ctx.res, { keys: [...keys()], secure })
    const { set } = jar
    jar.get = (name) => {
      const known = verifiedCookiesOf(ctx)
      if (!known.has(name)) known.set(name, findSigned(ctx, keys(), name))
      return known.get(name)
    }
    jar.set = (name, value, options) =>
      set.call(jar, name, value, { path, sameSite: 'lax', ...options })
    return jar
  }
}

/** The value of the cookie that one of the keys signed. */
function findSigned(ctx: Context, keys: ReadonlyArray<string>, name: string): string | undefined {
  const values = cookieValuesOf(ctx, name)
  if (values.length === 0) return undefined
  const signatures = new Set(cookieValuesOf(ctx, `${name}.sig`).map(sha256))
  return values.find((value) =>
    keys.some((key) => signatures.has(sha256(signatureOf(key, name, value)))),
  )
}

/** Signs a cookie as the jar does. */
function signatureOf(key: string, name: string, value: string): string {
  return createHmac('sha1', key).update(`${name}=${value}`).digest('base64url')
}

interface ParsedCookies {
  readonly header: string
  readonly cookies: ReadonlyArray<string>
}

const parsed = new WeakMap<IncomingMessage, ParsedCookies>()

/** The cookies of a request, as `name=value`. They are parsed once, unless the host changes the header. */
export function cookiesOf(ctx: Context): ReadonlyArray<string> {
  const header = ctx.get('cookie')
  const known = parsed.get(ctx.req)
  if (known?.header === header) return known.cookies
  const cookies = header.split(/; */)
  parsed.set(ctx.req, { header, cookies })
  return cookies
}

/** The values of all cookies with a name, in the order of the request. */
export function cookieValuesOf(ctx: Context, name: string): ReadonlyArray<string> {
  const start = `${name}=`
  return cookiesOf(ctx)
    .filter((cookie) => cookie.startsWith(start))
    .map((cookie) => cookie.slice(start.length))
}
