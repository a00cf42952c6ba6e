/**
 * Client secrets: created here, shown once, stored as hashes.
 *
 * @module
 */

import type { Client, ClientRecord, ClientSecret, ClientSecretRecord } from '../storage/client.ts'
import { randomText } from '../util/random-text.ts'
import { equalsInConstantTime, sha256 } from '../util/sha256.ts'

/** Lets secret scanners recognise client secrets. */
const PREFIX = 'tcs_'
// 43 of 62 characters: 256 bits.
const RANDOM_LENGTH = 43
const HINT_LENGTH = 8
const SECRET_ID_LENGTH = 12

/** A new secret and its record. */
export interface NewClientSecret {
  /** The secret, to be shown once. */
  readonly clientSecret: string
  readonly record: ClientSecretRecord
}

/** A secret and its id. */
export interface SecretIdentity {
  readonly secretId: string
  readonly clientSecret: string
}

/** Creates a secret, `tcs_` and 43 letters and digits, so it never needs escaping; and its id. */
export function createSecretIdentity(): SecretIdentity {
  return {
    secretId: randomText(SECRET_ID_LENGTH),
    clientSecret: PREFIX + randomText(RANDOM_LENGTH),
  }
}

/** Creates the record of a client secret. */
export function createClientSecret(
  { secretId, clientSecret }: SecretIdentity,
  createdAt: number,
  expiresAt?: number,
): NewClientSecret {
  const hint = clientSecret.slice(0, HINT_LENGTH)
  const record = {
    secretId,
    hash: sha256(clientSecret),
    hint,
    createdAt,
    expiresAt,
    lastUsedAt: undefined,
  }
  return { clientSecret, record }
}

/** Finds the record of a presented secret; `undefined` when it is wrong or has expired. */
export function findClientSecret(
  presented: string,
  secrets: ReadonlyArray<ClientSecretRecord>,
  now: number,
): ClientSecretRecord | undefined {
  const presentedHash = sha256(presented)
  // All are compared, so that the time taken does not tell which one matched.
  const matching = secrets.filter(({ hash }) => equalsInConstantTime(hash, presentedHash))
  return matching.find((secret) => isUsableSecret(secret, now))
}

/** Whether a secret has not expired. */
export function isUsableSecret({ expiresAt }: ClientSecret, now: number): boolean {
  return expiresAt === undefined || now < expiresAt
}

/** Converts a client record to its public form. */
export function withoutHashes({
  secrets,
  earlierAccessTokensExpireAt: _earlier,
  ...client
}: ClientRecord): Client {
  return { ...client, secrets: secrets.map(withoutHash) }
}

/** Converts the record of a secret to its public form. */
export function withoutHash({ hash: _hash, ...secret }: ClientSecretRecord): ClientSecret {
  return secret
}
