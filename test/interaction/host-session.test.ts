import {
  type HostSession,
  type HostSignInRequest,
  type RegisteredClient,
  StorageError,
} from '@teamcast/oauth-server'
import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import type { TestServerOptions } from '@teamcast/oauth-server/testing'
import test, { type ExecutionContext } from 'ava'
import {
  assertErrorPage,
  assertErrorRedirect,
  assertNoCors,
} from '../helpers/authorization-responses.ts'
import { type Browser, formOf, startBrowser, titleOf } from '../helpers/browser.ts'
import { type OpenIdServer, redeemVisit, startOpenIdServer } from '../helpers/openid-connect.ts'
import { recordEvents } from '../helpers/record-events.ts'
import { authorizationUrl } from '../helpers/requests.ts'
import { type StartedServer, startServer } from '../helpers/start-server.ts'

const REDIRECT_URI = 'https://recruiter.example/callback'
const HOST_COOKIE = 'host_session'

/** A host that keeps "user.time" in a cookie and signs users in at another origin. */
async function startServerWithHostSession(
  t: ExecutionContext,
  start: (t: ExecutionContext, options: TestServerOptions) => Promise<StartedServer> = startServer,
): Promise<HostServer> {
  const requests: Array<HostSignInRequest> = []
  const hostSession: HostSession = {
    async signedInUser(ctx) {
      const [, userId, time] = /^(\w+)\.(.+)$/.exec(ctx.cookies.get(HOST_COOKIE) ?? '') ?? []
      return userId === undefined ? undefined : { userId, authenticatedAt: Number(time) }
    },
    signInUrl(request) {
      requests.push(request)
      return `https://teamcast.example/sign-in?${new URLSearchParams({ next: request.returnTo })}`
    },
  }
  const server = await start(t, { hostSession })
  return {
    ...server,
    requests,
    signInAtHost(browser, userId, authenticatedAt = server.clock.now()) {
      signOutAtHost(browser)
      const value = `${userId}.${authenticatedAt}`
      browser.userAgent.cookies.push({ name: HOST_COOKIE, value, path: '/' })
    },
  }
}

interface HostServer extends StartedServer {
  /** What the host's sign-in page was asked for. */
  readonly requests: ReadonlyArray<HostSignInRequest>
  signInAtHost(browser: Browser, userId: string, authenticatedAt?: number): void
}

function signOutAtHost({ userAgent: { cookies } }: Browser): void {
  const index = cookies.findIndex(({ name }) => name === HOST_COOKIE)
  if (index >= 0) cookies.splice(index, 1)
}

test('host session: a host that cannot tell who is signed in does not keep a denial from the client, and nothing happens before it is recorded', async (t) => {
  let isFailing = false
  const { onEvent, settled } = recordEvents()
  const { issuer, confidential } = await startServer(t, {
    onEvent,
    hostSession: {
      async signedInUser() {
        if (isFailing) throw new Error('the session store is down')
        return { userId: 'ada', authenticatedAt: 1 }
      },
      signInUrl: () => 'https://teamcast.example/sign-in',
    },
  })
  const browser = startBrowser()
  const consentPage = await browser.open(authorizationUrl(issuer, confidential))
  const { url, hidden } = formOf(consentPage)

  isFailing = true
  assertErrorPage(t, await browser.submit(consentPage, { action: 'deny' }), 500)
  isFailing = false
  t.is(titleOf(await browser.open(consentPage.url)), 'Allow access')
  const denied = await browser.userAgent.submit(url, { ...hidden, action: 'deny' })
  t.is(denied.status, 303)
  isFailing = true
  const resumeUrl = denied.headers.get('location') ?? ''
  for (const visit of [await browser.open(resumeUrl), await browser.open(consentPage.url)]) {
    assertErrorRedirect(t, visit, { redirectUri: REDIRECT_URI, error: 'access_denied', issuer })
  }
  const events = (await settled()).map(({ type }) => type)
  t.true(events.includes('authorization.denied'))
  t.true(events.includes('server.error'))
  isFailing = false
  t.is(titleOf(await browser.open(authorizationUrl(issuer, confidential))), 'Allow access')
})

