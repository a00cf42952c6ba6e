/**
 * Verifies access tokens offline (RFC 9068 §4). Knows nothing of HTTP frameworks.
 *
 * Without the option `revocations`, a revoked token stays valid here until it expires: at most the
 * lifetime of an access token, 15 minutes by default, plus `clockToleranceSeconds`.
 *
 * @module
 */

import { KeyObject } from 'node:crypto'
import type { JWTVerifyGetKey } from 'jose'
import {
  JOSEAlgNotAllowed,
  JOSEError,
  JWKSMultipleMatchingKeys,
  JWKSNoMatchingKey,
  JWSSignatureVerificationFailed,
  JWTClaimValidationFailed,
  JWTExpired,
} from 'jose/errors'
import { jwtVerify } from 'jose/jwt/verify'
import { checkedClock, systemClock } from '../../util/clock.ts'
import { checkResult, type Expectation, settleHost } from '../../util/host-function.ts'
import { isObject } from '../../util/is-object.ts'
import { boolean, rule } from '../../util/schema.ts'
import {
  InvalidAccessTokenError,
  type InvalidAccessTokenReason,
  JwksUnavailableError,
  RevocationsUnavailableError,
} from '../errors.ts'
import { createRemoteJwks } from './remote-jwks.ts'
import { toVerifiedAccessToken, type VerifiedAccessToken } from './verified-access-token.ts'
import {
  type AccessTokenVerifierOptions,
  type RevocationChecker,
  readVerifierOptions,
} from './verifier-options.ts'

/** Verifies the access tokens that one issuer issues for one resource server. */
export interface AccessTokenVerifier {
  /** The authorization server whose tokens are accepted. */
  readonly issuer: string
  /** This resource server, as tokens name it in `aud`. */
  readonly audience: string
  /**
   * Verifies a token.
   *
   * @param jwt The token as the client sent it; any string.
   *
   * @returns The claims of the token.
   *
   * @throws {@link InvalidAccessTokenError} when the token is not valid, for whatever reason.
   * @throws {@link JwksUnavailableError} when the issuer's keys are not available.
   * @throws {@link RevocationsUnavailableError} when it is not known whether the token was revoked.
   *
   * @see [RFC 9068 §4](https://www.rfc-editor.org/rfc/rfc9068.html#section-4)
   */
  verify(jwt: string): Promise<VerifiedAccessToken>
}

// RFC 9068 §2.2.
const REQUIRED_CLAIMS = ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti']

// A key that comes with the token, or its URL, proves nothing; the issuer never sends one.
// `crit` (RFC 7515 §4.1.11) requires extensions, and an access token has none.
const REJECTED_HEADERS = ['jwk', 'jku', 'x5u', 'x5c', 'crit'] as const

const REASONS: Readonly<Record<string, InvalidAccessTokenReason>> = {
  [JWTExpired.code]: 'expired',
  [JWTClaimValidationFailed.code]: 'claim_rejected',
  [JWSSignatureVerificationFailed.code]: 'signature_invalid',
  [JWKSNoMatchingKey.code]: 'key_unknown',
  [JWKSMultipleMatchingKeys.code]: 'key_unknown',
  [JOSEAlgNotAllowed.code]: 'header_rejected',
}

/** Whether the key set is available, but has no key for this token. */
const isTokenAtFault = (error: unknown): boolean =>
  error instanceof JWKSNoMatchingKey || error instanceof JWKSMultipleMatchingKeys

/** Checks the header before it looks for the key, and tells the token's faults from the key set's. */
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

// jose checks that it is a public key for RS256.
const isKey = (value: unknown): boolean =>
  value instanceof CryptoKey ||
  value instanceof KeyObject ||
  (isObject(value) && typeof value['kty'] === 'string')

const KEY: Expectation<Awaited<ReturnType<JWTVerifyGetKey>>> = {
  words: 'a CryptoKey, a KeyObject or a JWK',
  schema: rule((value) => !isKey(value) && 'must be a key'),
}

const IS_REVOKED: Expectation<boolean> = { words: 'true or false', schema: boolean }

async function rejectRevoked(
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
 * Creates a verifier. Create one per issuer and audience and keep it: it caches the keys.
 *
 * A token is valid only if it is a JWT signed with RS256 by a key of the issuer, its `typ` is
 * `at+jwt`, `iss` and `aud` match, `exp` is in the future, `nbf` (if any) is not, and it has `sub`,
 * `client_id`, `iat` and `jti`.
 *
 * @param options Which tokens to accept, and where the keys are.
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
  const given = readVerifierOptions(options)
  const { issuer, audience, jwks, revocations, clockToleranceSeconds = 0 } = given
  const clock = checkedClock(given.clock ?? systemClock)
  const uri = new URL(given.jwksUri ?? `${issuer}/.well-known/jwks.json`)
  const keys = guardKeys(jwks ?? createRemoteJwks({ uri, clock }))
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
      if (!(error instanceof JOSEError)) throw error
      // Without jose's error as `cause`: it has the claims, which would end up in logs.
      throw new InvalidAccessTokenError(REASONS[error.code] ?? 'malformed', error.message)
    }
  }

  return Object.freeze({
    issuer,
    audience,
    async verify(jwt: string): Promise<VerifiedAccessToken> {
      const token = await verifyOffline(jwt)
      if (revocations !== undefined) await rejectRevoked(revocations, token, jwt)
      return token
    },
  })
}

/**
 * Returns a verifier as it is, or creates one from options.
 *
 * @throws {@link ConfigurationError} when options are rejected.
 */
export function resolveVerifier(
  verifier: AccessTokenVerifier | AccessTokenVerifierOptions,
): AccessTokenVerifier {
  const given: Partial<AccessTokenVerifier> | null = verifier as Partial<AccessTokenVerifier> | null
  return typeof given?.verify === 'function'
    ? (verifier as AccessTokenVerifier)
    : createAccessTokenVerifier(verifier as AccessTokenVerifierOptions)
}
