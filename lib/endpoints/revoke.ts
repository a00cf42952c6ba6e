/**
 * `POST /oauth/revoke` (RFC 7009). Revoking a refresh token revokes its whole family; revoking an access
 * token revokes only that token.
 *
 * @module
 */

import { type ClientEndpointDependencies, createClientEndpoint } from '../http/client-endpoint.ts'
import { InvalidRequestError } from '../http/form-parameters.ts'
import { sendErrorResponse } from '../http/responses.ts'
import type { Route } from '../http/route.ts'
import type { Revoker } from '../revocation/revoker.ts'
import type { Client } from '../storage/client.ts'
import type { Storage } from '../storage/storage.ts'
import { type AccessTokens, type TokenSubject, tokenSubjectOf } from '../tokens/access-token.ts'
import { parseRefreshToken } from '../tokens/refresh-token.ts'

/** Relative to the issuer. */
export const REVOKE_PATH = '/oauth/revoke'

/** Dependencies of revocation. */
export interface RevocationDependencies {
  readonly storage: Storage
  readonly accessTokens: AccessTokens
  readonly revoker: Revoker
  readonly now: () => number
}

/** Creates the revocation endpoint. */
export function createRevocationEndpoint(
  dependencies: ClientEndpointDependencies & RevocationDependencies,
): Route {
  const { audit } = dependencies
  return createClientEndpoint(dependencies, {
    methods: ['POST', 'OPTIONS'],
    async respond({ ctx, client, parameters }) {
      const token = parameters.get('token')
      if (token === undefined) throw new InvalidRequestError('token is missing')
      const { clientId } = client
      const revocation = await revoke(dependencies, client, token)
      if (revocation.outcome === 'client-mismatch') {
        const error = 'invalid_request'
        audit.record({ type: 'token.refused', clientId, error, reason: 'client-mismatch' }, ctx.ip)
        sendErrorResponse(ctx, 400, error, 'the token was not issued to this client')
        return
      }
      if (revocation.outcome === 'revoked') {
        audit.record({ type: 'token.revoked', clientId, ...revocation.subject }, ctx.ip)
      }
      // RFC 7009 §2.2: an invalid token is no error, the purpose of the request is already achieved.
      // The RFC leaves the body open. Libraries parse it as JSON.
      ctx.body = {}
    },
  })
}

/** The result of a revocation request. */
export type RevocationResult =
  | { readonly outcome: 'revoked'; readonly subject: TokenSubject }
  /** The token was never issued, has expired, or is a refresh token that was already revoked. */
  | { readonly outcome: 'nothing-to-revoke' }
  /** The token was issued to another client; it was not revoked. */
  | { readonly outcome: 'client-mismatch' }

/** Revokes a client's own token. */
export async function revoke(
  dependencies: RevocationDependencies,
  client: Client,
  token: string,
): Promise<RevocationResult> {
  const refreshToken = parseRefreshToken(token)
  if (refreshToken === undefined) return await revokeAccessToken(dependencies, client, token)

  const { storage, revoker, now } = dependencies
  const { familyId } = refreshToken
  const { clientId } = client
  // A used token revokes the family too: it may have been stolen.
  const owner = await revoker.revokeFamily({ familyId, clientId })
  if (owner !== undefined) return { outcome: 'revoked', subject: { ...owner, familyId } }
  const family = await storage.families.find(familyId, clientId, now())
  const isAnothers = family !== undefined && family.clientId !== clientId
  return { outcome: isAnothers ? 'client-mismatch' : 'nothing-to-revoke' }
}

async function revokeAccessToken(
  { revoker, accessTokens }: RevocationDependencies,
  client: Client,
  token: string,
): Promise<RevocationResult> {
  const claims = await accessTokens.verify(token)
  if (claims === undefined) return { outcome: 'nothing-to-revoke' }
  if (claims.client_id !== client.clientId) return { outcome: 'client-mismatch' }
  await revoker.revokeAccessToken(claims.jti, claims.exp)
  return { outcome: 'revoked', subject: tokenSubjectOf(claims) }
}
