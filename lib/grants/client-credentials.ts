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
