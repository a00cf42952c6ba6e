/**
 * Verifies access tokens offline (RFC 9068 §4). Knows nothing of HTTP frameworks.
 *
 * What it cannot see without the option `revocations`: a token that was revoked since it was issued
 * stays valid here until it expires. That is at most the lifetime of an access token, 15 minutes by
 * default, plus `clockToleranceSeconds`.
 *
 * @module
 */

import { KeyObject } from 'node:crypto'
import { errors, type JWTVerifyGetKey, jwtVerify } from 'jose'
import { z } from 'zod'
import { checkResult, type Expectation, settleHost } from '../../util/host-function.ts'
import { isObject } from '../../util/is-object.ts'
import { InvalidAccessTokenError, type InvalidAccessTokenReason } from '../errors.ts'
import {
  JwksUnavailableError,
  RevocationsUnavailableError,
} from '../middleware/unavailable-errors.ts'
import type { RevocationChecker } from '../revocation/access-token-revocation-checker.ts'
import { createRemoteJwks } from './remote-jwks.ts'
import { toVerifiedAccessToken, type VerifiedAccessToken } from './verified-access-token.ts'
import { type AccessTokenVerifierOptions, resolveVerifierOptions } from './verifier-options.ts'

/** Verifies the access tokens that one issuer issues for one resource server. */
export interface AccessTokenVerifier {
  /** The authorization server whose tokens are accepted. */
  readonly issuer: string
  /** This resource server, as tokens name it in `aud`. */
  readonly audience: string
  /**
   * Verifies a token.
   *
   * @param jwt The token, as the client sent it; any string.
   *
   * @returns What the token says.
   *
   * @throws {@link InvalidAccessTokenError} when the token is not to be accepted, for whatever reason.
   * @throws {@link JwksUnavailableError} when the issuer's keys cannot be had.
   * @throws {@link RevocationsUnavailableError} when it cannot be found out whether it was revoked.
   *
   * @see [RFC 9068 §4](https://www.rfc-editor.org/rfc/rfc9068.html#section-4)
   */
  verify(jwt: string): Promise<VerifiedAccessToken>
}

// RFC 9068 §2.2.
const REQUIRED_CLAIMS = ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti']

// Keys, or places of keys, that a token brings along prove nothing; the issuer never sends them.
// `crit` (RFC 7515 §4.1.11) asks for extensions, and an access token has none.
const REJECTED_HEADERS = ['jwk', 'jku', 'x5u', 'x5c', 'crit'] as const

const REASONS: Readonly<Record<string, InvalidAccessTokenReason>> = {
  [errors.JWTExpired.code]: 'expired',
  [errors.JWTClaimValidationFailed.code]: 'claim_rejected',
  [errors.JWSSignatureVerificationFailed.code]: 'signature_invalid',
  [errors.JWKSNoMatchingKey.code]: 'key_unknown',
  [errors.JWKSMultipleMatchingKeys.code]: 'key_unknown',
  [errors.JOSEAlgNotAllowed.code]: 'header_rejected',
}

/** Tells a key set without a key for this token from one that cannot be had or is broken. */
const isTokenAtFault = (error: unknown): boolean =>
  error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys

/** Looks at the header before the keys, and tells the token's faults from the key set's. */
function guardKeys(keys: JWTVerifyGetKey): JWTVerifyGetKey {
  return async (header, token) => {
    const rejected = REJECTED_HEADERS.find((name) => Object.hasOwn(header, name))
    if (rejected !== undefined) {
      throw new InvalidAccessTokenError('header_rejected', `"${rejected}" header is not accepted`)
    }
    let key: unknown
    try {
      key = await settleHost('jwks', () => keys(header, token))
    } catch (cause) {
      if (isTokenAtFault(cause) || cause instanceof JwksUnavailableError) throw cause
      throw new JwksUnavailableError({ cause })
    }
    return checkResult('jwks', KEY, key)
  }
}

type Key = Awaited<ReturnType<JWTVerifyGetKey>>

