/**
 * Client secrets: made here, shown once, kept as hashes.
 *
 * @module
 */

import { randomText } from '../util/random-text.ts'
import { equalsInConstantTime, sha256 } from '../util/sha256.ts'
import type { ClientSecretRecord } from './client.ts'

/** Tells secret scanners what they have found. */
const PREFIX = 'tcs_'
// 43 of 62 characters: 256 bits.
const RANDOM_LENGTH = 43
const HINT_LENGTH = 8
const SECRET_ID_LENGTH = 12

/** A new secret, and what to store of it. */
export interface NewClientSecret {
  /** The secret itself, to be shown once. */
  readonly clientSecret: string
  readonly record: ClientSecretRecord
}

/** Makes a client secret: `tcs_` and 43 letters and digits, so it never needs escaping. */
export function createClientSecret(createdAt: number): NewClientSecret {
  const clientSecret = PREFIX + randomText(RANDOM_LENGTH)
  const hint = clientSecret.slice(0, HINT_LENGTH)
  const record = {
    secretId: randomText(SECRET_ID_LENGTH),
    hash: sha256(clientSecret),
    hint,
    createdAt,
    expiresAt: undefined,
    lastUsedAt: undefined,
  }
  return { clientSecret, record }
}

/** Whether a presented secret is one of a client's, and that one has not expired. */
export function matchesClientSecret(
  presented: string,
  secrets: ReadonlyArray<ClientSecretRecord>,
  now: number,
): boolean {
  const presentedHash = sha256(presented)
  // All are compared, so that the time taken does not tell which one matched.
  const matching = secrets.filter(({ hash }) => equalsInConstantTime(hash, presentedHash))
  return matching.some(({ expiresAt }) => expiresAt === undefined || now < expiresAt)
}
