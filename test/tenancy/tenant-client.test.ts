import type { AuthorizeClient, Client, User } from '@teamcast/oauth-server'
import test from 'ava'
import {
  assertErrorPage,
  assertErrorRedirect,
  assertPageHeaders,
} from '../helpers/authorization-responses.ts'
import { startBrowser, titleOf } from '../helpers/browser.ts'
import { recordEvents } from '../helpers/record-events.ts'
import { authorizationUrl } from '../helpers/requests.ts'
import { ADA, GRACE, startServer } from '../helpers/start-server.ts'

const REDIRECT_URI = 'https://recruiter.example/callback'
const REFUSED = 'Access refused'

test('a user of another tenant is refused before consent, with a page (ASVS 8.4, checklist 57)', async (t) => {
  const { issuer, tenant } = await startServer(t)
  const browser = startBrowser()

  const signInPage = await browser.open(authorizationUrl(issuer, tenant))
  const refused = await browser.signIn(signInPage, 'grace@globex.test')

  t.is(refused.status, 403)
  assertPageHeaders(t, refused)
  t.is(titleOf(refused), REFUSED)
  t.true(refused.html.includes('grace@globex.test'))
  t.false(refused.html.includes('acme.test'))
})

test('a user of another tenant who is signed in is refused before consent', async (t) => {
  const { issuer, tenant, confidential } = await startServer(t)
  const browser = startBrowser()
  await browser.authorize(authorizationUrl(issuer, confidential), 'grace@globex.test')

  const refused = await browser.open(authorizationUrl(issuer, tenant))

  t.is(refused.status, 403)
  t.is(titleOf(refused), REFUSED)
})

test('the page of a refused user: nothing but cancel and another account is accepted', async (t) => {
  const { issuer, tenant } = await startServer(t)
  const browser = startBrowser()
  const signInPage = await browser.open(authorizationUrl(issuer, tenant))
  const refused = await browser.signIn(signInPage, 'grace@globex.test')

  for (const action of ['allow', 'continue', 'sign-in']) {
    const shown = await browser.submit(refused, { action })
    t.is(shown.status, 403)
    t.is(titleOf(shown), REFUSED)
  }
  const prt = signInPage.url.searchParams.get('prt')
  const end = await browser.open(`${issuer}/oauth/authorize/${prt}`)
  t.is(end.callback, undefined)
})

test('the page of a refused user: cancel → access_denied with state and iss', async (t) => {
  const { issuer, tenant } = await startServer(t)
  const browser = startBrowser()
  const signInPage = await browser.open(authorizationUrl(issuer, tenant))
  const refused = await browser.signIn(signInPage, 'grace@globex.test')

  const cancelled = await browser.submit(refused, { action: 'cancel' })

  const expected = { redirectUri: REDIRECT_URI, error: 'access_denied', issuer }
  t.is(assertErrorRedirect(t, cancelled, expected).get('state'), 'a state')
})

test('the page of a refused user: another account of the right tenant goes on', async (t) => {
  const { issuer, tenant } = await startServer(t)
  const browser = startBrowser()
  const signInPage = await browser.open(authorizationUrl(issuer, tenant))
  const refused = await browser.signIn(signInPage, 'grace@globex.test')

  const secondSignIn = await browser.submit(refused, { action: 'switch-account' })
  const consentPage = await browser.signIn(secondSignIn, 'ada@acme.test')
  t.is(titleOf(consentPage), 'Allow access')
  const granted = await browser.submit(consentPage, { action: 'allow' })

  t.truthy(granted.callback?.searchParams.get('code'))
})

test('a user who changed tenant is refused in spite of an earlier consent', async (t) => {
  const { issuer, tenant, users } = await startServer(t)
  const browser = startBrowser()
  await browser.authorize(authorizationUrl(issuer, tenant), 'ada@acme.test')

  users.set('ada', { ...ADA, tenantId: 'globex' })

  t.is(titleOf(await browser.open(authorizationUrl(issuer, tenant))), REFUSED)
})

