import { generateKeyPairSync } from 'node:crypto'
import type { JWK } from 'jose'
import { createGivenKeys, type KeyRing } from '../keys/key-ring.ts'
import type {
  AuthorizationServerOptions,
  KeyOptions,
} from '../options/authorization-server-options.ts'

let signingKey: JWK | undefined

/** A private RSA key. Generated once per process, because that is slow. */
export function testSigningKey(): JWK {
  signingKey ??= generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
    format: 'jwk',
  }) as JWK
  return signingKey
}

/** The given keys or test keys, as options and as a key ring. */
export function keysOf(given: Partial<Pick<AuthorizationServerOptions, keyof KeyOptions>>): {
  readonly options: Pick<AuthorizationServerOptions, 'signingKeys' | 'cookieKeys'>
  readonly ring: KeyRing
} {
  if (given.keys !== undefined) return { options: {}, ring: given.keys }
  const {
    signingKeys = [testSigningKey()],
    cookieKeys = ['cookie key of a test server, not a secret'],
  } = given
  return { options: { signingKeys, cookieKeys }, ring: createGivenKeys(signingKeys, cookieKeys) }
}
