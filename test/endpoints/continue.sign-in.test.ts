import test from 'ava'
import { assertPageHeaders } from '../helpers/authorization-responses.ts'
import { formOf, startBrowser, titleOf } from '../helpers/browser.ts'
import { authorizationUrl } from '../helpers/requests.ts'
import { ADA, startServer } from '../helpers/start-server.ts'

const cases = [
  ['a wrong password', 'ada@acme.test', 'wrong'],
  ['an unknown user', 'nobody@acme.test', 'correct horse battery staple'],
  ['an empty user name', '', 'correct horse battery staple'],
  ['an empty password', 'ada@acme.test', ''],
] as const

for (const [what, username, password] of cases) {
  test(`POST /oauth/continue: ${what} shows the page again, with 400 and an alert that tells nothing`, async (t) => {
    const { issuer, confidential } = await startServer(t)
    const browser = startBrowser()
    const page = await browser.open(authorizationUrl(issuer, confidential))

    const again = await browser.signIn(page, username, password)

    t.is(again.status, 400)
    assertPageHeaders(t, again)
    t.is(titleOf(again), 'Error: Sign in')
    t.true(again.html.includes('role="alert"'))
    t.true(again.html.includes('The email address or the password is wrong.'))
    t.true(again.html.includes(`value="${username}"`))
    t.false(again.html.includes('correct horse'))
    t.is(titleOf(await browser.signIn(again, 'ada@acme.test')), 'Allow access')
  })
}

test('POST /oauth/continue: the tenth wrong password blocks the account for this address → 429 with Retry-After (ASVS 6.3)', async (t) => {
  const { issuer, confidential } = await startServer(t)
  const browser = startBrowser()
  const page = await browser.open(authorizationUrl(issuer, confidential))
  for (let attempt = 1; attempt <= 10; attempt += 1) {
    const username = attempt % 2 === 0 ? 'ada@acme.test' : ' ADA@acme.test'
    t.is((await browser.signIn(page, username, 'wrong')).status, 400, `attempt ${attempt}`)
  }

  const blocked = await browser.signIn(page, 'ada@acme.test')

  t.is(blocked.status, 429)
  t.is(blocked.headers.get('retry-after'), '300')
  assertPageHeaders(t, blocked)
  t.true(blocked.html.includes('Too many failed attempts.'))
  t.is(titleOf(await browser.signIn(page, 'grace@globex.test')), 'Allow access')
})

test('POST /oauth/continue: of 50 wrong passwords at once at most ten are tried (ASVS 6.3)', async (t) => {
  let tried = 0
  let blocked = 0
  const { promise: allArrived, resolve } = Promise.withResolvers<void>()
  const arrive = (): void => {
    if (tried + blocked === 50) resolve()
  }
  const { issuer, confidential } = await startServer(t, {
    async authenticateUser() {
      tried += 1
      arrive()
      await allArrived
      return undefined
    },
    onEvent(event) {
      if (event.type !== 'user.sign-in-failed' || event.reason !== 'too-many-attempts') return
      blocked += 1
      arrive()
    },
  })
  const browser = startBrowser()
  const page = await browser.open(authorizationUrl(issuer, confidential))

  const attempts = await Promise.all(
    Array.from({ length: 50 }, () => browser.signIn(page, 'ada@acme.test', 'wrong')),
  )

  t.is(tried, 10)
  t.is(attempts.filter(({ status }) => status === 429).length, 40)
})

test('POST /oauth/continue: a host that cannot check passwords gets a page with 500, and nobody is blocked for it', async (t) => {
  let isBroken = true
  const { issuer, confidential } = await startServer(t, {
    async authenticateUser() {
      if (isBroken) throw new Error('the host’s database is down')
      return ADA
    },
  })
  const browser = startBrowser()
  const page = await browser.open(authorizationUrl(issuer, confidential))
  for (let attempt = 1; attempt <= 12; attempt += 1) {
    const failure = await browser.signIn(page, 'ada@acme.test')
    t.is(failure.status, 500)
    assertPageHeaders(t, failure)
    t.false(failure.html.includes('database'))
  }

  isBroken = false

  t.is(titleOf(await browser.signIn(page, 'ada@acme.test')), 'Allow access')
})

