/**
 * What a resource server learns from an access token (RFC 9068 §2.2).
 *
 * @module
 */

import type { JWTPayload } from 'jose'
import { z } from 'zod'
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
  /** What the token allows; empty when it has no `scope` claim. */
  readonly scopes: ReadonlySet<string>
  /** The user's tenant, or that of a client bound to one; claim `tenant_id`. */
  readonly tenantId: string | undefined
  /** The token family, which is revoked as one; claim `grant_id`. Only tokens of users have it. */
  readonly familyId: string | undefined
  /** Unique identifier of the token; claim `jti`. */
  readonly tokenId: string
  /** Which of the issuer's keys signed it; header `kid`. */
  readonly keyId: string | undefined
  /** Seconds since the Unix epoch. */
  readonly issuedAt: number
  /** Seconds since the Unix epoch; the first instant at which the token is no longer valid. */
  readonly expiresAt: number
}

// jose has compared `iss` and `aud`. Of the other claims it knows that they are there.
const accessTokenClaims = z.object({
  sub: z.string().min(1),
  client_id: z.string().min(1),
  jti: z.string().min(1),
  iat: z.number(),
  exp: z.number(),
  scope: z.string().optional(),
  tenant_id: z.string().min(1).optional(),
  grant_id: z.string().min(1).optional(),
})

/**
 * Reads the claims of a token whose signature, issuer, audience and lifetime were verified.
 *
 * @param payload The claims.
 * @param keyId Header `kid`.
 *
 * @throws {@link InvalidAccessTokenError} when a claim is missing or has the wrong type.
 *
 * @internal
 */
export function toVerifiedAccessToken(
  payload: JWTPayload,
  keyId: string | undefined,
): VerifiedAccessToken {
  const parsed = accessTokenClaims.safeParse(payload)
  if (!parsed.success) {
    const names = new Set(parsed.error.issues.map(({ path }) => `"${path.join('.')}"`))
    throw new InvalidAccessTokenError('claim_rejected', `unusable claims: ${[...names].join(', ')}`)
  }
  const claims = parsed.data
  // RFC 9068 §5: a token that a client got for itself must not pass for one of a user.
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
