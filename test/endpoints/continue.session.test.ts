import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import test from 'ava'
import { type Browser, startBrowser, titleOf } from '../helpers/browser.ts'
import { startHost } from '../helpers/host-application.ts'
import { authorizationUrl } from '../helpers/requests.ts'
import { GRACE, startServer } from '../helpers/start-server.ts'

const DAY_SECONDS = 24 * 60 * 60

test('session: it ends fourteen days after it was used last', async (t) => {
  const { issuer, confidential, clock } = await startServer(t)
  const browser = startBrowser()
  await browser.authorize(authorizationUrl(issuer, confidential), 'ada@acme.test')

  clock.advance(13 * DAY_SECONDS)
  const used = await browser.open(authorizationUrl(issuer, confidential))
  t.truthy(used.callback?.searchParams.get('code'))
  clock.advance(14 * DAY_SECONDS)
  t.is(titleOf(await browser.open(authorizationUrl(issuer, confidential))), 'Sign in')
})

test('session: a request that only uses it saves it, and sends its cookie again, once an hour', async (t) => {
  const memory = createMemoryStorage()
  let saves = 0
  const storage = {
    ...memory,
    artifacts: {
      ...memory.artifacts,
      async saveLatest(...parameters: Parameters<typeof memory.artifacts.saveLatest>) {
        saves += 1
        await memory.artifacts.saveLatest(...parameters)
      },
    },
  }
  const { issuer, confidential, clock } = await startServer(t, { storage })
  const browser = startBrowser()
  await browser.authorize(authorizationUrl(issuer, confidential), 'ada@acme.test')

  const use = async (): Promise<{ readonly saves: number; readonly cookies: number }> => {
    saves = 0
    const { callback, headers } = await browser.open(authorizationUrl(issuer, confidential))
    t.truthy(callback?.searchParams.get('code'))
    return { saves, cookies: headers.getSetCookie().length }
  }
  t.deepEqual(await use(), { saves: 0, cookies: 0 })
  clock.advance(3599)
  t.deepEqual(await use(), { saves: 0, cookies: 0 })
  clock.advance(1)
  t.deepEqual(await use(), { saves: 1, cookies: 2 }) // and its signature
  t.deepEqual(await use(), { saves: 0, cookies: 0 })
})

test('session: it outlives a change of the cookie keys, and every cookie keeps its attributes', async (t) => {
  const storage = createMemoryStorage()
  const oldKey = 'the old cookie key of a test server'
  const newKey = 'the new cookie key of a test server'
  const issuer = 'https://mayaapi.teamcast.ai/auth'
  const before = await startHost(t, { issuer, options: { storage, cookieKeys: [oldKey] } })
  const after = await startHost(t, { issuer, options: { storage, cookieKeys: [newKey, oldKey] } })
  const url = authorizationUrl(issuer, before.client)
  const first = before.startBrowser()
  await first.authorize(url, 'ada@acme.test')
  const consentUrl = authorizationUrl(issuer, before.client, { prompt: 'consent' })
  const openPage = await first.open(consentUrl)

  const later = after.startBrowser()
  later.userAgent.cookies.push(...first.userAgent.cookies)
  const reloaded = await later.open(openPage.url)
  t.is(titleOf(reloaded), 'Allow access')
  const granted = await later.open(url)
  t.truthy(granted.callback?.searchParams.get('code'))

  const signInPage = await later.open(authorizationUrl(issuer, before.client, { prompt: 'login' }))
  const signedIn = await later.signIn(signInPage, 'ada@acme.test')

  const responses = [reloaded, granted, signInPage, signedIn].flatMap((visit) => visit.responses)
  const set = responses.flatMap(({ headers }) => headers.getSetCookie())
  t.true(set.length >= 2)
  for (const cookie of set) {
    t.regex(cookie, /; path=\/auth;/)
    t.regex(cookie, /; samesite=lax; secure; httponly/i)
  }
})

test('session: it begins when the password was right, and stays though the user leaves the page or denies', async (t) => {
  const { issuer, confidential, tenant } = await startServer(t)
  const withPrompt = (prompt: string): URL => authorizationUrl(issuer, confidential, { prompt })
  for (const [username, client, leave] of [
    ['ada@acme.test', confidential, undefined],
    ['ada@acme.test', confidential, 'deny'],
    ['grace@globex.test', tenant, undefined],
    ['grace@globex.test', tenant, 'cancel'],
  ] as const) {
    const browser = startBrowser()
    const page = await browser.signIn(
      await browser.open(authorizationUrl(issuer, client)),
      username,
    )
    if (leave !== undefined) {
      const left = await browser.submit(page, { action: leave })
      t.is(left.callback?.searchParams.get('error'), 'access_denied')
    }

    const chooser = await browser.open(withPrompt('select_account'))
    t.is(titleOf(chooser), 'Choose an account')
    t.true(chooser.html.includes(username))
    const account = await browser.open(`${issuer}/account/connections`)
    t.is(titleOf(account), 'Connected applications')
    t.true(account.html.includes(username))
    t.is(titleOf(await browser.open(authorizationUrl(issuer, confidential))), 'Allow access')
    const silent = await browser.open(withPrompt('none'))
    t.is(silent.callback?.searchParams.get('error'), 'consent_required')
  }
})

