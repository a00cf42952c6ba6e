/**
 * `grant_type=client_credentials` (RFC 6749 §4.4): for `CONFIDENTIAL` clients only.
 *
 * @module
 */

import { isIdentityScope } from '../openid-connect/identity-scopes.ts'
import {
  type GrantDependencies,
  type GrantHandler,
  type IssuedTokens,
  requestedResources,
  requestedScopes,
  requireRegistered,
  requireTarget,
  respondWithTokens,
  type TokenRequest,
} from './grant-handler.ts'

/** Issues an access token for the client itself. */
export const clientCredentialsGrant: GrantHandler = {
  clientTypes: ['CONFIDENTIAL'],
  handle: issueToClient,
}

async function issueToClient(
  dependencies: GrantDependencies,
  request: TokenRequest,
): Promise<IssuedTokens> {
  const { client, parameters } = request
  // Without its tenant, the token would be that of a PLATFORM client.
  if (client.audience === 'TENANT' && client.tenantId === undefined)
    throw new Error(`the stored client ${client.clientId} has the audience TENANT and no tenantId`)
  // There is no user to learn about.
  const ownScopes = client.scopes.filter((scope) => !isIdentityScope(scope))
  const candidates = requestedResources(request, dependencies.resources)
  const target = requireTarget(candidates, requestedScopes(parameters.get('scope'), ownScopes))
  const { clientId, tenantId, accessTokenTtlSeconds: ttlSeconds } = client
  const subject = { userId: undefined, tenantId, familyId: undefined }
  const [{ body }] = await Promise.all([
    respondWithTokens(
      dependencies.accessTokens,
      { clientId, ...subject, ...target, ttlSeconds },
      undefined,
    ),
    requireRegistered(dependencies, client),
  ])
  return { body, isReplay: false, subject }
}
