/** Ending a connection ends everything under it, whatever keeps the records. */

import type { Storage } from '@teamcast/oauth-server'
import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import test from 'ava'
import { startBrowser, titleOf } from '../helpers/browser.ts'
import { type OpenedStorage, openStorageAt } from '../helpers/instance-storage.ts'
import { authorizationUrl, postAs } from '../helpers/requests.ts'
import { startPostgres } from '../helpers/start-postgres.ts'
import { startRedis } from '../helpers/start-redis.ts'
import { ADA, startServer } from '../helpers/start-server.ts'

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
}
