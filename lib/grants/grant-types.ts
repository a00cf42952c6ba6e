/**
 * The grant types of the token endpoint (RFC 6749 §1.3). A line here is all that client fields, metadata and the
 * endpoint need to know of one.
 *
 * @module
 */

import type { ClientType } from '../storage/client.ts'
import { authorizationCodeGrant } from './authorization-code.ts'
import { clientCredentialsGrant } from './client-credentials.ts'
import type { GrantHandler } from './grant-handler.ts'
import { refreshTokenGrant } from './refresh-token.ts'

// Functions, because isolatedDeclarations takes the type of an object literal from annotations only.
const HANDLERS = {
  authorization_code: (): GrantHandler => authorizationCodeGrant,
  refresh_token: (): GrantHandler => refreshTokenGrant,
  client_credentials: (): GrantHandler => clientCredentialsGrant,
}

/** A grant type that a client can be registered for (RFC 7591 §2). */
export type GrantType = keyof typeof HANDLERS

/** The names of the grant types. */
export const GRANT_TYPES: ReadonlyArray<GrantType> = Object.keys(HANDLERS) as Array<GrantType>

/** The handler of a grant type. */
export function grantHandlerOf(grantType: GrantType): GrantHandler {
  return HANDLERS[grantType]()
}

/** Whether clients of a type may use a grant type. */
export function isGrantTypeFor(clientType: ClientType, grantType: GrantType): boolean {
  return grantHandlerOf(grantType).clientTypes.includes(clientType)
}
