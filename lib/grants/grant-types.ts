/**
 * The grant types that a client can be registered for (RFC 7591 §2), each with the client types that may use it.
 * Registration, metadata and the token endpoint read them; grant-handlers.ts has the handlers.
 *
 * @module
 */

/** The grant types. */
export const GRANT_TYPES = {
  authorization_code: ['CONFIDENTIAL', 'PUBLIC'],
  refresh_token: ['CONFIDENTIAL', 'PUBLIC'],
  client_credentials: ['CONFIDENTIAL'],
} as const

/** A grant type that a client can be registered for. */
export type GrantType = keyof typeof GRANT_TYPES

type GrantingClientType = (typeof GRANT_TYPES)[GrantType][number]

/** Whether clients of a type may use a grant type. */
export function isGrantTypeFor(clientType: GrantingClientType, grantType: GrantType): boolean {
  const clientTypes: ReadonlyArray<GrantingClientType> = GRANT_TYPES[grantType]
  return clientTypes.includes(clientType)
}
