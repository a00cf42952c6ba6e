/**
 * The authentication methods that a client can be registered for (RFC 7591 §2), each with the client type that uses
 * it. Registration and metadata read them; authenticate-client.ts has the implementations.
 *
 * @module
 */

/** The authentication methods. */
export const AUTHENTICATION_METHODS = {
  client_secret_basic: 'CONFIDENTIAL',
  client_secret_post: 'CONFIDENTIAL',
  none: 'PUBLIC',
} as const

/** How a client authenticates: its `token_endpoint_auth_method`. */
export type TokenEndpointAuthMethod = keyof typeof AUTHENTICATION_METHODS

/** The authentication methods of a client type. */
export function authenticationMethodsOf(
  clientType: (typeof AUTHENTICATION_METHODS)[TokenEndpointAuthMethod],
): ReadonlyArray<TokenEndpointAuthMethod> {
  const names = Object.keys(AUTHENTICATION_METHODS) as Array<TokenEndpointAuthMethod>
  return names.filter((name) => AUTHENTICATION_METHODS[name] === clientType)
}
