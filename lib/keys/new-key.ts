/**
 * New keys.
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

/** A key that was just created: a private RSA key, or a symmetric one for cookies. */
export type NewKey = JWK & { readonly kid: string }

/** Creates a key. */
export async function createKey(purpose: KeyPurpose): Promise<NewKey> {
  if (purpose === 'signing') return await createPrivateKey()
  return { kty: 'oct', k: randomBytes(COOKIE_KEY_BYTES).toString('base64url'), kid: createKeyId() }
}

/** Creates a private RSA key. */
export async function createPrivateKey(): Promise<NewKey> {
  const { privateKey } = await generateKeyPairOnThreadPool('rsa', { modulusLength: MODULUS_BITS })
  return { ...(privateKey.export({ format: 'jwk' }) as JWK), kid: createKeyId() }
}

/** Not base64url: it may be typed on a command line, where a leading dash means something else. */
function createKeyId(): string {
  return randomBytes(KEY_ID_BYTES).toString('hex')
}
