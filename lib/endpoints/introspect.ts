/**
 * `POST /oauth/introspect` (RFC 7662): whether a token is active, and what it is for.
 *
 * A client may introspect its own tokens, a resource server also every access token with its audience
 * (RFC 7662 §4). For any other token the response is the same as for one that never existed.
 *
 * @module
 */

import { sendInvalidClient } from '../http/client-authentication/send-invalid-client.ts'
import { type ClientEndpointDependencies, createClientEndpoint } from '../http/client-endpoint.ts'
import { InvalidRequestError } from '../http/form-parameters.ts'
import type { Route } from '../http/route.ts'
import {
  findResource,
  isResourceServerOf,
  type ProtectedResource,
} from '../resources/protected-resource.ts'
import { isRevoked, type RevocationCheckDependencies } from '../revocation/revocation-checker.ts'
import { formatScopes } from '../scopes/scope.ts'
import type { Client } from '../storage/client.ts'
import type { Storage } from '../storage/storage.ts'
import {
  type AccessTokenClaims,
  type AccessTokens,
  type TokenSubject,
  tokenSubjectOf,
} from '../tokens/access-token.ts'
import { parseRefreshToken } from '../tokens/refresh-token.ts'

/** Relative to the issuer. */
export const INTROSPECT_PATH = '/oauth/introspect'

/** Dependencies of introspection. */
export interface IntrospectionDependencies extends RevocationCheckDependencies {
  readonly issuer: string
  readonly storage: Storage
  readonly accessTokens: AccessTokens
  readonly resources: ReadonlyArray<ProtectedResource>
}

/** Creates the introspection endpoint. */
export function createIntrospectionEndpoint(
  dependencies: ClientEndpointDependencies & IntrospectionDependencies,
): Route {
  const { issuer, audit } = dependencies
  return createClientEndpoint(dependencies, {
    methods: ['POST'],
    async respond({ ctx, client, parameters }) {
      const { clientId, clientType } = client
      if (clientType === 'PUBLIC') {
        // RFC 7662 §2.1: the endpoint is for clients that authenticate.
        const reason = 'a PUBLIC client cannot authenticate'
        audit.record({ type: 'client.authentication-failed', clientId, reason }, ctx.ip)
        sendInvalidClient(ctx, issuer, 'only CONFIDENTIAL clients may introspect tokens')
        return
      }
      const token = parameters.get('token')
      if (token === undefined) throw new InvalidRequestError('token is missing')
      const { response, subject, reason } = await introspect(dependencies, client, token)
      const isActive = response.active
      const refusal = reason === undefined ? {} : { reason }
      audit.record(
        { type: 'token.introspected', clientId, ...subject, isActive, ...refusal },
        ctx.ip,
      )
      ctx.body = response
    },
  })
}

/** An introspection response (RFC 7662 §2.2). */
export interface IntrospectionResponse {
  readonly active: boolean
  readonly [member: string]: string | number | boolean
}

/** The result of an introspection. */
export interface Introspection {
  readonly response: IntrospectionResponse
  /** For the audit event. Empty when the client may not introspect the token. */
  readonly subject: TokenSubject
  /** Why the response is the same as for a token that never existed, although this one did. */
  readonly reason?: 'not-its-resource-server'
}

const INACTIVE: IntrospectionResponse = { active: false }

/** Introspects a token for a client: `active: false` unless it is active and the client may introspect it. */
export async function introspect(
  dependencies: IntrospectionDependencies,
  client: Client,
  token: string,
): Promise<Introspection> {
  const refreshToken = parseRefreshToken(token)
  if (refreshToken === undefined) return await introspectAccessToken(dependencies, client, token)

  const { storage, issuer, now } = dependencies
  const family = await storage.families.find(refreshToken.familyId, client.clientId, now())
  if (family?.clientId !== client.clientId) return { response: INACTIVE, subject: {} }
  const { userId, tenantId, familyId, refreshToken: current } = family
  const subject = { userId, tenantId, familyId }
  const isActive = current?.hash === refreshToken.hash && current.expiresAt > now()
  if (!isActive) return { response: INACTIVE, subject }
  const response = {
    active: true,
    iss: issuer,
    client_id: family.clientId,
    sub: userId,
    tenant_id: tenantId,
    grant_id: familyId,
    scope: formatScopes(family.scopes),
    iat: current.issuedAt,
    exp: current.expiresAt,
  }
  return { response, subject }
}

async function introspectAccessToken(
  dependencies: IntrospectionDependencies,
  client: Client,
  token: string,
): Promise<Introspection> {
  const claims = await dependencies.accessTokens.verify(token)
  if (claims === undefined) return { response: INACTIVE, subject: {} }
  if (!mayIntrospect(claims, client, dependencies.resources)) {
    return { response: INACTIVE, subject: {}, reason: 'not-its-resource-server' }
  }
  const { jti: tokenId, grant_id: familyId, client_id: clientId } = claims
  const isActive = !(await isRevoked(dependencies, { tokenId, familyId, clientId }))
  const response = isActive ? { active: true, token_type: 'Bearer', ...claims } : INACTIVE
  return { response, subject: tokenSubjectOf(claims) }
}

function mayIntrospect(
  claims: AccessTokenClaims,
  client: Client,
  resources: ReadonlyArray<ProtectedResource>,
): boolean {
  if (claims.client_id === client.clientId) return true
  const resource = findResource(resources, claims.aud)
  return resource !== undefined && isResourceServerOf(client, resource)
}
