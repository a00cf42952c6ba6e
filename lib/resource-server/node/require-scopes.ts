/**
 * Middleware for hosts without Koa: lets a request pass only if its caller has the required scopes.
 *
 * @module
 */

import { createScopesCheck } from '../middleware/scopes-check.ts'
import { checkedRequestOf } from './checked-requests.ts'
import { createGuard, type NodeMiddleware } from './node-middleware.ts'

/**
 * Creates middleware that requires all of the given scopes. Put it behind `requireAccessToken` or
 * `requireCaller`; without them it calls `next` with a {@link ConfigurationError}.
 *
 * The response to a request whose token or API key lacks one is 403 with a challenge that lists all of the
 * required scopes.
 *
 * @param scopes The scopes, all of which the caller must have; at least one.
 *
 * @throws {@link ConfigurationError} when there is none, or one is not a scope (RFC 6749 §3.3).
 *
 * @see [RFC 6750 §3.1](https://www.rfc-editor.org/rfc/rfc6750.html#section-3.1)
 */
export function requireScopes(
  ...scopes: readonly [string, ...ReadonlyArray<string>]
): NodeMiddleware {
  const check = createScopesCheck(scopes)
  return createGuard(async (request) => check(checkedRequestOf(request)))
}
