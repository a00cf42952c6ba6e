/**
 * The rules of the contract for an authorization request that oidc-provider does not have.
 *
 * @module
 */

import type { Context } from 'koa'
import { errors, type KoaContextWithOIDC } from 'oidc-provider'
import { isSubset, parseScopes } from '../scopes/scope.ts'
import { clientRecordOf } from './client-metadata.ts'

const KNOWN_PARAMETERS = new Set([
  'response_type',
  'response_mode',
  'client_id',
  'redirect_uri',
  'scope',
  'state',
  'code_challenge',
  'code_challenge_method',
  'prompt',
  'login_hint',
  'resource',
  // Refused by oidc-provider with an error of their own; better than ignoring what a client signed.
  'request',
  'request_uri',
  'registration',
])

/**
 * Removes what the contract ignores (`nonce`, `max_age` and other OpenID Connect parameters, which
 * oidc-provider refuses without the `openid` scope), and refuses every response type but `code` and
 * every response mode but `query`.
 */
export function ignoreForeignParameters(ctx: Context): void {
  for (const name of Object.keys(ctx.query)) {
    if (!KNOWN_PARAMETERS.has(name)) delete ctx.query[name]
  }
  // oidc-provider would answer in the way asked for even when it refuses it: in the fragment, or in a
  // page with a script.
  refuseOtherThan(ctx, 'response_type', 'code')
  refuseOtherThan(ctx, 'response_mode', 'query')
}

function refuseOtherThan(ctx: Context, name: string, value: string): void {
  const given = ctx.query[name]
  if (typeof given === 'string' && given !== value && given !== '') ctx.query[name] = 'unsupported'
}

/** `state` is required. */
export function requireState(_ctx: KoaContextWithOIDC, state: string | undefined): void {
  if (!state) throw new errors.InvalidRequest("missing required parameter 'state'")
}

/** The client must be registered for the authorization code flow. */
export function requireAuthorizationCodeClient(ctx: KoaContextWithOIDC): void {
  const { client } = ctx.oidc
  const grantTypes = client === undefined ? [] : clientRecordOf(client).allowedGrantTypes
  if (!grantTypes.includes('authorization_code')) {
    throw new errors.UnauthorizedClient('the client is not registered for authorization_code')
  }
}

/** `scope` is required and must be within what the client is registered for. */
export function requireRegisteredScope(ctx: KoaContextWithOIDC): void {
  const { client } = ctx.oidc
  // As sent: oidc-provider takes some scopes out before it gets here.
  const scopeString = ctx.query['scope']
  if (!scopeString || typeof scopeString !== 'string') {
    throw new errors.InvalidScope("missing required parameter 'scope'", '')
  }
  const scopes = parseScopes(scopeString)
  if (scopes === undefined) throw new errors.InvalidScope('requested scope is malformed', '')
  if (client === undefined || !isSubset(scopes, clientRecordOf(client).scopes)) {
    throw new errors.InvalidScope('requested scope is not allowed for this client', scopeString)
  }
}