for (const position of [1, 2, 3]) {
  test(`host session: a store that fails at write ${position} of the session gets a page with 503, and the same URL works afterwards`, async (t) => {
    const memory = createMemoryStorage()
    let calls = 0
    const saveLatest: typeof memory.artifacts.saveLatest = async (...parameters) => {
      calls += 1
      if (calls === position) throw new StorageError('the store is down')
      await memory.artifacts.saveLatest(...parameters)
    }
    const { issuer, confidential } = await startServer(t, {
      storage: { ...memory, artifacts: { ...memory.artifacts, saveLatest } },
      hostSession: {
        signedInUser: async (ctx) => ({
          userId: ctx.get('cookie').includes('host=grace') ? 'grace' : 'ada',
          authenticatedAt: 1,
        }),
        signInUrl: () => 'https://teamcast.example/sign-in',
      },
    })
    const browser = startBrowser()
    const url = authorizationUrl(issuer, confidential)
    const statuses: Array<number> = []
    for (const userId of ['ada', 'ada', 'grace', 'grace', 'grace']) {
      if (userId === 'grace') {
        browser.userAgent.cookies.push({ name: 'host', value: userId, path: '/' })
      }
      const visit = await browser.open(url)
      statuses.push(visit.status)
      if (visit.status === 200) t.true(visit.html.includes(`${userId}@`))
      else assertErrorPage(t, visit, 503)
    }
    t.is(statuses.filter((status) => status === 503).length, 1)
    t.is(statuses.at(-1), 200)
  })
}

test('host session: a user who is signed in at the host sees no sign-in page', async (t) => {
  const { issuer, confidential, requests, signInAtHost } = await startServerWithHostSession(t)
  const browser = startBrowser()
  signInAtHost(browser, 'ada')

  const consentPage = await browser.open(authorizationUrl(issuer, confidential))
  t.is(titleOf(consentPage), 'Allow access')
  t.true(consentPage.html.includes('ada@acme.test'))
  const granted = await browser.submit(consentPage, { action: 'allow' })

  t.truthy(granted.callback?.searchParams.get('code'))
  t.deepEqual(requests, [])
  const again = await browser.open(authorizationUrl(issuer, confidential, { prompt: 'none' }))
  t.truthy(again.callback?.searchParams.get('code'))
})

test('host session: a user whom findUser does not know is sent to the host to authenticate again, not in circles', async (t) => {
  const server = await startServerWithHostSession(t)
  const { issuer, confidential, requests, users, signInAtHost } = server
  const browser = startBrowser()
  users.delete('ada')
  signInAtHost(browser, 'ada')

  const left = await browser.open(authorizationUrl(issuer, confidential))
  t.is(left.callback?.host, 'teamcast.example')
  t.is(
    (await browser.open(new URL(requests[0]?.returnTo ?? ''))).callback?.host,
    left.callback?.host,
  )
  t.deepEqual(
    requests.map(({ mustReauthenticate }) => mustReauthenticate),
    [true, true],
  )
  signInAtHost(browser, 'grace')
  const back = await browser.open(new URL(requests[0]?.returnTo ?? ''))
  t.is(titleOf(back), 'Allow access')
})

