/** Ending a connection ends everything under it, whatever keeps the records. */

import type { Storage } from '@teamcast/oauth-server'
import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import type { Revocation, RevocationPage } from '@teamcast/oauth-server/storage'
import test from 'ava'
import { startBrowser, titleOf } from '../helpers/browser.ts'
import { type OpenedStorage, openStorageAt } from '../helpers/instance-storage.ts'
import { authorizationUrl, postAs } from '../helpers/requests.ts'
import { startPostgres } from '../helpers/start-postgres.ts'
import { startRedis } from '../helpers/start-redis.ts'
import { ADA, startServer } from '../helpers/start-server.ts'
import {
  assertRefused,
  decodeJwt,
  introspect,
  isActive,
  redeem,
  refresh,
  tokensOf,
} from '../helpers/token-requests.ts'

const [postgres, redis] = await Promise.all([startPostgres(), startRedis()])
const opened = await Promise.all([
  openStorageAt({ kind: 'redis', socket: redis.socketPath }),
  openStorageAt({ kind: 'postgres', socketDirectory: postgres.socketDirectory }),
])
const [inRedis, inPostgres] = opened as [OpenedStorage, OpenedStorage]
const STORES: Readonly<Record<string, Storage>> = {
  memory: createMemoryStorage(),
  Redis: inRedis.storage,
  Postgres: inPostgres.storage,
}

test.after.always(async () => {
  await Promise.all(opened.map((storage) => storage.close()))
  await Promise.all([postgres.stop(), redis.stop()])
})

for (const [name, storage] of Object.entries(STORES)) {
  test(`${name}: disconnecting ends refresh, introspection and codes, and consent is asked for again`, async (t) => {
    const server = await startServer(t, { storage })
    const { issuer, confidential, issueTokens, authorizationServer } = server
    const { clientId } = confidential.client
    const browser = startBrowser()
    const { userAgent } = browser
    const tokens = await issueTokens({ userId: 'ada', clientId, userAgent })
    const { code, codeVerifier } = await server.authorize({ userId: 'ada', clientId, userAgent })
    const [connection] = await authorizationServer.connections.list('ada')
    t.is(connection?.lastUsedAt, server.clock.now())
    const { consentId = '' } = (await storage.consents.find('ada', clientId)) ?? {}
    t.false(await storage.revocations.has('consent', consentId, server.clock.now()))

    const page = await browser.open(`${issuer}/account/connections`)
    await browser.submit(page, { action: 'disconnect', clientId })

    const ask = async (path: string, parameters: Record<string, string>): Promise<unknown> =>
      (await postAs(confidential, issuer + path, parameters)).json()
    const { access_token: accessToken, refresh_token: refreshToken = '' } = tokens
    for (const token of [accessToken, refreshToken]) {
      t.deepEqual(await ask('/oauth/introspect', { token }), { active: false })
    }
    const spent = { grant_type: 'refresh_token', refresh_token: refreshToken }
    t.like(await ask('/oauth/token', spent), { error: 'invalid_grant' })
    const redeemed = { grant_type: 'authorization_code', code, code_verifier: codeVerifier }
    t.like(await ask('/oauth/token', redeemed), { error: 'invalid_grant' })
    t.is(titleOf(await browser.open(authorizationUrl(issuer, confidential))), 'Allow access')
    t.deepEqual(await authorizationServer.connections.list('ada'), [])
    // APIs that follow what was revoked hear of it.
    t.true(await storage.revocations.has('consent', consentId, server.clock.now()))
  })

  test(`${name}: revoking everything of a user or a tenant ends sessions and connections`, async (t) => {
    const server = await startServer(t, { storage })
    const { issuer, clock, users, confidential, issueTokens } = server
    const { connections } = server.authorizationServer
    // Users of their own: the store is shared with the other tests.
    const user = { ...ADA, userId: 'mary', tenantId: 'initech', email: 'mary@initech.test' }
    users.set('mary', user)
    for (const revokeAll of [
      () => connections.revokeAllOfUser('mary'),
      () => connections.revokeAllOfTenant('initech'),
    ]) {
      const browser = startBrowser()
      const { userAgent } = browser
      const { clientId } = confidential.client
      const tokens = await issueTokens({ userId: 'mary', clientId, userAgent })
      t.is(await revokeAll(), 1)
      clock.advance(1)
      const { access_token: token } = tokens
      const introspected = await postAs(confidential, `${issuer}/oauth/introspect`, { token })
      t.deepEqual(await introspected.json(), { active: false })
      t.is(titleOf(await browser.open(authorizationUrl(issuer, confidential))), 'Sign in')
      t.deepEqual(await connections.list('mary'), [])
    }
  })

  test(`${name}: a user who changes tenant takes no connection along: not a token, not a code, not the consent`, async (t) => {
    const server = await startServer(t, { storage })
    const { issuer, users, confidential, authorizationServer } = server
    const { connections } = authorizationServer
    const { clientId } = confidential.client
    // A user and tenants of their own: the store is shared with the other tests.
    const user = { ...ADA, userId: 'nomad', tenantId: 'hooli', email: 'nomad@hooli.test' }
    users.set('nomad', user)
    const browser = startBrowser()
    const { userAgent } = browser
    const tokens = await server.issueTokens({ userId: 'nomad', clientId, userAgent })
    const before = await server.authorize({ userId: 'nomad', clientId, userAgent })

    users.set('nomad', { ...user, tenantId: 'pied-piper' })
    t.deepEqual(await connections.list('nomad'), [])
    for (const refused of [
      await redeem(server, confidential, before),
      await refresh(server, confidential, tokens.refresh_token),
    ]) {
      await assertRefused(t, refused, 400, 'invalid_grant')
    }
    for (const token of [tokens.access_token, tokens.refresh_token]) {
      t.false(await isActive(server, confidential, token))
    }
    t.is(await connections.revokeAllOfTenant('hooli'), 0)

    // What was allowed in the former tenant is asked for again, all of it, and is of the new one.
    const url = authorizationUrl(issuer, confidential, { scope: 'interview:read' })
    const page = await browser.open(url)
    t.is(titleOf(page), 'Allow access')
    t.false(page.html.includes('Already allowed'))
    await browser.submit(page, { action: 'allow' })
    const scopes = ['interview:read']
    const after = await server.issueTokens({ userId: 'nomad', clientId, userAgent, scopes })
    t.is(decodeJwt(after.access_token, 'payload')['tenant_id'], 'pied-piper')
    t.like(await (await introspect(server, confidential, after.refresh_token)).json(), {
      tenant_id: 'pied-piper',
      scope: 'interview:read',
    })
    const [connection] = await connections.list('nomad')
    t.deepEqual(
      connection?.scopes.map(({ scope }) => scope),
      scopes,
    )
    await tokensOf(t, await refresh(server, confidential, after.refresh_token))
    t.is(await connections.revokeAllOfTenant('pied-piper'), 1)
    t.false(await isActive(server, confidential, after.access_token))
  })

  test(`${name}: a code that was issued in a former tenant is refused, and ends the connection`, async (t) => {
    const server = await startServer(t, { storage })
    const { clock, users, confidential } = server
    const { clientId } = confidential.client
    const user = { ...ADA, userId: 'drifter', tenantId: 'oscorp', email: 'drifter@oscorp.test' }
    users.set('drifter', user)
    const tokens = await server.issueTokens({ userId: 'drifter', clientId })
    const code = await server.authorize({ userId: 'drifter', clientId })
    const { consentId = '' } = (await storage.consents.find('drifter', clientId)) ?? {}

    users.set('drifter', { ...user, tenantId: 'acme-labs' })
    await assertRefused(t, await redeem(server, confidential, code), 400, 'invalid_grant')

    t.is(await storage.consents.find('drifter', clientId), undefined)
    t.true(await storage.revocations.has('consent', consentId, clock.now()))
    t.false(await isActive(server, confidential, tokens.access_token))
  })
}

