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
 * oidc-provider refuses without the `openid` scope), and refuses every response mode but `query`.
 */
export function ignoreForeignParameters(ctx: Context): void {
  for (const name of Object.keys(ctx.query)) {
    if (!KNOWN_PARAMETERS.has(name)) delete ctx.query[name]
  }
  // oidc-provider would answer in the mode asked for even when it refuses it, form_post with a script.
  const mode = ctx.query['response_mode']
  if (typeof mode === 'string' && mode !== 'query' && mode !== '') {
    ctx.query['response_mode'] = 'unsupported'
  }
}

/** `state` is required. */
export function requireState(_ctx: KoaContextWithOIDC, state: string | undefined): void {
  if (!state) throw new errors.InvalidRequest("missing required parameter 'state'")
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
