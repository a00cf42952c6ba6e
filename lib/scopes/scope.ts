/**
 * Scope strings (RFC 6749 §3.3) and the sets they stand for.
 *
 * @module
 */

// RFC 6749 §3.3: scope-token = 1*( %x21 / %x23-5B / %x5D-7E )
const SCOPE_TOKEN = /^[\x21\x23-\x5B\x5D-\x7E]+$/
const PERMISSION_CODE = /^[a-z][a-z0-9_-]*:[a-z][a-z0-9_-]*$/

/** Whether a text is one scope, with only the characters that a scope may have. */
export function isScope(text: string): boolean {
  return SCOPE_TOKEN.test(text)
}

/** Whether a scope is a Teamcast permission code: `resource:action`, lower case. */
export function isPermissionCode(scope: string): boolean {
  return PERMISSION_CODE.test(scope)
}

/**
 * Reads a scope string. Spaces too many, which clients leave when they join lists, mean nothing.
 *
 * @returns The scopes without repetitions, in their order; `undefined` when the string is malformed: no
 *   scope, or a character that no scope may have.
 */
export function parseScopes(scopeString: string): ReadonlyArray<string> | undefined {
  const scopes = splitAtSpaces(scopeString)
  return scopes.length > 0 && scopes.every(isScope) ? [...new Set(scopes)] : undefined
}

/** The words of a space-delimited parameter (RFC 6749 §3.3), without spaces at its ends or too many between. */
export function splitAtSpaces(text: string): ReadonlyArray<string> {
  return text.split(' ').filter((word) => word !== '')
}

/** Writes a scope string. */
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
