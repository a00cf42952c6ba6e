/**
 * The rules of the contract for authorization requests that oidc-provider does not have.
 *
 * @module
 */

import type { Context } from 'koa'
import { errors, type KoaContextWithOIDC } from 'oidc-provider'
import type { IdTokens } from '../openid-connect/id-token.ts'
import { withoutOfflineAccess } from '../openid-connect/identity-scopes.ts'
import { findLanguage, type PageLanguages } from '../pages/languages/page-language.ts'
import { type Resource, resourcesFor } from '../resources/protected-resource.ts'
import { formatScopes, isSubset, parseScopes, splitAtSpaces } from '../scopes/scope.ts'
import { clientRecordOf } from './client-metadata.ts'
import { type RequestState, requestStateOf } from './request-state.ts'

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
  'ui_locales',
  'resource',
  // oidc-provider refuses these with errors of their own. Ignoring a signed request would be worse.
  'request',
  'request_uri',
  'registration',
])

/** Ignored in a request without the `openid` scope, as all others are in every request (OIDC Core §3.1.2.1). */
const OPENID_CONNECT_PARAMETERS = new Set(['nonce', 'max_age'])

/**
 * The user whom `id_token_hint` names, as a parameter of oidc-provider, which stores parameters while the user
 * signs in. No client can send it: it is unknown.
 */
export const HINTED_USER_PARAMETER = 'hinted_user_id'

/** oidc-provider does not accept repeated spaces in these. */
const SPACE_DELIMITED_PARAMETERS = ['scope', 'prompt', 'response_type']

const MAXIMUM_STATE_LENGTH = 4096
const MAXIMUM_LOGIN_HINT_LENGTH = 320

/**
 * Normalizes the query: removes unknown parameters (among them the OpenID Connect parameters, which oidc-provider
 * refuses without the `openid` scope), repeated spaces and `response_mode`, and replaces every response type
 * other than `code` with one that oidc-provider refuses.
 *
 * @param hasOpenIdConnect Whether the server has OpenID Connect.
 * @param languages The languages of the pages. `ui_locales` becomes the one that it asks for, and is removed if there
 *   is none.
 *
 * @returns Whether the request has another response mode than `query`; and its `id_token_hint`.
 */
export function normalizeQuery(
  ctx: Context,
  hasOpenIdConnect: boolean,
  languages: PageLanguages,
): Pick<RequestState, 'hasOtherResponseMode' | 'idTokenHint'> {
  for (const name of SPACE_DELIMITED_PARAMETERS) {
    const value = ctx.query[name]
    if (typeof value === 'string') ctx.query[name] = splitAtSpaces(value).join(' ')
  }
  const isOpenIdRequest = hasOpenIdConnect && normalizeOpenIdScope(ctx)
  const { id_token_hint: idTokenHint = '' } = isOpenIdRequest ? ctx.query : {}
  for (const name of Object.keys(ctx.query)) {
    const isKnown =
      KNOWN_PARAMETERS.has(name) || (isOpenIdRequest && OPENID_CONNECT_PARAMETERS.has(name))
    if (!isKnown) delete ctx.query[name]
  }
  // The hint is stored while the user signs in.
  const { login_hint: hint = '' } = ctx.query
  if (hint.length > MAXIMUM_LOGIN_HINT_LENGTH) delete ctx.query['login_hint']
  normalizeUiLocales(ctx, languages)
  // oidc-provider would send the error in the requested mode: in the fragment, or in a page with a script.
  if (isOtherThan('code', ctx.query['response_type'])) ctx.query['response_type'] = 'unsupported'
  const hasOtherResponseMode = isOtherThan('query', ctx.query['response_mode'])
  if (hasOtherResponseMode) delete ctx.query['response_mode']
  return { hasOtherResponseMode, ...(idTokenHint === '' ? {} : { idTokenHint }) }
}

/** Replaces `ui_locales` with the language of the pages that it asks for: it is stored while the user signs in. */
function normalizeUiLocales({ query }: Context, languages: PageLanguages): void {
  const { ui_locales: uiLocales } = query
  const language =
    typeof uiLocales === 'string' ? findLanguage(languages, splitAtSpaces(uiLocales)) : undefined
  if (language === undefined) delete query['ui_locales']
  else query['ui_locales'] = language.tag
}

/** Removes `offline_access`. @returns Whether the request has the `openid` scope. */
function normalizeOpenIdScope(ctx: Context): boolean {
  const { scope } = ctx.query
  if (typeof scope !== 'string') return false
  const scopes = scope.split(' ')
  ctx.query['scope'] = formatScopes(withoutOfflineAccess(scopes))
  return scopes.includes('openid')
}

