/**
 * The access token of a request.
 *
 * @module
 */

import type { IncomingMessage } from 'node:http'
import { callHost, type Expectation } from '../../util/host-function.ts'
import { number, object, optional, rule, string, text } from '../../util/schema.ts'
import { MalformedAuthorizationError, MissingAccessTokenError } from '../errors.ts'
import type { AccessTokenVerifier } from '../verify/access-token-verifier.ts'
import { type BearerCredentials, parseBearerToken } from '../verify/bearer-token.ts'
import type { VerifiedAccessToken } from '../verify/verified-access-token.ts'
import { type ChallengeOptions, challengeParametersOf } from './challenge-options.ts'
import { extendChallenges } from './error-response.ts'
import { headerValuesOf } from './request-headers.ts'

/** Reads the Authorization header. Several, joined, are malformed. */
export function bearerCredentialsOf(request: IncomingMessage): BearerCredentials {
  const values = headerValuesOf(request, 'authorization')
  return parseBearerToken(values.length === 0 ? undefined : values.join(', '))
}

// The verifier may be the host's own.
const VERIFIED: Expectation<VerifiedAccessToken> = {
  words: 'a VerifiedAccessToken',
  schema: object<VerifiedAccessToken>({
    clientId: text,
    userId: optional(text),
    subject: text,
    scopes: rule((value) => !(value instanceof Set) && 'must be a Set'),
    tenantId: optional(text),
    familyId: optional(text),
    tokenId: text,
    keyId: optional(string),
    issuedAt: number,
    expiresAt: number,
  }),
}

/**
 * Verifies the access token of a request.
 *
 * @throws {@link ProtectedResourceError} when there is no token, or an invalid one.
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
      return await callHost('verifier.verify', VERIFIED, () => verifier.verify(credentials.token))
  }
}

/**
 * Creates the check of `requireAccessToken`.
 *
 * @throws {@link ConfigurationError} when the URL of the metadata does not follow from the audience.
 */
export function createAccessTokenCheck(
  verifier: AccessTokenVerifier,
  options: ChallengeOptions,
): (request: IncomingMessage) => Promise<VerifiedAccessToken> {
  const parameters = challengeParametersOf(options, verifier.audience)
  return async (request) => {
    extendChallenges(request, parameters)
    return await verifyBearerCredentials(verifier, bearerCredentialsOf(request))
  }
}
