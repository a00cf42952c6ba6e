import type { TokenEndpointAuthMethod } from '../../clients/client.ts'
import type { ClientAuthenticationMethod } from './client-authentication-method.ts'
import { clientSecretBasic } from './client-secret-basic.ts'
import { clientSecretPost } from './client-secret-post.ts'
import { none } from './none.ts'

/** The methods of client authentication, by the name that clients are registered with (RFC 7591 §2). */
export const CLIENT_AUTHENTICATION_METHODS: Readonly<
  Record<TokenEndpointAuthMethod, ClientAuthenticationMethod>
> = {
  client_secret_basic: clientSecretBasic,
  client_secret_post: clientSecretPost,
  none,
}

/** The names of all methods. */
export const CLIENT_AUTHENTICATION_METHOD_NAMES: ReadonlyArray<TokenEndpointAuthMethod> =
  Object.keys(CLIENT_AUTHENTICATION_METHODS) as ReadonlyArray<TokenEndpointAuthMethod>
