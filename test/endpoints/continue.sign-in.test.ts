import test from 'ava'
import { assertPageHeaders } from '../helpers/authorization-responses.ts'
import { type Browser, formOf, PASSWORD, startBrowser, titleOf } from '../helpers/browser.ts'
import { recordEvents } from '../helpers/record-events.ts'
import { authorizationUrl } from '../helpers/requests.ts'
import { assertRetryAfter } from '../helpers/retry-after.ts'
import { ADA, GRACE, type StartedServer, startServer } from '../helpers/start-server.ts'

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

test('POST /oauth/continue: the right password of an account that findUser does not know → 403, a page that says so, an audit event of its own, no session', async (t) => {
  const { onEvent, settled } = recordEvents()
  const { issuer, confidential, users } = await startServer(t, {
    authenticateUser: async ({ username, password }) =>
      username === ADA.email && password === PASSWORD ? ADA : undefined,
    onEvent,
  })
  users.delete('ada')
  const browser = startBrowser()
  const page = await browser.open(authorizationUrl(issuer, confidential))
  t.is((await browser.signIn(page, ADA.email, 'wrong')).status, 400)

  // It is no guess, so it is not throttled.
  for (let attempt = 1; attempt <= 11; attempt += 1) {
    const again = await browser.signIn(page, ADA.email)
    t.is(again.status, 403)
    assertPageHeaders(t, again)
    t.is(titleOf(again), 'Error: Sign in')
    t.true(again.html.includes('This account cannot sign in.'))
    t.true(again.html.includes(`value="${ADA.email}"`))
  }
  t.false(browser.userAgent.cookies.some(({ name }) => /oauth_(session|known)$/.test(name)))
  const events = await settled()
  t.deepEqual(
    events.filter(({ type }) => type === 'user.signed-in'),
    [],
  )
  const { clientId } = confidential.client
  t.like(events.at(-1), {
    type: 'user.sign-in-failed',
    clientId,
    userId: 'ada',
    tenantId: 'acme',
    username: ADA.email,
    reason: 'user-unavailable',
  })

  users.set('ada', ADA)
  t.is(titleOf(await browser.signIn(page, ADA.email)), 'Allow access')
})

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
  assertRetryAfter(t, blocked)
  assertPageHeaders(t, blocked)
  t.true(blocked.html.includes('Too many failed attempts.'))
  t.is(titleOf(await browser.signIn(page, 'grace@globex.test')), 'Allow access')
})

test('POST /oauth/continue: of 15 wrong passwords at once at most ten are tried (ASVS 6.3)', async (t) => {
  let tried = 0
  let blocked = 0
  const { promise: allArrived, resolve } = Promise.withResolvers<void>()
  const arrive = (): void => {
    if (tried + blocked === 15) resolve()
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
    Array.from({ length: 15 }, () => browser.signIn(page, 'ada@acme.test', 'wrong')),
  )

  t.is(tried, 10)
  t.is(attempts.filter(({ status }) => status === 429).length, 5)
})

/** Forgets everything but that it signed in before, as after the end of a session. */
function endSession({ userAgent: { cookies } }: Browser): void {
  const known = cookies.filter(({ name }) => name.endsWith('oauth_known'))
  cookies.splice(0, cookies.length, ...known)
}

/** A browser that signed in to an account, and whose session has ended. */
async function startKnownBrowser(
  { issuer, confidential }: StartedServer,
  ...usernames: ReadonlyArray<string>
): Promise<Browser> {
  const browser = startBrowser()
  for (const username of usernames) {
    await browser.authorize(authorizationUrl(issuer, confidential), username)
    endSession(browser)
  }
  return browser
}

/** Tries a password often, and says what the attempts came to. */
async function tryOften(
  { issuer, confidential }: StartedServer,
  browser: Browser,
  username: string,
  attempts: number,
): Promise<ReadonlyArray<number>> {
  const statuses: Array<number> = []
  const page = await browser.open(authorizationUrl(issuer, confidential))
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    statuses.push((await browser.signIn(page, username, 'wrong')).status)
  }
  return statuses
}

/** What a browser gets for the right password: 200 for whatever comes next. */
async function signInStatus(
  { issuer, confidential }: StartedServer,
  browser: Browser,
  username: string,
): Promise<number> {
  const page = await browser.open(authorizationUrl(issuer, confidential, { prompt: 'login' }))
  const { status, callback } = await browser.signIn(page, username)
  return callback === undefined ? status : 200
}

const TEN_WRONG = Array.from({ length: 10 }, () => 400)

test('POST /oauth/continue: a user whom a neighbour’s failures block signs in with a browser that they used before, at either page', async (t) => {
  const server = await startServer(t)
  const known = await startKnownBrowser(server, ADA.email)
  const neighbour = startBrowser()
  for (let account = 0; account < 10; account += 1) {
    const username = account === 0 ? ADA.email : `nobody-${account}@acme.test`
    t.deepEqual(await tryOften(server, neighbour, username, 10), TEN_WRONG)
  }

  t.is(await signInStatus(server, startBrowser(), ADA.email), 429)
  t.is(await signInStatus(server, startBrowser(), GRACE.email), 429)
  t.is(await signInStatus(server, known, ` ${ADA.email} `), 200)
  endSession(known)
  const page = await known.open(`${server.issuer}/account/connections`)
  t.is((await known.signIn(page, ADA.email)).status, 200)
})

