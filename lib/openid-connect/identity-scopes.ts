/**
 * The scopes of OpenID Connect: what a client may learn about the user (OpenID Connect Core 1.0 §5.4).
 *
 * @module
 */

/** The identity scopes and their descriptions. `openid` has no line of its own on the consent page. */
export const IDENTITY_SCOPES: Readonly<Record<IdentityScope, string>> = Object.freeze({
  openid: 'Sign you in',
  profile: 'See your name and picture',
  email: 'See your email address',
})

/** An identity scope. */
export type IdentityScope = 'openid' | 'profile' | 'email'

/** The names of the identity scopes. */
export const IDENTITY_SCOPE_NAMES = Object.keys(IDENTITY_SCOPES) as ReadonlyArray<IdentityScope>

/** Whether a scope is an identity scope. */
export function isIdentityScope(scope: string): scope is IdentityScope {
  return Object.hasOwn(IDENTITY_SCOPES, scope)
}

/**
 * Removes `offline_access` from the scopes of a request (§11): whether there is a refresh token depends on the grant
 * types of the client.
 */
export function withoutOfflineAccess(scopes: ReadonlyArray<string>): ReadonlyArray<string> {
  return scopes.filter((scope) => scope !== 'offline_access')
}
