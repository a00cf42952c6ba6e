/**
 * Client credentials in the Authorization header (RFC 6749 §2.3.1).
 *
 * @module
 */

/** A client's id and secret, as sent. */
export interface BasicCredentials {
  readonly clientId: string
  readonly clientSecret: string
}

const BASIC = /^basic +([A-Za-z0-9+/]+={0,2})$/i
// RFC 6749 appendix A: *VSCHAR.
const PRINTABLE = /^[\x20-\x7E]*$/

/**
 * Reads the header. Both parts are form-encoded within it.
 *
 * @returns `undefined` when it is not well-formed.
 */
export function parseBasicCredentials(authorization: string): BasicCredentials | undefined {
  const [, encoded] = BASIC.exec(authorization) ?? []
  if (encoded === undefined) return undefined
  const pair = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = pair.indexOf(':')
  if (colon === -1) return undefined
  const clientId = formDecode(pair.slice(0, colon))
  const clientSecret = formDecode(pair.slice(colon + 1))
  if (clientId === undefined || clientSecret === undefined) return undefined
  return { clientId, clientSecret }
}

function formDecode(text: string): string | undefined {
  try {
    const decoded = decodeURIComponent(text.replaceAll('+', ' '))
    return PRINTABLE.test(decoded) ? decoded : undefined
  } catch {
    return undefined
  }
}