test('host session: a user who is not signed in is sent to the host, and continues when back', async (t) => {
  const server = await startServerWithHostSession(t)
  const { issuer, confidential, requests, clock, signInAtHost } = server
  const browser = startBrowser()

  const left = await browser.open(
    authorizationUrl(issuer, confidential, { login_hint: 'ada@acme.test' }),
  )
  t.is(left.status, 302)
  t.is(left.callback?.host, 'teamcast.example')
  t.is(left.headers.get('referrer-policy'), 'no-referrer')
  t.is(left.headers.get('cache-control'), 'no-store')
  assertNoCors(t, left.headers)
  const [{ returnTo = '', ...request } = {}] = requests
  t.deepEqual(request, { mustReauthenticate: false, loginHint: 'ada@acme.test' })
  t.true(returnTo.startsWith(`${issuer}/oauth/continue?prt=`))

  clock.advance(30)
  signInAtHost(browser, 'ada')
  const consentPage = await browser.open(returnTo)
  const granted = await browser.submit(consentPage, { action: 'allow' })

  t.truthy(granted.callback?.searchParams.get('code'))
})

test('host session: prompt=none without a session at the host → login_required', async (t) => {
  const { issuer, confidential, signInAtHost } = await startServerWithHostSession(t)
  const browser = startBrowser()
  const url = authorizationUrl(issuer, confidential, { prompt: 'none' })
  const expected = { redirectUri: REDIRECT_URI, error: 'login_required', issuer }
  assertErrorRedirect(t, await browser.open(url), expected)

  signInAtHost(browser, 'ada')
  const consentPage = await browser.open(authorizationUrl(issuer, confidential))
  await browser.submit(consentPage, { action: 'allow' })
  t.truthy((await browser.open(url)).callback?.searchParams.get('code'))

  signOutAtHost(browser)
  assertErrorRedirect(t, await browser.open(url), expected)
})

test('host session: prompt=login asks the host to sign the user in anew, and only that counts', async (t) => {
  const server = await startServerWithHostSession(t)
  const { issuer, confidential, requests, clock, signInAtHost } = server
  const browser = startBrowser()
  signInAtHost(browser, 'ada')
  const first = await browser.open(authorizationUrl(issuer, confidential))
  await browser.submit(first, { action: 'allow' })
  clock.advance(60)

  await browser.open(authorizationUrl(issuer, confidential, { prompt: 'login' }))
  const [request] = requests
  t.true(request?.mustReauthenticate)
  const returnTo = request?.returnTo ?? ''

  const withoutSigningIn = await browser.open(returnTo)
  t.is(withoutSigningIn.callback?.host, 'teamcast.example')
  signInAtHost(browser, 'ada')
  const granted = await browser.open(returnTo)
  t.truthy(granted.callback?.searchParams.get('code'))
})

test('host session: a user who signs out at the host is asked again, also with a page open', async (t) => {
  const { issuer, confidential, signInAtHost } = await startServerWithHostSession(t)
  const browser = startBrowser()
  signInAtHost(browser, 'ada')
  const consentPage = await browser.open(authorizationUrl(issuer, confidential))

  signOutAtHost(browser)

  for (const visit of [
    await browser.submit(consentPage, { action: 'allow' }),
    await browser.open(consentPage.url),
    await browser.open(authorizationUrl(issuer, confidential)),
  ]) {
    t.is(visit.callback?.host, 'teamcast.example')
  }
})

test('host session: a user who signs out at the host before the redirect back gets no code', async (t) => {
  const { issuer, confidential, signInAtHost } = await startServerWithHostSession(t)
  const browser = startBrowser()
  signInAtHost(browser, 'ada')
  const first = await browser.open(authorizationUrl(issuer, confidential))
  await browser.submit(first, { action: 'allow' })
  const url = authorizationUrl(issuer, confidential, { prompt: 'consent' })
  const consentPage = await browser.open(url)
  const csrf = /name="csrf" value="([^"]+)"/.exec(consentPage.html)?.[1] ?? ''
  const response = await browser.userAgent.submit(consentPage.url, { csrf, action: 'allow' })
  const wayBack = response.headers.get('location') ?? ''
  t.true(wayBack.includes('/oauth/authorize/'))

  signOutAtHost(browser)

  t.is((await browser.open(wayBack)).callback?.host, 'teamcast.example')
})

