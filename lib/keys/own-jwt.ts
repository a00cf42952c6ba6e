/**
 * The JWTs that this server signs and verifies itself: RS256, and one header for each key and type.
 *
 * Others verify them with a JWT library. Here no header decides anything: exactly what `signJwt` writes is
 * accepted (RFC 8725 §3.1).
 *
 * @module
 */

import { verify } from 'node:crypto'
import { isObject } from '../util/is-object.ts'
import type { SigningKey } from './signing-key.ts'

/** The claims of a JWT. */
export type JwtClaims = Readonly<Record<string, unknown>>

/** Signs a JWT with RS256. */
export async function signJwt(key: SigningKey, claims: JwtClaims, typ: string): Promise<string> {
  const signingInput = `${headerOf(key.kid, typ)}.${base64urlJson(claims)}`
  const signature = await key.sign(Buffer.from(signingInput))
  return `${signingInput}.${Buffer.from(signature).toString('base64url')}`
}

/**
 * Verifies a JWT that {@link signJwt} has made. Does not check its claims.
 *
 * @param findKey Finds a key by its `kid`.
 *
 * @returns `undefined` for anything else.
 */
export async function verifyJwt(
  findKey: (kid: string) => Promise<Pick<SigningKey, 'publicKey'> | undefined>,
  token: string,
  typ: string,
): Promise<JwtClaims | undefined> {
  const [header = '', payload = '', encodedSignature = '', ...rest] = token.split('.')
  if (rest.length > 0) return undefined
  const kid = parseBase64urlJson(header)?.['kid']
  if (typeof kid !== 'string' || header !== headerOf(kid, typ)) return undefined
  const signature = Buffer.from(encodedSignature, 'base64url')
  // Base64url has several texts for the same bytes; one of them was issued.
  if (signature.toString('base64url') !== encodedSignature) return undefined
  const key = await findKey(kid)
  if (key === undefined) return undefined
  const signingInput = Buffer.from(`${header}.${payload}`)
  if (!verify('sha256', signingInput, key.publicKey, signature)) return undefined
  return parseBase64urlJson(payload)
}

function headerOf(kid: string, typ: string): string {
  return base64urlJson({ alg: 'RS256', typ, kid })
}

function base64urlJson(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function parseBase64urlJson(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString())
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}
