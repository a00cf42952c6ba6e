import { readFile } from 'node:fs/promises'
import type { Storage } from '@teamcast/oauth-server'
import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import { createPostgresStorage, migrateToLatest } from '@teamcast/oauth-server/postgres'
import { createRedisStorage } from '@teamcast/oauth-server/redis'
import test, { type ExecutionContext } from 'ava'
import { Kysely, PostgresDialect } from 'kysely'
import { type Browser, startBrowser } from '../helpers/browser.ts'
import { authorizationUrl, basicCredentials, CODE_VERIFIER } from '../helpers/requests.ts'
import { INTERVIEWS, type SeveralApis, startSeveralApis } from '../helpers/several-apis.ts'
import { startPostgres } from '../helpers/start-postgres.ts'
import { startRedis } from '../helpers/start-redis.ts'
import { ADA } from '../helpers/start-server.ts'
import {
  countCommands,
  countMethods,
  countStatements,
  createTrafficCounter,
  type StoreTraffic,
  type TrafficCounter,
} from '../helpers/store-traffic.ts'
import {
  introspect,
  redeem,
  refresh,
  refreshableTokensOf,
  requestClientCredentials,
  revoke,
} from '../helpers/token-requests.ts'

const PAGE = new URL('../../docs/performance.md', import.meta.url)

/** A storage whose calls are counted. */
interface CountedStorage {
  readonly storage: Storage
  readonly counter: TrafficCounter
}

const STORES: Readonly<Record<string, (t: ExecutionContext) => Promise<CountedStorage>>> = {
  async 'calls of the storage'() {
    const counter = createTrafficCounter()
    return { storage: countMethods(createMemoryStorage(), counter), counter }
  },

  async 'Redis commands'(t) {
    const counter = createTrafficCounter()
    const server = await startRedis()
    t.teardown(() => server.stop())
    const client = server.connect()
    await client.ping() // a command that waits for the connection is sent twice
    countCommands(client, counter)
    return { storage: createRedisStorage({ client }), counter }
  },

  async 'PostgreSQL statements'(t) {
    const counter = createTrafficCounter()
    const server = await startPostgres()
    const pool = server.connect()
    t.teardown(async () => {
      await pool.end()
      await server.stop()
    })
    countStatements(pool, counter)
    await migrateToLatest(new Kysely({ dialect: new PostgresDialect({ pool }) }))
    return { storage: createPostgresStorage({ pool }), counter }
  },
}

/** Prepares a path. @returns What runs it, and is counted. It resolves to a status. */
type Path = (t: ExecutionContext, server: SeveralApis) => Promise<() => Promise<number>>

const PATHS: Readonly<Record<string, Path>> = {
  async client_credentials(_t, server) {
    return async () => (await requestClientCredentials(server, server.confidential)).status
  },

  async 'authorize, with session and consent'(t, server) {
    const browser = await browserWithConsent(server)
    return async () => {
      const { responses, callback } = await browser.open(urlOf(server))
      t.true(callback?.searchParams.has('code'))
      return responses.length === 1 ? 200 : 500
    }
  },

  async 'exchange a code'(_t, server) {
    const code = await issueCode(server)
    return async () => (await redeemCode(server, code)).status
  },

  async refresh(t, server) {
    const { refresh_token: token } = await issueTokens(t, server)
    return async () => (await refresh(server, server.confidential, token)).status
  },

  async 'introspect a refresh token'(t, server) {
    const { refresh_token: token } = await issueTokens(t, server)
    return async () => (await introspect(server, server.confidential, token)).status
  },

  async 'introspect a JWT'(t, server) {
    const { access_token: token } = await issueTokens(t, server)
    return async () => (await introspect(server, server.confidential, token)).status
  },

  async 'revoke a refresh token'(t, server) {
    const { refresh_token: token } = await issueTokens(t, server)
    return async () => (await revoke(server, server.confidential, token)).status
  },

  async 'revoke a JWT'(t, server) {
    const { access_token: token } = await issueTokens(t, server)
    return async () => (await revoke(server, server.confidential, token)).status
  },

  async 'poll the revocation feed'(_t, server) {
    const { client, clientSecret = '' } = server.interviews
    const headers = { authorization: basicCredentials(client.clientId, clientSecret) }
    return async () => (await fetch(`${server.issuer}/oauth/revocations`, { headers })).status
  },

  async 'authorize for the first time: sign-in and consent, 6 requests'(t, server) {
    const browser = startBrowser()
    const userId = `newcomer-${server.users.size}`
    const newcomer = { ...ADA, userId, email: `${userId}@acme.test` }
    server.users.set(userId, newcomer)
    return async () => {
      const { callback } = await browser.authorize(urlOf(server), newcomer.email)
      t.true(callback?.searchParams.has('code'))
      return 200
    }
  },

  async 'show the connections'(_t, server) {
    const browser = await browserWithConsent(server)
    return async () => (await browser.open(`${server.issuer}/account/connections`)).status
  },

  async 'disconnect a client, and show the rest'(_t, server) {
    const browser = await browserWithConsent(server)
    const page = await browser.open(`${server.issuer}/account/connections`)
    const { clientId } = server.confidential.client
    return async () => (await browser.submit(page, { action: 'disconnect', clientId })).status
  },

  async 'metadata, JWKS'(_t, server) {
    return async () => {
      const { status } = await fetch(`${server.issuer}/.well-known/oauth-authorization-server`)
      return status === 200 ? (await fetch(`${server.issuer}/.well-known/jwks.json`)).status : 500
    }
  },
}