test('POST /oauth/continue: whoever signs in twenty times is not blocked', async (t) => {
  const { issuer, confidential } = await startServer(t)
  const browser = startBrowser()
  const url = authorizationUrl(issuer, confidential, { prompt: 'login' })
  await browser.authorize(url, 'ada@acme.test')

  for (let time = 1; time <= 20; time += 1) {
    const visit = await browser.signIn(await browser.open(url), 'ada@acme.test')
    t.truthy(visit.callback?.searchParams.get('code'))
  }
})

test('POST /oauth/continue: the session begins with a new identifier, and the old one is worth nothing (session fixation)', async (t) => {
  const { issuer, confidential } = await startServer(t)
  const browser = startBrowser()
  await browser.authorize(authorizationUrl(issuer, confidential), 'ada@acme.test')
  const planted = browser.userAgent.cookies.filter(({ name }) => name.startsWith('oauth_session'))
  t.is(planted.length, 2)

  const page = await browser.open(authorizationUrl(issuer, confidential, { prompt: 'login' }))
  await browser.signIn(page, 'ada@acme.test')

  const thief = startBrowser()
  thief.userAgent.cookies.push(...planted)
  t.is(titleOf(await thief.open(authorizationUrl(issuer, confidential))), 'Sign in')
  const own = await browser.open(authorizationUrl(issuer, confidential))
  t.truthy(own.callback?.searchParams.get('code'))
})

test('POST /oauth/continue: a session that was planted is not used for whoever signs in (session fixation)', async (t) => {
  const { issuer, confidential } = await startServer(t)
  const attacker = startBrowser()
  await attacker.authorize(authorizationUrl(issuer, confidential), 'grace@globex.test')
  const victim = startBrowser()
  victim.userAgent.cookies.push(
    ...attacker.userAgent.cookies.filter(({ name }) => name.startsWith('oauth_session')),
  )

  const url = authorizationUrl(issuer, confidential, { prompt: 'login' })
  const granted = await victim.authorize(url, 'ada@acme.test')
  t.truthy(granted.callback?.searchParams.get('code'))

  const chooser = { prompt: 'select_account' }
  const seen = await attacker.open(authorizationUrl(issuer, confidential, chooser))
  t.false(seen.html.includes(ADA.email))
  const own = await victim.open(authorizationUrl(issuer, confidential, chooser))
  t.true(own.html.includes(ADA.email))
})

test('POST /oauth/continue: a session cookie that was made up is nobody’s', async (t) => {
  const { issuer, confidential } = await startServer(t)
  for (const value of ['x', 'a'.repeat(43), 'a'.repeat(3000), '%00', '"']) {
    const browser = startBrowser()
    browser.userAgent.cookies.push({ name: 'oauth_session', value, path: '/' })
    const granted = await browser.authorize(authorizationUrl(issuer, confidential), 'ada@acme.test')
    t.truthy(granted.callback?.searchParams.get('code'))
    t.false(browser.userAgent.cookies.some((cookie) => cookie.value === value))
  }
})

test('cookies are HttpOnly and SameSite=Lax, and those of a loopback issuer are not Secure (ASVS 3.3)', async (t) => {
  const { issuer, confidential } = await startServer(t)
  const browser = startBrowser()
  const page = await browser.open(authorizationUrl(issuer, confidential))
  const consentPage = await browser.signIn(page, 'ada@acme.test')
  const granted = await browser.submit(consentPage, { action: 'allow' })

  const set = [...page.responses, ...consentPage.responses, ...granted.responses].flatMap(
    ({ headers }) => headers.getSetCookie(),
  )
  t.true(set.length >= 3)
  for (const cookie of set) {
    t.regex(cookie, /; httponly/i)
    t.regex(cookie, /; samesite=lax/i)
    t.notRegex(cookie, /; (secure|domain)/i)
  }
})

test('GET /oauth/continue: the form goes to the issuer and holds one hidden field', async (t) => {
  const { issuer, confidential } = await startServer(t)

  const page = await startBrowser().open(authorizationUrl(issuer, confidential))

  const { url, hidden } = formOf(page)
  t.is(url, page.url.href)
  t.deepEqual(Object.keys(hidden), ['csrf'])
})
