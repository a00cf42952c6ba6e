/**
 * Paths, relative to the issuer, that not only their endpoints need, and the path of a request.
 *
 * @module
 */

export const AUTHORIZE_PATH = '/oauth/authorize'
export const USERINFO_PATH = '/oauth/userinfo'

/** The path of a request target, which may be an absolute URL (RFC 9112 §3.2). Like Koa, normalizes nothing. */
export function pathOf(target: string): string {
  return target.replace(/^https?:\/\/[^/?#]*/i, '').replace(/[?#].*$/s, '')
}

/** The operation of a request, for audit events: method and path, without a pending request token. */
export function operationOf({
  method,
  path,
}: {
  readonly method: string
  readonly path: string
}): string {
  return `${method} ${path.startsWith(AUTHORIZE_PATH) ? AUTHORIZE_PATH : path}`
}
