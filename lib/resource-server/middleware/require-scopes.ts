/**
 * Koa middleware: lets a request pass only if its caller has the scopes it needs.
 *
 * @module
 */

import type { Middleware } from 'koa'
import { ConfigurationError, type Issue } from '../../errors.ts'
import { isScope } from '../../scopes/scope.ts'
import { InsufficientScopeError } from '../errors.ts'
import type { CallerState } from './caller.ts'
import type { AccessTokenState } from './require-access-token.ts'
import { sendErrorResponse } from './send-error-response.ts'

function findIssues(scopes: ReadonlyArray<string>): ReadonlyArray<Issue> {
  if (scopes.length === 0) return [{ path: 'scopes', message: 'must name at least one scope' }]
  return scopes.flatMap((scope, index) =>
    typeof scope === 'string' && isScope(scope)
      ? []
      : [{ path: `scopes.${index}`, message: 'must be one scope, such as interview:read' }],
  )
}

/**
 * Creates middleware that requires all of the given scopes. Put it behind `requireAccessToken`
 * or `requireCaller`.
 *
 * A request whose token or API key lacks one is answered right here, with 403, `Cache-Control:
 * no-store`, a JSON body `{error, error_description}` and a challenge that names all of the required
 * scopes. Nothing is thrown for it; {@link InsufficientScopeError} is emitted as the application's
 * `error` event.
 *
 * The created middleware throws {@link ConfigurationError}, which Koa answers with 500, when
 * neither of the two ran before it: that is a mistake in the host's code, and neither
 * letting the request pass nor blaming the client would show it.
 *
 * @param scopes Scopes, each of which the caller must have; at least one.
 *
 * @throws {@link ConfigurationError} when there is none, or one is not a scope (RFC 6749 §3.3).
 *
 * @example
 *
 * An API in which every route needs two scopes
 *
 * ```ts
 * const app = new Koa<AccessTokenState>()
 * const issuer = 'https://mayaapi.teamcast.ai'
 * app.use(requireAccessToken({ issuer, audience: issuer }))
 * app.use(requireScopes('interview:read', 'candidate:read'))
 * ```
 *
 * @see [RFC 6750 §3.1](https://www.rfc-editor.org/rfc/rfc6750.html#section-3.1)
 */
export function requireScopes(...scopes: readonly [string, ...ReadonlyArray<string>]): Middleware {
  const issues = findIssues(scopes)
  if (issues.length > 0) throw new ConfigurationError(issues)
  const required = Object.freeze([...new Set(scopes)])
  return async function requireScopesMiddleware(ctx, next) {
    const { caller, accessToken }: Partial<CallerState & AccessTokenState> = ctx.state
    const granted = caller?.scopes ?? accessToken?.scopes
    if (granted === undefined) {
      const message = 'must be used behind requireAccessToken or requireCaller'
      throw new ConfigurationError([{ path: 'requireScopes', message }])
    }
    if (required.every((scope) => granted.has(scope))) {
      await next()
      return
    }
    sendErrorResponse(ctx, new InsufficientScopeError(required))
  }
}
