/**
 * Storage in Redis: for several servers that share their state, and for one that must not forget it.
 *
 * Every state change is one command or one script on keys of one slot, so it is atomic on a single
 * server, with Sentinel and on a Cluster alike. The one exception, records with an index, is described in
 * `provisional-record.ts` and `consent-store.ts`.
 *
 * @module
 */

import type { Cluster } from 'ioredis'
import { ConfigurationError, type Issue, unknownOptions } from '../../lib/errors.ts'
import { reportDriverFailures } from '../../lib/storage/driver-failure.ts'
import { createStores, type Storage, type Stores } from '../../lib/storage/storage.ts'
import { createArtifactStore } from './artifact-store.ts'
import { createClientStore } from './client-store.ts'
import type { Connection, RedisClient } from './connection.ts'
import { createConsentStore } from './consent-store.ts'
import { createEncryptedKeyStore } from './encrypted-key-store.ts'
import { keepConnectionFresh } from './fresh-connection.ts'
import { createKeys } from './keys.ts'
import { createPendingEventStore } from './pending-event-store.ts'
import { createRevocationStore } from './revocation-store.ts'
import { createScript, runScript } from './script.ts'
import { createTokenFamilyStore } from './token-family-store.ts'

const DEFAULT_KEY_PREFIX = 'teamcast-oauth:'

/** Expiry of the key that a ping writes. */
const PING_SECONDS = 10
const PING = createScript(`redis.call('SET', KEYS[1], '1', 'EX', ARGV[1])`)

/** Options of {@link createRedisStorage}. */
export interface RedisStorageOptions {
  /**
   * The connection, to Redis 6.2 or newer. The host opens, configures and closes it; it may use it for
   * other things as well. A `Cluster` must read from masters (`scaleReads: 'master'`, the default): a
   * replica does not know yet what was revoked a moment ago.
   */
  readonly client: RedisClient
  /**
   * What every key begins with.
   *
   * @range 1 to 64 characters out of `A–Z a–z 0–9 : . _ / -`
   * @defaultValue `'teamcast-oauth:'`
   */
  readonly keyPrefix?: string
}

/**
 * Creates a storage in Redis. Nothing is sent before the first call.
 *
 * @throws {@link ConfigurationError} when an option is wrong or unknown.
 *
 * @example
 *
 * A single Redis server
 *
 * ```ts
 * const client = new Redis('redis://localhost:6379', {
 *   enableOfflineQueue: false,
 *   maxRetriesPerRequest: 1,
 *   commandTimeout: 2000,
 * })
 * const server = createAuthorizationServer({ ...options, storage: createRedisStorage({ client }) })
 * ```
 */
export function createRedisStorage(options: RedisStorageOptions): Storage {
  const { client, keyPrefix = DEFAULT_KEY_PREFIX, ...unknown } = options
  const issues = [...findClientIssues(client), ...findIssues(keyPrefix, unknown)]
  if (issues.length > 0) throw new ConfigurationError(issues)
  const keys = createKeys(keyPrefix)
  const connection: Connection = { client: keepConnectionFresh(client), keys }
  const backend = {
    name: 'redis',
    async ping(): Promise<void> {
      // Writes in a script, as requests do: PING succeeds on a read-only replica, with a full memory, and
      // for a user who may run no scripts.
      await runScript(connection.client, PING, [keys.ping], [PING_SECONDS])
    },
  }
  const stores: Stores = {
    clients: createClientStore(connection),
    consents: createConsentStore(connection),
    families: createTokenFamilyStore(connection),
    artifacts: createArtifactStore(connection),
    revocations: createRevocationStore(connection),
    encryptedKeys: createEncryptedKeyStore(connection),
    pendingEvents: createPendingEventStore(connection),
  }
  return {
    ...createStores((name) => reportDriverFailures(`redis: ${name}`, stores[name])),
    backends: [reportDriverFailures('redis: backend', backend)],
  }
}

function findClientIssues(client: unknown): ReadonlyArray<Issue> {
  if (typeof client !== 'object' || client === null || !('evalsha' in client)) {
    return [{ path: 'client', message: 'must be a Redis or Cluster of ioredis' }]
  }
  const { isCluster, options } = client as Partial<Cluster>
  // Where absent, a Cluster reads from masters.
  const readsFrom = options?.scaleReads ?? 'master'
  return isCluster && readsFrom !== 'master'
    ? [{ path: 'client', message: 'must read from masters: "scaleReads" must be "master"' }]
    : []
}

function findIssues(keyPrefix: unknown, unknown: object): ReadonlyArray<Issue> {
  const issues: Array<Issue> = unknownOptions(Object.keys(unknown))
  // Braces would choose the slot of a key, and `*` and `[` match others in a host's own SCAN.
  if (typeof keyPrefix !== 'string' || !/^[\w:./-]{1,64}$/.test(keyPrefix)) {
    issues.push({
      path: 'keyPrefix',
      message: 'must be 1 to 64 characters out of A–Z a–z 0–9 : . _ / -',
    })
  }
  return issues
}
