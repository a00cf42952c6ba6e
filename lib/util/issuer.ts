import { hasCredentials, isSecureUrl } from './secure-url.ts'

/**
 * Checks an issuer identifier (RFC 8414 §2). It is compared character by character, so only its
 * canonical form is one.
 *
 * @returns What is wrong, or `undefined` when nothing is.
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
