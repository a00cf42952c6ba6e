import test from 'ava'
import { SESSION_RENEWAL_SECONDS, SESSION_TTL_SECONDS } from '../../lib/lifetimes.ts'
import { formOf, startBrowser, titleOf } from '../helpers/browser.ts'
import { recordEvents } from '../helpers/record-events.ts'
import { authorizationUrl } from '../helpers/requests.ts'
import { assertRetryAfter } from '../helpers/retry-after.ts'
import { ADA, GRACE, startServer } from '../helpers/start-server.ts'
import { textOf } from '../pages/markup.ts'

const sessionOf = ({ userAgent }: ReturnType<typeof startBrowser>): string | undefined =>
  userAgent.cookies.find(({ name }) => name.endsWith('oauth_session'))?.value

test('account: a user who is not signed in gets the sign-in page, without a client or a way to cancel', async (t) => {
  const { issuer } = await startServer(t)
  const page = await startBrowser().open(`${issuer}/account/connections`)
  t.is(page.status, 200)
  t.is(titleOf(page), 'Sign in')
  t.true(textOf(page.html).includes('Sign in to your account'))
  t.false(page.html.includes('value="cancel"'))
  t.is(formOf(page).url, `${issuer}/account/connections`)
  t.is(page.headers.get('cache-control'), 'no-store')
})

test('account: a session that began there is good for authorization requests, and the other way round', async (t) => {
  const { issuer, confidential } = await startServer(t)
  const browser = startBrowser()
  const page = await browser.signIn(await browser.open(`${issuer}/account/connections`), ADA.email)
  t.deepEqual(
    page.responses.map(({ status }) => status),
    [303, 200],
  )
  t.is(titleOf(page), 'Connected applications')
  t.is(titleOf(await browser.open(authorizationUrl(issuer, confidential))), 'Allow access')

  const other = startBrowser()
  await other.authorize(authorizationUrl(issuer, confidential), ADA.email)
  t.is(titleOf(await other.open(`${issuer}/account/connections`)), 'Connected applications')
})

test('account: a sign-in begins a session with a new identifier, and ends the one before', async (t) => {
  const { issuer, users } = await startServer(t)
  const browser = startBrowser()
  await browser.signIn(await browser.open(`${issuer}/account/connections`), ADA.email)
  const before = [...browser.userAgent.cookies]
  const first = sessionOf(browser)
  users.delete('ada')
  const page = await browser.open(`${issuer}/account/connections`)
  t.is(titleOf(page), 'Sign in')
  t.true(textOf((await browser.signIn(page, GRACE.email)).html).includes('grace@globex.test'))

  t.not(sessionOf(browser), first)
  users.set('ada', ADA)
  const later = startBrowser()
  later.userAgent.cookies.push(...before)
  t.is(titleOf(await later.open(`${issuer}/account/connections`)), 'Sign in')
})

test('account: a session identifier that somebody planted is not the one that is signed in (session fixation)', async (t) => {
  const { issuer, confidential } = await startServer(t)
  const attacker = startBrowser()
  await attacker.authorize(authorizationUrl(issuer, confidential), ADA.email)
  const planted = attacker.userAgent.cookies.filter(({ name }) => name.includes('oauth_session'))
  await attacker.submit(await attacker.open(`${issuer}/account/connections`), {
    action: 'sign-out',
  })

  const victim = startBrowser()
  victim.userAgent.cookies.push(...planted)
  await victim.signIn(await victim.open(`${issuer}/account/connections`), GRACE.email)
  attacker.userAgent.cookies.push(...planted)
  t.is(titleOf(await attacker.open(`${issuer}/account/connections`)), 'Sign in')
})

test('account: wrong passwords get the same response, are audited, and are throttled together with those of authorization requests', async (t) => {
  const { onEvent, settled } = recordEvents()
  const { issuer, confidential } = await startServer(t, {
    onEvent,
  })
  const browser = startBrowser()
  let page = await browser.open(`${issuer}/account/connections`)
  for (let attempt = 0; attempt < 5; attempt += 1) {
    page = await browser.signIn(page, ADA.email, 'wrong')
    t.is(page.status, 400)
    t.is(titleOf(page), 'Error: Sign in')
    t.true(page.html.includes(`value="${ADA.email}"`))
  }
  let other = await browser.open(authorizationUrl(issuer, confidential))
  for (let attempt = 0; attempt < 5; attempt += 1) {
    other = await browser.signIn(other, ADA.email, 'wrong')
  }

  const blocked = await browser.signIn(page, ADA.email)
  t.is(blocked.status, 429)
  assertRetryAfter(t, blocked)
  const events = await settled()
  const failures = events.filter(({ type }) => type === 'user.sign-in-failed')
  t.is(failures.length, 11)
  t.like(failures[0], { clientId: undefined, username: ADA.email, reason: 'invalid-credentials' })
  t.like(failures.at(-1), { username: ADA.email, reason: 'too-many-attempts' })
})

