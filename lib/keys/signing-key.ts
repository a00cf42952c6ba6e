/**
 * An RSA key that signs access tokens, in this process or in a place that it never leaves.
 *
 * @module
 */

import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import { promisify } from 'node:util'
import type { JWK } from 'jose'
import { z } from 'zod'
import { SigningError } from '../errors.ts'
import { checkResult, type Expectation } from '../util/host-function.ts'
import { sha256 } from '../util/sha256.ts'
import { withinTime } from '../util/within-time.ts'

/** How long an external key may take to sign. */
const SIGNING_TIMEOUT_MILLISECONDS = 5000

const SIGNATURE: Expectation<Uint8Array> = {
  words: 'a Uint8Array',
  schema: z.instanceof(Uint8Array),
}

const signOnThreadPool = promisify(sign)

/** A key that is kept where it cannot be read: in a KMS, an HSM, another process. */
export interface ExternalSigningKey {
  /** Its public part: an RSA key of at least 2048 bits, without private members. */
  readonly publicJwk: JWK
  /**
   * Signs as RS256 does: RSASSA-PKCS1-v1_5 with SHA-256 over `data` as it stands, which is the text of a
   * JWT up to its second dot (RFC 7515 §5.1): a few hundred bytes for an access token, and several thousand for an ID
   * token with long claims or a long `nonce`. Where a service signs only short data as it stands, give it the SHA-256
   * digest. It has five seconds.
   *
   * Every signature is verified with `publicJwk` before it is used. The response to a failure is 503, and
   * costs the client neither its code nor its refresh token.
   */
  sign(data: Uint8Array): Promise<Uint8Array>
}

/** A key that signs, as the server uses it. */
export interface SigningKey {
  readonly kid: string
  /** As published: `kty`, `use`, `alg`, `kid`, `n`, `e`. */
  readonly publicJwk: JWK
  /** Verifies what it signs. */
  readonly publicKey: KeyObject
  /** Signs with RS256. @throws {@link SigningError} when the key is elsewhere and cannot be used. */
  sign(data: Uint8Array): Promise<Uint8Array>
}

/** Whether a signing key is external. */
export function isExternal(key: JWK | ExternalSigningKey): key is ExternalSigningKey {
  return 'sign' in key && typeof key.sign === 'function'
}

/**
 * Creates a signing key of one that passed `validateSigningKeys`. One without `kid` gets its RFC 7638
 * thumbprint.
 */
export function toSigningKey(key: JWK | ExternalSigningKey): SigningKey {
  if (isExternal(key)) {
    const publicKey = createPublicKey({ key: key.publicJwk, format: 'jwk' })
    return { ...publicPartOf(key.publicJwk, publicKey), sign: signExternally(key, publicKey) }
  }
  const privateKey = createPrivateKey({ key, format: 'jwk' })
  return {
    ...publicPartOf(key, createPublicKey(privateKey)),
    sign: (data) => signOnThreadPool('sha256', data, privateKey),
  }
}

function publicPartOf(key: JWK, publicKey: KeyObject): Omit<SigningKey, 'sign'> {
  const { n, e } = publicKey.export({ format: 'jwk' })
  if (n === undefined || e === undefined) throw new TypeError('a signing key must be an RSA key')
  const kid = kidOf(key)
  return { kid, publicJwk: { kty: 'RSA', use: 'sig', alg: 'RS256', kid, n, e }, publicKey }
}

/** Its `kid`, or else its thumbprint (RFC 7638 §3). */
export function kidOf({ kid, e, n }: JWK): string {
  return kid ?? sha256(JSON.stringify({ e, kty: 'RSA', n }))
}

function signExternally(key: ExternalSigningKey, publicKey: KeyObject): SigningKey['sign'] {
  const name = `the external signing key "${kidOf(key.publicJwk)}"`
  return async (data) => {
    const signature = checkResult(
      `sign() of ${name}`,
      SIGNATURE,
      await withinTime(
        attempt(name, key, data),
        SIGNING_TIMEOUT_MILLISECONDS,
        () => new SigningError(`${name} did not sign within ${SIGNING_TIMEOUT_MILLISECONDS} ms`),
      ),
    )
    // A KMS that signs with another key, or another algorithm, would else issue tokens good for nothing.
    if (!verify('sha256', data, publicKey, signature)) {
      throw new SigningError(`${name} made a signature that its "publicJwk" does not verify`)
    }
    return signature
  }
}

async function attempt(name: string, key: ExternalSigningKey, data: Uint8Array): Promise<unknown> {
  try {
    return await key.sign(data)
  } catch (cause) {
    throw new SigningError(`${name} failed`, { cause })
  }
}
