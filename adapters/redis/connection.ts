import type { Cluster, Redis } from 'ioredis'
import type { Keys } from './keys.ts'

/** A connection of ioredis, however it was told to present maps. */
export type RedisClient = Redis | Redis<'resp3'> | Cluster | Cluster<'resp3'>

/** Dependencies of the stores. */
export interface Connection {
  /** The host's. */
  readonly client: RedisClient
  readonly keys: Keys
}
