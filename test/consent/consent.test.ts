import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import test from 'ava'
import { assertErrorRedirect, assertPageHeaders } from '../helpers/authorization-responses.ts'
import { formOf, startBrowser, titleOf } from '../helpers/browser.ts'
import { recordEvents } from '../helpers/record-events.ts'
import { authorizationUrl } from '../helpers/requests.ts'
import { ADA, PUBLIC_CLIENT, startServer, TENANT_CLIENT } from '../helpers/start-server.ts'
import {
  decodeJwt,
  isActive,
  requestClientCredentials,
  tokensOf,
} from '../helpers/token-requests.ts'

const REDIRECT_URI = 'https://recruiter.example/callback'

test('GET /oauth/authorize: the first time leads to /oauth/continue?prt=…, sign-in, consent, and back (product contract)', async (t) => {
  const { issuer, confidential } = await startServer(t)
  const browser = startBrowser()

  const signInPage = await browser.open(authorizationUrl(issuer, confidential))
  t.deepEqual(
    signInPage.responses.map(({ status }) => status),
    [302, 200],
  )
  t.regex(
    signInPage.responses[0]?.headers.get('location') ?? '',
    /^\/oauth\/continue\?prt=[\w-]{43}$/,
  )
  t.is(titleOf(signInPage), 'Sign in')
  assertPageHeaders(t, signInPage)

  const consentPage = await browser.signIn(signInPage, 'ada@acme.test')
  t.deepEqual(
    consentPage.responses.map(({ status }) => status),
    [303, 200],
  )
  t.is(titleOf(consentPage), 'Allow access')
  assertPageHeaders(t, consentPage)

  const granted = await browser.submit(consentPage, { action: 'allow' })
  t.deepEqual(
    granted.responses.map(({ status }) => status),
    [303, 302],
  )
  t.is(granted.callback?.searchParams.get('state'), 'a state')
  t.truthy(granted.callback?.searchParams.get('code'))
})

test('the consent page names client, host, user and every scope in words (OAuth 2.1 §7.9)', async (t) => {
  const { issuer, confidential } = await startServer(t)
  const browser = startBrowser()

  const signInPage = await browser.open(authorizationUrl(issuer, confidential))
  const { html } = await browser.signIn(signInPage, 'ada@acme.test')

  for (const text of [
    'Acme Recruiter',
    'recruiter.example',
    'Ada Lovelace',
    'ada@acme.test',
    'It will be able to',
  ]) {
    t.true(html.includes(text), text)
  }
  t.is(html.split('<li>').length - 1, 3)
  t.false(html.includes('interview:create'))
})

test('consent is remembered: the next authorization shows no screen, and begins a family of its own', async (t) => {
  const { issuer, confidential } = await startServer(t)
  const browser = startBrowser()
  const first = await browser.authorize(authorizationUrl(issuer, confidential), 'ada@acme.test')

  const second = await browser.open(authorizationUrl(issuer, confidential))

  t.is(second.responses.length, 1)
  const codes = [first, second].map(({ callback }) => callback?.searchParams.get('code'))
  t.truthy(codes[1])
  t.not(codes[0], codes[1])
})

test('consent is remembered on another device: only the password is asked for', async (t) => {
  const { issuer, confidential } = await startServer(t)
  await startBrowser().authorize(authorizationUrl(issuer, confidential), 'ada@acme.test')

  const otherDevice = startBrowser()
  const page = await otherDevice.open(authorizationUrl(issuer, confidential))
  const granted = await otherDevice.signIn(page, 'ada@acme.test')

  t.truthy(granted.callback?.searchParams.get('code'))
})

test('consent is one user’s: another user of the same browser is asked', async (t) => {
  const { issuer, confidential } = await startServer(t)
  const browser = startBrowser()
  await browser.authorize(authorizationUrl(issuer, confidential), 'ada@acme.test')

  const page = await browser.open(authorizationUrl(issuer, confidential, { prompt: 'login' }))
  const consentPage = await browser.signIn(page, 'grace@globex.test')

  t.is(titleOf(consentPage), 'Allow access')
  t.true(consentPage.html.includes('grace@globex.test'))
})

test('consent is one client’s: another client is asked for', async (t) => {
  const { issuer, confidential, public: spa } = await startServer(t)
  const browser = startBrowser()
  await browser.authorize(authorizationUrl(issuer, confidential), 'ada@acme.test')

  t.is(titleOf(await browser.open(authorizationUrl(issuer, spa))), 'Allow access')
})

