/**
 * Storage in the memory of one process: for tests, for development, and for a single server that may
 * forget everything when it restarts.
 *
 * JavaScript runs one piece of code at a time, so a method that does not wait is one atomic step. No
 * method of these stores waits.
 *
 * @module
 */

import { ConfigurationError, type Issue, unknownOptions } from '../../lib/errors.ts'
import type { ClientRecord } from '../../lib/storage/client.ts'
import type { Storage } from '../../lib/storage/storage.ts'
import { createArtifactStore } from './artifact-store.ts'
import { createClientStore } from './client-store.ts'
import { createConsentStore, type StoredConsent } from './consent-store.ts'
import { createEncryptedKeyStore } from './encrypted-key-store.ts'
import type { LatestInstant } from './expiring-records.ts'
import { createPendingEventStore } from './pending-event-store.ts'
import { createRevocationStore } from './revocation-store.ts'
import { createTokenFamilyStore } from './token-family-store.ts'

const DEFAULT_MAX_RECORDS = 100_000

/** Options of {@link createMemoryStorage}. */
export interface MemoryStorageOptions {
  /**
   * The most ephemeral records of each kind. The kinds are those of artifacts, token families, revocations and
   * withdrawn grants.
   *
   * When there are that many, the oldest pending request, session or ended session is dropped to
   * make room. A new record of any other kind is refused with a `StorageError`: dropping one would undo a
   * sign-in, or make a revoked code or token valid again.
   *
   * @range At least 1
   * @defaultValue `100_000`
   */
  readonly maxRecords?: number
}

/**
 * Creates an empty storage in memory.
 *
 * Expired records are removed when others of their kind are written.
 *
 * @throws {@link ConfigurationError} when `maxRecords` is not a positive integer, or an option is
 * unknown.
 *
 * @example
 *
 * A server for a test
 *
 * ```ts
 * const server = createAuthorizationServer({ ...options, storage: createMemoryStorage() })
 * ```
 */
export function createMemoryStorage(options: MemoryStorageOptions = {}): Storage {
  const { maxRecords = DEFAULT_MAX_RECORDS, ...unknown } = options
  const issues = findIssues(maxRecords, unknown)
  if (issues.length > 0) throw new ConfigurationError(issues)
  const latestInstant: LatestInstant = { now: 0 }
  const limits = { maxRecords, latestInstant }
  const clients = new Map<string, ClientRecord>()
  const consents = new Map<string, StoredConsent>()
  const { record, ...revocations } = createRevocationStore(limits)
  return {
    clients: createClientStore(clients),
    consents: createConsentStore(limits, consents),
    families: createTokenFamilyStore(limits, { clients, consents }, record),
    artifacts: createArtifactStore(limits),
    revocations,
    encryptedKeys: createEncryptedKeyStore(),
    pendingEvents: createPendingEventStore(),
    backends: [{ name: 'memory', ping: async () => undefined }],
  }
}

function findIssues(maxRecords: number, unknown: object): ReadonlyArray<Issue> {
  const issues = unknownOptions(Object.keys(unknown))
  if (!Number.isSafeInteger(maxRecords) || maxRecords < 1) {
    issues.push({ path: 'maxRecords', message: 'must be a positive integer' })
  }
  return issues
}