test('a user who changed tenant while the consent page was open is refused', async (t) => {
  const { issuer, tenant, users } = await startServer(t)
  const browser = startBrowser()
  const signInPage = await browser.open(authorizationUrl(issuer, tenant))
  const consentPage = await browser.signIn(signInPage, 'ada@acme.test')

  users.set('ada', { ...ADA, tenantId: 'globex' })

  t.is(titleOf(await browser.submit(consentPage, { action: 'allow' })), REFUSED)
})

test('no parameter changes the tenant (ASVS 8.2)', async (t) => {
  const { issuer, tenant } = await startServer(t)
  const url = authorizationUrl(issuer, tenant)
  for (const name of ['tenant', 'tenant_id', 'tenantId', 'audience']) {
    url.searchParams.set(name, 'globex')
  }
  const browser = startBrowser({ headers: { 'x-tenant-id': 'globex' } })

  const refused = await browser.signIn(await browser.open(url), 'grace@globex.test')
  t.is(titleOf(refused), REFUSED)
})

test('a PLATFORM client accepts the users of every tenant (checklist 57)', async (t) => {
  const { issuer, confidential } = await startServer(t)

  for (const { email } of [ADA, GRACE]) {
    const granted = await startBrowser().authorize(authorizationUrl(issuer, confidential), email)
    t.truthy(granted.callback?.searchParams.get('code'))
  }
})

test('the refusal of a user of another tenant is audited', async (t) => {
  const { onEvent, settled } = recordEvents()
  const { issuer, tenant } = await startServer(t, {
    onEvent,
  })
  const browser = startBrowser()
  const refused = await browser.signIn(
    await browser.open(authorizationUrl(issuer, tenant)),
    'grace@globex.test',
  )
  assertErrorPage(t, refused, 403)

  const { clientId } = tenant.client
  const events = await settled()
  t.like(
    events.find(({ type }) => type === 'client.refused'),
    { clientId, userId: 'grace', tenantId: 'globex', reason: 'tenant-refused' },
  )
})

/** A tenant's administrator has blocked a client for its people. */
function blocking(tenantId: string): {
  readonly blocked: Set<string>
  readonly authorizeClient: AuthorizeClient
} {
  const blocked = new Set<string>()
  return {
    blocked,
    authorizeClient: async ({ clientId }, user) =>
      user.tenantId !== tenantId || !blocked.has(clientId),
  }
}

test('authorizeClient: a refused PLATFORM client is refused before consent, with a page that says who can change it', async (t) => {
  const { onEvent, settled } = recordEvents()
  const { blocked, authorizeClient } = blocking('acme')
  const { issuer, confidential } = await startServer(t, { authorizeClient, onEvent })
  const { clientId } = confidential.client
  blocked.add(clientId)
  const browser = startBrowser()

  const refused = await browser.signIn(
    await browser.open(authorizationUrl(issuer, confidential)),
    ADA.email,
  )
  t.is(refused.status, 403)
  assertPageHeaders(t, refused)
  t.is(titleOf(refused), REFUSED)
  t.true(refused.html.includes('ask an administrator of your workspace to allow it'))
  for (const action of ['allow', 'continue']) {
    t.is(titleOf(await browser.submit(refused, { action })), REFUSED)
  }
  const cancelled = await browser.submit(refused, { action: 'cancel' })
  const expected = { redirectUri: REDIRECT_URI, error: 'access_denied', issuer }
  t.is(assertErrorRedirect(t, cancelled, expected).get('state'), 'a state')

  const events = await settled()
  const subject = { clientId, userId: 'ada', tenantId: 'acme' }
  const refusal = events.find(({ type }) => type === 'client.refused')
  t.like(refusal, { ...subject, result: 'failure', reason: 'client-refused' })
  t.like(events.at(-1), { type: 'authorization.denied', error: 'access_denied', clientId })

  // The tenant of another user has not blocked it.
  const granted = await startBrowser().authorize(
    authorizationUrl(issuer, confidential),
    GRACE.email,
  )
  t.truthy(granted.callback?.searchParams.get('code'))
})

