/**
 * Resource identifiers and the place of their metadata (RFC 9728 §1.2, §3.1).
 *
 * @module
 */

import { hasCredentials, isSecureUrl } from '../../util/secure-url.ts'

const WELL_KNOWN_PATH = '/.well-known/oauth-protected-resource'

/**
 * Whether a text is a resource identifier: an https URL, or an http one that stays on the machine,
 * without fragment. Nor with a query, which the RFC advises against and a path does as well.
 */
export function isResourceIdentifier(text: string): boolean {
  const url = URL.parse(text)
  return url !== null && isSecureUrl(url) && !hasCredentials(url) && !/[?#]/.test(text)
}

/**
 * Where the metadata of a resource is: the well-known path goes between its host and its path.
 *
 * @param resource A resource identifier.
 *
 * @see [RFC 9728 §3.1](https://www.rfc-editor.org/rfc/rfc9728.html#section-3.1)
 */
export function metadataUrlOf(resource: string): URL {
  const { origin, pathname } = new URL(resource)
  return new URL(origin + WELL_KNOWN_PATH + (pathname === '/' ? '' : pathname))
}
