/**
 * The keys of a server. Read them at the moment they are needed: they change while the server runs.
 *
 * @module
 */

import { createLocalJWKSet, type JSONWebKeySet, type JWK, type JWTVerifyGetKey } from 'jose'
import { type JwtClaims, signJwt, verifyJwt } from './own-jwt.ts'
import { type ExternalSigningKey, toSigningKey } from './signing-key.ts'

/** The keys of a server that are valid now. */
export interface KeyRing {
  /** Signs a JWT with RS256 and the key that signs now. @throws {@link SigningError} */
  signJwt(claims: JwtClaims, type: string): Promise<string>
  /**
   * Verifies a JWT that `signJwt` has made with a key that is published now. Does not check its claims.
   *
   * @returns `undefined` for anything else.
   */
  verifyJwt(token: string, type: string): Promise<JwtClaims | undefined>
  /** Finds the key that verifies a token, as jose asks for it. */
  readonly verificationKey: JWTVerifyGetKey
  /** The public keys, as published. The same object while they are the same. */
  publishedKeys(): JSONWebKeySet
  /** The secrets of cookies: the first one signs, all verify. */
  cookieKeys(): ReadonlyArray<string>
}

/**
 * Creates a key ring of the keys in the options, which never change.
 *
 * @param signingKeys Passed `validateSigningKeys`. The first signs; all are published, so that tokens of a
 *   previous key stay valid.
 */
export function createGivenKeys(
  signingKeys: ReadonlyArray<JWK | ExternalSigningKey>,
  cookieKeys: ReadonlyArray<string>,
): KeyRing {
  const all = signingKeys.map(toSigningKey)
  const [current] = all
  if (current === undefined) throw new TypeError('at least one signing key is needed')
  const publishedKeys: JSONWebKeySet = { keys: all.map(({ publicJwk }) => publicJwk) }
  const cookies = [...cookieKeys]
  return {
    signJwt: (claims, type) => signJwt(current, claims, type),
    verifyJwt: (token, type) =>
      verifyJwt(async (kid) => all.find((key) => key.kid === kid), token, type),
    verificationKey: createLocalJWKSet(publishedKeys),
    publishedKeys: () => publishedKeys,
    cookieKeys: () => cookies,
  }
}
