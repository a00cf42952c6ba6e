/**
 * `@teamcast/oauth-server/redis`: keeps everything in Redis, standalone, with Sentinel or as a Cluster.
 *
 * @module redis
 */

export type { RedisClient } from './connection.ts'
export { createRedisStorage, type RedisStorageOptions } from './redis-storage.ts'
