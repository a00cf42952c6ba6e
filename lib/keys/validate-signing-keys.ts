/**
 * Validation of the option `signingKeys`.
 *
 * @module
 */

import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import type { JWK } from 'jose'
import type { Issue } from '../errors.ts'
import { isObject } from '../util/is-object.ts'
import { type ExternalSigningKey, isExternal, kidOf } from './signing-key.ts'

const MINIMUM_MODULUS_BITS = 2048

/** RFC 7518 §6.3.2: what only the owner of an RSA key may know. */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth']

/**
 * Validates signing keys: RSA keys of at least 2048 bits for RS256, private or external, each `kid` once.
 *
 * @returns What is wrong; empty when nothing is.
 */
export function validateSigningKeys(
  keys: ReadonlyArray<JWK | ExternalSigningKey>,
): ReadonlyArray<Issue> {
  const issues = keys.flatMap((key, index) => {
    const problem = isExternal(key) ? validateExternal(key) : validatePrivate(key)
    return problem === undefined ? [] : [{ path: `signingKeys.${index}`, message: problem }]
  })
  if (issues.length > 0) return issues
  const kids = keys.map((key) => kidOf(isExternal(key) ? key.publicJwk : key))
  return new Set(kids).size < kids.length
    ? [{ path: 'signingKeys', message: 'must not contain a key or a "kid" twice' }]
    : []
}

function validatePrivate(key: JWK): string | undefined {
  if (key.kty !== 'RSA' || key.d === undefined) {
    return 'must be a private RSA key as a JWK (kty "RSA", with "d"), or an ExternalSigningKey'
  }
  const problem = validateMembers(key)
  if (problem !== undefined) return problem
  try {
    const privateKey = createPrivateKey({ key, format: 'jwk' })
    if (!hasEnoughBits(privateKey)) return TOO_SHORT
    return isConsistent(privateKey) ? undefined : 'must be one key: its members do not match'
  } catch {
    return 'must be a complete private RSA key (n, e, d, p, q, dp, dq, qi)'
  }
}

function validateExternal({ publicJwk }: ExternalSigningKey): string | undefined {
  if (!isObject(publicJwk) || publicJwk['kty'] !== 'RSA') {
    return 'must have a public RSA key as a JWK in "publicJwk" (kty "RSA")'
  }
  if (PRIVATE_MEMBERS.some((member) => member in publicJwk)) {
    return 'must have no private member (such as "d") in "publicJwk"'
  }
  const problem = validateMembers(publicJwk)
  if (problem !== undefined) return problem
  try {
    return hasEnoughBits(createPublicKey({ key: publicJwk, format: 'jwk' })) ? undefined : TOO_SHORT
  } catch {
    return 'must have a complete public RSA key (n, e) in "publicJwk"'
  }
}

function validateMembers(key: JWK): string | undefined {
  if (key.alg !== undefined && key.alg !== 'RS256') return 'must have "alg" RS256 or none'
  if (key.use !== undefined && key.use !== 'sig') return 'must have "use" sig or none'
  if (key.kid !== undefined && (typeof key.kid !== 'string' || key.kid === '')) {
    return 'must have a text as "kid", or none'
  }
  return undefined
}

const TOO_SHORT = `must have at least ${MINIMUM_MODULUS_BITS} bits`

function hasEnoughBits({ asymmetricKeyDetails }: KeyObject): boolean {
  return (asymmetricKeyDetails?.modulusLength ?? 0) >= MINIMUM_MODULUS_BITS
}

/** Whether the public part verifies what the private part signs. */
function isConsistent(privateKey: KeyObject): boolean {
  const sample = Buffer.from('sample')
  const publicKey = createPublicKey(privateKey)
  return verify('sha256', sample, publicKey, sign('sha256', sample, privateKey))
}