test('host session: another user at the host is another session, with consent of their own', async (t) => {
  const { issuer, confidential, signInAtHost } = await startServerWithHostSession(t)
  const browser = startBrowser()
  signInAtHost(browser, 'ada')
  const adasPage = await browser.open(authorizationUrl(issuer, confidential))
  await browser.submit(adasPage, { action: 'allow' })
  const sessionCookie = () =>
    browser.userAgent.cookies.find(({ name }) => name === 'oauth_session')?.value
  const adasSession = sessionCookie()

  signInAtHost(browser, 'grace')

  const gracesPage = await browser.open(authorizationUrl(issuer, confidential))
  t.is(titleOf(gracesPage), 'Allow access')
  t.true(gracesPage.html.includes('grace@globex.test'))
  t.not(sessionCookie(), adasSession)
})

test('host session: what one user allowed on an open page does not count for another who signed in at the host since', async (t) => {
  const { issuer, confidential, clock, signInAtHost } = await startServerWithHostSession(t)
  const browser = startBrowser()
  signInAtHost(browser, 'ada')
  const adasPage = await browser.open(authorizationUrl(issuer, confidential))

  clock.advance(5)
  signInAtHost(browser, 'grace')

  const gracesPage = await browser.submit(adasPage, { action: 'allow' })
  t.is(titleOf(gracesPage), 'Allow access')
  t.true(gracesPage.html.includes('grace@globex.test'))
})

test('host session: who signs in at the host in place of another user, and finishes that one’s request, is redirected to the client at once', async (t) => {
  const { issuer, confidential, signInAtHost, authorizationServer } =
    await startServerWithHostSession(t)
  const browser = startBrowser()
  signInAtHost(browser, 'ada')
  const adasPage = await browser.open(authorizationUrl(issuer, confidential))
  signInAtHost(browser, 'grace')
  const gracesPage = await browser.open(adasPage.url)
  t.true(gracesPage.html.includes('grace@globex.test'))
  const granted = await browser.submit(gracesPage, { action: 'allow' })
  t.is(granted.html, '')
  t.truthy(granted.callback?.searchParams.get('code'))
  t.deepEqual(await authorizationServer.connections.list('ada'), [])
  t.is((await authorizationServer.connections.list('grace')).length, 1)
})

test('host session: Deny counts for the user at the host, who takes back what they allowed, and nobody else', async (t) => {
  const { issuer, confidential, requests, signInAtHost, authorizationServer } =
    await startServerWithHostSession(t)
  const [browser, attacker] = [startBrowser(), startBrowser()]
  signInAtHost(browser, 'grace')
  const gracesPage = await browser.open(authorizationUrl(issuer, confidential))
  await browser.submit(gracesPage, { action: 'allow' })
  signOutAtHost(browser)
  await browser.open(authorizationUrl(issuer, confidential, { prompt: 'login' }))
  signInAtHost(browser, 'ada')
  const consentPage = await browser.open(requests.at(-1)?.returnTo ?? '')
  t.true(consentPage.html.includes('ada@acme.test'))
  const granted = await browser.submit(consentPage, { action: 'allow' })
  t.truthy(granted.callback?.searchParams.get('code'))
  attacker.userAgent.cookies.push(
    ...browser.userAgent.cookies.filter(({ name }) => name.startsWith('oauth_prt_')),
  )

  for (const userId of [undefined, 'grace']) {
    if (userId !== undefined) signInAtHost(attacker, userId)
    const visit = await attacker.submit(consentPage, { action: 'deny' })
    t.is(titleOf(visit), 'This sign-in is already finished')
  }
  t.is((await authorizationServer.connections.list('ada')).length, 1)
  const denied = await browser.submit(consentPage, { action: 'deny' })
  assertErrorRedirect(t, denied, { redirectUri: REDIRECT_URI, error: 'access_denied', issuer })
  t.deepEqual(await authorizationServer.connections.list('ada'), [])
  t.is((await authorizationServer.connections.list('grace')).length, 1)
})

