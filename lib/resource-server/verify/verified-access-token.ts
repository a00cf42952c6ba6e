/**
 * The claims of an access token (RFC 9068 §2.2), as the middlewares hand them out.
 *
 * @module
 */

import type { JWTPayload } from 'jose'
import { number, object, optional, string, text } from '../../util/schema.ts'
import { InvalidAccessTokenError } from '../errors.ts'

/** An access token whose signature, issuer, audience and lifetime were verified. Frozen. */
export interface VerifiedAccessToken {
  /** The client that the token was issued to; claim `client_id`. */
  readonly clientId: string
  /**
   * The user on whose behalf the client acts.
   *
   * `undefined` when the client acts for itself (the `client_credentials` grant). Authorize by this,
   * not by `subject`, wherever a user is meant.
   */
  readonly userId: string | undefined
  /** Claim `sub`: the user's id, or the client's when it acts for itself. */
  readonly subject: string
  /** Claim `scope`; empty when the token has none. */
  readonly scopes: ReadonlySet<string>
  /** The user's tenant, or that of a client bound to one; claim `tenant_id`. */
  readonly tenantId: string | undefined
  /** The token family, which is revoked as a whole; claim `grant_id`. Only tokens of users have one. */
  readonly familyId: string | undefined
  /** Unique identifier of the token; claim `jti`. */
  readonly tokenId: string
  /** The key that signed it; header `kid`. */
  readonly keyId: string | undefined
  /** Seconds since the Unix epoch. */
  readonly issuedAt: number
  /** Seconds since the Unix epoch; the first instant at which the token is no longer valid. */
  readonly expiresAt: number
}

// jose has compared `iss` and `aud`, and checked only that the others are there.
const accessTokenClaims = object({
  sub: text,
  client_id: text,
  jti: text,
  iat: number,
  exp: number,
  scope: optional(string),
  tenant_id: optional(text),
  grant_id: optional(text),
})

/**
 * Reads the claims of a token whose signature, issuer, audience and lifetime were verified.
 *
 * @param payload The claims.
 * @param keyId Header `kid`.
 *
 * @throws {@link InvalidAccessTokenError} when a claim is missing or has the wrong type.
 */
export function toVerifiedAccessToken(
  payload: JWTPayload,
  keyId: string | undefined,
): VerifiedAccessToken {
  const { data: claims, error } = accessTokenClaims.safeParse(payload)
  if (error !== undefined) {
    const names = error.issues.map(({ path }) => `"${path.join('.')}"`)
    throw new InvalidAccessTokenError('claim_rejected', `unusable claims: ${names.join(', ')}`)
  }
  // RFC 9068 §5: a token of the client itself must not pass for one of a user.
  const isOfClientItself = claims.sub === claims.client_id && claims.grant_id === undefined
  return Object.freeze({
    clientId: claims.client_id,
    userId: isOfClientItself ? undefined : claims.sub,
    subject: claims.sub,
    scopes: new Set(claims.scope?.split(' ').filter((scope) => scope !== '')),
    tenantId: claims.tenant_id,
    familyId: claims.grant_id,
    tokenId: claims.jti,
    keyId,
    issuedAt: claims.iat,
    expiresAt: claims.exp,
  })
}
