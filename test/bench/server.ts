/**
 * One of the servers that are compared, in a process of its own:
 * `node server.ts bare|ours|floor memory|redis|postgres [connection]`. Prints its issuer, and answers every
 * message of its parent with the CPU time that it has used, in microseconds.
 *
 * @module
 */

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAuthorizationServer, type Storage, type User } from '@teamcast/oauth-server'
import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import { createPostgresStorage, migrateToLatest } from '@teamcast/oauth-server/postgres'
import { createRedisStorage } from '@teamcast/oauth-server/redis'
import { Redis } from 'ioredis'
import type { JWK } from 'jose'
import Koa from 'koa'
import { Kysely, PostgresDialect } from 'kysely'
import type { Adapter } from 'oidc-provider'
import { Pool } from 'pg'
import { sha256 } from '../../lib/util/sha256.ts'
import { createBareProvider } from './bare-provider.ts'
import {
  BENCH_CLIENT_ID,
  BENCH_CLIENT_SECRET,
  BENCH_PASSWORD,
  BENCH_REDIRECT_URI,
  BENCH_SCOPES,
} from './fixture.ts'
import { createFloor } from './floor.ts'
import { createPlainPostgresAdapter, createPlainRedisAdapter } from './plain-adapters.ts'

const [kind = '', store = '', connection = ''] = process.argv.slice(2)
const signingKey = JSON.parse(process.env['BENCH_SIGNING_KEY'] ?? '') as JWK

async function createOurs(issuer: string): Promise<Koa> {
  const storage = await openStorage()
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
    accessTokenTtlSeconds: 900,
    refreshTokenTtlSeconds: 2_592_000,
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
  })
  const app = new Koa()
  app.use(server.middleware())
  return app
}

async function openStorage(): Promise<Storage> {
  switch (store) {
    case 'redis':
      return createRedisStorage({ client: new Redis(connection) })
    case 'postgres': {
      const pool = new Pool({ host: connection, user: 'postgres', max: 10 })
      await migrateToLatest(new Kysely({ dialect: new PostgresDialect({ pool }) }))
      return createPostgresStorage({ pool })
    }
    default:
      return createMemoryStorage()
  }
}

async function adapterOf(): Promise<((model: string) => Adapter) | undefined> {
  switch (store) {
    case 'redis':
      return createPlainRedisAdapter(new Redis(connection))
    case 'postgres':
      return await createPlainPostgresAdapter(
        new Pool({ host: connection, user: 'postgres', max: 10 }),
      )
    default:
      return undefined
  }
}

async function createApplication(issuer: string): Promise<Koa> {
  switch (kind) {
    case 'bare':
      return await createBareProvider(issuer, signingKey, await adapterOf())
    case 'floor':
      return createFloor(issuer, signingKey)
    default:
      return await createOurs(issuer)
  }
}

process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send?.(user + system)
})

const listener = createServer()
listener.listen(0, '127.0.0.1', async () => {
  const { port } = listener.address() as AddressInfo
  const issuer = `http://127.0.0.1:${port}`
  const app = await createApplication(issuer)
  app.silent = true
  listener.on('request', app.callback())
  process.stdout.write(`${issuer}\n`)
})
