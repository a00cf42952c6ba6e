import { createHash, createHmac } from 'node:crypto'
import type { Storage } from '@teamcast/oauth-server'
import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import test from 'ava'
import { assertErrorPage, assertNoCors } from '../helpers/authorization-responses.ts'
import {
  type Browser,
  formOf,
  PASSWORD,
  startBrowser,
  titleOf,
  type Visit,
} from '../helpers/browser.ts'
import { findEach } from '../helpers/find-each.ts'
import { authorizationUrl, CODE_VERIFIER, postAs } from '../helpers/requests.ts'
import { startServer } from '../helpers/start-server.ts'

const EXPIRED = 'This sign-in has expired'
const OTHER_BROWSER = 'This sign-in began in another browser'
const FORM_REJECTED = 'We couldn’t accept this form'

test('GET /oauth/continue: after ten minutes the page says that it has expired, and so does its form', async (t) => {
  const { issuer, confidential, clock } = await startServer(t)
  const browser = startBrowser()
  const page = await browser.open(authorizationUrl(issuer, confidential))

  clock.advance(599)
  t.is(titleOf(await browser.open(page.url)), 'Sign in')
  clock.advance(1)

  for (const visit of [
    await browser.open(page.url),
    await browser.signIn(page, 'ada@acme.test'),
    await browser.open(resumeUrlOf(issuer, page)),
  ]) {
    assertErrorPage(t, visit, 400)
    t.is(titleOf(visit), EXPIRED)
  }
})

test('GET /oauth/continue: in another browser the page says so, and nothing can be done there (OAuth 2.1 §7.13.2)', async (t) => {
  const { issuer, confidential } = await startServer(t)
  const browser = startBrowser()
  const signInPage = await browser.open(authorizationUrl(issuer, confidential))
  const consentPage = await browser.signIn(signInPage, 'ada@acme.test')

  const stranger = startBrowser()
  await stranger.authorize(authorizationUrl(issuer, confidential), 'grace@globex.test')
  for (const visit of [
    await stranger.open(consentPage.url),
    await stranger.submit(consentPage, { action: 'allow' }),
    await stranger.submit(consentPage, { action: 'deny' }),
  ]) {
    assertErrorPage(t, visit, 400)
    t.is(titleOf(visit), OTHER_BROWSER)
  }

  t.is(titleOf(await browser.open(consentPage.url)), 'Allow access')
})

test('GET /oauth/continue: knowing the pending request token is not enough to forge its cookie (checklist 19)', async (t) => {
  const { issuer, confidential } = await startServer(t)
  const browser = startBrowser()
  const signInPage = await browser.open(authorizationUrl(issuer, confidential))
  const consentPage = await browser.signIn(signInPage, 'ada@acme.test')
  const isBinding = ({ name }: { readonly name: string }): boolean => name.startsWith('oauth_prt_')
  const [binding] = browser.userAgent.cookies.filter(isBinding)
  t.truthy(binding)
  const { name = '', value = '' } = binding ?? {}
  const other = startBrowser()
  await other.open(authorizationUrl(issuer, confidential))
  const [bindingOfOther] = other.userAgent.cookies.filter(isBinding)

  for (const forged of [
    '',
    '00000000'.padEnd(value.length, 'A'),
    value.slice(0, 8).padEnd(value.length, 'A'),
    value.slice(0, -1),
    `00000000${value.slice(8)}`,
    bindingOfOther?.value ?? '',
  ]) {
    const thief = startBrowser()
    thief.userAgent.cookies.push({ name, value: forged, path: '/' })
    for (const visit of [
      await thief.open(consentPage.url),
      await thief.submit(consentPage, { action: 'allow' }),
    ]) {
      assertErrorPage(t, visit, 400)
      t.is(titleOf(visit), OTHER_BROWSER, forged)
    }
    assertErrorPage(t, await thief.open(resumeUrlOf(issuer, consentPage)), 400)
  }

  const granted = await browser.submit(consentPage, { action: 'allow' })
  t.truthy(granted.callback?.searchParams.get('code'))
})

