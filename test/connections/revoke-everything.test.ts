/** What a host calls when a password was changed, an account is disabled, a tenant leaves. */

import { type HostSession, type Storage, StorageError } from '@teamcast/oauth-server'
import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import test from 'ava'
import { startBrowser, titleOf } from '../helpers/browser.ts'
import { recordEvents } from '../helpers/record-events.ts'
import { authorizationUrl, postAs } from '../helpers/requests.ts'
import { ADA, GRACE, type StartedServer, startServer } from '../helpers/start-server.ts'

const refresh = ({ issuer, confidential }: StartedServer, token = ''): Promise<Response> =>
  postAs(confidential, `${issuer}/oauth/token`, {
    grant_type: 'refresh_token',
    refresh_token: token,
  })

test('revoke everything of a user: connections, tokens, codes and browser sessions end; those of others do not', async (t) => {
  const { onEvent, settled } = recordEvents()
  const server = await startServer(t, { onEvent })
  const { issuer, clock, confidential, public: publicClient, issueTokens } = server
  const { connections } = server.authorizationServer
  const { clientId } = confidential.client
  const browser = startBrowser()
  const { userAgent } = browser
  const tokens = await issueTokens({ userId: 'ada', clientId, userAgent })
  const code = await server.authorize({ userId: 'ada', clientId, userAgent })
  await issueTokens({ userId: 'ada', clientId: publicClient.client.clientId, userAgent })
  const ofGrace = await issueTokens({ userId: 'grace', clientId })

  const by = { actorId: 'support-7', ip: '192.0.2.1' }
  t.is(await connections.revokeAllOfUser('ada', by), 2)

  t.deepEqual(await connections.list('ada'), [])
  t.is((await refresh(server, tokens.refresh_token)).status, 400)
  const redeemed = await postAs(confidential, `${issuer}/oauth/token`, {
    grant_type: 'authorization_code',
    code: code.code,
    code_verifier: code.codeVerifier,
  })
  t.is((await redeemed.json()).error, 'invalid_grant')
  t.is((await refresh(server, ofGrace.refresh_token)).status, 200)
  clock.advance(2)
  t.is(titleOf(await browser.open(authorizationUrl(issuer, confidential))), 'Sign in')
  t.is(titleOf(await browser.open(`${issuer}/account/connections`)), 'Sign in')

  const events = await settled()
  const revoked = events.filter(({ type }) => type === 'connection.revoked')
  t.is(revoked.length, 2)
  const reported = { userId: 'ada', ...by }
  for (const event of revoked) t.like(event, { ...reported, reason: 'revoked-by-host' })
  t.like(
    events.filter(({ type }) => type === 'user.access-revoked'),
    [reported],
  )
  t.is(await connections.revokeAllOfUser('ada'), 0)
})

test('revoke everything of a user: a sign-in in the same second or the next one has to be repeated, a later one is good', async (t) => {
  const { issuer, clock, authorizationServer } = await startServer(t)
  await authorizationServer.connections.revokeAllOfUser('ada')
  const browser = startBrowser()
  const page = await browser.open(`${issuer}/account/connections`)
  for (const title of ['Sign in', 'Sign in', 'Connected applications']) {
    t.is(titleOf(await browser.signIn(page, ADA.email)), title)
    clock.advance(1)
  }
})

test('revoke everything of a user: clocks of instances that differ by a second let no session from before it live on', async (t) => {
  const storage = createMemoryStorage()
  let instant = 1_800_000_000
  const ahead = await startServer(t, { storage, clock: () => instant + 1 })
  const behind = await startServer(t, { storage, clock: () => instant })
  const { issuer, confidential } = ahead
  const browser = startBrowser()
  const signInPage = await browser.open(authorizationUrl(issuer, confidential))
  const consentPage = await browser.signIn(signInPage, ADA.email)
  t.is(titleOf(consentPage), 'Allow access')

  await behind.authorizationServer.connections.revokeAllOfUser('ada')
  instant += 60

  for (const server of [ahead, behind]) {
    const visit = await browser.open(`${server.issuer}/account/connections`)
    t.is(titleOf(visit), 'Sign in')
  }
  t.is(titleOf(await browser.submit(consentPage, { action: 'allow' })), 'Sign in')
  t.deepEqual(await storage.consents.list('ada'), [])
})

