/**
 * `client_secret_basic`: id and secret in the `Authorization` header (RFC 6749 §2.3.1).
 *
 * @module
 */

import type { ClientAuthenticationMethod, Verification } from './client-authentication-method.ts'
import { presentedSecret } from './client-secret.ts'

const BASIC = /^basic +([A-Za-z0-9+/]+={0,2})$/i
// RFC 6749 appendix A: *VSCHAR.
const PRINTABLE = /^[\x20-\x7E]*$/
const ENCODED = /[%+]/

const MALFORMED: Verification = {
  isValid: false,
  hint: 'the Authorization header must be Basic and well-formed',
}

/** Reads the `Authorization` header. */
export const clientSecretBasic: ClientAuthenticationMethod = {
  clientTypes: ['CONFIDENTIAL'],
  usesSecret: true,
  find({ authorization, parameters }) {
    if (authorization === '') return undefined
    const [, encoded = ''] = BASIC.exec(authorization) ?? []
    const pair = Buffer.from(encoded, 'base64').toString('utf8')
    const colon = pair.indexOf(':')
    if (colon === -1 || !PRINTABLE.test(pair)) {
      // RFC 6749 §5.2: a client that tried this header gets 401, with the method that works.
      return { clientId: parameters.get('client_id') ?? '', verify: () => MALFORMED }
    }
    const [clientId = ''] = possibleValuesOf(pair.slice(0, colon))
    return presentedSecret(clientId, possibleValuesOf(pair.slice(colon + 1)))
  },
}

/**
 * The possible values of the id or the secret. It should be form-encoded (RFC 6749 appendix B), but many
 * clients send it unencoded. The two differ only if it contains `%` or `+`.
 */
function possibleValuesOf(part: string): ReadonlyArray<string> {
  const decoded = ENCODED.test(part) ? formDecode(part) : undefined
  return decoded === undefined ? [part] : [decoded, part]
}

function formDecode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}
