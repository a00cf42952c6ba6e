/**
 * The grant types of the token endpoint (RFC 6749 §1.3). The field of a client, its schema, the metadata
 * and the token endpoint read them here: a new one is its own file and its name here.
 *
 * @module
 */

import { authorizationCodeGrant } from './authorization-code.ts'
import { clientCredentialsGrant } from './client-credentials.ts'
import type { GrantHandler } from './grant-handler.ts'
import { refreshTokenGrant } from './refresh-token.ts'

/** A grant type that a client can be registered for. */
export type GrantType = 'authorization_code' | 'refresh_token' | 'client_credentials'

/** Each grant type's handler, by the value of the `grant_type` parameter. */
export const GRANT_HANDLERS: Readonly<Record<GrantType, GrantHandler>> = {
  authorization_code: authorizationCodeGrant,
  refresh_token: refreshTokenGrant,
  client_credentials: clientCredentialsGrant,
}

/** The names of all grant types. */
export const GRANT_TYPES: ReadonlyArray<GrantType> = Object.keys(
  GRANT_HANDLERS,
) as ReadonlyArray<GrantType>

/** Whether a text names a grant type. */
export function isGrantType(text: string): text is GrantType {
  return Object.hasOwn(GRANT_HANDLERS, text)
}
