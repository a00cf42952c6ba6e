/**
 * Binds a pending request to the browser that made it, so that nobody can have somebody else sign in
 * or consent for them, and its forms to our pages (CSRF).
 *
 * Every pending request has a cookie of its own, so that tabs do not disturb each other.
 *
 * @module
 */

import { createHmac } from 'node:crypto'
import type { Context } from 'koa'
import { PENDING_REQUEST_COOKIE_TTL_SECONDS } from '../lifetimes.ts'
import { equalsInConstantTime, sha256 } from '../util/sha256.ts'
import { type CookieSettings, cookieValuesOf } from './cookies.ts'

const MAXIMUM_COOKIES = 10
const MAXIMUM_REMOVALS = 10
const NAME_HASH_LENGTH = 16
const TIME_LENGTH = 8
/** When it began, for which client, and what proves that it is ours. */
const SECRET = /^([0-9a-z]{8})\.([\w-]{1,128})\.[\w-]{43}$/

/** Binds pending requests to browsers. */
export interface BrowserBinding {
  /** Binds a pending request of a client to this browser. */
  bind(ctx: Context, pendingRequestToken: string, clientId: string, now: number): void
  /**
   * What binds it to this browser; `undefined` in any other browser. It outlives the request, for which
   * there is a way back to the client then.
   */
  find(ctx: Context, pendingRequestToken: string): BoundRequest | undefined
}

/** A pending request that was begun in a browser. */
export interface BoundRequest {
  /** What only this browser knows, or whoever planted it there. */
  readonly secret: string
  readonly clientId: string
}

/**
 * Creates the binding of a server.
 *
 * @param keys The cookie keys of the moment: the first one makes secrets, all of them recognise theirs. Without one,
 *   nobody can make the secret of a pending request whose token leaked.
 */
export function createBrowserBinding(
  { namePrefix, path }: CookieSettings,
  keys: () => ReadonlyArray<string>,
): BrowserBinding {
  const prefix = `${namePrefix}oauth_prt_`
  const nameOf = (token: string): string => prefix + sha256(token).slice(0, NAME_HASH_LENGTH)
  const options = { path, httpOnly: true, sameSite: 'lax', signed: false, overwrite: true } as const

  return {
    bind(ctx, pendingRequestToken, clientId, now) {
      for (const name of surplusCookies(ctx, prefix)) ctx.cookies.set(name, null, options)
      // The time comes first, so that cookies sort by age.
      const time = now.toString(36).padStart(TIME_LENGTH, '0')
      const value = secretOf(keys()[0] as string, pendingRequestToken, time, clientId)
      const maxAge = PENDING_REQUEST_COOKIE_TTL_SECONDS * 1000
      ctx.cookies.set(nameOf(pendingRequestToken), value, { ...options, maxAge })
    },

    find(ctx, pendingRequestToken) {
      // Not through the cookie jar, which keeps a pattern of every name it was ever asked for.
      for (const secret of cookieValuesOf(ctx, nameOf(pendingRequestToken))) {
        const [, time = '', clientId = ''] = SECRET.exec(secret) ?? []
        const isOurs = keys().some((key) =>
          equalsInConstantTime(secret, secretOf(key, pendingRequestToken, time, clientId)),
        )
        if (isOurs) return { secret, clientId }
      }
      return undefined
    },
  }
}

function secretOf(
  key: string,
  pendingRequestToken: string,
  time: string,
  clientId: string,
): string {
  const bound = `oauth_prt\0${time}\0${clientId}\0${pendingRequestToken}`
  return `${time}.${clientId}.${createHmac('sha256', key).update(bound).digest('base64url')}`
}

/**
 * The oldest cookies past the limit: a browser that begins and never ends must not fill its header. Not
 * all at once, so that no request makes a response of any size.
 */
function surplusCookies(ctx: Context, prefix: string): ReadonlyArray<string> {
  const cookies = ctx
    .get('cookie')
    .split(/; */)
    .filter((cookie) => cookie.startsWith(prefix))
    .map((cookie) => cookie.split('=', 2) as [name: string, value: string])
    .sort(([, left], [, right]) => (left < right ? 1 : -1))
  const names = [...new Set(cookies.map(([name]) => name))]
  return names.slice(MAXIMUM_COOKIES - 1).slice(-MAXIMUM_REMOVALS)
}

/** Whom a page shows as signed in. */
export interface ShownUser {
  readonly userId: string
  /** The server's own session; absent when the host keeps the sessions. */
  readonly sessionId?: string
}

/**
 * The CSRF token of a page. It names the user that the page shows and their session (as a hash), so that
 * a page that shows somebody who is not the browser's user any more cannot be submitted, and whoever
 * knows the binding secret, because they planted it, cannot make the token of a signed-in user.
 */
export function csrfTokenOf(bindingSecret: string, shown: ShownUser | undefined): string {
  const subject = sha256(JSON.stringify([shown?.userId ?? null, shown?.sessionId ?? null]))
  return `${subject}.${sign(bindingSecret, subject)}`
}

/**
 * Where a submitted form comes from: from the page as it would be shown now, from an earlier page of
 * ours, or from somewhere else.
 */
export type FormOrigin = 'current-page' | 'outdated-page' | 'elsewhere'

/** Tells where a submitted form comes from, by its CSRF token. */
export function formOriginOf(
  token: string | null,
  bindingSecret: string,
  shown: ShownUser | undefined,
): FormOrigin {
  const [subject = '', signature = ''] = token?.split('.') ?? []
  if (!equalsInConstantTime(signature, sign(bindingSecret, subject))) return 'elsewhere'
  return token === csrfTokenOf(bindingSecret, shown) ? 'current-page' : 'outdated-page'
}

/** Whether a form of ours comes from a page that showed nobody as signed in: a sign-in page. */
export function isFromSignInPage(token: string | null, bindingSecret: string): boolean {
  return formOriginOf(token, bindingSecret, undefined) === 'current-page'
}

function sign(bindingSecret: string, subject: string): string {
  return createHmac('sha256', bindingSecret).update(`csrf\0${subject}`).digest('base64url')
}
