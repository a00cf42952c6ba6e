/**
 * Koa middleware: lets a request pass only if its caller has the required scopes.
 *
 * @module
 */

import type { Middleware } from 'koa'
import { createScopesCheck } from './scopes-check.ts'
import { passAfter } from './send-error-response.ts'

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
 * @param scopes The scopes, all of which the caller must have; at least one.
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
  const check = createScopesCheck(scopes)
  return async function requireScopesMiddleware(ctx, next) {
    await passAfter(ctx, next, async () => check(ctx.state))
  }
}
