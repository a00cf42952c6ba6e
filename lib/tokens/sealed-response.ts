/**
 * Keeps a token response for a client that never received it, so that only the holder of the refresh
 * token that was spent for it can open it: AES-256-GCM under a key derived from that token.
 *
 * @module
 */

import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

const ALGORITHM = 'aes-256-gcm'
const NONCE_BYTES = 12
const TAG_BYTES = 16

const keyFrom = (spentToken: string): Buffer =>
  Buffer.from(hkdfSync('sha256', spentToken, '', 'refresh-retry', 32))

/** Encrypts a response under the refresh token that was spent for it. */
export function sealResponse(response: string, spentToken: string): string {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv(ALGORITHM, keyFrom(spentToken), nonce)
  const ciphertext = Buffer.concat([cipher.update(response, 'utf8'), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), ciphertext]).toString('base64url')
}

/**
 * Decrypts a response.
 *
 * @throws Error when it was not sealed under this token or was changed since.
 */
export function openResponse(sealed: string, spentToken: string): string {
  const bytes = Buffer.from(sealed, 'base64url')
  const nonce = bytes.subarray(0, NONCE_BYTES)
  const decipher = createDecipheriv(ALGORITHM, keyFrom(spentToken), nonce, {
    authTagLength: TAG_BYTES,
  })
  decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES))
  return (
    decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES), undefined, 'utf8') +
    decipher.final('utf8')
  )
}
