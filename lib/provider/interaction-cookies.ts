/**
 * The cookies with which oidc-provider binds a pending request to a browser. Ours do that already
 * (lib/http/browser-binding.ts), and those a sibling domain could plant.
 *
 * @module
 */

import type Cookies from 'cookies'
import type { Context } from 'koa'
import { AUTHORIZE_PATH } from '../http/paths.ts'
import { INTERACTION_COOKIE, RESUME_COOKIE } from './configuration.ts'

/** The pending request that the URL goes on with, if it was begun in this browser. */
export function finishedRequestOf(
  ctx: Context,
  isBoundToBrowser: (ctx: Context, pendingRequestToken: string) => boolean,
): string | undefined {
  const prefix = `${AUTHORIZE_PATH}/`
  if (!ctx.path.startsWith(prefix)) return undefined
  const token = ctx.path.slice(prefix.length)
  return isBoundToBrowser(ctx, token) ? token : undefined
}

/** A jar that neither sets those cookies nor reads them; the request that goes on is what we say. */
export function withoutInteractionCookies(
  jar: Cookies,
  finishedRequest: string | undefined,
): Cookies {
  const { get, set } = jar
  jar.get = (name, options) =>
    name === RESUME_COOKIE ? finishedRequest : get.call(jar, name, options)
  jar.set = (name, value, options) =>
    name === RESUME_COOKIE || name === INTERACTION_COOKIE
      ? jar
      : set.call(jar, name, value, options)
  return jar
}
