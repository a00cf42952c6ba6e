/**
 * Koa middleware: lets a request pass only if its caller has the required scopes.
 *
 * @module
 */

import type { Middleware } from 'koa'
import { ConfigurationError } from '../../errors.ts'
import { InsufficientScopeError } from '../errors.ts'
import { readOptions, scopesOption } from '../options.ts'
import type { CallerState } from './caller.ts'
import type { AccessTokenState } from './require-access-token.ts'
import { sendErrorResponse } from './send-error-response.ts'

/**
 * Creates middleware that requires all of the given scopes. Put it behind `requireAccessToken`
 * or `requireCaller`.
 *
 * The response to a request whose token or API key lacks one is 403 with `Cache-Control: no-store`, a
 * JSON body `{error, error_description}` and a challenge that lists all of the required scopes. Nothing is
 * thrown for it; {@link InsufficientScopeError} is emitted as the application's `error` event.
 *
 * The middleware throws {@link ConfigurationError}, a 500 in Koa, when neither of the two ran before it.
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
  readOptions<{ scopes: ReadonlyArray<string> }>({ scopes: scopesOption }, { scopes })
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
