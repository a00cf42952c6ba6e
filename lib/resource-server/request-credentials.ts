/**
 * The credentials that a request carries.
 *
 * @module
 */

import type { IncomingMessage } from 'node:http'
import type { AccessTokenVerifier } from './access-token-verifier.ts'
import { type BearerCredentials, parseBearerToken } from './bearer-token.ts'
import { MalformedAuthorizationError, MissingAccessTokenError } from './errors.ts'
import { headerValuesOf } from './header-values.ts'
import type { VerifiedAccessToken } from './verified-access-token.ts'

/** Reads the Authorization header. Several, joined, are malformed. */
export function bearerCredentialsOf(request: IncomingMessage): BearerCredentials {
  const values = headerValuesOf(request, 'authorization')
  return parseBearerToken(values.length === 0 ? undefined : values.join(', '))
}

/**
 * Verifies the access token of a request.
 *
 * @throws {@link ProtectedResourceError} when there is none, or none that is accepted.
 */
export async function verifyBearerCredentials(
  verifier: AccessTokenVerifier,
  credentials: BearerCredentials,
): Promise<VerifiedAccessToken> {
  switch (credentials.kind) {
    case 'missing':
      throw new MissingAccessTokenError(verifier.audience)
    case 'malformed':
      throw new MalformedAuthorizationError()
    case 'token':
      return verifier.verify(credentials.token)
  }
}
