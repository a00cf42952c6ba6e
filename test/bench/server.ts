/**
 * One of the servers that are compared, in a process of its own:
 * `node server.ts SERVER memory|redis|postgres [connection]`. Prints its issuer, and answers every message of its
 * parent with how many calls of its store it has made: commands of Redis, statements of Postgres.
 *
 * @module
 */

import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Redis } from 'ioredis'
import type { JWK } from 'jose'
import type Koa from 'koa'
import type { Adapter } from 'oidc-provider'
import { Pool } from 'pg'
import { countCommands, countStatements } from '../helpers/store-traffic.ts'
import {
  createPlainMemoryAdapter,
  createPlainPostgresAdapter,
  createPlainRedisAdapter,
} from './plain-adapters.ts'
import type { ServerName, StoreName } from './servers.ts'

const [name, store, connection = ''] = process.argv.slice(2) as [ServerName, StoreName, string?]
const signingKey = JSON.parse(process.env['BENCH_SIGNING_KEY'] ?? '') as JWK

let storeCalls = 0

/** Counts and nothing else: those of the tests delay results, to tell what happens at once. */
const counter = {
  count<Result>(call: () => Promise<Result>): Promise<Result> {
    storeCalls += 1
    return call()
  },
}

async function connectRedis(): Promise<Redis> {
  const client = new Redis(connection)
  await client.ping() // a command that waits for the connection is sent twice
  countCommands(client, counter)
  return client
}

function connectPostgres(): Pool {
  const pool = new Pool({ host: connection, user: 'postgres', max: 10 })
  countStatements(pool, counter)
  return pool
}

async function openAdapter(): Promise<((model: string) => Adapter) | undefined> {
  switch (store) {
    case 'redis':
      return createPlainRedisAdapter(await connectRedis())
    case 'postgres':
      return await createPlainPostgresAdapter(connectPostgres())
    case 'memory':
      return undefined
  }
}

const callbackOf = (app: Koa): RequestListener => {
  app.silent = true
  return app.callback()
}

/** Imports what the server needs, so that its memory holds nothing of the others. */
async function createListener(issuer: string): Promise<RequestListener> {
  switch (name) {
    case 'floor': {
      const { createFloor } = await import('./floor.ts')
      return callbackOf(createFloor(issuer, signingKey))
    }
    case 'base': {
      const { createBareProvider } = await import('./bare-provider.ts')
      return callbackOf(await createBareProvider(issuer, signingKey, await openAdapter()))
    }
    case 'ours': {
      const { createOurServer, openStorage } = await import('./our-server.ts')
      const storage = await openStorage(store, { connectRedis, connectPostgres })
      return callbackOf(await createOurServer(issuer, signingKey, storage))
    }
    case 'node-oauth': {
      const { createNodeOauth } = await import('./rivals/node-oauth.ts')
      const adapterFor = (await openAdapter()) ?? createPlainMemoryAdapter()
      return callbackOf(await createNodeOauth(issuer, signingKey, adapterFor))
    }
    case 'better-auth': {
      const { createBetterAuth } = await import('./rivals/better-auth.ts')
      return await createBetterAuth(issuer, store === 'postgres' ? connectPostgres() : undefined)
    }
  }
}

process.on('disconnect', () => process.exit()) // nobody measures any more
process.on('message', () => process.send?.(storeCalls))

const server = createServer()
server.keepAliveTimeout = 0 // connections wait while other servers are measured
server.listen(0, '127.0.0.1', async () => {
  const { port } = server.address() as AddressInfo
  const issuer = `http://127.0.0.1:${port}`
  server.on('request', await createListener(issuer))
  process.stdout.write(`${issuer}\n`)
})