test('account: the right password of an account that findUser does not know → 403, a page that says so, an audit event of its own; whoever was signed in stays so', async (t) => {
  const { onEvent, settled } = recordEvents()
  const { issuer, users } = await startServer(t, {
    authenticateUser: async ({ username }) => (username === ADA.email ? ADA : GRACE),
    onEvent,
  })
  users.delete('ada')
  const browser = startBrowser()
  const page = await browser.open(`${issuer}/account/connections`)
  const connections = await browser.signIn(page, GRACE.email)
  const session = sessionOf(browser)

  const again = await browser.signIn(page, ADA.email)
  t.is(again.status, 403)
  t.is(titleOf(again), 'Error: Sign in')
  t.true(textOf(again.html).includes('This account cannot sign in.'))
  t.true(again.html.includes(`value="${ADA.email}"`))
  const events = await settled()
  t.like(events.at(-1), {
    type: 'user.sign-in-failed',
    clientId: undefined,
    userId: 'ada',
    tenantId: 'acme',
    reason: 'user-unavailable',
  })
  t.is(sessionOf(browser), session)
  t.is(titleOf(await browser.open(connections.url)), 'Connected applications')
})

test('account: signing in is audited, without a client', async (t) => {
  const { onEvent, settled } = recordEvents()
  const { issuer } = await startServer(t, { onEvent })
  const browser = startBrowser()
  await browser.signIn(await browser.open(`${issuer}/account/connections`), ADA.email)
  const events = await settled()
  const signedIn = events.find(({ type }) => type === 'user.signed-in')
  t.like(signedIn, { clientId: undefined, userId: 'ada', tenantId: 'acme' })
})

test('account: a user who is disabled is not signed in any more', async (t) => {
  const { issuer, users } = await startServer(t)
  const browser = startBrowser()
  const page = await browser.signIn(await browser.open(`${issuer}/account/connections`), ADA.email)
  users.delete('ada')
  const after = await browser.submit(page, { action: 'disconnect', clientId: 'tc_any' })
  t.is(titleOf(after), 'Sign in')
})

test('account: “Sign out” ends the session, for authorization requests too', async (t) => {
  const { issuer, confidential } = await startServer(t)
  const browser = startBrowser()
  const page = await browser.signIn(await browser.open(`${issuer}/account/connections`), ADA.email)
  const kept = [...browser.userAgent.cookies]

  const after = await browser.submit(page, { action: 'sign-out' })
  t.is(titleOf(after), 'Sign in')
  t.is(sessionOf(browser), undefined)
  const thief = startBrowser()
  thief.userAgent.cookies.push(...kept)
  t.is(titleOf(await thief.open(`${issuer}/account/connections`)), 'Sign in')
  t.is(titleOf(await thief.open(authorizationUrl(issuer, confidential))), 'Sign in')
})

test('account: showing the sign-in page needs no session, and begins none', async (t) => {
  const { issuer } = await startServer(t)
  const browser = startBrowser()
  await browser.open(`${issuer}/account/connections`)
  t.is(sessionOf(browser), undefined)
})

test('account: two tabs at the sign-in page: what is typed into the second is checked, and counts', async (t) => {
  const { issuer } = await startServer(t)
  const url = `${issuer}/account/connections`
  const browser = startBrowser()
  const [first, second] = [await browser.open(url), await browser.open(url)]
  const adas = await browser.signIn(first, ADA.email)

  const wrong = await browser.signIn(second, GRACE.email, 'wrong')
  t.is(wrong.status, 400)
  t.is(titleOf(wrong), 'Error: Sign in')
  t.true((await browser.open(url)).html.includes(ADA.email))
  t.true((await browser.signIn(second, GRACE.email)).html.includes(GRACE.email))

  // Whoever is signed in: who signs out is signed out.
  t.is(titleOf(await browser.submit(adas, { action: 'sign-out' })), 'Sign in')
  t.is(sessionOf(browser), undefined)
})

for (const saved of ['a sign-in in progress', 'a request that prolongs it']) {
  test(`account: a session stays ended with everything of its user, until the end of what ${saved} saves later`, async (t) => {
    let endEverything: (() => Promise<unknown>) | undefined
    const between = async (): Promise<void> => {
      const end = endEverything
      endEverything = undefined
      await end?.()
    }
    const server = await startServer(t, {
      async authenticateUser() {
        await between()
        return ADA
      },
      async findUser() {
        if (saved === 'a request that prolongs it') await between()
        return ADA
      },
    })
    const { issuer, confidential, clock, authorizationServer } = server
    const url = `${issuer}/account/connections`
    const browser = startBrowser()
    const signInPage = await browser.open(url)
    const end = async (): Promise<void> => {
      await authorizationServer.connections.revokeAllOfUser('ada')
      clock.advance(5)
    }
    if (saved === 'a sign-in in progress') {
      endEverything = end
      t.is(titleOf(await browser.signIn(signInPage, ADA.email)), 'Sign in')
    } else {
      await browser.signIn(signInPage, ADA.email)
      clock.advance(SESSION_RENEWAL_SECONDS)
      endEverything = end
      await browser.open(authorizationUrl(issuer, confidential))
      t.is(titleOf(await browser.open(url)), 'Sign in')
    }
    t.true(endEverything === undefined)

    clock.advance(SESSION_TTL_SECONDS - 3)

    t.is(titleOf(await browser.open(url)), 'Sign in')
    t.is(titleOf(await browser.open(authorizationUrl(issuer, confidential))), 'Sign in')
  })
}
