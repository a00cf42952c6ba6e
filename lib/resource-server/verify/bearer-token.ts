/**
 * Bearer credentials in the Authorization header (RFC 6750 §2.1).
 *
 * No other place is read: query parameters (§2.3) end up in logs and `Referer` headers, and for body
 * parameters (§2.2) the host's bodies would have to be parsed.
 *
 * @module
 */

/** The Bearer credentials of a request. */
export type BearerCredentials =
  | {
      /** No header, or one of another scheme such as Basic. */
      readonly kind: 'missing'
    }
  | {
      /** The Bearer scheme, but not followed by exactly one token. */
      readonly kind: 'malformed'
    }
  | {
      /** Well-formed credentials. */
      readonly kind: 'token'
      /** The token as sent; only its characters were checked. */
      readonly token: string
    }

// RFC 9110 §5.6.2: the name of a scheme ends at the first character that is not a tchar.
const BEARER_SCHEME = /^bearer(?![!#$%&'*+\-.^_`|~0-9a-z])/i

// RFC 6750 §2.1: credentials = "Bearer" 1*SP b64token. RFC 9110 §11.1: the scheme is case-insensitive.
const BEARER_CREDENTIALS = /^bearer +([a-z0-9\-._~+/]+=*)$/i

/**
 * Parses the value of an Authorization header, any string, in linear time. Never throws.
 *
 * @param authorization Value of the header; `undefined` when the request has none.
 *
 * @returns The token, or why there is none: the response is 401 to `missing`, 400 to `malformed`.
 *
 * @see [RFC 6750 §2.1](https://www.rfc-editor.org/rfc/rfc6750.html#section-2.1)
 */
export function parseBearerToken(authorization: string | undefined): BearerCredentials {
  if (authorization === undefined || !BEARER_SCHEME.test(authorization)) return { kind: 'missing' }
  const token = BEARER_CREDENTIALS.exec(authorization)?.[1]
  return token === undefined ? { kind: 'malformed' } : { kind: 'token', token }
}
