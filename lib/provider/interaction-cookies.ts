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
 * @param isSent Whether the browser has the same cookie already, which need not be set again.
 */
export function withoutInteractionCookies(
  jar: Cookies,
  finishedRequest: string | undefined,
  isSent: (name: string) => boolean,
): Cookies {
  const { get, set } = jar
  jar.get = (name, options) =>
    name === RESUME_COOKIE ? finishedRequest : get.call(jar, name, options)
  jar.set = (name, value, options) =>
    name === RESUME_COOKIE || name === INTERACTION_COOKIE || isSent(name)
      ? jar
      : set.call(jar, name, value, options)
  return jar
}
