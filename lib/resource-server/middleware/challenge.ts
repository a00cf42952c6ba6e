/**
 * Bearer challenges: values of the `WWW-Authenticate` header (RFC 6750 §3).
 *
 * @module
 */

/** The error codes of RFC 6750 §3.1. */
export type BearerErrorCode = 'invalid_request' | 'invalid_token' | 'insufficient_scope'

/**
 * The parameters of a Bearer challenge, in the order in which they are written.
 *
 * Set at least one: RFC 6750 §3 does not allow a challenge without parameters.
 */
export interface BearerChallenge {
  /** Names the protected resource, for clients that choose credentials by it (RFC 9110 §11.5). */
  readonly realm?: string | undefined
  /** Left out when the request carried no credentials at all (RFC 6750 §3.1). */
  readonly error?: BearerErrorCode | undefined
  /** A sentence for the client's developer; not shown to users. */
  readonly errorDescription?: string | undefined
  /** The scopes needed for this request; written separated by spaces. */
  readonly scopes?: ReadonlyArray<string> | undefined
  /** URL of the metadata that names the authorization server (RFC 9728 §5.1). */
  readonly resourceMetadata?: string | undefined
}

// RFC 6750 §3 allows %x20-21 / %x23-5B / %x5D-7E in these values: no quote, backslash or control
// character. So nothing needs escaping, and no value can break out of its quotes or its line.
const NOT_ALLOWED = /[^\x20-\x21\x23-\x5b\x5d-\x7e]/g

/**
 * Formats a challenge.
 *
 * Values may hold any characters; each code unit that RFC 6750 §3 does not allow becomes `?`.
 *
 * @param challenge Parameters; absent ones are left out.
 *
 * @returns For example `Bearer error="insufficient_scope", scope="interview:read"`.
 *
 * @see [RFC 6750 §3](https://www.rfc-editor.org/rfc/rfc6750.html#section-3)
 */
export function formatBearerChallenge(challenge: BearerChallenge): string {
  const parameters = [
    ['realm', challenge.realm],
    ['error', challenge.error],
    ['error_description', challenge.errorDescription],
    ['scope', challenge.scopes?.join(' ')],
    ['resource_metadata', challenge.resourceMetadata],
  ] as const
  const written = parameters.flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}="${value.replace(NOT_ALLOWED, '?')}"`],
  )
  return written.length === 0 ? 'Bearer' : `Bearer ${written.join(', ')}`
}
