import type { RegisteredClient, Storage } from '@teamcast/oauth-server'
import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import test from 'ava'
import {
  type Browser,
  formOf,
  PASSWORD,
  startBrowser,
  titleOf,
  type Visit,
} from '../helpers/browser.ts'
import { authorizationUrl, CODE_VERIFIER, postAs } from '../helpers/requests.ts'
import { startServer } from '../helpers/start-server.ts'

const FINISHED = 'This sign-in is already finished'

test('two tabs with two clients do not disturb each other', async (t) => {
  const { issuer, confidential, public: spa } = await startServer(t)
  const browser = startBrowser()
  const first = await browser.open(authorizationUrl(issuer, confidential, { state: 'first' }))
  const second = await browser.open(authorizationUrl(issuer, spa, { state: 'second' }))

  const firstConsent = await browser.signIn(first, 'ada@acme.test')
  t.true(firstConsent.html.includes('Acme Recruiter'))
  const secondConsent = await browser.signIn(second, 'ada@acme.test')
  t.true(secondConsent.html.includes('Acme Browser App'))
  const firstGranted = await browser.submit(firstConsent, { action: 'allow' })
  const secondGranted = await browser.submit(secondConsent, { action: 'allow' })

  t.is(firstGranted.callback?.searchParams.get('state'), 'first')
  t.is(firstGranted.callback?.host, 'recruiter.example')
  t.is(secondGranted.callback?.searchParams.get('state'), 'second')
  t.is(secondGranted.callback?.host, 'spa.example')
  t.is(await userOf(issuer, confidential, firstGranted), 'ada')
  t.is(await userOf(issuer, spa, secondGranted), 'ada')
})

test('two tabs with the same client, submitted in the opposite order, get a code each', async (t) => {
  const { issuer, confidential } = await startServer(t)
  const browser = startBrowser()
  const first = await browser.open(authorizationUrl(issuer, confidential, { state: 'first' }))
  const second = await browser.open(authorizationUrl(issuer, confidential, { state: 'second' }))

  const secondConsent = await browser.signIn(second, 'ada@acme.test')
  const granted = await browser.submit(secondConsent, { action: 'allow' })
  const firstGranted = await browser.open(first.url)

  t.is(granted.callback?.searchParams.get('state'), 'second')
  t.is(firstGranted.callback?.searchParams.get('state'), 'first')
  t.is(await userOf(issuer, confidential, firstGranted), 'ada')
})

test('a user who signed in in one tab is signed in in the other: a reload or the password form continues', async (t) => {
  const { issuer, confidential, public: spa } = await startServer(t)
  const browser = startBrowser()
  const first = await browser.open(authorizationUrl(issuer, confidential))
  const second = await browser.open(authorizationUrl(issuer, spa))
  const third = await browser.open(authorizationUrl(issuer, spa))
  const consentPage = await browser.signIn(first, 'ada@acme.test')
  await browser.submit(consentPage, { action: 'allow' })

  t.is(titleOf(await browser.open(second.url)), 'Allow access')
  t.is(titleOf(await browser.signIn(third, 'ada@acme.test')), 'Allow access')
})

test('the consent page of a user who is no longer the current user grants nothing: that of the current user is shown', async (t) => {
  const { issuer, confidential, public: spa } = await startServer(t)
  const browser = startBrowser()
  await browser.authorize(authorizationUrl(issuer, confidential), 'ada@acme.test')
  const consentPage = await browser.open(authorizationUrl(issuer, spa))
  t.true(consentPage.html.includes('ada@acme.test'))

  const otherTab = authorizationUrl(issuer, confidential, { prompt: 'login' })
  await browser.authorize(otherTab, 'grace@globex.test')

  const shown = await browser.submit(consentPage, { action: 'allow' })
  t.is(titleOf(shown), 'Allow access')
  t.true(shown.html.includes('grace@globex.test'))
  const granted = await browser.submit(shown, { action: 'allow' })
  t.is(await userOf(issuer, spa, granted), 'grace')
})

