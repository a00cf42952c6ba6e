/**
 * The cookies of a set of pages, except the session.
 *
 * @module
 */

import { randomBytes } from 'node:crypto'
import type Cookies from 'cookies'
import type { Context } from 'koa'

const BINDING_BYTES = 32
const FLASH_MESSAGE_SECONDS = 60

/** The cookies of a set of pages. */
export interface PageCookies {
  /**
   * Binds forms to this browser, and returns the secret of the binding. An existing secret is kept, so that
   * pages in other tabs stay valid.
   */
  bind(ctx: Context): string
  /** Finds the secret; `undefined` in a browser that was not shown a page. */
  findBinding(ctx: Context): string | undefined
  /**
   * Sets the flash message, for the next page.
   *
   * @param message Characters of a cookie's value (RFC 6265 §4.1.1).
   * @param maximumSeconds How long the next page may take. Defaults to a minute.
   */
  setFlashMessage(ctx: Context, message: string, maximumSeconds?: number): void
  /** Returns the flash message and removes it. */
  takeFlashMessage(ctx: Context): string | undefined
}

/**
 * Creates the cookies.
 *
 * @param name Their names: this one, and `<name>_flash`.
 * @param createCookieJar Creates the cookie jar of a request, which signs cookies.
 * @param bindingSeconds For how long a page is valid after it was shown.
 */
export function createPageCookies(
  name: string,
  createCookieJar: (ctx: Context) => Cookies,
  bindingSeconds: number,
): PageCookies {
  const flashMessageName = `${name}_flash`
  const options = { signed: true, httpOnly: true, overwrite: true } as const
  const find = (ctx: Context, cookie: string): string | undefined =>
    createCookieJar(ctx).get(cookie, options)

  return {
    bind(ctx) {
      const secret = find(ctx, name) ?? randomBytes(BINDING_BYTES).toString('base64url')
      createCookieJar(ctx).set(name, secret, { ...options, maxAge: bindingSeconds * 1000 })
      return secret
    },

    findBinding: (ctx) => find(ctx, name),

    setFlashMessage(ctx, message, maximumSeconds = FLASH_MESSAGE_SECONDS) {
      createCookieJar(ctx).set(flashMessageName, message, {
        ...options,
        maxAge: maximumSeconds * 1000,
      })
    },

    takeFlashMessage(ctx) {
      const message = find(ctx, flashMessageName)
      if (message !== undefined) createCookieJar(ctx).set(flashMessageName, null, options)
      return message
    },
  }
}
