import { authorizationCodeGrant } from './authorization-code.ts'
import { clientCredentialsGrant } from './client-credentials.ts'
import type { GrantHandler } from './grant-handler.ts'
import type { GrantType } from './grant-types.ts'
import { refreshTokenGrant } from './refresh-token.ts'

/** The handler of each grant type of the token endpoint (RFC 6749 §1.3). grant-types.ts declares them. */
export const GRANT_HANDLERS: Readonly<Record<GrantType, GrantHandler>> = {
  authorization_code: authorizationCodeGrant,
  refresh_token: refreshTokenGrant,
  client_credentials: clientCredentialsGrant,
}