test('what one user allowed gives no code to another who signed in before the redirect back', async (t) => {
  const { issuer, confidential, public: spa } = await startServer(t)
  const browser = startBrowser()
  await browser.authorize(authorizationUrl(issuer, confidential), 'ada@acme.test')
  const consentPage = await browser.open(authorizationUrl(issuer, spa))
  const resumeUrl = await answerOnly(consentPage, browser.userAgent, { action: 'allow' })

  const otherTab = authorizationUrl(issuer, confidential, { prompt: 'login' })
  await browser.authorize(otherTab, 'grace@globex.test')

  const shown = await browser.open(resumeUrl)
  t.is(shown.callback, undefined)
  t.is(titleOf(shown), 'Allow access')
  t.true(shown.html.includes('grace@globex.test'))
})

test('what a user who signed in here allowed gives no code to another who took over the session before the redirect back', async (t) => {
  const { issuer, confidential, public: spa } = await startServer(t)
  const browser = startBrowser()
  const signInPage = await browser.open(authorizationUrl(issuer, spa))
  const consentPage = await browser.signIn(signInPage, 'ada@acme.test')
  const resumeUrl = await answerOnly(consentPage, browser.userAgent, { action: 'allow' })

  const otherTab = authorizationUrl(issuer, confidential, { prompt: 'login' })
  await browser.authorize(otherTab, 'grace@globex.test')

  const shown = await browser.open(resumeUrl)
  t.is(shown.callback, undefined)
  t.is(titleOf(shown), 'Allow access')
  t.true(shown.html.includes('grace@globex.test'))
  const granted = await browser.submit(shown, { action: 'allow' })
  t.is(await userOf(issuer, spa, granted), 'grace')
})

test('tabs that come back at the same moment keep the session, and get a code each', async (t) => {
  const { issuer, confidential, public: spa } = await startServer(t)
  const browser = startBrowser()
  await browser.authorize(authorizationUrl(issuer, confidential), 'ada@acme.test')
  await browser.authorize(authorizationUrl(issuer, spa), 'ada@acme.test')
  const wayBack = async (client: RegisteredClient): Promise<string> => {
    const page = await browser.open(authorizationUrl(issuer, client, { prompt: 'select_account' }))
    return await answerOnly(page, browser.userAgent, { action: 'continue' })
  }
  const urls = [await wayBack(confidential), await wayBack(spa), await wayBack(confidential)]

  const visits = await Promise.all(urls.map((url) => browser.open(url)))

  for (const visit of visits) t.truthy(visit.callback?.searchParams.get('code'))
  const later = await browser.open(authorizationUrl(issuer, spa, { prompt: 'none' }))
  t.truthy(later.callback?.searchParams.get('code'))
})

test('a user who signed out in another tab is signed out everywhere: the page left open grants nothing', async (t) => {
  const { issuer, confidential, authorizationServer } = await startServer(t)
  const browser = startBrowser()
  const signInPage = await browser.open(authorizationUrl(issuer, confidential))
  const consentPage = await browser.signIn(signInPage, 'ada@acme.test')

  const account = await browser.open(`${issuer}/account/connections`)
  await browser.submit(account, { action: 'sign-out' })

  t.is(titleOf(await browser.submit(consentPage, { action: 'allow' })), 'Sign in')
  t.deepEqual(await authorizationServer.connections.list('ada'), [])
})

