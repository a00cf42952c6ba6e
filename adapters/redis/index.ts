/**
 * `@teamcast/oauth-server/redis`: keeps everything in Redis, standalone, behind Sentinel, or a Cluster.
 *
 * @module
 */

export type { RedisClient } from './redis-commands.ts'
export { createRedisStorage, type RedisStorageOptions } from './redis-storage.ts'
