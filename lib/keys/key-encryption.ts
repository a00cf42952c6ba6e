/**
 * Keys as they lie in a store: encrypted under the host's secret, each bound to its place.
 *
 * @module
 */

import type { JWK } from 'jose'
import type { EncryptedKey } from '../storage/storage.ts'
import { decryptText, encryptText } from '../util/encrypted-text.ts'
import type { KeyPurpose } from './key-schedule.ts'
import type { NewKey } from './new-key.ts'
import { type SigningKey, toSigningKey } from './signing-key.ts'

/** A key that was opened, with its record. */
export type OpenedKey = EncryptedKey & {
  /** Whether it is under a previous secret. */
  readonly isOutdated: boolean
  /** The key itself, as text. */
  readonly key: string
  /** What signs; `undefined` for a cookie key. */
  readonly signingKey: SigningKey | undefined
}

/** Keys of a store, opened as far as the secrets go. */
export interface OpenedKeys {
  readonly opened: ReadonlyArray<OpenedKey>
  /** Those that none of the secrets opens. */
  readonly closed: ReadonlyArray<EncryptedKey>
}

/** Encrypts and opens keys. */
export interface KeyEncryption {
  /** Encrypts a key. */
  encrypt(purpose: KeyPurpose, key: NewKey): string
  /** Opens keys; what was opened before stays open, whatever it is encrypted under now. */
  open(records: ReadonlyArray<EncryptedKey>): OpenedKeys
}

/** Encrypts under the first secret; opens under any. */
export function createKeyEncryption(
  secrets: readonly [string, ...ReadonlyArray<string>],
): KeyEncryption {
  let known = new Map<string, OpenedKey>()

  function openOne(record: EncryptedKey): OpenedKey | undefined {
    const before = known.get(record.keyId)
    if (before?.encrypted === record.encrypted) return { ...before, ...record }
    const found = decrypt(record, secrets)
    if (found === undefined) return before && { ...before, ...record }
    const { key, isOutdated } = found
    // What is expensive to make anew is kept, with what it has cached.
    const signingKey =
      before?.signingKey ??
      (record.purpose === 'signing' ? toSigningKey(JSON.parse(key) as JWK) : undefined)
    return { ...record, key, isOutdated, signingKey }
  }

  return {
    encrypt: (purpose, { keyId, key }) => encryptText(key, secrets[0], placeOf(purpose, keyId)),

    open(records) {
      const opened = records.map(openOne).filter((key) => key !== undefined)
      known = new Map(opened.map((key) => [key.keyId, key]))
      return { opened, closed: records.filter(({ keyId }) => !known.has(keyId)) }
    },
  }
}

function decrypt(
  { encrypted, purpose, keyId }: EncryptedKey,
  secrets: ReadonlyArray<string>,
): { readonly key: string; readonly isOutdated: boolean } | undefined {
  for (const [index, secret] of secrets.entries()) {
    try {
      return { key: decryptText(encrypted, secret, placeOf(purpose, keyId)), isOutdated: index > 0 }
    } catch {
      // It is under another one.
    }
  }
  return undefined
}

/** Binds what is encrypted to its place, so that records cannot be exchanged in the storage. */
function placeOf(purpose: KeyPurpose, keyId: string): string {
  return `${purpose}-key ${keyId}`
}
