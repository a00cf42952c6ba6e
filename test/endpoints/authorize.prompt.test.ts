import test from 'ava'
import { assertErrorRedirect } from '../helpers/authorization-responses.ts'
import { startBrowser, titleOf } from '../helpers/browser.ts'
import { authorizationUrl } from '../helpers/requests.ts'
import { PUBLIC_CLIENT, startServer } from '../helpers/start-server.ts'

const REDIRECT_URI = 'https://recruiter.example/callback'

test('prompt=none: without a session → login_required, and no page (OIDC Core §3.1.2.6)', async (t) => {
  const { issuer, confidential } = await startServer(t)

  const visit = await startBrowser().open(
    authorizationUrl(issuer, confidential, { prompt: 'none' }),
  )

  t.is(visit.responses.length, 1)
  const expected = { redirectUri: REDIRECT_URI, error: 'login_required', issuer }
  t.is(assertErrorRedirect(t, visit, expected).get('state'), 'a state')
})

test('prompt=none: with a session but without consent, or with less → consent_required (OIDC Core §3.1.2.6)', async (t) => {
  const { issuer, confidential, public: spa } = await startServer(t)
  const browser = startBrowser()
  await browser.authorize(authorizationUrl(issuer, spa), 'ada@acme.test')

  const visit = await browser.open(authorizationUrl(issuer, confidential, { prompt: 'none' }))
  assertErrorRedirect(t, visit, { redirectUri: REDIRECT_URI, error: 'consent_required', issuer })

  const less = authorizationUrl(issuer, confidential, { scope: 'interview:read' })
  await browser.authorize(less, 'ada@acme.test')
  const again = await browser.open(authorizationUrl(issuer, confidential, { prompt: 'none' }))
  assertErrorRedirect(t, again, { redirectUri: REDIRECT_URI, error: 'consent_required', issuer })
})

test('prompt=none: with session and consent → a code, without a page', async (t) => {
  const { issuer, confidential } = await startServer(t)
  const browser = startBrowser()
  await browser.authorize(authorizationUrl(issuer, confidential), 'ada@acme.test')

  const visit = await browser.open(
    authorizationUrl(issuer, confidential, { prompt: 'none', scope: 'interview:read' }),
  )

  t.is(visit.responses.length, 1)
  t.is(visit.status, 302)
  t.truthy(visit.callback?.searchParams.get('code'))
})

test('prompt=none: a user whom a TENANT client does not accept → access_denied (product contract)', async (t) => {
  const { issuer, tenant, confidential } = await startServer(t)
  const browser = startBrowser()
  await browser.authorize(authorizationUrl(issuer, confidential), 'grace@globex.test')

  const visit = await browser.open(authorizationUrl(issuer, tenant, { prompt: 'none' }))

  assertErrorRedirect(t, visit, { redirectUri: REDIRECT_URI, error: 'access_denied', issuer })
})

test('prompt=none: a user who was disabled → login_required', async (t) => {
  const { issuer, confidential, users } = await startServer(t)
  const browser = startBrowser()
  await browser.authorize(authorizationUrl(issuer, confidential), 'ada@acme.test')
  users.delete('ada')

  const visit = await browser.open(authorizationUrl(issuer, confidential, { prompt: 'none' }))

  assertErrorRedirect(t, visit, { redirectUri: REDIRECT_URI, error: 'login_required', issuer })
})

for (const redirectUri of ['http://127.0.0.1:8123/callback', 'com.example.app:/callback']) {
  test(`prompt=none: ${redirectUri} proves no identity → consent_required in spite of consent (RFC 8252 §8.6)`, async (t) => {
    const { issuer, registerClient } = await startServer(t)
    const app = await registerClient({ ...PUBLIC_CLIENT, redirectUris: [redirectUri] })
    const browser = startBrowser()
    await browser.authorize(authorizationUrl(issuer, app), 'ada@acme.test')

    const visit = await browser.open(authorizationUrl(issuer, app, { prompt: 'none' }))

    assertErrorRedirect(t, visit, { redirectUri, error: 'consent_required', issuer })
  })
}

