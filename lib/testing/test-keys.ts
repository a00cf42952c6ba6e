import { generateKeyPairSync } from 'node:crypto'
import type { JWK } from 'jose'

let signingKey: JWK | undefined

/** A private RSA key. Generated once per process, because that is slow. */
export function testSigningKey(): JWK {
  signingKey ??= generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
    format: 'jwk',
  }) as JWK
  return signingKey
}