test('GET /oauth/authorize/…: a finished request cannot be carried into another browser (login CSRF)', async (t) => {
  const { issuer, confidential } = await startServer(t)
  const attacker = startBrowser()
  const signInPage = await attacker.open(authorizationUrl(issuer, confidential))
  const consentPage = await attacker.signIn(signInPage, 'grace@globex.test')
  const { url, hidden } = formOf(consentPage)
  await attacker.userAgent.submit(url, { ...hidden, action: 'allow' })
  const resumeUrl = resumeUrlOf(issuer, signInPage)

  const victim = startBrowser()
  assertErrorPage(t, await victim.open(resumeUrl), 400)
  for (const path of ['/', '/oauth/authorize', new URL(resumeUrl).pathname]) {
    const planted = attacker.userAgent.cookies
      .filter(({ name }) => name.startsWith('oauth_resume'))
      .map(({ name, value }) => ({ name, value, path }))
    victim.userAgent.cookies.push(...planted)
    const ownPage = await victim.open(authorizationUrl(issuer, confidential))
    for (const target of [resumeUrl, resumeUrlOf(issuer, ownPage)]) {
      const visit = await victim.open(target)
      t.is(visit.callback, undefined, path)
    }
  }

  t.is(titleOf(await victim.open(authorizationUrl(issuer, confidential))), 'Sign in')
})

/** The attacker's request, as a sibling site plants it: with its cookie, for any path. */
function plant(attacker: Browser, victim: Browser): void {
  victim.userAgent.cookies.push(
    ...attacker.userAgent.cookies.filter(({ name }) => name.startsWith('oauth_prt_')),
  )
}