function urlOf({ issuer, confidential }: SeveralApis): URL {
  return authorizationUrl(issuer, confidential, { scope: 'interview:read', resource: INTERVIEWS })
}

async function browserWithConsent(server: SeveralApis): Promise<Browser> {
  const browser = startBrowser()
  await browser.authorize(urlOf(server), ADA.email)
  return browser
}

async function issueCode(server: SeveralApis): Promise<string> {
  const { callback } = await startBrowser().authorize(urlOf(server), ADA.email)
  return callback?.searchParams.get('code') ?? ''
}

function redeemCode(server: SeveralApis, code: string): Promise<Response> {
  const [redirectUri = ''] = server.confidential.client.redirectUris
  return redeem(server, server.confidential, { code, codeVerifier: CODE_VERIFIER, redirectUri })
}

async function issueTokens(
  t: ExecutionContext,
  server: SeveralApis,
): ReturnType<typeof refreshableTokensOf> {
  return await refreshableTokensOf(t, await redeemCode(server, await issueCode(server)))
}

/** Counts every path on a store, in the order of {@link PATHS}. */
async function countAll(
  t: ExecutionContext,
  { storage, counter }: CountedStorage,
): Promise<ReadonlyArray<StoreTraffic>> {
  // Clients are found in the cache, as they are under load.
  const server = await startSeveralApis(t, { storage, clientCacheMilliseconds: 60_000 })
  // The use of its secret is recorded, which takes the client out of the cache.
  for (let use = 0; use < 2; use += 1) await requestClientCredentials(server, server.confidential)
  const counted: Array<StoreTraffic> = []
  for (const [name, path] of Object.entries(PATHS)) {
    // The first time, Redis learns the scripts.
    t.is(await (await path(t, server))(), 200, name)
    const run = await path(t, server)
    await counter.take()
    t.is(await run(), 200, name)
    counted.push(await counter.take())
  }
  return counted
}

test('docs/performance.md: how often each path calls each store, and waits for it', async (t) => {
  const columns = await Promise.all(
    Object.values(STORES).map(async (open) => await countAll(t, await open(t))),
  )
  const cellOf = ({ calls, roundTrips }: StoreTraffic): string =>
    calls === roundTrips ? `${calls}` : `${calls} in ${roundTrips}`
  const rows = Object.keys(PATHS).map((name, index) => [
    name,
    ...columns.flatMap((column) => column.slice(index, index + 1).map(cellOf)),
  ])
  const lines = [['path', ...Object.keys(STORES)], ['---', ...columns.map(() => '--:')], ...rows]
  const table = lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')

  const page = await readFile(PAGE, 'utf8')
  t.true(page.includes(table), `docs/performance.md must have this table:\n${table}`)
})
