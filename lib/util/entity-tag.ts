/**
 * Entity tags: who has a document already is not sent it again (RFC 9110 §8.8.3).
 *
 * @module
 */

import { sha256 } from './sha256.ts'

/** The strong entity tag of a body, for `ETag`. */
export function entityTagOf(body: string): string {
  return `"${sha256(body)}"`
}

/** Whether `If-None-Match` has an entity tag, or `*`: then the response is 304 (RFC 9110 §13.1.2). */
export function isNotModified(ifNoneMatch: string | undefined, entityTag: string): boolean {
  if (ifNoneMatch === undefined) return false
  return ifNoneMatch
    .split(',')
    .map((tag) => tag.trim().replace(/^W\//, ''))
    .some((tag) => tag === entityTag || tag === '*')
}
