/**
 * Text encrypted under a secret: AES-256-GCM with a key derived from it (HKDF, RFC 5869).
 *
 * The secret must have the entropy of a key, which a password has not.
 *
 * Not a JWE, unlike keys at rest: refresh requests encrypt and decrypt on their way, and jose takes twice
 * as long and is asynchronous.
 *
 * @module
 */

import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

const ALGORITHM = 'aes-256-gcm'
const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16

const keyFrom = (secret: string, purpose: string): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, '', purpose, KEY_BYTES))

/**
 * Encrypts a text.
 *
 * @param purpose What the text is. It must be the same when the text is decrypted.
 */
export function encryptText(text: string, secret: string, purpose: string): string {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv(ALGORITHM, keyFrom(secret, purpose), nonce)
  const ciphertext = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), ciphertext]).toString('base64url')
}

/**
 * Decrypts a text.
 *
 * @throws Error when it was not encrypted with this secret for this purpose, or was changed since.
 */
export function decryptText(encrypted: string, secret: string, purpose: string): string {
  const bytes = Buffer.from(encrypted, 'base64url')
  const nonce = bytes.subarray(0, NONCE_BYTES)
  const decipher = createDecipheriv(ALGORITHM, keyFrom(secret, purpose), nonce, {
    authTagLength: TAG_BYTES,
  })
  decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES))
  const ciphertext = bytes.subarray(NONCE_BYTES + TAG_BYTES)
  return decipher.update(ciphertext, undefined, 'utf8') + decipher.final('utf8')
}
