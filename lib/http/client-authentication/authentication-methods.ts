/**
 * The client authentication methods (RFC 7591 §2, `token_endpoint_auth_method`). A line here is all that client
 * fields, metadata and the endpoints need to know of one.
 *
 * @module
 */

import type { ClientAuthenticationMethod } from './client-authentication-method.ts'
import { clientSecretBasic } from './client-secret-basic.ts'
import { clientSecretPost } from './client-secret-post.ts'
import { none } from './none.ts'

/** The authentication methods by name. */
export const AUTHENTICATION_METHODS: ReadonlyMap<string, ClientAuthenticationMethod> = new Map([
  ['client_secret_basic', clientSecretBasic],
  ['client_secret_post', clientSecretPost],
  ['none', none],
])