for (const issuerPath of ['', '/auth']) {
  const where = issuerPath === '' ? 'an http issuer' : 'an issuer with a path'

  test(`GET /oauth/continue: at ${where}, a user who signs in on a planted request is signed in in their own browser only`, async (t) => {
    const { issuer, confidential } = await startServer(t, { issuerPath })
    const [attacker, victim] = [startBrowser(), startBrowser()]
    const page = await attacker.open(authorizationUrl(issuer, confidential))
    plant(attacker, victim)
    const assertNothingGained = async (): Promise<void> => {
      for (const visit of [
        await attacker.open(page.url),
        await attacker.open(resumeUrlOf(issuer, page)),
        await attacker.submit(page, { action: 'allow' }),
      ]) {
        t.is(visit.callback, undefined)
        t.is(titleOf(visit), 'Sign in')
        t.false(visit.html.includes('ada@acme.test'))
      }
      const account = await attacker.open(`${issuer}/account/connections`)
      t.is(titleOf(account), 'Sign in')
    }

    const consentPage = await victim.signIn(await victim.open(page.url), 'ada@acme.test')
    t.is(titleOf(consentPage), 'Allow access')
    await assertNothingGained()
    // Signed in as somebody, the attacker is that, and nobody else.
    const own = await attacker.open(authorizationUrl(issuer, confidential))
    await attacker.signIn(own, 'grace@globex.test')
    t.false((await attacker.open(page.url)).html.includes('ada@acme.test'))
    attacker.userAgent.cookies.splice(2)

    const { url, hidden } = formOf(consentPage)
    await victim.userAgent.submit(url, { ...hidden, action: 'allow' })
    await assertNothingGained()
    const granted = await victim.open(resumeUrlOf(issuer, page))
    t.truthy(granted.callback?.searchParams.get('code'))
  })

  test(`GET /oauth/authorize/…: at ${where}, a planted request that the attacker has completed signs nobody else in as the attacker (login CSRF)`, async (t) => {
    const { issuer, confidential } = await startServer(t, { issuerPath })
    const [attacker, victim] = [startBrowser(), startBrowser()]
    const page = await attacker.open(authorizationUrl(issuer, confidential))
    plant(attacker, victim)
    const consentPage = await attacker.signIn(page, 'grace@globex.test')
    const { url, hidden } = formOf(consentPage)
    await attacker.userAgent.submit(url, { ...hidden, action: 'allow' })

    const visit = await victim.open(resumeUrlOf(issuer, page))

    t.is(visit.callback, undefined)
    t.is(titleOf(visit), 'Sign in')
    t.false(victim.userAgent.cookies.some(({ name }) => name === 'oauth_session'))
    const granted = await attacker.open(resumeUrlOf(issuer, page))
    t.truthy(granted.callback?.searchParams.get('code'))
  })

  test(`GET /oauth/authorize/…: at ${where}, a planted request that the victim completes while the attacker resumes it, and signs out, gives the attacker nothing, in every order`, async (t) => {
    let beforeRead: () => Promise<void> = async () => undefined
    const memory = createMemoryStorage()
    const storage: Storage = {
      ...memory,
      artifacts: findEach({
        ...memory.artifacts,
        async find(...parameters) {
          await beforeRead()
          return await memory.artifacts.find(...parameters)
        },
      }),
    }
    const { issuer, confidential } = await startServer(t, { issuerPath, storage })
    let reads = 1
    for (let isResumed = true; isResumed; reads += 1) {
      const [attacker, victim, otherTab] = [startBrowser(), startBrowser(), startBrowser()]
      const account = await attacker.open(`${issuer}/account/connections`)
      const signedIn = await attacker.signIn(account, 'grace@globex.test')
      const page = await attacker.open(
        authorizationUrl(issuer, confidential, { prompt: 'consent' }),
      )
      plant(attacker, victim)
      const consentPage = await victim.signIn(await victim.open(page.url), 'ada@acme.test')
      await attacker.userAgent.submit(page.url, { ...formOf(page).hidden, action: 'allow' })
      otherTab.userAgent.cookies.push(...attacker.userAgent.cookies)

      let left = reads
      beforeRead = async () => {
        left -= 1
        if (left !== 0) return
        beforeRead = async () => undefined
        const fields = { ...formOf(consentPage).hidden, action: 'allow' }
        t.is((await victim.userAgent.submit(page.url, fields)).status, 303)
        await otherTab.submit(signedIn, { action: 'sign-out' })
      }
      const visit = await attacker.open(resumeUrlOf(issuer, page))
      isResumed = left <= 0
      beforeRead = async () => undefined

      const code = visit.callback?.searchParams.get('code') ?? ''
      const response = await postAs(confidential, `${issuer}/oauth/token`, {
        grant_type: 'authorization_code',
        code,
        code_verifier: CODE_VERIFIER,
      })
      const { access_token: token = '.e30.' } = await response.json()
      const claims = JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString())
      t.true([undefined, 'grace'].includes(claims.sub), `before read ${reads}`)
      const after = await attacker.open(`${issuer}/account/connections`)
      t.false(after.html.includes('ada@acme.test'), `before read ${reads}`)
    }
    t.true(reads > 5, String(reads))
  })

  test(`POST /oauth/continue: at ${where}, planting the cookie is not enough to forge the form token of a signed-in user`, async (t) => {
    const { issuer, confidential, authorizationServer } = await startServer(t, { issuerPath })
    const [attacker, victim] = [startBrowser(), startBrowser()]
    await victim.signIn(await victim.open(`${issuer}/account/connections`), 'ada@acme.test')
    const page = await attacker.open(authorizationUrl(issuer, confidential))
    plant(attacker, victim)
    const { value: secret = '' } =
      attacker.userAgent.cookies.find(({ name }) => name.startsWith('oauth_prt_')) ?? {}

    const subjects = ['"ada"', '["ada",null]', '["ada"]', 'null', '[null,null]'].map((subject) =>
      createHash('sha256').update(subject).digest('base64url'),
    )
    for (const subject of subjects) {
      const mac = createHmac('sha256', secret).update(`csrf\0${subject}`).digest('base64url')
      const fields = { csrf: `${subject}.${mac}`, action: 'allow' }
      const response = await victim.userAgent.submit(page.url, fields)
      t.false((response.headers.get('location') ?? '').includes('/oauth/authorize/'))
    }
    t.deepEqual(await authorizationServer.connections.list('ada'), [])
  })
}

for (const query of [
  '',
  '?prt=',
  '?prt=x',
  `?prt=${'a'.repeat(43)}`,
  `?prt=${'a'.repeat(5000)}`,
  '?prt=%00',
  '?prt=%ff',
  '?prt[]=x',
  '?prt=..%2f..%2f',
]) {
  test(`GET /oauth/continue${query.slice(0, 20)} (${query.length} characters): a malformed token gets the page of an expired request`, async (t) => {
    const { issuer } = await startServer(t)

    for (const method of ['GET', 'POST']) {
      const response = await fetch(`${issuer}/oauth/continue${query}`, { method })
      t.is(response.status, 400)
      t.true((await response.text()).includes(EXPIRED))
    }
  })
}

test('GET /oauth/continue: the token given twice counts as none', async (t) => {
  const { issuer, confidential } = await startServer(t)
  const browser = startBrowser()
  const page = await browser.open(authorizationUrl(issuer, confidential))

  const prt = page.url.searchParams.get('prt')
  const visit = await browser.open(`${issuer}/oauth/continue?prt=${prt}&prt=${prt}`)

  assertErrorPage(t, visit, 400)
})

