/**
 * `grant_type=client_credentials` (RFC 6749 §4.4): for `CONFIDENTIAL` clients only.
 *
 * @module
 */

import {
  type GrantHandler,
  requestedResources,
  requestedScopes,
  requireRegistered,
  requireTarget,
  respondWithTokens,
} from './grant-handler.ts'
import { isGrantTypeFor } from './grant-types.ts'
import { TokenRequestError } from './token-request-error.ts'

/** Issues an access token for the client itself. */
export const clientCredentialsGrant: GrantHandler = async (dependencies, request) => {
  const { client, parameters } = request
  // Registration rejects this combination; the stored record may still have it.
  if (!isGrantTypeFor(client.clientType, 'client_credentials'))
    throw new TokenRequestError('grant-type-not-allowed')
  // Without its tenant, the token would be that of a PLATFORM client.
  if (client.audience === 'TENANT' && client.tenantId === undefined)
    throw new Error(`the stored client ${client.clientId} has the audience TENANT and no tenantId`)
  const candidates = requestedResources(request, dependencies.resources)
  const target = requireTarget(candidates, requestedScopes(parameters.get('scope'), client.scopes))
  const subject = {
    clientId: client.clientId,
    userId: undefined,
    tenantId: client.tenantId,
    familyId: undefined,
    ...target,
    ttlSeconds: client.accessTokenTtlSeconds,
  }
  const [{ body }] = await Promise.all([
    respondWithTokens(dependencies.accessTokens, subject, undefined),
    requireRegistered(dependencies, client),
  ])
  return {
    body,
    isReplay: false,
    userId: undefined,
    tenantId: client.tenantId,
    familyId: undefined,
  }
}