test('prompt=login: the password is asked for in spite of the session, the consent is not', async (t) => {
  const { issuer, confidential } = await startServer(t)
  const browser = startBrowser()
  await browser.authorize(authorizationUrl(issuer, confidential), 'ada@acme.test')

  const page = await browser.open(authorizationUrl(issuer, confidential, { prompt: 'login' }))
  t.is(titleOf(page), 'Sign in')
  const wrong = await browser.signIn(page, 'ada@acme.test', 'wrong')
  t.is(wrong.status, 400)
  const granted = await browser.signIn(wrong, 'ada@acme.test')

  t.truthy(granted.callback?.searchParams.get('code'))
})

test('prompt=login: going straight to the end does not skip it', async (t) => {
  const { issuer, confidential } = await startServer(t)
  const browser = startBrowser()
  await browser.authorize(authorizationUrl(issuer, confidential), 'ada@acme.test')
  const page = await browser.open(authorizationUrl(issuer, confidential, { prompt: 'login' }))

  const prt = page.url.searchParams.get('prt')
  const visit = await browser.open(`${issuer}/oauth/authorize/${prt}`)

  t.is(visit.callback, undefined)
  t.is(titleOf(visit), 'Sign in')
})

test('prompt=consent: what was allowed already is asked for again, all of it', async (t) => {
  const { issuer, confidential } = await startServer(t)
  const browser = startBrowser()
  await browser.authorize(authorizationUrl(issuer, confidential), 'ada@acme.test')

  const page = await browser.open(authorizationUrl(issuer, confidential, { prompt: 'consent' }))
  t.is(titleOf(page), 'Allow access')
  t.true(page.html.includes('It will be able to'))
  t.false(page.html.includes('Already allowed'))
  const granted = await browser.submit(page, { action: 'allow' })

  t.truthy(granted.callback?.searchParams.get('code'))
})

test('prompt=consent: denying leaves the earlier consent alone', async (t) => {
  const { issuer, confidential } = await startServer(t)
  const browser = startBrowser()
  await browser.authorize(authorizationUrl(issuer, confidential), 'ada@acme.test')

  const page = await browser.open(authorizationUrl(issuer, confidential, { prompt: 'consent' }))
  const denied = await browser.submit(page, { action: 'deny' })
  assertErrorRedirect(t, denied, { redirectUri: REDIRECT_URI, error: 'access_denied', issuer })

  const again = await browser.open(authorizationUrl(issuer, confidential))
  t.truthy(again.callback?.searchParams.get('code'))
})

test('prompt=select_account: the user confirms the account, and only that', async (t) => {
  const { issuer, confidential } = await startServer(t)
  const browser = startBrowser()
  await browser.authorize(authorizationUrl(issuer, confidential), 'ada@acme.test')

  const url = authorizationUrl(issuer, confidential, { prompt: 'select_account' })
  const page = await browser.open(url)
  t.is(titleOf(page), 'Choose an account')
  t.true(page.html.includes('ada@acme.test'))
  const granted = await browser.submit(page, { action: 'continue' })

  t.truthy(granted.callback?.searchParams.get('code'))
})

test('prompt=select_account: without a session, signing in is choosing', async (t) => {
  const { issuer, confidential } = await startServer(t)
  const browser = startBrowser()

  const url = authorizationUrl(issuer, confidential, { prompt: 'select_account' })
  const page = await browser.open(url)
  t.is(titleOf(page), 'Sign in')

  t.is(titleOf(await browser.signIn(page, 'ada@acme.test')), 'Allow access')
})