for (const [what, end] of [
  [
    'a sign-out',
    async (issuer: string, browser: Browser) => {
      const account = await browser.open(`${issuer}/account/connections`)
      await browser.submit(account, { action: 'sign-out' })
    },
  ],
  [
    'a sign-in, which renews the identifier',
    async (issuer: string, browser: Browser, client: RegisteredClient) => {
      const page = await browser.open(authorizationUrl(issuer, client, { prompt: 'login' }))
      await browser.signIn(page, 'ada@acme.test')
    },
  ],
] as const) {
  test(`a session that ends with ${what}, while a request that has read it is under way, stays ended`, async (t) => {
    let beforeSave: () => Promise<void> = async () => undefined
    const memory = createMemoryStorage()
    const storage: Storage = {
      ...memory,
      artifacts: {
        ...memory.artifacts,
        async saveLatest(...parameters) {
          if (parameters[0] === 'Session') {
            const run = beforeSave
            beforeSave = async () => undefined
            await run()
          }
          await memory.artifacts.saveLatest(...parameters)
        },
      },
    }
    const { issuer, confidential, clock } = await startServer(t, { storage })
    const [browser, thief] = [startBrowser(), startBrowser()]
    await browser.signIn(await browser.open(`${issuer}/account/connections`), 'ada@acme.test')
    thief.userAgent.cookies.push(...browser.userAgent.cookies)
    t.is(titleOf(await thief.open(`${issuer}/account/connections`)), 'Connected applications')

    clock.advance(3600) // otherwise a request that only uses the session does not save it
    beforeSave = () => end(issuer, browser, confidential)
    await thief.open(authorizationUrl(issuer, confidential, { prompt: 'none' }))

    t.is(titleOf(await thief.open(`${issuer}/account/connections`)), 'Sign in')
  })
}

test('choosing an account in one tab does not choose that of a user who signed in meanwhile', async (t) => {
  const { issuer, confidential } = await startServer(t)
  const browser = startBrowser()
  await browser.authorize(authorizationUrl(issuer, confidential), 'ada@acme.test')
  const prompt = 'select_account consent'
  const chooser = await browser.open(authorizationUrl(issuer, confidential, { prompt }))
  const consentPage = await browser.submit(chooser, { action: 'continue' })
  t.is(titleOf(consentPage), 'Allow access')

  const otherTab = authorizationUrl(issuer, confidential, { prompt: 'login' })
  await browser.authorize(otherTab, 'grace@globex.test')

  const shown = await browser.submit(consentPage, { action: 'allow' })
  t.is(titleOf(shown), 'Choose an account')
  t.true(shown.html.includes('grace@globex.test'))
})

test('the back button: what is typed into an outdated sign-in form counts, and is shown', async (t) => {
  const { issuer, confidential } = await startServer(t)
  const browser = startBrowser()
  const signInPage = await browser.open(authorizationUrl(issuer, confidential))
  const adasPage = await browser.signIn(signInPage, 'ada@acme.test')

  const wrong = await browser.signIn(signInPage, 'grace@globex.test', 'wrong')
  t.is(wrong.status, 400)
  t.is(titleOf(wrong), 'Error: Sign in')
  const gracesPage = await browser.signIn(wrong, 'grace@globex.test')

  t.is(gracesPage.responses[0]?.status, 303)
  t.is(titleOf(gracesPage), 'Allow access')
  t.true(gracesPage.html.includes('grace@globex.test'))
  const afterAdas = await browser.submit(adasPage, { action: 'allow' })
  t.true(afterAdas.html.includes('grace@globex.test'))
  const granted = await browser.submit(gracesPage, { action: 'allow' })
  t.is(await userOf(issuer, confidential, granted), 'grace')
})

test('two tabs at the sign-in page: only the user who typed last gets a code, whatever was consented to before', async (t) => {
  const { issuer, confidential, authorize } = await startServer(t)
  const { clientId } = confidential.client
  for (const userId of ['ada', 'grace']) await authorize({ userId, clientId })
  const url = authorizationUrl(issuer, confidential)
  for (const password of ['wrong', PASSWORD]) {
    const browser = startBrowser()
    const [first, second] = [await browser.open(url), await browser.open(url)]
    const otherTab = await browser.open(first.url)
    t.is(titleOf(otherTab), 'Sign in')
    const adas = await browser.signIn(first, 'ada@acme.test')
    t.is(await userOf(issuer, confidential, adas), 'ada')

    const again = await browser.signIn(otherTab, 'grace@globex.test', password)
    t.is(again.callback, undefined, password)
    t.is(titleOf(again), password === PASSWORD ? FINISHED : 'Error: Sign in')
    const other = await browser.signIn(second, 'grace@globex.test', password)
    if (password === PASSWORD) t.is(await userOf(issuer, confidential, other), 'grace')
    else t.is(titleOf(other), 'Error: Sign in')
  }
})

