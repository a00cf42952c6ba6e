/**
 * Access tokens: JWTs (RFC 9068), signed and not stored.
 *
 * @module
 */

import { randomUUID } from 'node:crypto'
import { errors, jwtVerify } from 'jose'
import type { KeyRing } from '../keys/key-ring.ts'
import { formatScopes } from '../scopes/scope.ts'

const ACCESS_TOKEN_TYPE = 'at+jwt'

/** The content of an access token. */
export interface AccessTokenSubject {
  /** Client it is issued to. */
  readonly clientId: string
  /** Resource owner; `undefined` for `client_credentials`. */
  readonly userId: string | undefined
  /** The user's tenant, or a `TENANT` client's own; `undefined` for a `PLATFORM` client's own token. */
  readonly tenantId: string | undefined
  /** The token family; `undefined` for `client_credentials`. */
  readonly familyId: string | undefined
  /** Granted scopes. */
  readonly scopes: ReadonlyArray<string>
  /** Token audience: the API it is for. */
  readonly audience: string
  /** Lifetime in seconds. */
  readonly ttlSeconds: number
}

/** The claims of an access token (RFC 9068 §2.2). */
export interface AccessTokenClaims {
  readonly iss: string
  /** The user, or the client itself for `client_credentials`. */
  readonly sub: string
  readonly aud: string
  readonly client_id: string
  readonly scope: string
  readonly iat: number
  readonly exp: number
  readonly jti: string
  readonly tenant_id?: string
  /** The token family; absent for `client_credentials`. */
  readonly grant_id?: string
}

/** Issues and verifies the access tokens of an authorization server. */
export interface AccessTokens {
  /** Signs an access token. */
  issue(subject: AccessTokenSubject): Promise<IssuedAccessToken>
  /**
   * Verifies that a token was issued by this server and has not expired. Does not check revocation.
   *
   * @returns `undefined` for anything else.
   */
  verify(token: string): Promise<AccessTokenClaims | undefined>
}

/** A signed access token. */
export interface IssuedAccessToken {
  readonly token: string
  readonly claims: AccessTokenClaims
}

/** Creates the {@link AccessTokens} of an issuer. */
export function createAccessTokens(options: {
  readonly issuer: string
  readonly keys: Pick<KeyRing, 'signJwt' | 'verificationKey'>
  readonly now: () => number
}): AccessTokens {
  const { issuer, keys, now } = options
  return {
    async issue(subject) {
      const claims = claimsOf(subject, issuer, now())
      return { token: await keys.signJwt({ ...claims }, ACCESS_TOKEN_TYPE), claims }
    },

    async verify(token) {
      try {
        const { payload } = await jwtVerify<AccessTokenClaims>(token, keys.verificationKey, {
          issuer,
          algorithms: ['RS256'],
          typ: ACCESS_TOKEN_TYPE,
          requiredClaims: ['sub', 'aud', 'client_id', 'iat', 'exp', 'jti'],
          currentDate: new Date(now() * 1000),
        })
        return payload
      } catch (error) {
        if (error instanceof errors.JOSEError) return undefined
        throw error
      }
    },
  }
}

function claimsOf(subject: AccessTokenSubject, issuer: string, now: number): AccessTokenClaims {
  const { clientId, userId, tenantId, familyId } = subject
  return {
    iss: issuer,
    sub: userId ?? clientId,
    aud: subject.audience,
    client_id: clientId,
    scope: formatScopes(subject.scopes),
    iat: now,
    exp: now + subject.ttlSeconds,
    jti: randomUUID(),
    ...(tenantId === undefined ? {} : { tenant_id: tenantId }),
    ...(familyId === undefined ? {} : { grant_id: familyId }),
  }
}

/** User and family of a token, for audit events. */
export interface TokenSubject {
  readonly userId?: string
  readonly tenantId?: string
  readonly familyId?: string
}

/** The user and family of an access token. */
export function tokenSubjectOf({ sub, tenant_id, grant_id }: AccessTokenClaims): TokenSubject {
  return {
    ...(tenant_id === undefined ? {} : { tenantId: tenant_id }),
    ...(grant_id === undefined ? {} : { userId: sub, familyId: grant_id }),
  }
}
