/**
 * `grant_type=client_credentials` (RFC 6749 §4.4): for `CONFIDENTIAL` clients only.
 *
 * @module
 */

import {
  type Grant,
  requestedScopes,
  requireGrantType,
  requireTarget,
  respondWithTokens,
} from './grant.ts'
import { GrantRefusal } from './refusal.ts'

/** Issues an access token for the client itself. */
export const clientCredentialsGrant: Grant = async (dependencies, { client, parameters }) => {
  requireGrantType(client, 'client_credentials')
  // Registration refuses this combination; a record that has it all the same must not open anything.
  if (client.clientType !== 'CONFIDENTIAL') throw new GrantRefusal('grant-type-not-allowed')
  requireTarget(parameters.resource, dependencies.audience)
  const body = await respondWithTokens(
    dependencies.accessTokens,
    {
      clientId: client.clientId,
      userId: undefined,
      tenantId: client.tenantId,
      familyId: undefined,
      scopes: requestedScopes(parameters.scope, client.scopes),
      audience: dependencies.audience,
      ttlSeconds: client.accessTokenTtlSeconds,
    },
    undefined,
  )
  return { body, userId: undefined, tenantId: client.tenantId, familyId: undefined }
}