test('revoke everything of a user: a user who signed in on our page before it has to sign in again', async (t) => {
  const { issuer, clock, confidential, authorizationServer } = await startServer(t)
  const { connections } = authorizationServer
  const browser = startBrowser()
  const signInPage = await browser.open(authorizationUrl(issuer, confidential))
  const consentPage = await browser.signIn(signInPage, ADA.email)
  t.is(titleOf(consentPage), 'Allow access')
  await connections.revokeAllOfUser('ada')
  clock.advance(2)

  const refused = await browser.submit(consentPage, { action: 'allow' })
  t.is(titleOf(refused), 'Sign in')
  t.deepEqual(await connections.list('ada'), [])
  const consentAgain = await browser.signIn(refused, ADA.email)
  t.is(titleOf(consentAgain), 'Allow access')
  const granted = await browser.submit(consentAgain, { action: 'allow' })
  t.truthy(granted.callback?.searchParams.get('code'))
})

test('revoke everything of a user: a request that was allowed before it, and goes on after it, gets no code', async (t) => {
  const { issuer, clock, confidential, authorize, authorizationServer } = await startServer(t)
  for (const username of [ADA.email, undefined]) {
    // Once with a sign-in that is not the session's yet, once with the session.
    const browser = startBrowser()
    if (username === undefined) {
      await browser.signIn(await browser.open(`${issuer}/account/connections`), ADA.email)
    }
    const page = await browser.open(authorizationUrl(issuer, confidential, { prompt: 'consent' }))
    const consentPage = username === undefined ? page : await browser.signIn(page, username)
    const { userAgent } = browser
    const csrf = /name="csrf" value="([^"]+)"/.exec(consentPage.html)?.[1] ?? ''
    const answered = await userAgent.submit(consentPage.url, { csrf, action: 'allow' })
    const resumeUrl = answered.headers.get('location') ?? ''
    t.regex(resumeUrl, /\/oauth\/authorize\//)

    await authorizationServer.connections.revokeAllOfUser('ada')
    clock.advance(2)
    // In a browser of her own, with her new password, she connects the client again.
    await authorize({ userId: 'ada', clientId: confidential.client.clientId })
    const resumed = await browser.open(resumeUrl)
    t.is(resumed.callback, undefined)
    t.is(titleOf(resumed), 'Sign in')
  }
})

/** A storage in memory with a hook that runs before a step of granting a consent. */
function storageWithHook(step: 'findTimed' | 'grant', hook: () => Promise<unknown>): Storage {
  const storage = createMemoryStorage()
  const { consents } = storage
  return {
    ...storage,
    consents: {
      ...consents,
      async findTimed(...parameters) {
        if (step === 'findTimed') await hook()
        return await consents.findTimed(...parameters)
      },
      async grant(grant) {
        if (step === 'grant') await hook()
        return await consents.grant(grant)
      },
    },
  }
}

test('revoke everything of a user: an “Allow” that cannot look whether that happened is 503, and leaves no consent', async (t) => {
  let isFailing = false
  const hooked = storageWithHook('findTimed', async () => {
    isFailing = true
  })
  const findAll: Storage['artifacts']['findAll'] = async (names, now) => {
    const isForNotBefore = names.some(({ kind }) => kind === 'NotBefore')
    if (isFailing && isForNotBefore) throw new StorageError('out of order')
    return await hooked.artifacts.findAll(names, now)
  }
  const storage = { ...hooked, artifacts: { ...hooked.artifacts, findAll } }
  const { issuer, confidential } = await startServer(t, { storage })
  const browser = startBrowser()
  const page = await browser.open(authorizationUrl(issuer, confidential))
  const consentPage = await browser.signIn(page, ADA.email)
  t.is((await browser.submit(consentPage, { action: 'allow' })).status, 503)
  t.deepEqual(await storage.consents.list('ada'), [])
})

