/**
 * The cookies of the account pages, besides the session.
 *
 * @module
 */

import { randomBytes } from 'node:crypto'
import type Cookies from 'cookies'
import type { Context } from 'koa'

const BINDING_BYTES = 32
const NOTICE_SECONDS = 60

/** The cookies of the account pages. */
export interface AccountCookies {
  /**
   * The secret that ties forms to this browser. A browser that has one keeps it, so that pages in other
   * tabs stay good.
   */
  bind(ctx: Context): string
  /** That secret; `undefined` in a browser that was shown no page. */
  findBinding(ctx: Context): string | undefined
  /** Leaves a word for the next page. */
  leaveFlashMessage(ctx: Context, clientId: string): void
  /** Takes it. */
  takeFlashMessage(ctx: Context): string | undefined
}

/**
 * Creates the cookies.
 *
 * @param namePrefix Put before their names.
 * @param createCookieJar Makes the jar of a request: it signs them.
 * @param bindingSeconds For how long after it was shown last a page is good.
 */
export function createAccountCookies(
  namePrefix: string,
  createCookieJar: (ctx: Context) => Cookies,
  bindingSeconds: number,
): AccountCookies {
  const bindingName = `${namePrefix}oauth_account`
  const flashMessageName = `${namePrefix}oauth_flash`
  const options = { signed: true, httpOnly: true, overwrite: true } as const
  const find = (ctx: Context, name: string): string | undefined =>
    createCookieJar(ctx).get(name, options)

  return {
    bind(ctx) {
      const secret = find(ctx, bindingName) ?? randomBytes(BINDING_BYTES).toString('base64url')
      createCookieJar(ctx).set(bindingName, secret, { ...options, maxAge: bindingSeconds * 1000 })
      return secret
    },

    findBinding: (ctx) => find(ctx, bindingName),

    leaveFlashMessage(ctx, clientId) {
      createCookieJar(ctx).set(flashMessageName, clientId, {
        ...options,
        maxAge: NOTICE_SECONDS * 1000,
      })
    },

    takeFlashMessage(ctx) {
      const clientId = find(ctx, flashMessageName)
      if (clientId !== undefined) createCookieJar(ctx).set(flashMessageName, null, options)
      return clientId
    },
  }
}
