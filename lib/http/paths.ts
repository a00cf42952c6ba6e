/**
 * Paths, relative to the issuer, that not only their endpoints need.
 *
 * @module
 */

export const AUTHORIZE_PATH = '/oauth/authorize'
export const USERINFO_PATH = '/oauth/userinfo'

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
