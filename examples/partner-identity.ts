/**
 * Who signed in at the partner: OpenID Connect.
 *
 * @module
 */

import * as oauth from 'openid-client'

/** The scopes that tell the partner who signed in. */
export const IDENTITY_SCOPES: ReadonlyArray<string> = ['openid', 'profile', 'email']

/** Who signed in. */
export interface Identity {
  /** Claims of the ID token, which openid-client has verified. */
  readonly idToken: oauth.IDToken
  /** The response of the userinfo endpoint. */
  readonly userinfo: oauth.UserInfoResponse
}

/**
 * Asks the userinfo endpoint about the user of an ID token.
 *
 * @throws when the response is about another user (OIDC Core §5.3.2).
 */
export async function findIdentity(
  configuration: oauth.Configuration,
  tokens: oauth.TokenEndpointResponse,
  idToken: oauth.IDToken,
): Promise<Identity> {
  const userinfo = await oauth.fetchUserInfo(configuration, tokens.access_token, idToken.sub)
  return { idToken, userinfo }
}
