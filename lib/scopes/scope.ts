/**
 * Scope strings (RFC 6749 §3.3) and sets of scopes.
 *
 * @module
 */

// RFC 6749 §3.3: scope-token = 1*( %x21 / %x23-5B / %x5D-7E )
const SCOPE_TOKEN = /^[\x21\x23-\x5B\x5D-\x7E]+$/
const PERMISSION_CODE = /^[a-z][a-z0-9_-]*:[a-z][a-z0-9_-]*$/

/** Whether a text is a single valid scope. */
export function isScope(text: string): boolean {
  return SCOPE_TOKEN.test(text)
}

/** Whether a scope is a Teamcast permission code: `resource:action`, lower case. */
export function isPermissionCode(scope: string): boolean {
  return PERMISSION_CODE.test(scope)
}

/**
 * Parses a scope string. Repeated spaces are ignored.
 *
 * @returns The scopes in their order, without repetitions; `undefined` when the string is empty or contains
 *   an invalid character.
 */
export function parseScopes(scopeString: string): ReadonlyArray<string> | undefined {
  const scopes = splitAtSpaces(scopeString)
  return scopes.length > 0 && scopes.every(isScope) ? [...new Set(scopes)] : undefined
}

/** Splits a space-delimited parameter (RFC 6749 §3.3). Ignores leading, trailing and repeated spaces. */
export function splitAtSpaces(text: string): ReadonlyArray<string> {
  return text.split(' ').filter((word) => word !== '')
}

/** Formats a scope string. */
export function formatScopes(scopes: ReadonlyArray<string>): string {
  return scopes.join(' ')
}

/** Whether every one of `scopes` is among `others`. */
export function isSubset(scopes: ReadonlyArray<string>, others: ReadonlyArray<string>): boolean {
  return scopes.every((scope) => others.includes(scope))
}

/** Those of `scopes` that are among `others`, in their order. */
export function intersect(
  scopes: ReadonlyArray<string>,
  others: ReadonlyArray<string>,
): ReadonlyArray<string> {
  return scopes.filter((scope) => others.includes(scope))
}
