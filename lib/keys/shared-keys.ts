/**
 * Signing and cookie keys that several instances share through their storage.
 *
 * @module
 */

import { generateKeyPair, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import type { JWK } from 'jose'
import { ConfigurationError } from '../errors.ts'
import type { SealedKey, SealedKeyStore } from '../storage/storage.ts'
import { type Clock, systemClock } from '../util/clock.ts'
import { openText, sealText } from '../util/sealed-text.ts'

const MINIMUM_SECRET_LENGTH = 32
const MODULUS_BITS = 2048
const COOKIE_KEY_BYTES = 32
const FIRST_GENERATION = 1

const generateKeyPairOnThreadPool = promisify(generateKeyPair)

/** Options of {@link loadSharedKeys}. */
export interface SharedKeysOptions {
  /** The storage that the instances share. */
  readonly storage: { readonly sealedKeys: SealedKeyStore }
  /**
   * The one secret that the host keeps: at least 32 characters that cannot be guessed, such as
   * `openssl rand -base64 32` prints. The keys in the storage are encrypted under it.
   */
  readonly secret: string
  /** Tells the time in whole seconds since the Unix epoch. Defaults to the machine's clock. */
  readonly clock?: () => number
}

/** Keys for the options of the same name of `createAuthorizationServer`. */
export interface SharedKeys {
  readonly signingKeys: readonly [JWK, ...ReadonlyArray<JWK>]
  readonly cookieKeys: readonly [string, ...ReadonlyArray<string>]
}

/**
 * Loads the keys that all instances with the same storage and secret use. The first one makes them.
 *
 * @throws {@link ConfigurationError} when the secret is too short, or is not the one that the keys in
 *   the storage were encrypted under.
 * @throws {@link StorageError} when the storage does not answer.
 *
 * @example
 *
 * ```ts
 * const storage = createMemoryStorage()
 * const keys = await loadSharedKeys({ storage, secret: process.env.OAUTH_SECRET ?? '' })
 * const server = createAuthorizationServer({ ...options, storage, ...keys })
 * ```
 */
export async function loadSharedKeys(options: SharedKeysOptions): Promise<SharedKeys> {
  const { storage, secret, clock = systemClock } = options
  if (secret.length < MINIMUM_SECRET_LENGTH) {
    throw configurationError(`must have at least ${MINIMUM_SECRET_LENGTH} characters`)
  }
  const keyring: Keyring = { store: storage.sealedKeys, secret, now: clock }
  const [signingKey, cookieKey] = await Promise.all([
    findOrMake(keyring, 'signing', makeSigningKey),
    findOrMake(keyring, 'cookie', makeCookieKey),
  ])
  return { signingKeys: [JSON.parse(signingKey) as JWK], cookieKeys: [cookieKey] }
}

interface Keyring {
  readonly store: SealedKeyStore
  readonly secret: string
  readonly now: Clock
}

interface NewKey {
  readonly keyId: string
  /** The key itself, as text. */
  readonly key: string
}

async function findOrMake(
  keyring: Keyring,
  purpose: SealedKey['purpose'],
  make: () => Promise<NewKey>,
): Promise<string> {
  const found = await find(keyring, purpose)
  if (found !== undefined) return found
  const { keyId, key } = await make()
  const sealed = sealText(key, keyring.secret, sealingPurpose(purpose, keyId))
  const record = { keyId, purpose, generation: FIRST_GENERATION, sealed, createdAt: keyring.now() }
  if (await keyring.store.insert(record)) return key
  // Another instance was faster; its key is the one.
  return (await find(keyring, purpose)) ?? (await findOrMake(keyring, purpose, make))
}

async function find(
  { store, secret }: Keyring,
  purpose: SealedKey['purpose'],
): Promise<string | undefined> {
  const keys = await store.list()
  const record = keys.find((key) => key.purpose === purpose && key.generation === FIRST_GENERATION)
  if (record === undefined) return undefined
  try {
    return openText(record.sealed, secret, sealingPurpose(purpose, record.keyId))
  } catch {
    throw configurationError('is not the one that the keys in the storage were encrypted under')
  }
}

/** Binds what is encrypted to its place, so that records cannot be exchanged in the storage. */
function sealingPurpose(purpose: SealedKey['purpose'], keyId: string): string {
  return `${purpose}-key ${keyId}`
}

async function makeSigningKey(): Promise<NewKey> {
  const { privateKey } = await generateKeyPairOnThreadPool('rsa', { modulusLength: MODULUS_BITS })
  const keyId = randomBytes(16).toString('base64url')
  return { keyId, key: JSON.stringify({ ...privateKey.export({ format: 'jwk' }), kid: keyId }) }
}

async function makeCookieKey(): Promise<NewKey> {
  const keyId = randomBytes(16).toString('base64url')
  return { keyId, key: randomBytes(COOKIE_KEY_BYTES).toString('base64url') }
}

function configurationError(message: string): ConfigurationError {
  return new ConfigurationError([{ path: 'secret', message }])
}
