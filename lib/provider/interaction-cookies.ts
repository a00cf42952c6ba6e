/**
 * Suppresses the cookies with which oidc-provider binds a pending request to a browser. A sibling domain
 * could plant them; lib/http/browser-binding.ts replaces them.
 *
 * @module
 */

import type Cookies from 'cookies'
import { INTERACTION_COOKIE, RESUME_COOKIE } from './configuration.ts'

/**
 * Changes a cookie jar so that it neither reads nor sets those cookies.
 *
 * @param finishedRequest The pending request to resume.
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
