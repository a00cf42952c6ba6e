/** Nobody but the user, on a page of ours, disconnects, signs in or signs out (RFC 6819 §4.4.1.10). */

import test, { type ExecutionContext } from 'ava'
import { type Browser, formOf, startBrowser, titleOf, type Visit } from '../helpers/browser.ts'
import { authorizationUrl } from '../helpers/requests.ts'
import { beginForm } from '../helpers/slow-form.ts'
import { ADA, GRACE, type StartedServer, startServer } from '../helpers/start-server.ts'

interface SignedIn extends StartedServer {
  readonly browser: Browser
  readonly page: Visit
  readonly clientId: string
  /** Submits the page's form with these headers and no others, or with other fields. */
  send(headers: Readonly<Record<string, string>>, fields?: object): Promise<Response>
  isConnected(): Promise<boolean>
}

async function startSignedIn(t: ExecutionContext): Promise<SignedIn> {
  const server = await startServer(t)
  const { issuer, confidential, authorizationServer } = server
  const { clientId } = confidential.client
  const browser = startBrowser()
  await browser.authorize(authorizationUrl(issuer, confidential), ADA.email)
  const page = await browser.open(`${issuer}/account/connections`)
  return {
    ...server,
    browser,
    page,
    clientId,
    send(headers, fields = {}) {
      const { url, hidden } = formOf(page)
      const body = new URLSearchParams({ ...hidden, action: 'disconnect', clientId, ...fields })
      return browser.userAgent.request(url, { method: 'POST', headers, body })
    },
    isConnected: async () => (await authorizationServer.connections.list('ada')).length > 0,
  }
}

test('CSRF: a form without our token, or with that of another browser, is refused', async (t) => {
  const { issuer, send, isConnected } = await startSignedIn(t)
  const attacker = startBrowser()
  const page = await attacker.signIn(
    await attacker.open(`${issuer}/account/connections`),
    ADA.email,
  )
  const { csrf = '' } = formOf(page).hidden

  for (const forged of ['', 'x.y', csrf]) {
    const response = await send({ origin: issuer }, { csrf: forged })
    t.is(response.status, 403)
    t.true((await response.text()).includes('We couldn’t accept this form'))
  }
  t.true(await isConnected())
})

test('CSRF: a browser that was shown no page of ours is refused, whatever it sends', async (t) => {
  const { issuer, browser, send, isConnected } = await startSignedIn(t)
  const { cookies } = browser.userAgent
  const others = cookies.filter(({ name }) => !name.startsWith('oauth_account'))
  t.is(cookies.length - others.length, 2)
  cookies.splice(0, cookies.length, ...others)

  t.is((await send({ origin: issuer })).status, 403)
  t.true(await isConnected())
})

test('CSRF: requests from another origin are refused, forms and DELETE alike', async (t) => {
  const { issuer, clientId, browser, send, isConnected } = await startSignedIn(t)
  const { port } = new URL(issuer)
  const foreign: ReadonlyArray<Readonly<Record<string, string>>> = [
    { origin: 'https://elsewhere.example' },
    { origin: `http://127.0.0.1:${Number(port) + 1}` },
    { origin: `http://localhost:${port}` },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'same-site', origin: 'null' },
    { 'sec-fetch-site': 'same-origin', origin: 'null' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site', origin: issuer },
    { 'sec-fetch-site': 'same-site', origin: issuer },
    { origin: `${issuer}, https://elsewhere.example` },
    { 'sec-fetch-site': 'same-origin', origin: 'https://elsewhere.example' },
  ]
  for (const headers of foreign) {
    t.is((await send(headers)).status, 403, JSON.stringify(headers))
    const url = `${issuer}/account/connections/${clientId}`
    const deleted = await browser.userAgent.request(url, { method: 'DELETE', headers })
    t.is(deleted.status, 403, JSON.stringify(headers))
    t.is(deleted.headers.get('content-type'), 'application/problem+json')
  }
  t.true(await isConnected())
})

