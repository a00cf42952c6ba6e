/**
 * Keys at rest: each is an encrypted JWK (RFC 7517 §7), a JWE in compact serialization with `dir` and
 * `A256GCM`. Its encryption key and its `kid` are both derived from the host's secret (HKDF, RFC 5869): the
 * `kid` identifies the secret without revealing anything about it.
 *
 * @module
 */

import { hkdfSync } from 'node:crypto'
import { CompactEncrypt, compactDecrypt, type JWK } from 'jose'
import type { EncryptedKey } from '../storage/encrypted-key-store.ts'
import type { KeyPurpose } from './key-schedule.ts'
import { type SigningKey, toSigningKey } from './signing-key.ts'

const KEY_BYTES = 32
const KEY_ID_BYTES = 16

const KEY_TYPES: Readonly<Record<KeyPurpose, string>> = { signing: 'RSA', cookie: 'oct' }

/** A key that was decrypted, with its record. */
export type DecryptedKey = EncryptedKey & {
  /** Whether it is encrypted under a previous secret. */
  readonly isOutdated: boolean
  readonly jwk: JWK
  /** What signs tokens; `undefined` for a cookie key. */
  readonly signingKey: SigningKey | undefined
}

/** The keys of a store, decrypted as far as the secrets allow. */
export interface DecryptedKeys {
  readonly decrypted: ReadonlyArray<DecryptedKey>
  /** Those that none of the secrets decrypts. */
  readonly undecryptable: ReadonlyArray<EncryptedKey>
}

/** Encrypts and decrypts keys. */
export interface KeyEncryption {
  encrypt(key: JWK): Promise<string>
  /** Decrypts keys. One that was decrypted before stays so, whatever it is encrypted under now. */
  decrypt(records: ReadonlyArray<EncryptedKey>): Promise<DecryptedKeys>
}

/** Encrypts under the first secret, decrypts under any. */
export function createKeyEncryption(
  secrets: readonly [string, ...ReadonlyArray<string>],
): KeyEncryption {
  const secretKeys = new Map(secrets.map((secret) => [secretIdOf(secret), encryptionKeyOf(secret)]))
  const secretId = secretIdOf(secrets[0])
  const encryptionKey = encryptionKeyOf(secrets[0])
  let known: ReadonlyMap<string, DecryptedKey> = new Map()
  let calls = 0

  async function decryptOne(record: EncryptedKey): Promise<DecryptedKey | undefined> {
    const before = known.get(record.keyId)
    if (before?.encrypted === record.encrypted) return { ...before, ...record }
    const found = await decryptJwk(record, secretKeys)
    if (found === undefined) return before && { ...before, ...record }
    // What is expensive to create is kept, with what it has cached.
    const signingKey =
      before?.signingKey ?? (record.purpose === 'signing' ? toSigningKey(found.jwk) : undefined)
    return { ...record, jwk: found.jwk, isOutdated: found.secretId !== secretId, signingKey }
  }

  return {
    encrypt: (key) =>
      new CompactEncrypt(Buffer.from(JSON.stringify(key)))
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', cty: 'jwk+json', kid: secretId })
        .encrypt(encryptionKey),

    async decrypt(records) {
      calls += 1
      const call = calls
      const results = await Promise.all(records.map(decryptOne))
      const decrypted = results.filter((key) => key !== undefined)
      // A call that began later knows better.
      if (call === calls) known = new Map(decrypted.map((key) => [key.keyId, key]))
      return { decrypted, undecryptable: records.filter((_, index) => !results[index]) }
    },
  }
}

/** Decrypts a key; `undefined` unless it is under one of the secrets and in its place. */
async function decryptJwk(
  { encrypted, purpose, keyId }: EncryptedKey,
  secretKeys: ReadonlyMap<string, Uint8Array>,
): Promise<{ readonly jwk: JWK; readonly secretId: string } | undefined> {
  let secretId = ''
  try {
    const { plaintext } = await compactDecrypt(
      encrypted,
      ({ kid = '' }) => {
        secretId = kid
        return secretKeys.get(kid) ?? Promise.reject(new Error('it is under another secret'))
      },
      { keyManagementAlgorithms: ['dir'], contentEncryptionAlgorithms: ['A256GCM'] },
    )
    const jwk: JWK = JSON.parse(Buffer.from(plaintext).toString())
    // Records cannot be exchanged in the storage: each key names itself and says what it is for.
    return jwk.kid === keyId && jwk.kty === KEY_TYPES[purpose] ? { jwk, secretId } : undefined
  } catch {
    return undefined
  }
}

const encryptionKeyOf = (secret: string): Uint8Array => derive(secret, 'key encryption', KEY_BYTES)

const secretIdOf = (secret: string): string =>
  Buffer.from(derive(secret, 'secret id', KEY_ID_BYTES)).toString('base64url')

function derive(secret: string, purpose: string, bytes: number): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, '', `teamcast-oauth ${purpose}`, bytes))
}