for (const [name, storage] of Object.entries(STORES)) {
  test(`${name}: the feed has a revocation for as long as its access tokens can be accepted, and no longer`, async (t) => {
    const server = await startServer(t, { storage })
    const { confidential, issueTokens, authorizationServer, clock } = server
    const { clientId } = confidential.client
    // Tokens of half an hour and of a minute: what is revoked now may be of either.
    await authorizationServer.clients.update(clientId, { accessTokenTtlSeconds: 1800 })
    await authorizationServer.clients.update(clientId, { accessTokenTtlSeconds: 60 })
    const tokens = await issueTokens({ userId: 'grace', clientId })
    const familyId = String(decodeJwt(tokens.access_token, 'payload')['grant_id'])
    await postAs(confidential, `${server.issuer}/oauth/revoke`, { token: tokens.refresh_token })
    await authorizationServer.connections.revoke('grace', clientId)
    await authorizationServer.clients.delete(clientId)

    const ids = [familyId, familyId.slice(0, 22), clientId]
    const told = async (): Promise<ReadonlyArray<unknown>> => {
      const items: Array<Revocation> = []
      let page: RevocationPage | undefined
      do {
        const cursor = page === undefined ? {} : { cursor: page.nextCursor }
        page = await storage.revocations.list({ limit: 100, ...cursor }, clock.now())
        items.push(...page.items)
      } while (page.hasMore)
      const own = items.filter(({ id }) => ids.includes(id))
      return own.map(({ id, expiresAt }) => [id, expiresAt])
    }
    // A family knows when its own tokens expire; 5 minutes are for verifiers' clocks.
    const untilOfFamily = clock.now() + 60 + 300
    // The lifetime before, a minute for instances that remember the client, and the same 5.
    const until = clock.now() + 1800 + 60 + 300
    t.deepEqual(
      await told(),
      ids.map((id) => [id, id === familyId ? untilOfFamily : until]),
    )
    clock.advance(60 + 299)
    t.is((await told()).length, 3)
    clock.advance(1)
    t.is((await told()).length, 2)
    clock.advance(1799)
    t.is((await told()).length, 2)
    clock.advance(1)
    t.deepEqual(await told(), [])
  })
}