test('host session: Deny leaves the session as it is: another request that was finished in it leads to the same code', async (t) => {
  const server = await startServerWithHostSession(t)
  const { issuer, confidential, public: spa, signInAtHost } = server
  const browser = startBrowser()
  signInAtHost(browser, 'ada')
  const page = await browser.open(authorizationUrl(issuer, confidential))
  const granted = await browser.submit(page, { action: 'allow' })
  t.truthy(granted.callback?.searchParams.get('code'))

  const other = await browser.open(authorizationUrl(issuer, spa))
  const denied = await browser.submit(other, { action: 'deny' })
  t.is(denied.callback?.searchParams.get('error'), 'access_denied')

  t.is((await browser.open(granted.url)).callback?.href, granted.callback?.href)
})

test('host session: switch account sends to the host, however lately the user signed in there', async (t) => {
  const server = await startServerWithHostSession(t)
  const { issuer, confidential, requests, clock, signInAtHost } = server
  const browser = startBrowser()
  await browser.open(authorizationUrl(issuer, confidential))
  const returnTo = requests[0]?.returnTo ?? ''
  clock.advance(5)
  signInAtHost(browser, 'ada')
  const consentPage = await browser.open(returnTo)
  clock.advance(5)

  const left = await browser.submit(consentPage, { action: 'switch-account' })
  t.is(left.callback?.host, 'teamcast.example')
  t.true(requests.at(-1)?.mustReauthenticate)
  clock.advance(5)
  signInAtHost(browser, 'grace')

  const gracesPage = await browser.open(returnTo)
  t.is(titleOf(gracesPage), 'Allow access')
  t.true(gracesPage.html.includes('grace@globex.test'))
  const granted = await browser.submit(gracesPage, { action: 'allow' })
  t.truthy(granted.callback?.searchParams.get('code'))
})

test('host session: a TENANT client refuses a user of another tenant', async (t) => {
  const { issuer, tenant, signInAtHost } = await startServerWithHostSession(t)
  const browser = startBrowser()
  signInAtHost(browser, 'grace')

  const refused = await browser.open(authorizationUrl(issuer, tenant))

  t.is(refused.status, 403)
  t.is(titleOf(refused), 'Access refused')
})

test('host session: a user of the host whom findUser does not find is sent to sign in, not let in', async (t) => {
  const { issuer, confidential, signInAtHost } = await startServerWithHostSession(t)
  const browser = startBrowser()
  signInAtHost(browser, 'nobody')

  const visit = await browser.open(authorizationUrl(issuer, confidential))

  t.is(visit.callback?.host, 'teamcast.example')
})

/** A server with OpenID Connect at a host, and a browser whose user has consented. */
async function startOpenIdHost(t: ExecutionContext): Promise<OpenIdHost> {
  let relyingParty: RegisteredClient | undefined
  const server = await startServerWithHostSession(t, async (_t, options) => {
    const started = await startOpenIdServer(t, options)
    relyingParty = started.relyingParty
    return started
  })
  if (relyingParty === undefined) throw new Error('the server was not started')
  return { ...server, relyingParty }
}

type OpenIdHost = HostServer & OpenIdServer

test('host session: auth_time is when the user authenticated at the host, in whole seconds, not when we saw the session (OIDC Core §2)', async (t) => {
  const server = await startOpenIdHost(t)
  const { issuer, relyingParty, clock, signInAtHost } = server
  const browser = startBrowser()
  const signedInAt = clock.now()
  signInAtHost(browser, 'ada', signedInAt + 0.75)
  clock.advance(3600)

  const first = await browser.authorize(authorizationUrl(issuer, relyingParty), '')
  t.is((await redeemVisit(t, server, relyingParty, first)).claims.auth_time, signedInAt)
  clock.advance(3600)
  const next = await browser.open(authorizationUrl(issuer, relyingParty))
  t.is((await redeemVisit(t, server, relyingParty, next)).claims.auth_time, signedInAt)
})

