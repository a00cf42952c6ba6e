/**
 * A thread that makes a signing key and keeps it, as a KMS does: what leaves it is the public part, and
 * signatures.
 *
 * @module
 */

import { generateKeyPairSync, sign } from 'node:crypto'
import { parentPort } from 'node:worker_threads'

/** What is asked of it. */
export interface SigningTask {
  readonly id: number
  readonly data: Uint8Array
}

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
parentPort?.on('message', ({ id, data }: SigningTask) => {
  parentPort?.postMessage({ id, signature: sign('sha256', data, privateKey) })
})
parentPort?.postMessage(publicKey.export({ format: 'jwk' }))
