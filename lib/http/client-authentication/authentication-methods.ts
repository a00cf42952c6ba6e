/**
 * The client authentication methods. A line here is all that client fields, metadata and the endpoints need to know
 * of one.
 *
 * @module
 */

import type { ClientType } from '../../storage/client.ts'
import type { ClientAuthenticationMethod } from './client-authentication-method.ts'
import { clientSecretBasic } from './client-secret-basic.ts'
import { clientSecretPost } from './client-secret-post.ts'
import { none } from './none.ts'

// Functions, because isolatedDeclarations takes the type of an object literal from annotations only.
const METHODS = {
  client_secret_basic: (): ClientAuthenticationMethod => clientSecretBasic,
  client_secret_post: (): ClientAuthenticationMethod => clientSecretPost,
  none: (): ClientAuthenticationMethod => none,
}

/** How a client authenticates: its `token_endpoint_auth_method` (RFC 7591 §2). */
export type TokenEndpointAuthMethod = keyof typeof METHODS

/** The names of the authentication methods. */
export const AUTHENTICATION_METHODS: ReadonlyArray<TokenEndpointAuthMethod> = Object.keys(
  METHODS,
) as Array<TokenEndpointAuthMethod>

/** The implementation of an authentication method. */
export function authenticationMethod(name: TokenEndpointAuthMethod): ClientAuthenticationMethod {
  return METHODS[name]()
}

/** The authentication methods that clients of a type can be registered for. */
export function authenticationMethodsOf(
  clientType: ClientType,
): ReadonlyArray<TokenEndpointAuthMethod> {
  return AUTHENTICATION_METHODS.filter(
    (name) => authenticationMethod(name).clientType === clientType,
  )
}
