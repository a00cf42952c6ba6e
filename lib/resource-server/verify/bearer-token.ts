/**
 * The Authorization header of a request, read as RFC 6750 §2.1 writes it.
 *
 * The header is the only place a token is taken from. Query parameters (§2.3) end up in logs and
 * `Referer` headers, and body parameters (§2.2) would mean parsing the host's bodies.
 *
 * @module
 */

/** What the Authorization header of a request holds. */
export type BearerCredentials =
  | {
      /** No header, or one for another scheme such as Basic: the client did not try Bearer. */
      readonly kind: 'missing'
    }
  | {
      /** The Bearer scheme, but not followed by exactly one token. */
      readonly kind: 'malformed'
    }
  | {
      /** Well-formed credentials. */
      readonly kind: 'token'
      /** The token as sent; nothing is known of it but its characters. */
      readonly token: string
    }

// RFC 9110 §5.6.2: the name of a scheme ends at the first character that is not a tchar.
const BEARER_SCHEME = /^bearer(?![!#$%&'*+\-.^_`|~0-9a-z])/i

// RFC 6750 §2.1: credentials = "Bearer" 1*SP b64token. RFC 9110 §11.1: the scheme is case-insensitive.
const BEARER_CREDENTIALS = /^bearer +([a-z0-9\-._~+/]+=*)$/i

/**
 * Reads the value of an Authorization header.
 *
 * Takes any string, and time linear in its length; never throws.
 *
 * @param authorization Value of the header; `undefined` when the request has none.
 *
 * @returns The token, or why there is none: `missing` is answered with 401, `malformed` with 400.
 *
 * @see [RFC 6750 §2.1](https://www.rfc-editor.org/rfc/rfc6750.html#section-2.1)
 */
export function parseBearerToken(authorization: string | undefined): BearerCredentials {
  if (authorization === undefined || !BEARER_SCHEME.test(authorization)) return { kind: 'missing' }
  const token = BEARER_CREDENTIALS.exec(authorization)?.[1]
  return token === undefined ? { kind: 'malformed' } : { kind: 'token', token }
}