test('CSRF: a form whose headers do not name its origin is refused', async (t) => {
  const { send, isConnected } = await startSignedIn(t)
  for (const headers of [{}, { 'sec-fetch-site': 'none' }]) t.is((await send(headers)).status, 403)
  t.true(await isConnected())
})

test('CSRF: forms of our own pages are accepted, whether a browser names the origin or not', async (t) => {
  const origins: ReadonlyArray<(issuer: string) => Readonly<Record<string, string>>> = [
    () => ({ 'sec-fetch-site': 'same-origin' }),
    (issuer) => ({ origin: issuer }),
    (issuer) => ({ origin: issuer, 'sec-fetch-site': 'same-origin' }),
    (issuer) => ({ origin: issuer, 'sec-fetch-site': 'none' }),
  ]
  for (const headersFor of origins) {
    const { issuer, send, isConnected } = await startSignedIn(t)
    const response = await send(headersFor(issuer))
    t.is(response.status, 303, JSON.stringify(headersFor(issuer)))
    t.false(await isConnected())
  }
})

test('CSRF: a form that shows another user than the current user does nothing, and leads to the current user’s page', async (t) => {
  const { issuer, browser, page, clientId, isConnected, authorizationServer } =
    await startSignedIn(t)
  const other = await browser.submit(page, { action: 'sign-out' })
  await browser.signIn(other, GRACE.email)

  const after = await browser.submit(page, { action: 'disconnect', clientId })
  t.is(after.responses[0]?.status, 303)
  t.true(after.html.includes('grace@globex.test'))
  t.true(await isConnected())
  t.deepEqual(await authorizationServer.connections.list('grace'), [])
  t.is(after.url.href, `${issuer}/account/connections`)
})

test('CSRF: an attacker cannot have another user signed in as the attacker (login CSRF)', async (t) => {
  const { issuer } = await startServer(t)
  const attacker = startBrowser()
  const { url, hidden } = formOf(await attacker.open(`${issuer}/account/connections`))
  const fields = { ...hidden, action: 'sign-in', username: GRACE.email, password: 'any' }

  const victim = startBrowser()
  for (const hasPage of [false, true]) {
    if (hasPage) await victim.open(url)
    t.is((await victim.userAgent.submit(url, fields)).status, 403)
  }
  t.false(victim.userAgent.cookies.some(({ name }) => name.includes('oauth_session')))
})

test('CSRF: two tabs do not disturb each other', async (t) => {
  const { issuer, browser, page, clientId, isConnected } = await startSignedIn(t)
  await browser.open(`${issuer}/account/connections`)
  const after = await browser.submit(page, { action: 'disconnect', clientId })
  t.is(titleOf(after), 'Disconnected: Connected applications')
  t.false(await isConnected())
})

test('CSRF: a body that is no form, or is too large, is refused', async (t) => {
  const { send, browser, issuer, isConnected } = await startSignedIn(t)
  const url = `${issuer}/account/connections`
  const headers = { 'content-type': 'application/json', origin: issuer }
  const json = { method: 'POST', headers, body: '{}' }
  t.is((await browser.userAgent.request(url, json)).status, 403)
  t.is((await send({ origin: issuer }, { more: 'x'.repeat(20_000) })).status, 403)
  t.true(await isConnected())
})

for (const action of ['sign-out', 'switch user']) {
  test(`a form whose body arrives after a ${action} in another tab disconnects nothing`, async (t) => {
    const { browser, page, clientId, isConnected, authorizationServer } = await startSignedIn(t)
    const { url, hidden } = formOf(page)
    const slow = await beginForm(browser.userAgent, url)

    const signInPage = await browser.submit(page, { action: 'sign-out' })
    if (action !== 'sign-out') await browser.signIn(signInPage, GRACE.email)
    const status = await slow.end(
      new URLSearchParams({ ...hidden, action: 'disconnect', clientId }),
    )

    t.is(status, 303)
    t.true(await isConnected())
    t.deepEqual(await authorizationServer.connections.list('grace'), [])
  })
}
