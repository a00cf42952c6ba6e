/**
 * Keys as they lie in a store: encrypted under the host's secret, each bound to its place.
 *
 * @module
 */

import type { JWK } from 'jose'
import type { SealedKey } from '../storage/storage.ts'
import { openText, sealText } from '../util/sealed-text.ts'
import type { KeyPurpose } from './key-schedule.ts'
import type { NewKey } from './new-key.ts'
import { type SigningKey, toSigningKey } from './signing-key.ts'

/** A key that was opened, with its record. */
export type OpenedKey = SealedKey & {
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
  readonly closed: ReadonlyArray<SealedKey>
}

/** Seals and opens keys. */
export interface KeySealing {
  /** Encrypts a key. */
  seal(purpose: KeyPurpose, key: NewKey): string
  /** Opens keys; what was opened before stays open, whatever it is encrypted under now. */
  open(records: ReadonlyArray<SealedKey>): OpenedKeys
}

/** Seals under the first secret; opens under any. */
export function createKeySealing(secrets: readonly [string, ...ReadonlyArray<string>]): KeySealing {
  let known = new Map<string, OpenedKey>()

  function openOne(record: SealedKey): OpenedKey | undefined {
    const before = known.get(record.keyId)
    if (before?.sealed === record.sealed) return { ...before, ...record }
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
    seal: (purpose, { keyId, key }) => sealText(key, secrets[0], placeOf(purpose, keyId)),

    open(records) {
      const opened = records.map(openOne).filter((key) => key !== undefined)
      known = new Map(opened.map((key) => [key.keyId, key]))
      return { opened, closed: records.filter(({ keyId }) => !known.has(keyId)) }
    },
  }
}

function decrypt(
  { sealed, purpose, keyId }: SealedKey,
  secrets: ReadonlyArray<string>,
): { readonly key: string; readonly isOutdated: boolean } | undefined {
  for (const [index, secret] of secrets.entries()) {
    try {
      return { key: openText(sealed, secret, placeOf(purpose, keyId)), isOutdated: index > 0 }
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
