import { generateKeyPairSync } from 'node:crypto'
import type { AuthorizationServerOptions } from '@teamcast/oauth-server'
import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import type { JWK } from 'jose'

let signingKey: JWK | undefined

/** A private RSA key; the same one throughout a test file. */
export function rsaKey(): JWK {
  signingKey ??= newRsaKey(2048)
  return signingKey
}

/** A new private RSA key. */
export function newRsaKey(modulusLength: number): JWK {
  return generateKeyPairSync('rsa', { modulusLength }).privateKey.export({ format: 'jwk' }) as JWK
}

type ValidOptions = AuthorizationServerOptions & {
  readonly keys?: undefined
  readonly hostSession?: undefined
  readonly resources?: undefined
}

/** The fewest options a server starts with. */
export function validOptions(): ValidOptions {
  return {
    issuer: 'https://auth.example',
    storage: createMemoryStorage(),
    signingKeys: [rsaKey()],
    cookieKeys: ['a cookie key of a test: not a secret'],
    findUser: async () => undefined,
    authenticateUser: async () => undefined,
  }
}