test('authorizeClient: a client refused since it was granted gets no code, with prompt=none neither; allowed again, the consent still counts', async (t) => {
  const { onEvent, settled } = recordEvents()
  const { blocked, authorizeClient } = blocking('acme')
  const { issuer, confidential } = await startServer(t, { authorizeClient, onEvent })
  const { clientId } = confidential.client
  const browser = startBrowser()
  await browser.authorize(authorizationUrl(issuer, confidential), ADA.email)
  const silently = authorizationUrl(issuer, confidential, { prompt: 'none' })
  t.truthy((await browser.open(silently)).callback?.searchParams.get('code'))

  blocked.add(clientId)
  t.is(titleOf(await browser.open(authorizationUrl(issuer, confidential))), REFUSED)
  const expected = { redirectUri: REDIRECT_URI, error: 'access_denied', issuer }
  assertErrorRedirect(t, await browser.open(silently), expected)
  t.like((await settled()).at(-1), {
    type: 'authorization.refused',
    error: 'access_denied',
    reason: 'the user may not use this client',
    userId: 'ada',
  })

  blocked.delete(clientId)
  t.truthy((await browser.open(silently)).callback?.searchParams.get('code'))
})

test('authorizeClient: a client refused while the consent page was open, or after the last page, gets no code', async (t) => {
  const { blocked, authorizeClient } = blocking('acme')
  let isAskedOnce = false
  const { issuer, confidential } = await startServer(t, {
    async authorizeClient(client, user) {
      const isAllowed = await authorizeClient(client, user)
      if (isAskedOnce) blocked.add(client.clientId)
      return isAllowed
    },
  })
  const { clientId } = confidential.client
  const browser = startBrowser()
  const signInPage = await browser.open(authorizationUrl(issuer, confidential))
  const consentPage = await browser.signIn(signInPage, ADA.email)
  blocked.add(clientId)
  t.is(titleOf(await browser.submit(consentPage, { action: 'allow' })), REFUSED)

  // Allowed for the form, refused for the page after it.
  blocked.delete(clientId)
  const again = await browser.open(authorizationUrl(issuer, confidential))
  isAskedOnce = true
  t.is(titleOf(await browser.submit(again, { action: 'allow' })), REFUSED)
})

test('authorizeClient: another account of another tenant goes on from the page', async (t) => {
  const { blocked, authorizeClient } = blocking('acme')
  const { issuer, confidential } = await startServer(t, { authorizeClient })
  blocked.add(confidential.client.clientId)
  const browser = startBrowser()
  const signInPage = await browser.open(authorizationUrl(issuer, confidential))
  const refused = await browser.signIn(signInPage, ADA.email)

  const secondSignIn = await browser.submit(refused, { action: 'switch-account' })
  t.is(titleOf(await browser.signIn(secondSignIn, GRACE.email)), 'Allow access')
})

test('authorizeClient: gets the client without hashes, and the user; is not asked about a TENANT client of another tenant', async (t) => {
  const asked: Array<readonly [Client, User]> = []
  const { issuer, tenant, authorizationServer } = await startServer(t, {
    authorizeClient: (client, user) => asked.push([client, user]) > 0,
  })
  const { clientId } = tenant.client
  await startBrowser().authorize(authorizationUrl(issuer, tenant), ADA.email)
  const client = await authorizationServer.clients.find(clientId)
  t.true(asked.length > 0)
  for (const [given, user] of asked) {
    t.deepEqual(given, client)
    t.is(user, ADA)
  }
  asked.length = 0
  const browser = startBrowser()
  await browser.signIn(await browser.open(authorizationUrl(issuer, tenant)), GRACE.email)
  t.deepEqual(asked, [])
})
