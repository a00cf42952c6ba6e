/**
 * The scopes that a request needs.
 *
 * @module
 */

import { InsufficientScopeError } from '../errors.ts'
import { readOptions, scopesOption } from '../options.ts'
import { type AccessTokenState, authenticatedCallerOf, type CallerState } from './caller.ts'

/**
 * Creates the check of `requireScopes`. It throws {@link InsufficientScopeError}.
 *
 * @throws {@link ConfigurationError} when there is no scope, or one is not a scope (RFC 6749 §3.3).
 */
export function createScopesCheck(
  scopes: ReadonlyArray<string>,
): (state: Partial<CallerState & AccessTokenState>) => void {
  readOptions<{ scopes: ReadonlyArray<string> }>({ scopes: scopesOption }, { scopes })
  const required = Object.freeze([...new Set(scopes)])
  return (state) => {
    const granted = authenticatedCallerOf(state, 'requireScopes').scopes
    if (!required.every((scope) => granted.has(scope))) throw new InsufficientScopeError(required)
  }
}
