/**
 * Storage in Redis: standalone, behind Sentinel, or a Cluster.
 *
 * @module
 */

import { ConfigurationError, type Issue, unknownOptions } from '../../lib/errors.ts'
import type { Storage } from '../../lib/storage/storage.ts'
import { createArtifactStore } from './artifact-store.ts'
import { createClientStore } from './client-store.ts'
import { createConsentStore } from './consent-store.ts'
import { createKeys } from './keys.ts'
import { createRedisCommands, type RedisClient } from './redis-commands.ts'
import { createRevokedAccessTokenStore } from './revoked-access-token-store.ts'
import { createSealedKeyStore } from './sealed-key-store.ts'
import { createTokenFamilyStore } from './token-family-store.ts'

const DEFAULT_KEY_PREFIX = 'teamcast-oauth:'
const PING_SECONDS = 10
// A brace would begin a hash tag, and put everything into one slot of a Cluster.
const KEY_PREFIX = /^[^{}\s]{0,64}$/

/** Options of {@link createRedisStorage}. */
export interface RedisStorageOptions {
  /** The connection: `Redis` or `Cluster` of ioredis. It stays the host's, who closes it. */
  readonly client: RedisClient
  /** What every key begins with: at most 64 characters, no braces. Defaults to `teamcast-oauth:`. */
  readonly keyPrefix?: string
}

/**
 * Creates a storage in Redis 6.2 or later.
 *
 * @throws {@link ConfigurationError} when options are rejected: all problems at once.
 *
 * @example
 *
 * ```ts
 * import { createRedisStorage } from '@teamcast/oauth-server/redis'
 * import { Redis } from 'ioredis'
 *
 * const client = new Redis('redis://localhost:6379', { enableOfflineQueue: false })
 * const storage = createRedisStorage({ client })
 * ```
 */
export function createRedisStorage(options: RedisStorageOptions): Storage {
  const issues = findIssues(options)
  if (issues.length > 0) throw new ConfigurationError(issues)
  const { client, keyPrefix = DEFAULT_KEY_PREFIX } = options
  const commands = createRedisCommands(client)
  const keys = createKeys(keyPrefix)
  return {
    clients: createClientStore(commands, keys),
    consents: createConsentStore(commands, keys),
    families: createTokenFamilyStore(commands, keys),
    artifacts: createArtifactStore(commands, keys),
    revokedAccessTokens: createRevokedAccessTokenStore(commands, keys),
    sealedKeys: createSealedKeyStore(commands, keys),
    backends: [
      {
        name: 'redis',
        // A write, so that a read-only replica and a full memory show.
        ping: async () => {
          await commands.run('SET', keys.ping, 1, 'EX', PING_SECONDS)
        },
      },
    ],
  }
}

function findIssues(options: Partial<RedisStorageOptions> | undefined): ReadonlyArray<Issue> {
  const { client, keyPrefix = DEFAULT_KEY_PREFIX, ...unknown } = options ?? {}
  const issues = unknownOptions(Object.keys(unknown))
  if (typeof client?.call !== 'function') {
    issues.push({ path: 'client', message: 'must be a Redis or Cluster of ioredis' })
  }
  if (typeof keyPrefix !== 'string' || !KEY_PREFIX.test(keyPrefix)) {
    issues.push({
      path: 'keyPrefix',
      message: 'must be a text of at most 64 characters without braces and spaces',
    })
  }
  return issues
}