test('prompt=select_account: another account can be chosen; the session is then its', async (t) => {
  const { issuer, confidential } = await startServer(t)
  const browser = startBrowser()
  await browser.authorize(authorizationUrl(issuer, confidential), 'ada@acme.test')

  const url = authorizationUrl(issuer, confidential, { prompt: 'select_account' })
  const signInPage = await browser.submit(await browser.open(url), { action: 'switch-account' })
  t.is(titleOf(signInPage), 'Sign in')
  const consentPage = await browser.signIn(signInPage, 'grace@globex.test')
  t.true(consentPage.html.includes('grace@globex.test'))
  const granted = await browser.submit(consentPage, { action: 'allow' })
  t.truthy(granted.callback?.searchParams.get('code'))

  const next = await browser.open(url)
  t.true(next.html.includes('grace@globex.test'))
})

test('prompt=select_account: cancel → access_denied', async (t) => {
  const { issuer, confidential } = await startServer(t)
  const browser = startBrowser()
  await browser.authorize(authorizationUrl(issuer, confidential), 'ada@acme.test')

  const url = authorizationUrl(issuer, confidential, { prompt: 'select_account' })
  const visit = await browser.submit(await browser.open(url), { action: 'cancel' })

  assertErrorRedirect(t, visit, { redirectUri: REDIRECT_URI, error: 'access_denied', issuer })
})

for (const prompt of ['login consent', 'consent login', 'login login consent']) {
  test(`prompt="${prompt}": password, then consent, in spite of both`, async (t) => {
    const { issuer, confidential } = await startServer(t)
    const browser = startBrowser()
    await browser.authorize(authorizationUrl(issuer, confidential), 'ada@acme.test')

    const page = await browser.open(authorizationUrl(issuer, confidential, { prompt }))
    t.is(titleOf(page), 'Sign in')
    const consentPage = await browser.signIn(page, 'ada@acme.test')
    t.is(titleOf(consentPage), 'Allow access')
    const granted = await browser.submit(consentPage, { action: 'allow' })

    t.truthy(granted.callback?.searchParams.get('code'))
  })
}

test('prompt="select_account consent": account, then consent', async (t) => {
  const { issuer, confidential } = await startServer(t)
  const browser = startBrowser()
  await browser.authorize(authorizationUrl(issuer, confidential), 'ada@acme.test')

  const prompt = 'select_account consent'
  const page = await browser.open(authorizationUrl(issuer, confidential, { prompt }))
  t.is(titleOf(page), 'Choose an account')
  const consentPage = await browser.submit(page, { action: 'continue' })
  t.is(titleOf(consentPage), 'Allow access')
  const granted = await browser.submit(consentPage, { action: 'allow' })

  t.truthy(granted.callback?.searchParams.get('code'))
})

test('prompt="login consent select_account": account, password, consent, each once', async (t) => {
  const { issuer, confidential } = await startServer(t)
  const browser = startBrowser()
  await browser.authorize(authorizationUrl(issuer, confidential), 'ada@acme.test')

  const prompt = 'login consent select_account'
  const chooser = await browser.open(authorizationUrl(issuer, confidential, { prompt }))
  t.is(titleOf(chooser), 'Choose an account')
  const signInPage = await browser.submit(chooser, { action: 'continue' })
  t.is(titleOf(signInPage), 'Sign in')
  const consentPage = await browser.signIn(signInPage, 'ada@acme.test')
  t.is(titleOf(consentPage), 'Allow access')
  const granted = await browser.submit(consentPage, { action: 'allow' })

  t.truthy(granted.callback?.searchParams.get('code'))
})

test('login_hint fills in the user name, as text', async (t) => {
  const { issuer, confidential } = await startServer(t)

  const page = await startBrowser().open(
    authorizationUrl(issuer, confidential, { login_hint: '"><b>ada@acme.test' }),
  )

  t.is(titleOf(page), 'Sign in')
  t.false(page.html.includes('<b>'))
  t.true(page.html.includes('ada@acme.test'))
})
