/**
 * The keys of a store as an instance knows them, never older than the lease when it signs.
 *
 * @module
 */

import { errors } from 'jose'
import { StorageError } from '../errors.ts'
import type { EncryptedKeyStore } from '../storage/storage.ts'
import type { Clock } from '../util/clock.ts'
import type { KeyEncryption, OpenedKey, OpenedKeys } from './key-encryption.ts'
import type { KeyRing } from './key-ring.ts'
import { KEY_LEASE_SECONDS } from './key-schedule.ts'
import { createKeySelector } from './key-selection.ts'
import { signJwt } from './signing-key.ts'

/** The keys of a store, as last read. */
export interface CurrentKeys {
  /** What uses them. */
  readonly ring: KeyRing
  /** Reads the store. @throws {@link StorageError}; the keys then stay those that were read before. */
  read(): Promise<OpenedKeys>
}

/** Knows the keys of a store; none before the first read. */
export function createCurrentKeys(
  store: EncryptedKeyStore,
  encryption: KeyEncryption,
  now: Clock,
): CurrentKeys {
  const select = createKeySelector(now)
  let keys: ReadonlyArray<OpenedKey> = []
  let reads = 0
  /** The read that the keys are from: which, and when it began. */
  let latest = { number: 0, at: Number.NEGATIVE_INFINITY }
  let failure: unknown
  let pending: Promise<unknown> | undefined

  async function read(): Promise<OpenedKeys> {
    reads += 1
    const begun = { number: reads, at: now() }
    try {
      const found = encryption.open(await store.list())
      // One that began earlier and took longer knows less.
      if (begun.number > latest.number) {
        latest = begun
        keys = found.opened
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

  const ring: KeyRing = {
    async signJwt(claims, type) {
      await freshen(KEY_LEASE_SECONDS)
      const { signingKey } = select(keys)
      if (signingKey === undefined) throw new StorageError('the storage has no key to sign with')
      return await signJwt(signingKey, claims, type)
    },

    async verificationKey(header, token) {
      // Keys that are known go on verifying while the store is away.
      await freshen(KEY_LEASE_SECONDS).catch(() => undefined)
      try {
        return await select(keys).verificationKey(header, token)
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
      }
      // Another instance may have made it and used it at once, after two emergencies in a row.
      await freshen(0).catch(() => undefined)
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
