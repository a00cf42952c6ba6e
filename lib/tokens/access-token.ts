/**
 * Access tokens: JWTs (RFC 9068), signed and not stored.
 *
 * @module
 */

import { randomUUID } from 'node:crypto'
import type { KeyRing } from '../keys/key-ring.ts'
import type { JwtClaims } from '../keys/own-jwt.ts'
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
  readonly keys: Pick<KeyRing, 'signJwt' | 'verifyJwt'>
  readonly now: () => number
}): AccessTokens {
  const { issuer, keys, now } = options
  return {
    async issue(subject) {
      const claims = claimsOf(subject, issuer, now())
      return { token: await keys.signJwt({ ...claims }, ACCESS_TOKEN_TYPE), claims }
    },

    async verify(token) {
      const claims = await keys.verifyJwt(token, ACCESS_TOKEN_TYPE)
      if (claims === undefined || !isAccessToken(claims)) return undefined
      return claims.iss === issuer && claims.exp > now() ? claims : undefined
    },
  }
}

const TEXT_CLAIMS = ['iss', 'sub', 'aud', 'client_id', 'scope', 'jti']
const INSTANT_CLAIMS = ['iat', 'exp']

/** An external key may sign other JWTs of its owner's. */
function isAccessToken(claims: JwtClaims): claims is AccessTokenClaims & JwtClaims {
  return (
    TEXT_CLAIMS.every((name) => typeof claims[name] === 'string') &&
    INSTANT_CLAIMS.every((name) => typeof claims[name] === 'number')
  )
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
