import { createRedisStorage } from '@teamcast/oauth-server/redis'
import test from 'ava'
import { Redis } from 'ioredis'
import { startRedis } from '../helpers/start-redis.ts'
import { testStorageContract } from './test-storage-contract.ts'

const redis = await startRedis()
const client = new Redis(redis.socket)
let storages = 0
const openStorage = async () => createRedisStorage({ client, keyPrefix: `case-${storages++}:` })

test.after.always(async () => {
  client.disconnect()
  await redis.stop()
})

testStorageContract('redis', openStorage)
