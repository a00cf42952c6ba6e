/**
 * The RSA keys that sign access tokens.
 *
 * @module
 */

import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import { promisify } from 'node:util'
import { createLocalJWKSet, type JSONWebKeySet, type JWK } from 'jose'
import type { Issue } from '../errors.ts'
import { sha256 } from '../util/sha256.ts'

const MINIMUM_MODULUS_BITS = 2048
const signOnThreadPool = promisify(sign)

/** Signs access tokens and says what verifies them. */
export interface SigningKeys {
  /** The public keys, as published at the JWKS endpoint. */
  readonly publicKeys: JSONWebKeySet
  /** Finds the key that verifies a token, as jose asks for it. */
  readonly verificationKey: ReturnType<typeof createLocalJWKSet>
  /** Signs a JWT with RS256 and the current key. */
  signJwt(claims: Readonly<Record<string, unknown>>, type: string): Promise<string>
}

interface SigningKey {
  readonly kid: string
  readonly privateKey: KeyObject
  readonly publicJwk: JWK
}

/**
 * Checks the keys a host gives: private RSA keys of at least 2048 bits for RS256, no `kid` twice.
 *
 * @returns What is wrong; empty when nothing is.
 */
export function checkSigningKeys(keys: ReadonlyArray<JWK>): ReadonlyArray<Issue> {
  const issues = keys.flatMap((key, index) => {
    const problem = problemOf(key)
    return problem === undefined ? [] : [{ path: `signingKeys.${index}`, message: problem }]
  })
  const kids = keys.map(kidOf)
  if (new Set(kids).size < kids.length) {
    issues.push({ path: 'signingKeys', message: 'must not contain a key or a "kid" twice' })
  }
  return issues
}

function problemOf(key: JWK): string | undefined {
  if (key.kty !== 'RSA' || key.d === undefined) {
    return 'must be a private RSA key as a JWK (kty "RSA", with "d")'
  }
  if (key.alg !== undefined && key.alg !== 'RS256') return 'must have "alg" RS256 or none'
  if (key.use !== undefined && key.use !== 'sig') return 'must have "use" sig or none'
  if (key.kid !== undefined && (typeof key.kid !== 'string' || key.kid === '')) {
    return 'must have a text as "kid", or none'
  }
  try {
    const privateKey = createPrivateKey({ key, format: 'jwk' })
    const bits = privateKey.asymmetricKeyDetails?.modulusLength ?? 0
    if (bits < MINIMUM_MODULUS_BITS) return `must have at least ${MINIMUM_MODULUS_BITS} bits`
    return isConsistent(privateKey) ? undefined : 'must be one key: its members do not fit together'
  } catch {
    return 'must be a complete private RSA key (n, e, d, p, q, dp, dq, qi)'
  }
}

/** Whether the public part verifies what the private part signs. */
function isConsistent(privateKey: KeyObject): boolean {
  const sample = Buffer.from('sample')
  const publicKey = createPublicKey(privateKey)
  return verify('sha256', sample, publicKey, sign('sha256', sample, privateKey))
}

/**
 * Makes signing keys of private JWKs that passed {@link checkSigningKeys}.
 *
 * @param keys The first signs; all are published, so that tokens of a previous key stay valid. A key
 *   without `kid` gets its RFC 7638 thumbprint.
 */
export function createSigningKeys(keys: ReadonlyArray<JWK>): SigningKeys {
  const all = keys.map(toSigningKey)
  const [current] = all
  if (current === undefined) throw new TypeError('at least one signing key is needed')
  const publicKeys: JSONWebKeySet = { keys: all.map(({ publicJwk }) => publicJwk) }
  return {
    publicKeys,
    verificationKey: createLocalJWKSet(publicKeys),
    async signJwt(claims, typ) {
      const header = { alg: 'RS256', typ, kid: current.kid }
      const signingInput = `${base64urlJson(header)}.${base64urlJson(claims)}`
      const signature = await signOnThreadPool(
        'sha256',
        Buffer.from(signingInput),
        current.privateKey,
      )
      return `${signingInput}.${signature.toString('base64url')}`
    },
  }
}

function toSigningKey(key: JWK): SigningKey {
  const privateKey = createPrivateKey({ key, format: 'jwk' })
  const { n, e } = createPublicKey(privateKey).export({ format: 'jwk' })
  if (n === undefined || e === undefined) throw new TypeError('a signing key must be an RSA key')
  const kid = kidOf(key)
  return { kid, privateKey, publicJwk: { kty: 'RSA', use: 'sig', alg: 'RS256', kid, n, e } }
}

/** Its `kid`, or else its thumbprint (RFC 7638 §3). */
function kidOf({ kid, e, n }: JWK): string {
  return kid ?? sha256(JSON.stringify({ e, kty: 'RSA', n }))
}

function base64urlJson(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