for (const action of ['allow', 'continue']) {
  test(`a page that showed one user continues for no other user, who is asked first: ${action}`, async (t) => {
    const { issuer, confidential, public: spa, authorize } = await startServer(t)
    const { clientId } = confidential.client
    // Of Grace nothing is asked; of Ada, only what is new or the account.
    await authorize({ userId: 'grace', clientId })
    await authorize({ userId: 'ada', clientId, scopes: ['interview:read'] })
    const browser = startBrowser()
    const scope = 'interview:read'
    const url = authorizationUrl(issuer, confidential, { scope })
    await browser.authorize(url, 'ada@acme.test')
    const changes = action === 'allow' ? {} : { scope, prompt: 'select_account' }
    const adasPage = await browser.open(authorizationUrl(issuer, confidential, changes))
    t.true(adasPage.html.includes(`value="${action}"`))
    // For this very request in another tab, or for another one.
    const elsewhere =
      action === 'allow'
        ? await browser.open(authorizationUrl(issuer, spa, { prompt: 'login' }))
        : await browser.submit(adasPage, { action: 'switch-account' })
    await answerOnly(elsewhere, browser.userAgent, {
      action: 'sign-in',
      username: 'grace@globex.test',
      password: PASSWORD,
    })

    const shown = await browser.submit(adasPage, { action })

    t.is(shown.callback, undefined)
    t.is(titleOf(shown), 'Choose an account')
    t.true(shown.html.includes('grace@globex.test'))
    t.false(shown.html.includes('ada@acme.test'))
    t.is((await browser.open(shown.url)).callback, undefined)
    const back = await browser.submit(shown, { action: 'continue' })
    t.is(await userOf(issuer, confidential, back), 'grace')
  })
}

test('the back button: an outdated account chooser leads to the next step', async (t) => {
  const { issuer, confidential } = await startServer(t)
  const browser = startBrowser()
  await browser.authorize(authorizationUrl(issuer, confidential), 'ada@acme.test')
  const prompt = 'select_account consent'
  const chooser = await browser.open(authorizationUrl(issuer, confidential, { prompt }))
  await browser.submit(chooser, { action: 'continue' })

  t.is(titleOf(await browser.submit(chooser, { action: 'continue' })), 'Allow access')
})

test('a reload shows the same page, and its form is accepted', async (t) => {
  const { issuer, confidential } = await startServer(t)
  const browser = startBrowser()
  const signInPage = await browser.open(authorizationUrl(issuer, confidential))
  t.is(titleOf(await browser.open(signInPage.url)), 'Sign in')
  const consentPage = await browser.signIn(signInPage, 'ada@acme.test')

  const reloaded = await browser.open(consentPage.url)

  t.is(titleOf(reloaded), 'Allow access')
  const granted = await browser.submit(consentPage, { action: 'allow' })
  t.truthy(granted.callback?.searchParams.get('code'))
})

test('Allow pressed twice: the second response redirects to the client as well', async (t) => {
  const { issuer, confidential } = await startServer(t)
  const browser = startBrowser()
  const signInPage = await browser.open(authorizationUrl(issuer, confidential))
  const consentPage = await browser.signIn(signInPage, 'ada@acme.test')
  await answerOnly(consentPage, browser.userAgent, { action: 'allow' })

  const granted = await browser.submit(consentPage, { action: 'allow' })

  t.is(await userOf(issuer, confidential, granted), 'ada')
})

