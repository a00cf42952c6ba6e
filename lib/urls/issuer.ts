/**
 * Issuer identifiers (RFC 8414 §2).
 *
 * @module
 */

import { hasCredentials, isSecureUrl } from './secure-url.ts'

// Path segments that are valid in URLs, cookies and mount points without escaping.
const ISSUER_PATH = /^(\/[\w.~-]+)*\/?$/

/**
 * Validates an issuer identifier. Identifiers are compared character by character, so it must be in its
 * canonical form.
 *
 * @returns What is wrong, or `undefined` when it is valid.
 */
export function validateIssuer(issuer: string): string | undefined {
  const url = URL.parse(issuer)
  if (url === null) return 'must be an absolute https URL'
  if (/[?#]/.test(issuer)) return 'must not have a query or fragment (RFC 8414 §2)'
  if (issuer.endsWith('/')) return 'must not end with a slash'
  if (hasCredentials(url)) return 'must not contain credentials'
  const canonical = url.pathname === '/' ? url.origin : url.href
  if (issuer !== canonical) return `must be in its canonical form, "${canonical}"`
  if (isSecureUrl(url)) return undefined
  return 'must be an https URL (http only for localhost, 127.0.0.1 and [::1])'
}

/** Validates the path of an issuer that this server serves. */
export function validateIssuerPath({ pathname }: URL): string | undefined {
  if (ISSUER_PATH.test(pathname)) return undefined
  return 'must have a path of letters, digits and "-._~" only'
}