test('revoke everything of a user: an “Allow” that is being handled leaves no consent behind', async (t) => {
  const atHost = { signedInUser: async () => ({ userId: 'ada', authenticatedAt: 0 }) }
  const hostSession: HostSession = { ...atHost, signInUrl: () => 'https://teamcast.example/' }
  for (const [options, step] of [
    [{}, 'findTimed'],
    [{}, 'grant'],
    [{ hostSession }, 'findTimed'],
    [{ hostSession }, 'grant'],
  ] as const) {
    const revokeAll: Array<() => Promise<unknown>> = []
    const { onEvent, settled } = recordEvents()
    const server = await startServer(t, {
      ...options,
      storage: storageWithHook(step, async () => await revokeAll.pop()?.()),
      onEvent,
    })
    const { issuer, clock, confidential } = server
    const { connections } = server.authorizationServer
    const browser = startBrowser()
    const url = authorizationUrl(issuer, confidential)
    const page = await browser.open(url)
    const consentPage = titleOf(page) === 'Sign in' ? await browser.signIn(page, ADA.email) : page
    revokeAll.push(() => connections.revokeAllOfUser('ada'))

    const after = await browser.submit(consentPage, { action: 'allow' })
    t.is(after.callback, undefined)
    t.deepEqual(await connections.list('ada'), [])
    const events = await settled()
    t.false(events.some(({ type }) => type === 'consent.granted'))
    // The host still says that she is signed in: then she is asked again.
    t.is(titleOf(after), 'hostSession' in options ? 'Allow access' : 'Sign in')
    clock.advance(2)
    if ('hostSession' in options) {
      const granted = await browser.submit(await browser.open(url), { action: 'allow' })
      t.truthy(granted.callback?.searchParams.get('code'))
    }
  }
})

test('revoke everything of a tenant: its users’ connections and sessions end, those of other tenants do not', async (t) => {
  const { onEvent, settled } = recordEvents()
  const server = await startServer(t, { onEvent })
  const { issuer, clock, confidential, users, issueTokens, authorizationServer } = server
  const { connections } = authorizationServer
  const { clientId } = confidential.client
  users.set('alan', { ...ADA, userId: 'alan', email: 'alan@acme.test' })
  const browser = startBrowser()
  const { userAgent } = browser
  const ofAda = await issueTokens({ userId: 'ada', clientId, userAgent })
  const ofAlan = await issueTokens({ userId: 'alan', clientId })
  const ofGrace = await issueTokens({ userId: 'grace', clientId })

  t.is(await connections.revokeAllOfTenant('acme', { actorId: 'offboarding' }), 2)

  t.is((await refresh(server, ofAda.refresh_token)).status, 400)
  t.is((await refresh(server, ofAlan.refresh_token)).status, 400)
  t.is((await refresh(server, ofGrace.refresh_token)).status, 200)
  clock.advance(2)
  t.is(titleOf(await browser.open(authorizationUrl(issuer, confidential))), 'Sign in')
  const events = await settled()
  const reported = events.filter(({ type }) => type === 'user.access-revoked')
  t.deepEqual(reported.map((event) => 'userId' in event && event.userId).sort(), ['ada', 'alan'])
  for (const event of reported) t.like(event, { tenantId: 'acme', actorId: 'offboarding' })
  t.is(await connections.revokeAllOfTenant('acme'), 0)
})

