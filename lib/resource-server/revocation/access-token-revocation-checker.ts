/**
 * How a verifier learns that a token was revoked before it expired.
 *
 * @module
 */

import type { VerifiedAccessToken } from '../verify/verified-access-token.ts'

/**
 * Says whether an access token was revoked.
 *
 * There are three: the authorization server's own `revocations`, in its process; `createRevocationFeed`,
 * which follows a list of what was revoked; `createIntrospectionChecker`, which asks about each token.
 * They differ in what they cost and in how late they can be.
 */
export interface RevocationChecker {
  /**
   * Is asked about tokens that are valid in every other way.
   *
   * When it throws, the request is answered with 503: what cannot be checked is not let in.
   *
   * @param token The token, verified.
   * @param jwt The same as the client sent it.
   */
  isRevoked(token: VerifiedAccessToken, jwt: string): Promise<boolean> | boolean
}
