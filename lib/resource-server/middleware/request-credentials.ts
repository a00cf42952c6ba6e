/**
 * The credentials that a request carries.
 *
 * @module
 */

import type { IncomingMessage } from 'node:http'
import { z } from 'zod'
import { callHost, type Expectation } from '../../util/host-function.ts'
import { MalformedAuthorizationError, MissingAccessTokenError } from '../errors.ts'
import type { AccessTokenVerifier } from '../verify/access-token-verifier.ts'
import { type BearerCredentials, parseBearerToken } from '../verify/bearer-token.ts'
import type { VerifiedAccessToken } from '../verify/verified-access-token.ts'
import { headerValuesOf } from './header-values.ts'

/** Reads the Authorization header. Several, joined, are malformed. */
export function bearerCredentialsOf(request: IncomingMessage): BearerCredentials {
  const values = headerValuesOf(request, 'authorization')
  return parseBearerToken(values.length === 0 ? undefined : values.join(', '))
}

const text = z.string().min(1)
const textOrNone = text.or(z.undefined())

// A host may have a verifier of its own.
const VERIFIED: Expectation<VerifiedAccessToken> = {
  words: 'a VerifiedAccessToken',
  schema: z.object({
    clientId: text,
    userId: textOrNone,
    subject: text,
    scopes: z.instanceof(Set<string>),
    tenantId: textOrNone,
    familyId: textOrNone,
    tokenId: text,
    keyId: z.string().or(z.undefined()),
    issuedAt: z.number(),
    expiresAt: z.number(),
  }),
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
      return await callHost('verifier.verify', VERIFIED, () => verifier.verify(credentials.token))
  }
}