test('more scopes: the page shows what is new apart from what is allowed already, and both are granted', async (t) => {
  const { issuer, confidential } = await startServer(t)
  const browser = startBrowser()
  const less = authorizationUrl(issuer, confidential, { scope: 'interview:read' })
  await browser.authorize(less, 'ada@acme.test')

  const page = await browser.open(
    authorizationUrl(issuer, confidential, { scope: 'interview:read candidate:read' }),
  )
  const [requested = '', granted = ''] = page.html.split('Already allowed')
  t.is(requested.split('<li>').length - 1, 1)
  t.is(granted.split('<li>').length - 1, 1)
  t.true(requested.includes('It will also be able to'))
  await browser.submit(page, { action: 'allow' })

  const next = await browser.open(
    authorizationUrl(issuer, confidential, { scope: 'candidate:read interview:read' }),
  )
  t.truthy(next.callback?.searchParams.get('code'))
})

test('fewer scopes than were allowed need no screen', async (t) => {
  const { issuer, confidential } = await startServer(t)
  const browser = startBrowser()
  await browser.authorize(authorizationUrl(issuer, confidential), 'ada@acme.test')

  const less = authorizationUrl(issuer, confidential, { scope: 'candidate:read' })
  t.truthy((await browser.open(less)).callback?.searchParams.get('code'))
})

const unprovenRedirectUris = [
  ['http://127.0.0.1:8123/callback', '127.0.0.1:8123'],
  ['http://localhost:8123/callback', 'localhost:8123'],
  ['http://[::1]:8123/callback', '[::1]:8123'],
  ['com.example.app:/callback', 'com.example.app'],
] as const

for (const [redirectUri, shown] of unprovenRedirectUris) {
  test(`consent is never skipped for ${redirectUri}, and the page says where it leads (RFC 8252 §8.6, OAuth 2.1 §7.3.1)`, async (t) => {
    const { issuer, registerClient } = await startServer(t)
    const app = await registerClient({ ...PUBLIC_CLIENT, redirectUris: [redirectUri] })
    const browser = startBrowser()
    const granted = await browser.authorize(authorizationUrl(issuer, app), 'ada@acme.test')
    t.true(granted.callback?.href.startsWith(`${redirectUri}?code=`))

    const page = await browser.open(authorizationUrl(issuer, app))

    t.is(titleOf(page), 'Allow access')
    t.true(page.html.includes('It will be able to'))
    t.true(page.html.includes(`<bdi class="host">${shown}</bdi>`))
    const again = await browser.submit(page, { action: 'allow' })
    t.truthy(again.callback?.searchParams.get('code'))
  })
}

test('deny → access_denied with state and iss, by a 303; nothing is remembered (OAuth 2.1 §4.1.2.1, §7.5.4)', async (t) => {
  const { issuer, confidential } = await startServer(t)
  const browser = startBrowser()
  const signInPage = await browser.open(authorizationUrl(issuer, confidential))
  const consentPage = await browser.signIn(signInPage, 'ada@acme.test')

  const denied = await browser.submit(consentPage, { action: 'deny' })

  t.is(denied.responses[0]?.status, 303)
  const expected = { redirectUri: REDIRECT_URI, error: 'access_denied', issuer }
  t.is(assertErrorRedirect(t, denied, expected).get('state'), 'a state')
  const next = await browser.open(authorizationUrl(issuer, confidential))
  t.not(next.callback?.searchParams.has('code'), true)
})

test('cancel on the sign-in page → access_denied with state and iss', async (t) => {
  const { issuer, confidential } = await startServer(t)
  const browser = startBrowser()

  const page = await browser.open(authorizationUrl(issuer, confidential))
  const cancelled = await browser.submit(page, { action: 'cancel' })

  const expected = { redirectUri: REDIRECT_URI, error: 'access_denied', issuer }
  t.is(assertErrorRedirect(t, cancelled, expected).get('state'), 'a state')
})

test('switch account on the consent page: the user who signs in next is asked, and becomes the session’s user', async (t) => {
  const { issuer, confidential } = await startServer(t)
  const browser = startBrowser()
  const signInPage = await browser.open(authorizationUrl(issuer, confidential))
  const consentPage = await browser.signIn(signInPage, 'ada@acme.test')

  const secondSignIn = await browser.submit(consentPage, { action: 'switch-account' })
  t.is(titleOf(secondSignIn), 'Sign in')
  const secondConsent = await browser.signIn(secondSignIn, 'grace@globex.test')
  t.true(secondConsent.html.includes('grace@globex.test'))
  t.false(secondConsent.html.includes('ada@acme.test'))
  const granted = await browser.submit(secondConsent, { action: 'allow' })
  t.truthy(granted.callback?.searchParams.get('code'))

  const chooser = await browser.open(
    authorizationUrl(issuer, confidential, { prompt: 'select_account' }),
  )
  t.true(chooser.html.includes('grace@globex.test'))
})