/** Requests the default scopes, if there are any, where a request has no `scope` (RFC 6749 §3.3). */
export function applyDefaultScopes(ctx: Context, defaultScopes: ReadonlyArray<string>): void {
  const { scope = '' } = ctx.query
  const isMissing = typeof scope === 'string' && scope.trim() === ''
  if (isMissing && defaultScopes.length > 0) ctx.query['scope'] = formatScopes(defaultScopes)
}

function isOtherThan(value: string, given: string | ReadonlyArray<string> | undefined): boolean {
  return typeof given === 'string' && given !== '' && given !== value
}

/** The response mode must be `query`. */
export function requireQueryResponse(ctx: KoaContextWithOIDC): void {
  if (!requestStateOf(ctx).hasOtherResponseMode) return
  throw new errors.InvalidRequest('response_mode must be query')
}

/** `state` is optional, unless the host requires it. It is stored while the user signs in, so its length is limited. */
export function validateState(state: string | undefined, isRequired: boolean): void {
  if (!state && isRequired) throw new errors.InvalidRequest("missing required parameter 'state'")
  if (state !== undefined && state.length > MAXIMUM_STATE_LENGTH) {
    throw new errors.InvalidRequest(`state must have at most ${MAXIMUM_STATE_LENGTH} characters`)
  }
}

/** A parameter must be valid, if the request has it. */
export function requireValid(
  value: string | undefined,
  validate: (value: string) => string | undefined,
): void {
  const problem = value === undefined ? undefined : validate(value)
  if (problem !== undefined) throw new errors.InvalidRequest(problem)
}

/** Replaces `id_token_hint` with the user whom it names. The ID token is not stored: it has personal data. */
export async function resolveIdTokenHint(
  ctx: KoaContextWithOIDC,
  idTokens: Pick<IdTokens, 'verify'>,
): Promise<void> {
  const { idTokenHint } = requestStateOf(ctx)
  const { client, params } = ctx.oidc
  if (idTokenHint === undefined || client === undefined || params === undefined) return
  const userId =
    typeof idTokenHint === 'string'
      ? await idTokens.verify(idTokenHint, client.clientId)
      : undefined
  if (userId === undefined) {
    throw new errors.InvalidRequest(
      'id_token_hint is not an ID token that was issued to the client',
    )
  }
  params[HINTED_USER_PARAMETER] = userId
}

/** The client must be registered for the authorization code flow. */
export function requireAuthorizationCodeClient(ctx: KoaContextWithOIDC): void {
  const { client } = ctx.oidc
  const grantTypes = client === undefined ? [] : clientRecordOf(client).allowedGrantTypes
  if (!grantTypes.includes('authorization_code')) {
    throw new errors.UnauthorizedClient('the client is not registered for authorization_code')
  }
}

/** `scope` is required, unless there is a default, and the client must be registered for every scope. */
export function requireRegisteredScope(ctx: KoaContextWithOIDC): void {
  const { client } = ctx.oidc
  // Not from oidc-provider, which has already removed some scopes.
  const scopeString = ctx.query['scope']
  if (!scopeString || typeof scopeString !== 'string') {
    throw invalidScope("missing required parameter 'scope'")
  }
  const scopes = parseScopes(scopeString)
  if (scopes === undefined) throw invalidScope('requested scope is malformed')
  if (client === undefined || !isSubset(scopes, clientRecordOf(client).scopes)) {
    throw invalidScope('requested scope is not allowed for this client')
  }
}

/** The resources of a request without `resource`: those that accept any of its scopes (RFC 8707 §2). */
export function defaultResources(
  ctx: KoaContextWithOIDC,
  resources: ReadonlyArray<Resource>,
): Array<string> {
  return resourcesFor(resources, [...ctx.oidc.requestParamScopes]).map(({ audience }) => audience)
}

/** A resource of the request must accept each scope (RFC 8707 §2.1). */
export function requireScopeOfResources(ctx: KoaContextWithOIDC): void {
  const accepted = Object.values(ctx.oidc.resourceServers ?? {}).flatMap(({ scopes }) => [
    ...scopes,
  ])
  if (!isSubset([...ctx.oidc.requestParamScopes], accepted)) {
    throw invalidScope('requested scope is not one of the requested resource')
  }
}

/** oidc-provider's own error adds a non-standard parameter. */
function invalidScope(description: string): Error {
  return new errors.CustomOIDCProviderError('invalid_scope', description)
}
