/**
 * The grant types of the token endpoint (RFC 6749 §1.3). A line here is all that client fields, metadata and the
 * endpoint need to know of one.
 *
 * @module
 */

import { authorizationCodeGrant } from './authorization-code.ts'
import { clientCredentialsGrant } from './client-credentials.ts'
import type { GrantHandler } from './grant-handler.ts'
import { refreshTokenGrant } from './refresh-token.ts'

/** The grant types by name. */
export const GRANT_TYPES: ReadonlyMap<string, GrantHandler> = new Map([
  ['authorization_code', authorizationCodeGrant],
  ['refresh_token', refreshTokenGrant],
  ['client_credentials', clientCredentialsGrant],
])
