/**
 * The keys of a store as an instance last read them. It signs with none that are older than the lease.
 *
 * @module
 */

import { StorageError } from '../errors.ts'
import type { EncryptedKeyStore } from '../storage/encrypted-key-store.ts'
import type { Clock } from '../util/clock.ts'
import type { DecryptedKey, DecryptedKeys, KeyEncryption } from './key-encryption.ts'
import type { KeyRing } from './key-ring.ts'
import { KEY_LEASE_SECONDS } from './key-schedule.ts'
import { createKeySelector } from './key-selection.ts'
import { signJwt, verifyJwt } from './own-jwt.ts'
import type { SigningKey } from './signing-key.ts'

/** The keys of a store, as last read. */
export interface CurrentKeys {
  /** Signs and verifies with them. */
  readonly ring: KeyRing
  /** Reads the store. @throws {@link StorageError}; the keys then stay those that were read before. */
  read(): Promise<DecryptedKeys>
}

/** Creates the current keys of a store; there are none before the first read. */
export function createCurrentKeys(
  store: EncryptedKeyStore,
  encryption: KeyEncryption,
  now: Clock,
): CurrentKeys {
  const select = createKeySelector(now)
  let keys: ReadonlyArray<DecryptedKey> = []
  let reads = 0
  /** The read that the keys are from: which, and when it began. */
  let latest = { number: 0, at: Number.NEGATIVE_INFINITY }
  let failure: unknown
  let pending: Promise<unknown> | undefined

  async function read(): Promise<DecryptedKeys> {
    reads += 1
    const begun = { number: reads, at: now() }
    try {
      const found = await encryption.decrypt(await store.list())
      // A read that began earlier and took longer knows less.
      if (begun.number > latest.number) {
        latest = begun
        keys = found.decrypted
        failure = undefined
      }
      return found
    } catch (error) {
      failure = error
      throw error
    }
  }

  /** Reads the store if the keys are older than that. While it fails, only the next `read()` tries again. */
  async function freshen(maxAgeSeconds: number): Promise<void> {
    const age = now() - latest.at
    if (age >= 0 && age <= maxAgeSeconds) return
    if (failure !== undefined) throw failure
    pending ??= read().finally(() => {
      pending = undefined
    })
    await pending
  }

  async function findKey(kid: string): Promise<SigningKey | undefined> {
    const find = (): SigningKey | undefined =>
      select(keys).signingKeys.find((key) => key.kid === kid)
    // Known keys still verify while the store is unavailable.
    await freshen(KEY_LEASE_SECONDS).catch(() => undefined)
    const found = find()
    if (found !== undefined) return found
    // Another instance may have created and used it at once, after two revocations in a row.
    await freshen(0).catch(() => undefined)
    return find()
  }

  const ring: KeyRing = {
    async signJwt(claims, type) {
      await freshen(KEY_LEASE_SECONDS)
      const { signingKey } = select(keys)
      if (signingKey === undefined) throw new StorageError('the storage has no signing key')
      return await signJwt(signingKey, claims, type)
    },

    verifyJwt: (token, type) => verifyJwt(findKey, token, type),

    async verificationKey(header, token) {
      await findKey(header.kid ?? '')
      return await select(keys).verificationKey(header, token)
    },

    publishedKeys: () => select(keys).publishedKeys,

    cookieKeys() {
      const { cookieKeys } = select(keys)
      if (cookieKeys.length === 0) throw new StorageError('the storage has no cookie key')
      return cookieKeys
    },
  }
  return { ring, read }
}
