/**
 * `POST /oauth/token` (RFC 6749 §3.2). Each grant type has a handler of its own (lib/grants).
 *
 * @module
 */

import type { Context } from 'koa'
import type { GrantDependencies, GrantHandler } from '../grants/grant-handler.ts'
import { GRANT_TYPES } from '../grants/grant-types.ts'
import { TokenRequestError } from '../grants/token-request-error.ts'
import { sendInvalidClient } from '../http/client-authentication/send-invalid-client.ts'
import {
  type ClientEndpointDependencies,
  type ClientRequest,
  createClientEndpoint,
} from '../http/client-endpoint.ts'
import { sendErrorResponse } from '../http/responses.ts'
import type { Route } from '../http/route.ts'
import type { ClientRecord } from '../storage/client.ts'

/** Relative to the issuer. */
export const TOKEN_PATH = '/oauth/token'

/** Dependencies of the token endpoint. */
export interface TokenEndpointDependencies extends ClientEndpointDependencies, GrantDependencies {}

/** Creates the token endpoint. */
export function createTokenEndpoint(dependencies: TokenEndpointDependencies): Route {
  const { audit } = dependencies
  return createClientEndpoint(dependencies, {
    methods: ['POST', 'OPTIONS'],
    async respond(request) {
      const { ctx, client } = request
      try {
        const { grantType, handle } = requireGrantType(request)
        const { body, isReplay, subject } = await handle(dependencies, {
          ...request,
          ip: ctx.ip,
        })
        ctx.type = 'json'
        ctx.body = body
        const { clientId } = client
        audit.record(
          isReplay
            ? { type: 'token.response-replayed', clientId, ...subject }
            : { type: 'token.issued', grantType, clientId, ...subject },
          ctx.ip,
        )
      } catch (error) {
        if (!(error instanceof TokenRequestError)) throw error
        sendTokenRequestError(dependencies, ctx, client, error)
      }
    },
  })
}

function requireGrantType({
  client: { allowedGrantTypes, clientType },
  parameters,
}: ClientRequest): { readonly grantType: string; readonly handle: GrantHandler['handle'] } {
  const grantType = parameters.get('grant_type')
  if (grantType === undefined) throw new TokenRequestError('parameter-missing')
  const handler = GRANT_TYPES.get(grantType)
  if (handler === undefined) throw new TokenRequestError('grant-type-unsupported')
  // Registration rejects a grant type that is not for the client's type; the stored record may still have it.
  if (!(allowedGrantTypes.includes(grantType) && handler.clientTypes.includes(clientType))) {
    throw new TokenRequestError('grant-type-not-allowed')
  }
  return { grantType, handle: handler.handle }
}

const REUSE_REASONS: ReadonlySet<string> = new Set(['code-replayed', 'refresh-token-reused'])

function sendTokenRequestError(
  { issuer, audit }: TokenEndpointDependencies,
  ctx: Context,
  { clientId }: ClientRecord,
  { reason, subject, response: { error, description } }: TokenRequestError,
): void {
  if (REUSE_REASONS.has(reason)) {
    audit.record({ type: 'token.reuse-detected', clientId, ...subject, reason }, ctx.ip)
  }
  audit.record({ type: 'token.refused', clientId, ...subject, error, reason }, ctx.ip)
  if (error === 'invalid_client') sendInvalidClient(ctx, issuer, description)
  else sendErrorResponse(ctx, 400, error, description)
}