test('session: a wrong password begins none, and Cancel ends none', async (t) => {
  const { issuer, confidential } = await startServer(t)
  const browser = startBrowser()
  const page = await browser.open(authorizationUrl(issuer, confidential))
  await browser.signIn(page, 'ada@acme.test', 'wrong')
  t.false(browser.userAgent.cookies.some(({ name }) => name === 'oauth_session'))

  await browser.signIn(page, 'ada@acme.test')
  const again = await browser.open(authorizationUrl(issuer, confidential, { prompt: 'login' }))
  await browser.submit(again, { action: 'cancel' })
  t.is(titleOf(await browser.open(`${issuer}/account/connections`)), 'Connected applications')
})

test('session: with cookie keys that are all new, everybody signs in again', async (t) => {
  const storage = createMemoryStorage()
  const issuer = 'https://mayaapi.teamcast.ai'
  const before = await startHost(t, { issuer, options: { storage } })
  const cookieKeys = ['another cookie key of a test server'] as const
  const after = await startHost(t, { issuer, options: { storage, cookieKeys } })
  const url = authorizationUrl(issuer, before.client)
  const first = before.startBrowser()
  await first.authorize(url, 'ada@acme.test')

  const later = after.startBrowser()
  later.userAgent.cookies.push(...first.userAgent.cookies)

  t.is(titleOf(await later.open(url)), 'Sign in')
})

const plantedValues: ReadonlyArray<[what: string, plantedFor: (genuine: string) => string]> = [
  ['nonsense', () => 'x'],
  ['nothing', () => ''],
  ['a quotation mark', () => '"'],
  ['almost the genuine value', (genuine) => genuine.slice(0, -1)],
]

for (const [what, plantedFor] of plantedValues) {
  test(`cookies of our names that are not ours, with a longer path: ${what} neither signs out nor stops anything (RFC 6265 §8.6)`, async (t) => {
    const { issuer, confidential } = await startServer(t)
    const browser = startBrowser()
    await browser.authorize(authorizationUrl(issuer, confidential), 'ada@acme.test')
    await browser.open(`${issuer}/account/connections`)
    const page = await browser.open(
      authorizationUrl(issuer, confidential, { prompt: 'select_account consent' }),
    )

    plant(browser, ['/oauth', '/oauth/authorize', '/oauth/continue', '/account'], plantedFor)

    const consentPage = await browser.submit(page, { action: 'continue' })
    const granted = await browser.submit(consentPage, { action: 'allow' })
    t.truthy(granted.callback?.searchParams.get('code'))
    const again = await browser.open(authorizationUrl(issuer, confidential))
    t.truthy(again.callback?.searchParams.get('code'))
    const connections = await browser.open(`${issuer}/account/connections`)
    const { clientId } = confidential.client
    const disconnected = await browser.submit(connections, { action: 'disconnect', clientId })
    t.is(titleOf(disconnected), 'Disconnected: Connected applications')
  })
}

test('session: the signature of another cookie does not sign one, and a planted one of another browser needs both', async (t) => {
  const { issuer, confidential } = await startServer(t)
  const attacker = startBrowser()
  await attacker.authorize(authorizationUrl(issuer, confidential), GRACE.email)
  const browser = startBrowser()
  await browser.authorize(authorizationUrl(issuer, confidential), 'ada@acme.test')

  const stolen = attacker.userAgent.cookies.find(({ name }) => name === 'oauth_session')
  plant(browser, ['/account'], () => stolen?.value ?? '')
  const page = await browser.open(`${issuer}/account/connections`)

  t.true(page.html.includes('Ada Lovelace'))
  t.false(page.html.includes('Grace Hopper'))
})

test('session: a request full of cookies of its name finds the one that is ours', async (t) => {
  const { issuer, confidential } = await startServer(t)
  const browser = startBrowser()
  await browser.authorize(authorizationUrl(issuer, confidential), 'ada@acme.test')
  const values = browser.userAgent.cookies.map(({ name, value }) => `${name}=${value}`)
  const crowd = Array.from({ length: 300 }, (_, index) => `oauth_session=${index}`)
  const signatures = Array.from({ length: 300 }, (_, index) => `oauth_session.sig=${index}`)

  const response = await fetch(`${issuer}/account/connections`, {
    headers: { cookie: [...signatures, ...crowd, ...values].join('; ') },
  })

  t.true((await response.text()).includes('Ada Lovelace'))
})

/** What a sibling domain can do to a server whose cookies have no `__Host-`: for every cookie one more. */
function plant(
  { userAgent: { cookies } }: Browser,
  paths: ReadonlyArray<string>,
  plantedFor: (genuine: string) => string,
): void {
  const planted = cookies.flatMap(({ name, value }) =>
    paths.map((path) => ({ name, value: plantedFor(value), path })),
  )
  cookies.push(...planted)
}
