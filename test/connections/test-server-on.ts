/** What holds whatever keeps the records: of sign-ins, of consent, of tokens, and of their end. */

import type { Storage } from '@teamcast/oauth-server'
import type { Revocation, RevocationPage } from '@teamcast/oauth-server/storage'
import test from 'ava'
import { startBrowser, titleOf } from '../helpers/browser.ts'
import { authorizationUrl, postAs } from '../helpers/requests.ts'
import { ADA, startServer } from '../helpers/start-server.ts'
import {
  assertRefused,
  changeClient,
  decodeJwt,
  introspect,
  isActive,
  redeem,
  refresh,
  tokensOf,
} from '../helpers/token-requests.ts'

/**
 * Registers the tests for one store.
 *
 * @param name Prefix of every title.
 * @param storage An empty one, which they share.
 */
export function testServerOn(name: string, storage: Storage): void {
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
      clock.advance(2)
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

  test(`${name}: a sign-in counts where the password was typed: for that account, at once, and not for who planted the request`, async (t) => {
    const server = await startServer(t, { storage })
    const { issuer, confidential } = server
    // Users of their own: the store is shared with the other tests.
    const ivy = { ...ADA, userId: 'ivy', email: 'ivy@acme.test' }
    const joe = { ...ADA, userId: 'joe', email: 'joe@acme.test' }
    for (const user of [ivy, joe]) server.users.set(user.userId, user)
    const [attacker, victim] = [startBrowser(), startBrowser()]
    const page = await attacker.open(authorizationUrl(issuer, confidential))
    victim.userAgent.cookies.push(...attacker.userAgent.cookies)
    const elsewhere = await victim.open(page.url)

    const consentPage = await victim.signIn(await victim.open(page.url), ivy.email)
    t.is(titleOf(consentPage), 'Allow access')
    t.is(titleOf(await attacker.open(page.url)), 'Sign in')
    const account = await victim.open(`${issuer}/account/connections`)
    t.true(account.html.includes(ivy.email))

    t.is(titleOf(await victim.signIn(elsewhere, joe.email, 'wrong')), 'Error: Sign in')
    const joesPage = await victim.signIn(elsewhere, joe.email)
    t.true(joesPage.html.includes(joe.email))
    const shown = await victim.submit(consentPage, { action: 'allow' })
    t.is(shown.callback, undefined)
    t.true(shown.html.includes(joe.email))
    const granted = await victim.submit(joesPage, { action: 'allow' })
    t.truthy(granted.callback?.searchParams.get('code'))
    const again = await victim.submit(joesPage, { action: 'allow' })
    t.is(again.callback?.href, granted.callback?.href)
    t.is((await attacker.open(page.url)).callback, undefined)
    t.deepEqual(await server.authorizationServer.connections.list('ivy'), [])
  })

  test(`${name}: a lost refresh response is repeated, but for no user who was disabled and no client that lost a scope of it`, async (t) => {
    const server = await startServer(t, { storage, refreshTokenGraceSeconds: 30 })
    const { confidential, users } = server
    const { clientId, scopes } = confidential.client
    const user = { ...ADA, userId: 'kim', email: 'kim@acme.test' }
    users.set('kim', user)
    const { refresh_token: token } = await server.issueTokens({ userId: 'kim', clientId })
    const body = await (await refresh(server, confidential, token)).text()
    const isRepeated = async (): Promise<boolean> => {
      const response = await refresh(server, confidential, token)
      if (response.status === 200) return (await response.text()) === body
      await assertRefused(t, response, 400, 'invalid_grant')
      return false
    }

    t.true(await isRepeated())
    users.delete('kim')
    t.false(await isRepeated())
    users.set('kim', user)
    await changeClient(storage, confidential, { scopes: ['candidate:read'] })
    t.false(await isRepeated())
    await changeClient(storage, confidential, { scopes })
    t.true(await isRepeated())
    server.clock.advance(30)
    t.false(await isRepeated())
  })
}
