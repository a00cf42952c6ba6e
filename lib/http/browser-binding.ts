/**
 * Binds a pending request to the browser that started it, so that an attacker cannot have somebody else
 * sign in or consent for it; and binds forms to our pages (CSRF).
 *
 * Every pending request has its own cookie, so that tabs do not interfere.
 *
 * @module
 */

import { createHmac } from 'node:crypto'
import type { Context } from 'koa'
import { PENDING_REQUEST_COOKIE_TTL_SECONDS } from '../lifetimes.ts'
import { equalsInConstantTime, sha256 } from '../util/sha256.ts'
import { type CookieSettings, cookiesOf, cookieValuesOf } from './cookies.ts'

const MAXIMUM_COOKIES = 10
const MAXIMUM_REMOVALS = 10
const NAME_HASH_LENGTH = 16
const TIME_LENGTH = 8
/** Start time, client id and MAC. */
const SECRET = /^([0-9a-z]{8})\.([\w-]{1,128})\.[\w-]{43}$/

/** Binds pending requests to browsers. */
export interface BrowserBinding {
  /** Binds a pending request of a client to this browser. */
  bind(ctx: Context, pendingRequestToken: string, clientId: string, now: number): void
  /**
   * Finds the binding; `undefined` in any other browser. It outlives the request, so that an expired
   * request can still link back to the client.
   */
  find(ctx: Context, pendingRequestToken: string): BoundRequest | undefined
}

/** The binding of a pending request to a browser. */
export interface BoundRequest {
  /** Known only to this browser, or to an attacker who planted the cookie. */
  readonly secret: string
  readonly clientId: string
}

/**
 * Creates the binding of a server.
 *
 * @param keys The current cookie keys: the first one creates secrets, all of them verify. A leaked pending
 *   request token is useless without them.
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
      // Not through the cookie jar: it caches a pattern for every name.
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
 * The oldest cookies above the limit, so that abandoned requests do not fill the `Cookie` header. At most
 * {@link MAXIMUM_REMOVALS}, which bounds the size of the response.
 */
function surplusCookies(ctx: Context, prefix: string): ReadonlyArray<string> {
  const cookies = cookiesOf(ctx)
    .filter((cookie) => cookie.startsWith(prefix))
    .map((cookie) => cookie.split('=', 2) as [name: string, value: string])
    .sort(([, left], [, right]) => (left < right ? 1 : -1))
  const names = [...new Set(cookies.map(([name]) => name))]
  return names.slice(MAXIMUM_COOKIES - 1).slice(-MAXIMUM_REMOVALS)
}

/** The user that a page shows as signed in. */
export interface ShownUser {
  readonly userId: string
  /** The server's session; absent with sessions of the host. */
  readonly sessionId?: string
}

/**
 * Creates the CSRF token of a page. It contains a hash of the shown user and session. So a page that shows
 * a former user counts as outdated, and an attacker who planted the binding secret cannot create the
 * token of a signed-in user.
 */
export function csrfTokenOf(bindingSecret: string, shown: ShownUser | undefined): string {
  const subject = subjectOf(shown)
  return `${subject}.${sign(bindingSecret, subject)}`
}

function subjectOf(shown: ShownUser | undefined): string {
  return sha256(JSON.stringify([shown?.userId ?? null, shown?.sessionId ?? null]))
}

/** The source of a submitted form: the page for the current user, an outdated page of ours, or neither. */
export type FormOrigin = 'current-page' | 'outdated-page' | 'elsewhere'

/** Determines the source of a submitted form by its CSRF token. */
export function formOriginOf(
  token: string | null,
  bindingSecret: string,
  shown: ShownUser | undefined,
): FormOrigin {
  const [subject = '', signature = ''] = token?.split('.') ?? []
  if (!equalsInConstantTime(signature, sign(bindingSecret, subject))) return 'elsewhere'
  return token === `${subjectOf(shown)}.${signature}` ? 'current-page' : 'outdated-page'
}

/** Whether a form comes from a page of ours, whomever it shows. */
export function isFromOurPage(token: string | null, bindingSecret: string): boolean {
  return formOriginOf(token, bindingSecret, undefined) !== 'elsewhere'
}

/** Whether a form comes from our page without a signed-in user: a sign-in page. */
export function isFromSignInPage(token: string | null, bindingSecret: string): boolean {
  return formOriginOf(token, bindingSecret, undefined) === 'current-page'
}

function sign(bindingSecret: string, subject: string): string {
  return createHmac('sha256', bindingSecret).update(`csrf\0${subject}`).digest('base64url')
}