test('Allow pressed twenty times at once leads to one code', async (t) => {
  const { issuer, confidential } = await startServer(t)
  const browser = startBrowser()
  const signInPage = await browser.open(authorizationUrl(issuer, confidential))
  const consentPage = await browser.signIn(signInPage, 'ada@acme.test')

  const visits = await Promise.all(
    Array.from({ length: 20 }, () => browser.submit(consentPage, { action: 'allow' })),
  )

  t.is(new Set(visits.map(({ callback }) => callback?.href)).size, 1)
  t.is(await userOf(issuer, confidential, visits[0] as Visit), 'ada')
})

test('the resume URL, opened twenty times at once, leads to one code', async (t) => {
  const { issuer, confidential } = await startServer(t)
  const browser = startBrowser()
  const signInPage = await browser.open(authorizationUrl(issuer, confidential))
  const consentPage = await browser.signIn(signInPage, 'ada@acme.test')
  const resumeUrl = await answerOnly(consentPage, browser.userAgent, { action: 'allow' })

  const visits = await Promise.all(Array.from({ length: 20 }, () => browser.open(resumeUrl)))

  t.is(new Set(visits.map(({ callback }) => callback?.href)).size, 1)
  t.is(await userOf(issuer, confidential, visits[0] as Visit), 'ada')
})

test('a browser that finishes no request keeps the ten newest pending requests', async (t) => {
  const { issuer, confidential, clock } = await startServer(t)
  const browser = startBrowser()
  const pages: Array<Visit> = []
  for (let tab = 0; tab < 13; tab += 1) {
    pages.push(await browser.open(authorizationUrl(issuer, confidential)))
    clock.advance(1)
  }

  const cookies = browser.userAgent.cookies.filter(({ name }) => name.includes('prt'))
  t.is(cookies.length, 10)
  const titles: Array<string | undefined> = []
  for (const page of pages) titles.push(titleOf(await browser.open(page.url)))
  t.is(titles.filter((title) => title === 'Sign in').length, 10)
  t.is(titles.at(-1), 'Sign in')
  t.is(titles[0], 'This sign-in began in another browser')
})

test('of a thousand pending request cookies, a response removes the ten oldest', async (t) => {
  const { issuer, confidential } = await startServer(t)
  const names = Array.from({ length: 1000 }, (_, index) => `oauth_prt_${index.toString(36)}`)
  const crowd = names.map((name, index) => `${name}=${index < 5 ? '0' : '1'}`)

  const response = await fetch(authorizationUrl(issuer, confidential), {
    headers: { cookie: [...crowd, ...crowd.slice(0, 5)].join(';') },
    redirect: 'manual',
  })

  t.is(response.status, 302)
  const set = response.headers.getSetCookie()
  const removed = set.filter((cookie) => cookie.includes('expires=Thu, 01 Jan 1970'))
  t.is(removed.length, 10)
  t.is(set.length, 11)
  for (const name of names.slice(0, 5)) {
    t.true(
      removed.some((cookie) => cookie.startsWith(`${name}=;`)),
      name,
    )
  }
})

/** Submits a form and goes nowhere: where the answer would have led. */
async function answerOnly(
  page: Visit,
  userAgent: ReturnType<typeof startBrowser>['userAgent'],
  fields: Readonly<Record<string, string>>,
): Promise<string> {
  const { url, hidden } = formOf(page)
  const response = await userAgent.submit(url, { ...hidden, ...fields })
  await response.text()
  return response.headers.get('location') ?? ''
}

/** Redeems the code that a browser was sent back with: whose it is. */
async function userOf(
  issuer: string,
  client: RegisteredClient,
  { callback }: Visit,
): Promise<string | undefined> {
  const response = await postAs(client, `${issuer}/oauth/token`, {
    grant_type: 'authorization_code',
    code: callback?.searchParams.get('code') ?? '',
    code_verifier: CODE_VERIFIER,
  })
  const { access_token: accessToken = '' } = await response.json()
  const [, payload = ''] = accessToken.split('.')
  if (payload === '') return undefined
  return JSON.parse(Buffer.from(payload, 'base64url').toString()).sub
}