test('a revoked consent is asked for again', async (t) => {
  const storage = createMemoryStorage()
  const { issuer, confidential } = await startServer(t, { storage })
  const browser = startBrowser()
  await browser.authorize(authorizationUrl(issuer, confidential), 'ada@acme.test')

  await storage.consents.delete('ada', confidential.client.clientId)

  t.is(titleOf(await browser.open(authorizationUrl(issuer, confidential))), 'Allow access')
})

test('consent is one tenant’s: a user who changed tenant is asked for everything, with prompt=none in vain', async (t) => {
  const { issuer, confidential, users, authorizationServer } = await startServer(t)
  const browser = startBrowser()
  await browser.authorize(authorizationUrl(issuer, confidential), ADA.email)

  users.set('ada', { ...ADA, tenantId: 'globex' })
  const silent = await browser.open(authorizationUrl(issuer, confidential, { prompt: 'none' }))
  assertErrorRedirect(t, silent, { redirectUri: REDIRECT_URI, error: 'consent_required', issuer })
  const page = await browser.open(authorizationUrl(issuer, confidential))
  t.is(titleOf(page), 'Allow access')
  t.false(page.html.includes('Already allowed'))

  // Until somebody allows something elsewhere, the consent waits in its tenant.
  users.set('ada', ADA)
  t.truthy(
    (await browser.open(authorizationUrl(issuer, confidential))).callback?.searchParams.get('code'),
  )
  t.is((await authorizationServer.connections.list('ada')).length, 1)
})

test('consent is one tenant’s: giving it in another ends the connection before, and adds none of its scopes', async (t) => {
  const { onEvent, settled } = recordEvents()
  const storage = createMemoryStorage()
  const server = await startServer(t, { storage, onEvent })
  const { issuer, confidential, users } = server
  const { clientId } = confidential.client
  const browser = startBrowser()
  const { userAgent } = browser
  const tokens = await server.issueTokens({ userId: 'ada', clientId, userAgent })
  const before = await storage.consents.find('ada', clientId)

  users.set('ada', { ...ADA, tenantId: 'globex' })
  const url = authorizationUrl(issuer, confidential, { scope: 'interview:read' })
  const granted = await browser.submit(await browser.open(url), { action: 'allow' })
  t.truthy(granted.callback?.searchParams.get('code'))

  const after = await storage.consents.find('ada', clientId)
  t.is(after?.tenantId, 'globex')
  t.not(after?.consentId, before?.consentId)
  t.deepEqual(
    after?.scopes.map(({ scope }) => scope),
    ['interview:read'],
  )
  t.false(await isActive(server, confidential, tokens.access_token))
  const now = server.clock.now()
  t.true(await storage.revocations.has('consent', before?.consentId ?? '', now))
  const ended = (await settled()).filter(({ type }) => type === 'connection.revoked')
  t.is(ended.length, 1)
  t.like(ended[0], { clientId, userId: 'ada', tenantId: 'acme', reason: 'tenant-changed' })
})

test('consent is one tenant’s: “Allow” of a tenant that the user has left since is no consent in the next', async (t) => {
  const { issuer, confidential, users } = await startServer(t)
  const first = startBrowser()
  const everything = authorizationUrl(issuer, confidential)
  const page = await first.signIn(await first.open(everything), ADA.email)
  // Allowed in the first tab, which is held back on its way to the client …
  const { hidden } = formOf(page)
  const answered = await first.userAgent.submit(page.url, { ...hidden, action: 'allow' })
  const resumeUrl = answered.headers.get('location') ?? ''
  t.regex(resumeUrl, /\/oauth\/authorize\//)

  // … while the user changes tenant, and allows less there.
  users.set('ada', { ...ADA, tenantId: 'globex' })
  const less = authorizationUrl(issuer, confidential, { scope: 'interview:read' })
  await startBrowser().authorize(less, ADA.email)

  const resumed = await first.open(resumeUrl)
  t.is(resumed.callback, undefined)
  t.is(titleOf(resumed), 'Allow access')
})

test('a TENANT client’s own token outlives revokeAllOfTenant, and ends with the client', async (t) => {
  const server = await startServer(t)
  const { connections, clients } = server.authorizationServer
  const { tenant } = server
  const own = await tokensOf(t, await requestClientCredentials(server, tenant))
  await connections.revokeAllOfTenant('acme')
  t.true(await isActive(server, tenant, own.access_token))

  const second = await clients.register(TENANT_CLIENT)
  const ofSecond = await tokensOf(t, await requestClientCredentials(server, second))
  await clients.delete(second.client.clientId)
  t.true(
    await server.authorizationServer.revocations.isRevoked({
      tokenId: String(decodeJwt(ofSecond.access_token, 'payload')['jti']),
      clientId: second.client.clientId,
      familyId: undefined,
    }),
  )
})
