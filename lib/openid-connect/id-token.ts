/**
 * ID tokens: who signed in, for the client (OpenID Connect Core 1.0 §2).
 *
 * @module
 */

import { hash } from 'node:crypto'
import type { KeyRing } from '../keys/key-ring.ts'
import { ID_TOKEN_TTL_SECONDS } from '../lifetimes.ts'

const ID_TOKEN_TYPE = 'JWT'

/** The content of an ID token. */
export interface IdTokenSubject {
  /** The client it is for. */
  readonly clientId: string
  /** The access token that it is issued with. */
  readonly accessToken: string
  /** When the user authenticated; seconds since the Unix epoch. */
  readonly authTime: number
  /** The `nonce` of the authorization request; `null` when it had none. */
  readonly nonce: string | null
  /** The claims about the user, at least `sub` and `tenant_id`. */
  readonly userClaims: Readonly<Record<string, unknown>>
}

/** Issues and verifies the ID tokens of an authorization server. */
export interface IdTokens {
  /** Signs an ID token. */
  issue(subject: IdTokenSubject): Promise<string>
  /**
   * Verifies an `id_token_hint` (§3.1.2.1): that the server issued it to this client. It may have expired.
   *
   * @returns The user; `undefined` for anything else, among them a token whose key was removed since.
   */
  verify(token: string, clientId: string): Promise<string | undefined>
}

/** Creates the {@link IdTokens} of an issuer. */
export function createIdTokens(options: {
  readonly issuer: string
  readonly keys: Pick<KeyRing, 'signJwt' | 'verifyJwt'>
  readonly now: () => number
}): IdTokens {
  const { issuer, keys, now } = options
  return {
    async issue({ clientId, accessToken, authTime, nonce, userClaims }) {
      const issuedAt = now()
      const claims = {
        ...userClaims,
        iss: issuer,
        aud: clientId,
        iat: issuedAt,
        exp: issuedAt + ID_TOKEN_TTL_SECONDS,
        auth_time: authTime,
        ...(nonce === null ? {} : { nonce }),
        at_hash: accessTokenHash(accessToken),
      }
      return await keys.signJwt(claims, ID_TOKEN_TYPE)
    },

    async verify(token, clientId) {
      const claims = await keys.verifyJwt(token, ID_TOKEN_TYPE)
      if (claims?.['iss'] !== issuer || claims['aud'] !== clientId) return undefined
      return typeof claims['sub'] === 'string' ? claims['sub'] : undefined
    },
  }
}

/** The `at_hash` (§3.1.3.6): the left half of the SHA-256, which is the hash of RS256. */
function accessTokenHash(accessToken: string): string {
  const digest = hash('sha256', accessToken, 'buffer')
  return digest.subarray(0, digest.length / 2).toString('base64url')
}