test('POST /oauth/continue: without, with a wrong, and with another request’s CSRF token nothing happens (OWASP CSRF)', async (t) => {
  const { issuer, confidential, public: spa } = await startServer(t)
  const browser = startBrowser()
  const signInPage = await browser.open(authorizationUrl(issuer, confidential))
  const consentPage = await browser.signIn(signInPage, 'ada@acme.test')
  const otherSignInPage = await browser.open(authorizationUrl(issuer, spa))
  const otherConsentPage = await browser.signIn(otherSignInPage, 'ada@acme.test')
  const stranger = startBrowser()
  const strangersSignInPage = await stranger.open(authorizationUrl(issuer, confidential))
  const strangersPage = await stranger.signIn(strangersSignInPage, 'ada@acme.test')
  const csrf = formOf(consentPage).hidden['csrf'] ?? ''
  const [subject, signature] = csrf.split('.')

  for (const token of [
    undefined,
    '',
    '.',
    'x',
    subject,
    `${subject}.`,
    `.${signature}`,
    `${csrf}x`,
    csrf.toLowerCase(),
    formOf(otherConsentPage).hidden['csrf'],
    formOf(strangersPage).hidden['csrf'],
  ]) {
    for (const action of ['allow', 'deny', 'switch-account']) {
      const fields = token === undefined ? { action } : { action, csrf: token }
      const response = await browser.userAgent.submit(consentPage.url, fields)
      t.is(response.status, 403)
      t.is(response.headers.get('location'), null)
      t.true((await response.text()).includes(FORM_REJECTED))
    }
  }

  const still = await browser.open(consentPage.url)
  t.is(titleOf(still), 'Allow access')
  t.true(still.html.includes('ada@acme.test'))
})

test('POST /oauth/continue: a form sent by a page of another or an unknown origin is refused (RFC 6819 §4.4.1.10)', async (t) => {
  const { issuer, confidential, authorizationServer } = await startServer(t)
  const browser = startBrowser()
  const signInPage = await browser.open(authorizationUrl(issuer, confidential))
  const { port } = new URL(issuer)
  const foreign: ReadonlyArray<Readonly<Record<string, string>>> = [
    {},
    { origin: 'null' },
    { origin: 'null', 'sec-fetch-site': 'same-origin' },
    { origin: 'https://evil.example' },
    { origin: `http://localhost:${port}` },
    { origin: `https://127.0.0.1:${port}` },
    { origin: `http://127.0.0.1:${Number(port) + 1}`, 'sec-fetch-site': 'same-site' },
    { origin: issuer, 'sec-fetch-site': 'same-site' },
    { origin: issuer, 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'none' },
  ]
  const refuse = async (page: Visit, fields: Readonly<Record<string, string>>): Promise<void> => {
    const { url, hidden } = formOf(page)
    for (const headers of foreign) {
      const body = new URLSearchParams({ ...hidden, ...fields })
      const response = await browser.userAgent.request(url, { method: 'POST', headers, body })
      t.is(response.status, 403, JSON.stringify({ ...headers, ...fields }))
      t.true((await response.text()).includes(FORM_REJECTED))
    }
  }

  await refuse(signInPage, { action: 'sign-in', username: 'ada@acme.test', password: PASSWORD })
  await refuse(signInPage, { action: 'cancel' })
  const consentPage = await browser.signIn(signInPage, 'ada@acme.test')
  for (const action of ['allow', 'deny', 'switch-account']) await refuse(consentPage, { action })

  t.deepEqual(await authorizationServer.connections.list('ada'), [])
  const { url, hidden } = formOf(consentPage)
  const granted = await browser.userAgent.request(url, {
    method: 'POST',
    headers: { 'sec-fetch-site': 'same-origin' },
    body: new URLSearchParams({ ...hidden, action: 'allow' }),
  })
  t.is(granted.status, 303)
  t.is((await authorizationServer.connections.list('ada')).length, 1)
})

