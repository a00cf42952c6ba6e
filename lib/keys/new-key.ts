/**
 * Making keys.
 *
 * @module
 */

import { generateKeyPair, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import type { JWK } from 'jose'
import type { KeyPurpose } from './key-schedule.ts'

const MODULUS_BITS = 2048
const COOKIE_KEY_BYTES = 32
const KEY_ID_BYTES = 16

const generateKeyPairOnThreadPool = promisify(generateKeyPair)

/** A key that was just made. */
export interface NewKey {
  readonly keyId: string
  /** The key itself, as text: the JSON of a private JWK, or a secret. */
  readonly key: string
}

/** Creates a key. */
export async function makeKey(purpose: KeyPurpose): Promise<NewKey> {
  if (purpose === 'signing') {
    const jwk = await makeSigningKey()
    return { keyId: jwk.kid, key: JSON.stringify(jwk) }
  }
  return { keyId: makeKeyId(), key: randomBytes(COOKIE_KEY_BYTES).toString('base64url') }
}

/** Creates a private RSA key. */
export async function makeSigningKey(): Promise<JWK & { readonly kid: string }> {
  const { privateKey } = await generateKeyPairOnThreadPool('rsa', { modulusLength: MODULUS_BITS })
  return { ...(privateKey.export({ format: 'jwk' }) as JWK), kid: makeKeyId() }
}

/** Not base64url: it may be typed on a command line, where a leading dash means something else. */
function makeKeyId(): string {
  return randomBytes(KEY_ID_BYTES).toString('hex')
}
