import * as shape from './result-shape.ts'

/** What an operator did to a key of the server. */
export interface EncryptedKeyChange {
  /** `rotated`: it was activated early. `revoked`: what it signed is no longer valid. */
  readonly type: 'rotated' | 'revoked'
  /** When. */
  readonly at: number
  /** Who did it, in the host's own terms. */
  readonly actorId?: string
  /** Address the request came from. */
  readonly ip?: string
  /** The instance that reports it to its host. Absent until one does. */
  readonly reportedBy?: string
}

/** A key of the server, encrypted by the caller. */
export interface EncryptedKey {
  /** Names it; for a signing key, its `kid`. The same alphabet as other keys. */
  readonly keyId: string
  readonly purpose: 'signing' | 'cookie'
  /** Counts the keys of a purpose from 1: there is one of each number. */
  readonly generation: number
  /** The key as a JWE in compact serialization. */
  readonly encrypted: string
  readonly createdAt: number
  /** From when it signs, until the next key of its purpose does. */
  readonly activatesAt: number
  /** Since when its signatures are invalid. Absent unless it was revoked. */
  readonly revokedAt?: number
  /** What operators did to it, in this order; at most one change of each type. Absent when there is none. */
  readonly changes?: ReadonlyArray<EncryptedKeyChange>
  /** Counts the versions of this record, from 1. */
  readonly version: number
}

/** The server's own keys. */
export interface EncryptedKeyStore {
  /**
   * Adds a key, unless there is one of its purpose and generation.
   *
   * @returns `true` to exactly one caller per purpose and generation.
   */
  insert(key: EncryptedKey): Promise<boolean>

  /** Lists all keys, in any order. */
  list(): Promise<ReadonlyArray<EncryptedKey>>

  /**
   * Replaces the key of its purpose and generation if it is still at `expectedVersion`.
   *
   * @returns `false` when it does not exist or is at another version; nothing is changed then.
   */
  update(key: EncryptedKey, expectedVersion: number): Promise<boolean>

  /** Deletes the key of a purpose and generation. @returns `false` when there was none. */
  delete(purpose: EncryptedKey['purpose'], generation: number): Promise<boolean>
}

const encryptedKey = shape.record<EncryptedKey>({
  keyId: shape.nonEmptyString,
  purpose: shape.oneOf('signing', 'cookie'),
  generation: shape.integer,
  encrypted: shape.nonEmptyString,
  createdAt: shape.number,
  activatesAt: shape.number,
  revokedAt: shape.optional(shape.number),
  changes: shape.optional(
    shape.arrayOf(
      shape.record<EncryptedKeyChange>({
        type: shape.oneOf('rotated', 'revoked'),
        at: shape.number,
        actorId: shape.optional(shape.string),
        ip: shape.optional(shape.string),
        reportedBy: shape.optional(shape.string),
      }),
    ),
  ),
  version: shape.integer,
})

/** What the methods may resolve to. */
export const ENCRYPTED_KEY_RESULTS: shape.ResultShapes<EncryptedKeyStore> = {
  insert: shape.BOOLEAN,
  list: shape.listOf('EncryptedKeys', encryptedKey),
  update: shape.BOOLEAN,
  delete: shape.BOOLEAN,
}