test('revoke everything of a tenant: however many connections there are', async (t) => {
  const storage = createMemoryStorage()
  const { confidential, authorizationServer } = await startServer(t, { storage })
  const { clientId } = confidential.client
  for (let user = 0; user < 250; user += 1) {
    await storage.consents.grant({
      consentId: String(user).padStart(22, '0'),
      userId: `user-${user}`,
      clientId,
      tenantId: 'acme',
      scopes: ['interview:read'],
      requestKey: 'request-1',
      grantedAt: 1,
      deadlineMilliseconds: Number.MAX_SAFE_INTEGER,
      cancellation: '',
    })
  }
  t.is(await authorizationServer.connections.revokeAllOfTenant('acme'), 250)
  t.deepEqual(await storage.consents.listBatch({ tenantId: 'acme' }, 10), [])
})

test('revoke one connection: it ends, the others and the session stay; who did it is in the event', async (t) => {
  const { onEvent, settled } = recordEvents()
  const server = await startServer(t, { onEvent })
  const { issuer, confidential, public: publicClient, authorizationServer } = server
  const { connections } = authorizationServer
  const { clientId } = confidential.client
  const browser = startBrowser()
  await browser.authorize(authorizationUrl(issuer, confidential), ADA.email)
  await browser.authorize(authorizationUrl(issuer, publicClient), ADA.email)

  t.true(await connections.revoke('ada', clientId, { actorId: 'support-7' }))
  t.false(await connections.revoke('ada', clientId))
  t.false(await connections.revoke('grace', publicClient.client.clientId))
  t.false(await connections.revoke('ada', '\0'))

  t.is((await connections.list('ada')).length, 1)
  t.is(titleOf(await browser.open(authorizationUrl(issuer, confidential))), 'Allow access')
  const events = await settled()
  const [event, ...others] = events.filter(({ type }) => type === 'connection.revoked')
  const subject = { clientId, userId: 'ada', tenantId: 'acme' }
  t.like(event, { ...subject, actorId: 'support-7', reason: 'revoked-by-host', ip: undefined })
  t.deepEqual(others, [])
})

test('connections of a deleted client are hidden and removed', async (t) => {
  const { onEvent, settled } = recordEvents()
  const storage = createMemoryStorage()
  const server = await startServer(t, { storage, onEvent })
  const { confidential, authorize, authorizationServer } = server
  const { clientId } = confidential.client
  await authorize({ userId: 'ada', clientId })
  await storage.clients.delete(clientId)

  t.deepEqual(await authorizationServer.connections.list('ada'), [])
  t.deepEqual(await storage.consents.list('ada'), [])
  const events = await settled()
  const event = events.find(({ type }) => type === 'connection.revoked')
  t.like(event, { clientId, userId: 'ada', reason: 'client-deleted' })
})

test('connections: an account page that was opened before everything was revoked does nothing', async (t) => {
  const { issuer, clock, authorizationServer } = await startServer(t)
  const browser = startBrowser()
  const page = await browser.signIn(
    await browser.open(`${issuer}/account/connections`),
    GRACE.email,
  )
  await authorizationServer.connections.revokeAllOfUser('grace')
  clock.advance(2)
  const after = await browser.submit(page, { action: 'disconnect', clientId: 'tc_any' })
  t.is(titleOf(after), 'Sign in')
})

test('revoke everything: a store that lists a deleted consent again is an error, not an endless loop', async (t) => {
  const memory = createMemoryStorage()
  const { authorizationServer, issueTokens, confidential } = await startServer(t, {
    storage: { ...memory, consents: { ...memory.consents, delete: async () => true } },
  })
  const { clientId } = confidential.client
  await issueTokens({ userId: 'ada', clientId })
  const error = { message: 'storage.consents.listBatch lists a consent that was deleted' }
  await t.throwsAsync(authorizationServer.connections.revokeAllOfTenant('acme'), error)
  await t.throwsAsync(authorizationServer.clients.delete(clientId), error)
})