test('host session: auth_time is not in the future if the clock of the host is ahead', async (t) => {
  const server = await startOpenIdHost(t)
  const { issuer, relyingParty, clock, signInAtHost } = server
  const browser = startBrowser()
  signInAtHost(browser, 'ada', clock.now() + 200)
  const visit = await browser.authorize(authorizationUrl(issuer, relyingParty), '')
  t.is((await redeemVisit(t, server, relyingParty, visit)).claims.auth_time, clock.now())
})

for (const [name, maxAge] of [
  ['an older sign-in is not enough', '60'],
  ['0 is a new sign-in, once', '0'],
]) {
  test(`host session: max_age: ${name}: the host signs the user in anew, and only that counts (OIDC Core §3.1.2.1)`, async (t) => {
    const server = await startOpenIdHost(t)
    const { issuer, relyingParty, clock, requests, signInAtHost } = server
    const browser = startBrowser()
    signInAtHost(browser, 'ada')
    await browser.authorize(authorizationUrl(issuer, relyingParty), '')
    clock.advance(61)
    const url = authorizationUrl(issuer, relyingParty, { max_age: maxAge })

    const silent = new URL(url)
    silent.searchParams.set('prompt', 'none')
    const expected = { redirectUri: REDIRECT_URI, error: 'login_required', issuer }
    assertErrorRedirect(t, await browser.open(silent), expected)

    t.is((await browser.open(url)).callback?.host, 'teamcast.example')
    const [request] = requests
    t.true(request?.mustReauthenticate)
    const returnTo = request?.returnTo ?? ''
    t.is((await browser.open(returnTo)).callback?.host, 'teamcast.example')
    clock.advance(5)
    signInAtHost(browser, 'ada')
    const signedInAt = clock.now()
    clock.advance(90) // the host takes its time
    const granted = await browser.open(returnTo)
    const { claims } = await redeemVisit(t, server, relyingParty, granted)
    t.is(claims.auth_time, signedInAt)
  })
}

test('host session: max_age: a sign-in that is recent enough is, and the host is not asked (OIDC Core §3.1.2.1)', async (t) => {
  const server = await startOpenIdHost(t)
  const { issuer, relyingParty, clock, requests, signInAtHost } = server
  const browser = startBrowser()
  signInAtHost(browser, 'ada')
  const signedInAt = clock.now()
  await browser.authorize(authorizationUrl(issuer, relyingParty), '')
  clock.advance(60)
  const visit = await browser.open(authorizationUrl(issuer, relyingParty, { max_age: '60' }))
  t.is((await redeemVisit(t, server, relyingParty, visit)).claims.auth_time, signedInAt)
  t.deepEqual(requests, [])
})

test('host session: id_token_hint of another user is login_required, or the page that says so; the host signs in the right one', async (t) => {
  const server = await startOpenIdHost(t)
  const { issuer, relyingParty, clock, requests, signInAtHost } = server
  const browser = startBrowser()
  signInAtHost(browser, 'ada')
  const first = await browser.authorize(authorizationUrl(issuer, relyingParty), '')
  const { idToken } = await redeemVisit(t, server, relyingParty, first)
  signInAtHost(browser, 'grace')

  const parameters = { id_token_hint: idToken }
  const silent = authorizationUrl(issuer, relyingParty, { ...parameters, prompt: 'none' })
  const expected = { redirectUri: REDIRECT_URI, error: 'login_required', issuer }
  assertErrorRedirect(t, await browser.open(silent), expected)
  const refused = await browser.open(authorizationUrl(issuer, relyingParty, parameters))
  t.is(refused.status, 403)
  await browser.submit(refused, { action: 'switch-account' })
  const [request] = requests
  t.true(request?.mustReauthenticate)
  clock.advance(5)
  signInAtHost(browser, 'ada')
  const granted = await browser.open(request?.returnTo ?? '')
  t.is((await redeemVisit(t, server, relyingParty, granted)).claims.sub, 'ada')
})