test('POST /oauth/continue: a browser that signed in before has ten failures of its own with that account; the eleventh password is not checked', async (t) => {
  const checked: Array<string> = []
  const server = await startServer(t, {
    async authenticateUser({ username, password }) {
      checked.push(password)
      return [ADA, GRACE].find(({ email }) => email === username && password === PASSWORD)
    },
  })
  const known = await startKnownBrowser(server, ADA.email)
  checked.length = 0

  t.deepEqual(await tryOften(server, known, ADA.email, 12), [...TEN_WRONG, 429, 429])
  t.is(checked.length, 10)
  t.is(await signInStatus(server, known, ADA.email), 429)
  t.is(checked.length, 10)
  // Its failures are nobody else's.
  t.is(await signInStatus(server, startBrowser(), ADA.email), 200)
})

test('POST /oauth/continue: of 15 wrong passwords at once from a browser that signed in before, ten are tried', async (t) => {
  const server = await startServer(t)
  const known = await startKnownBrowser(server, ADA.email)
  const page = await known.open(authorizationUrl(server.issuer, server.confidential))

  const attempts = await Promise.all(
    Array.from({ length: 15 }, () => known.signIn(page, ADA.email, 'wrong')),
  )

  t.is(attempts.filter(({ status }) => status === 400).length, 10)
})

test('POST /oauth/continue: signing in to one account does not help to guess the password of another', async (t) => {
  const server = await startServer(t)
  const attacker = await startKnownBrowser(server, GRACE.email)
  t.deepEqual(await tryOften(server, attacker, ADA.email, 11), [...TEN_WRONG, 429])
  t.is(await signInStatus(server, attacker, ADA.email), 429)

  // Nor by signing in again and again, which makes room with the own account only.
  for (let time = 0; time < 3; time += 1) {
    t.is(await signInStatus(server, attacker, GRACE.email), 200)
    t.is(await signInStatus(server, attacker, ADA.email), 429)
  }
})

test('POST /oauth/continue: a cookie that was changed, made up, made with another key, or is too old, is no browser that signed in before', async (t) => {
  const server = await startServer(t)
  const elsewhere = await startServer(t, {
    cookieKeys: ['another cookie key of a test server, no secret'],
  })
  const name = 'oauth_known'
  const cookieOf = ({ userAgent: { cookies } }: Browser): string =>
    cookies.find((cookie) => cookie.name === name)?.value ?? ''
  const own = cookieOf(await startKnownBrowser(server, ADA.email))
  const [expiresAt = '', id = '', proof = ''] =
    /^(\w+)-([\w-]{22})-([\w-]{43})$/.exec(own)?.slice(1) ?? []
  const other = id.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))
  const later = (Number.parseInt(expiresAt, 36) + 1).toString(36)
  const forged = [
    cookieOf(await startKnownBrowser(elsewhere, ADA.email)),
    cookieOf(await startKnownBrowser(server, GRACE.email)),
    [expiresAt, other, proof].join('-'),
    [later, id, proof].join('-'),
    [expiresAt, id, proof.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))].join('-'),
    [expiresAt, id, ''].join('-'),
    own.slice(1),
    `${own}x`,
    '',
    'x'.repeat(3000),
    '.'.repeat(3000),
    `${'0-'.repeat(1500)}`,
  ]
  t.deepEqual(await tryOften(server, startBrowser(), ADA.email, 11), [...TEN_WRONG, 429])

  for (const value of forged) {
    const browser = startBrowser()
    browser.userAgent.cookies.push({ name, value, path: '/' })
    t.is(await signInStatus(server, browser, ADA.email), 429, value.slice(0, 100))
  }
  const planted = startBrowser()
  planted.userAgent.cookies.push(
    { name, value: 'planted', path: '/oauth/continue' }, // browsers send it first
    { name, value: own, path: '/' },
  )
  t.is(await signInStatus(server, planted, ADA.email), 200)
  server.clock.advance(90 * 24 * 3600)
  const kept = startBrowser()
  kept.userAgent.cookies.push({ name, value: own, path: '/' })
  t.is(await signInStatus(server, kept, ADA.email), 429)
})

test('POST /oauth/continue: a browser is known for its last five accounts, by a cookie that is small, HttpOnly and says no name', async (t) => {
  const people = Array.from({ length: 6 }, (_, number) => ({
    ...ADA,
    userId: `user-${number}`,
    email: `user-${number}@acme.test`,
  }))
  const server = await startServer(t, { users: people })
  const emails = people.map(({ email }) => email)
  const known = await startKnownBrowser(server, ...emails, ...emails.slice(-2))
  const value = known.userAgent.cookies[0]?.value ?? ''
  t.true(value.length < 400)
  t.false(value.includes('user'))
  const neighbour = startBrowser()
  for (const email of emails) await tryOften(server, neighbour, email, 10)

  const statuses: Array<number> = []
  for (const email of emails) {
    const browser = startBrowser()
    browser.userAgent.cookies.push({ name: 'oauth_known', value, path: '/' })
    statuses.push(await signInStatus(server, browser, email))
  }
  t.deepEqual(
    statuses.map((status) => status === 429),
    [true, false, false, false, false, false],
  )
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

test('POST /oauth/continue: a user who signs in twenty times is not blocked', async (t) => {
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

test('POST /oauth/continue: a sign-in does not use a session that was planted (session fixation)', async (t) => {
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