// Whether it is a public key for RS256, jose sees for itself.
const isKey = (value: unknown): boolean =>
  value instanceof CryptoKey ||
  value instanceof KeyObject ||
  (isObject(value) && typeof value['kty'] === 'string')

const KEY: Expectation<Key> = {
  words: 'a CryptoKey, a KeyObject or a JWK',
  schema: z.custom<Key>(isKey),
}

const IS_REVOKED: Expectation<boolean> = { words: 'true or false', schema: z.boolean() }

async function refuseRevoked(
  revocations: RevocationChecker,
  token: VerifiedAccessToken,
  jwt: string,
): Promise<void> {
  const name = 'revocations.isRevoked'
  let result: unknown
  try {
    result = await settleHost(name, () => revocations.isRevoked(token, jwt))
  } catch (cause) {
    if (cause instanceof RevocationsUnavailableError) throw cause
    throw new RevocationsUnavailableError({ cause })
  }
  if (!checkResult(name, IS_REVOKED, result)) return
  throw new InvalidAccessTokenError('revoked', 'the token was revoked')
}

/**
 * Creates a verifier. Make one per issuer and audience and keep it: it holds the cache of keys.
 *
 * A token is accepted only if it is a JWT signed with RS256 by a key of the issuer, its `typ` is
 * `at+jwt`, `iss` and `aud` match, `exp` is in the future, `nbf` (if any) is not, and `sub`,
 * `client_id`, `iat` and `jti` are there.
 *
 * @param options What to accept, and where the keys are.
 *
 * @throws {@link ConfigurationError} when options are rejected: all problems at once.
 *
 * @example
 *
 * Outside Koa
 *
 * ```ts
 * const verifier = createAccessTokenVerifier({
 *   issuer: 'https://mayaapi.teamcast.ai',
 *   audience: 'https://mayaapi.teamcast.ai',
 * })
 * const { userId, scopes } = await verifier.verify(token)
 * ```
 *
 * @see [RFC 9068 §4](https://www.rfc-editor.org/rfc/rfc9068.html#section-4)
 */
export function createAccessTokenVerifier(
  options: AccessTokenVerifierOptions,
): AccessTokenVerifier {
  const { issuer, audience, jwksUri, jwks, revocations, clockToleranceSeconds, clock } =
    resolveVerifierOptions(options)
  const keys = guardKeys(jwks ?? createRemoteJwks({ uri: jwksUri, clock }))
  const checks = {
    issuer,
    audience,
    algorithms: ['RS256'],
    typ: 'at+jwt',
    requiredClaims: REQUIRED_CLAIMS,
    clockTolerance: clockToleranceSeconds,
  }

  async function verifyOffline(jwt: string): Promise<VerifiedAccessToken> {
    try {
      const currentDate = new Date(clock() * 1000)
      const { payload, protectedHeader } = await jwtVerify(jwt, keys, { ...checks, currentDate })
      return toVerifiedAccessToken(payload, protectedHeader.kid)
    } catch (error) {
      if (!(error instanceof errors.JOSEError)) throw error
      // jose's error is not kept as `cause`: it carries the claims, which then end up in logs.
      throw new InvalidAccessTokenError(REASONS[error.code] ?? 'malformed', error.message)
    }
  }

  const verifyOnline =
    revocations &&
    (async (jwt: string): Promise<VerifiedAccessToken> => {
      const token = await verifyOffline(jwt)
      await refuseRevoked(revocations, token, jwt)
      return token
    })

  return Object.freeze({ issuer, audience, verify: verifyOnline ?? verifyOffline })
}

/**
 * A verifier as it is, or one made from options.
 *
 * @throws {@link ConfigurationError} when options are rejected.
 *
 * @internal
 */
export function resolveVerifier(
  verifier: AccessTokenVerifier | AccessTokenVerifierOptions,
): AccessTokenVerifier {
  const given: Partial<AccessTokenVerifier> | null = verifier as Partial<AccessTokenVerifier> | null
  return typeof given?.verify === 'function'
    ? (verifier as AccessTokenVerifier)
    : createAccessTokenVerifier(verifier as AccessTokenVerifierOptions)
}
