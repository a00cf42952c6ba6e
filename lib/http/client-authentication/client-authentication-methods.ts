import type { TokenEndpointAuthMethod } from '../../clients/client.ts'
import type { ClientAuthenticationMethod } from './client-authentication-method.ts'
import { clientSecretBasic } from './client-secret-basic.ts'
import { clientSecretPost } from './client-secret-post.ts'
import { none } from './none.ts'

/** Checks each method of client authentication. */
export const CLIENT_AUTHENTICATION_METHODS: Readonly<
  Record<TokenEndpointAuthMethod, ClientAuthenticationMethod>
> = {
  client_secret_basic: clientSecretBasic,
  client_secret_post: clientSecretPost,
  none,
}
