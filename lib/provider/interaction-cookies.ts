/**
 * The cookies with which oidc-provider binds a pending request to a browser. Ours do that already
 * (lib/http/browser-binding.ts), and those a sibling domain could plant.
 *
 * @module
 */

import type Cookies from 'cookies'
import { INTERACTION_COOKIE, RESUME_COOKIE } from './configuration.ts'

/**
 * A jar that neither sets those cookies nor reads them.
 *
 * @param finishedRequest The pending request that goes on.
 */
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