test('POST /oauth/continue: a form of another type or size is refused, and does no harm', async (t) => {
  const { issuer, confidential } = await startServer(t)
  const browser = startBrowser()
  const page = await browser.open(authorizationUrl(issuer, confidential))
  const { csrf = '' } = formOf(page).hidden
  const fields = { csrf, action: 'cancel' }
  const multipart = new FormData()
  for (const [name, value] of Object.entries(fields)) multipart.append(name, value)

  for (const init of [
    { body: JSON.stringify(fields), headers: { 'content-type': 'application/json' } },
    { body: String(new URLSearchParams(fields)), headers: { 'content-type': 'text/plain' } },
    { body: multipart },
    { body: new URLSearchParams({ ...fields, x: 'x'.repeat(20_000) }) },
    {},
  ]) {
    const headers = { origin: issuer, ...init.headers }
    const response = await browser.userAgent.request(page.url, { method: 'POST', ...init, headers })
    t.is(response.status, 403)
    await response.text()
  }

  t.is(titleOf(await browser.open(page.url)), 'Sign in')
})

test('POST /oauth/continue: an action that the page does not have leads back to the page', async (t) => {
  const { issuer, confidential } = await startServer(t)
  const browser = startBrowser()
  const page = await browser.open(authorizationUrl(issuer, confidential))

  for (const action of ['', 'allow', 'continue', 'switch-account', 'complete', '__proto__']) {
    const visit = await browser.submit(page, { action })
    t.deepEqual(
      visit.responses.map(({ status }) => status),
      [303, 200],
    )
    t.is(titleOf(visit), 'Sign in')
  }
})

for (const method of ['HEAD', 'PUT', 'DELETE', 'OPTIONS']) {
  test(`${method} /oauth/continue: is 405 with Allow (RFC 9110 §15.5.6)`, async (t) => {
    const { issuer } = await startServer(t)

    const response = await fetch(`${issuer}/oauth/continue?prt=x`, { method })

    t.is(response.status, 405)
    t.is(response.headers.get('allow'), 'GET, POST')
    t.is(response.headers.get('content-type'), 'text/html; charset=utf-8')
    t.is(response.headers.get('cache-control'), 'no-store')
    if (method !== 'HEAD')
      t.true((await response.text()).includes('This page can’t be used this way'))
    assertNoCors(t, response.headers)
  })
}

test('GET /oauth/continue: a user who was disabled between sign-in and consent must sign in again', async (t) => {
  const { issuer, confidential, users } = await startServer(t)
  const browser = startBrowser()
  const signInPage = await browser.open(authorizationUrl(issuer, confidential))
  const consentPage = await browser.signIn(signInPage, 'ada@acme.test')

  users.delete('ada')

  t.is(titleOf(await browser.submit(consentPage, { action: 'allow' })), 'Sign in')
  t.is(titleOf(await browser.open(consentPage.url)), 'Sign in')
  t.is(titleOf(await browser.signIn(signInPage, 'grace@globex.test')), 'Allow access')
})

test('GET /oauth/continue: a client that was deleted meanwhile gets nothing', async (t) => {
  const { issuer, confidential, authorizationServer } = await startServer(t)
  const browser = startBrowser()
  const signInPage = await browser.open(authorizationUrl(issuer, confidential))
  const consentPage = await browser.signIn(signInPage, 'ada@acme.test')

  await authorizationServer.clients.delete(confidential.client.clientId)

  for (const visit of [
    await browser.submit(consentPage, { action: 'allow' }),
    await browser.submit(consentPage, { action: 'deny' }),
    await browser.open(consentPage.url),
    await browser.open(resumeUrlOf(issuer, signInPage)),
  ]) {
    assertErrorPage(t, visit, 400)
  }
})

test('GET /oauth/continue: a redirect URI that the client lost meanwhile gets nothing', async (t) => {
  const { issuer, confidential, authorizationServer } = await startServer(t)
  const browser = startBrowser()
  const signInPage = await browser.open(authorizationUrl(issuer, confidential))
  const consentPage = await browser.signIn(signInPage, 'ada@acme.test')

  await authorizationServer.clients.update(confidential.client.clientId, {
    redirectUris: ['https://recruiter.example/elsewhere'],
  })

  for (const visit of [
    await browser.submit(consentPage, { action: 'allow' }),
    await browser.submit(consentPage, { action: 'deny' }),
    await browser.open(consentPage.url),
    await browser.open(resumeUrlOf(issuer, signInPage)),
  ]) {
    assertErrorPage(t, visit, 400)
    t.is(titleOf(visit), 'This application’s request is not valid')
  }
})

function resumeUrlOf(issuer: string, { url }: Visit): string {
  return `${issuer}/oauth/authorize/${url.searchParams.get('prt')}`
}
