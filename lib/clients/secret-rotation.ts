/**
 * The rules for adding and removing client secrets.
 *
 * @module
 */

import { ClientMetadataError, ClientSecretNotFoundError, ConflictError } from '../errors.ts'
import type { ClientRecord, ClientSecretRecord } from '../storage/client.ts'
import { issueOfRule } from './client-issue.ts'
import { isUsableSecret } from './client-secret.ts'

/** Two are enough for a rotation; more let several deployments switch over one after another. */
const MAXIMUM_SECRETS = 5
const MAXIMUM_LIFETIME_SECONDS = 10 * 366 * 86_400

type Secrets = ReadonlyArray<ClientSecretRecord>

/**
 * Adds a secret and drops the expired ones.
 *
 * @throws {@link ClientMetadataError} with everything that is wrong.
 * @throws {@link ConflictError} when the secret was added before.
 */
export function withSecretAdded(
  { clientId, clientType, secrets }: ClientRecord,
  added: ClientSecretRecord,
  now: number,
): Secrets {
  if (secrets.some(({ secretId }) => secretId === added.secretId)) {
    throw new ConflictError(`client "${clientId}" has the secret already`)
  }
  const kept = secrets.filter((secret) => isUsableSecret(secret, now))
  const issues = [
    ...(clientType === 'PUBLIC' ? [issueOfRule('secrets', 'secrets-of-public')] : []),
    ...(kept.length >= MAXIMUM_SECRETS
      ? [issueOfRule('secrets', 'secrets-too-many', { maximum: MAXIMUM_SECRETS })]
      : []),
    ...(isValidExpiry(added.expiresAt, now) ? [] : [issueOfRule('expiresAt', 'secret-expiry')]),
  ]
  if (issues.length > 0) throw new ClientMetadataError(issues)
  return [...kept, added]
}

/**
 * Removes a secret.
 *
 * @throws {@link ClientSecretNotFoundError} when there is no such secret.
 * @throws {@link ClientMetadataError} when it is the last usable one.
 */
export function withSecretRemoved(
  { clientId, secrets }: ClientRecord,
  secretId: string,
  now: number,
): Secrets {
  const removed = secrets.find((secret) => secret.secretId === secretId)
  if (removed === undefined) throw new ClientSecretNotFoundError(clientId, secretId)
  const kept = secrets.filter((secret) => secret !== removed)
  const isLast = !kept.some((secret) => isUsableSecret(secret, now))
  if (isLast && isUsableSecret(removed, now)) {
    const message = 'must contain one that can be used: add another one first'
    throw new ClientMetadataError([{ path: 'secrets', message }])
  }
  return kept
}

function isValidExpiry(expiresAt: number | undefined, now: number): boolean {
  if (expiresAt === undefined) return true
  const isInRange = expiresAt > now && expiresAt <= now + MAXIMUM_LIFETIME_SECONDS
  return Number.isInteger(expiresAt) && isInRange
}
