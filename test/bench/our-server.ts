/**
 * Our server, as a host would mount it.
 *
 * @module
 */

import {
  createAuthorizationServer,
  type GeneralOptions,
  type Storage,
  type SuperAdminOptions,
  type User,
} from '@teamcast/oauth-server'
import { createMemoryStorage, type MemoryStorageOptions } from '@teamcast/oauth-server/memory'
import { createPostgresStorage, migrateToLatest } from '@teamcast/oauth-server/postgres'
import { createRedisStorage } from '@teamcast/oauth-server/redis'
import type { Redis } from 'ioredis'
import type { JWK } from 'jose'
import Koa from 'koa'
import { Kysely, PostgresDialect } from 'kysely'
import type { Pool } from 'pg'
import { sha256 } from '../../lib/util/sha256.ts'
import {
  BENCH_ACCESS_TOKEN_TTL_SECONDS,
  BENCH_CLIENT_ID,
  BENCH_CLIENT_SECRET,
  BENCH_PASSWORD,
  BENCH_REDIRECT_URI,
  BENCH_REFRESH_TOKEN_TTL_SECONDS,
  BENCH_SCOPES,
} from './fixture.ts'
import type { StoreName } from './servers.ts'

/** Connects to the store. */
export interface Drivers {
  connectRedis(): Promise<Redis>
  connectPostgres(): Pool
}

/** Creates the application, and registers its client. */
export async function createOurServer(
  issuer: string,
  signingKey: JWK,
  storage: Storage,
  more: Pick<GeneralOptions, 'clock'> & SuperAdminOptions = {},
): Promise<Koa> {
  await storage.clients.insert({
    clientId: BENCH_CLIENT_ID,
    name: 'Bench',
    audience: 'PLATFORM',
    tenantId: undefined,
    clientType: 'CONFIDENTIAL',
    scopes: BENCH_SCOPES,
    redirectUris: [BENCH_REDIRECT_URI],
    allowedGrantTypes: ['authorization_code', 'refresh_token', 'client_credentials'],
    tokenEndpointAuthMethod: 'client_secret_basic',
    requirePkce: true,
    resourceServerAudiences: [],
    accessTokenTtlSeconds: BENCH_ACCESS_TOKEN_TTL_SECONDS,
    refreshTokenTtlSeconds: BENCH_REFRESH_TOKEN_TTL_SECONDS,
    clientUri: undefined,
    logoUrl: undefined,
    tosUri: undefined,
    policyUri: undefined,
    createdAt: 0,
    updatedAt: 0,
    version: 1,
    secrets: [
      {
        secretId: 'bench-secret',
        hash: sha256(BENCH_CLIENT_SECRET),
        hint: 'tcs_',
        createdAt: 0,
        expiresAt: undefined,
        lastUsedAt: undefined,
      },
    ],
  })
  const userOf = (userId: string): User => ({
    userId,
    tenantId: 'bench',
    name: userId,
    email: `${userId}@bench.example`,
  })
  const server = createAuthorizationServer({
    issuer,
    storage,
    signingKeys: [signingKey],
    cookieKeys: ['a cookie key of the benchmark, long enough'],
    findUser: async (userId) => userOf(userId),
    authenticateUser: async ({ username, password }) =>
      password === BENCH_PASSWORD ? userOf(username) : undefined,
    ...more,
  })
  const app = new Koa()
  app.use(server.middleware())
  return app
}

/** Opens the storage, and creates its tables if they are missing. */
export async function openStorage(
  store: StoreName,
  drivers: Drivers,
  { maxRecords = 100_000 }: MemoryStorageOptions = {},
): Promise<Storage> {
  switch (store) {
    case 'redis':
      return createRedisStorage({ client: await drivers.connectRedis() })
    case 'postgres': {
      const pool = drivers.connectPostgres()
      await migrateToLatest(new Kysely({ dialect: new PostgresDialect({ pool }) }))
      return createPostgresStorage({ pool })
    }
    case 'memory':
      return createMemoryStorage({ maxRecords })
  }
}
