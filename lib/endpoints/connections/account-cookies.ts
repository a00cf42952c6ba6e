/**
 * The cookies of the account pages, except the session.
 *
 * @module
 */

import { randomBytes } from 'node:crypto'
import type Cookies from 'cookies'
import type { Context } from 'koa'

const BINDING_BYTES = 32
const FLASH_MESSAGE_SECONDS = 60

/** The cookies of the account pages. */
export interface AccountCookies {
  /**
   * Binds forms to this browser, and returns the secret of the binding. An existing secret is kept, so that
   * pages in other tabs stay valid.
   */
  bind(ctx: Context): string
  /** Finds the secret; `undefined` in a browser that was not shown a page. */
  findBinding(ctx: Context): string | undefined
  /** Sets the flash message: the client that was disconnected. */
  setFlashMessage(ctx: Context, clientId: string): void
  /** Returns the flash message and removes it. */
  takeFlashMessage(ctx: Context): string | undefined
}

/**
 * Creates the cookies.
 *
 * @param namePrefix Prefix of the cookie names.
 * @param createCookieJar Creates the cookie jar of a request, which signs cookies.
 * @param bindingSeconds For how long a page is valid after it was shown.
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

    setFlashMessage(ctx, clientId) {
      createCookieJar(ctx).set(flashMessageName, clientId, {
        ...options,
        maxAge: FLASH_MESSAGE_SECONDS * 1000,
      })
    },

    takeFlashMessage(ctx) {
      const clientId = find(ctx, flashMessageName)
      if (clientId !== undefined) createCookieJar(ctx).set(flashMessageName, null, options)
      return clientId
    },
  }
}
