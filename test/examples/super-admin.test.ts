/** How the example recognises SuperAdmins: with a token, and then a session. */

import { type AuditEvent, createAuthorizationServer } from '@teamcast/oauth-server'
import test, { type ExecutionContext } from 'ava'
import Koa from 'koa'
import { createSuperAdminSignIn } from '../../examples/super-admin/sign-in.ts'
import {
  bodyOf,
  type FormBrowser,
  type FormPage,
  hiddenFieldsOf,
  startFormBrowser,
} from '../helpers/form-browser.ts'
import { listen } from '../helpers/listen.ts'
import { recordEvents } from '../helpers/record-events.ts'
import { startExample } from '../helpers/start-example.ts'
import { validOptions } from '../helpers/valid-options.ts'

const TOKEN = 'a-SuperAdmin.token_of~tests+/0123456789=='
const SIGN_IN = '/super-admin/sign-in'
const SIGN_OUT = '/super-admin/sign-out'
const NEW_CLIENT = '/super-admin/clients/new'
const EIGHT_HOURS = 8 * 60 * 60

test('/super-admin: a request without a session is asked for the token, and then gets the page that was requested', async (t) => {
  const { origin } = await startPages(t)
  const browser = startFormBrowser()
  const signInPage = await browser.open(origin + NEW_CLIENT)
  t.is(signInPage.url.pathname, SIGN_IN)
  t.is(signInPage.status, 200)
  const page = await browser.submit(signInPage, SIGN_IN, { token: ` ${TOKEN} ` })
  t.is(page.url.href, origin + NEW_CLIENT)
  t.is(page.status, 200)
  // Signed in, there is nothing to ask.
  t.is((await browser.open(origin + SIGN_IN)).url.pathname, '/super-admin')
})

test('/super-admin/sign-in: a wrong token lets nobody in', async (t) => {
  const { origin } = await startPages(t)
  const browser = startFormBrowser()
  for (const token of ['', 'wrong', TOKEN.slice(1), `${TOKEN}x`]) {
    const page = await browser.open(origin + SIGN_IN)
    const again = await browser.submit(page, SIGN_IN, { token })
    t.is(again.status, 403, token)
    t.regex(again.html, /role="alert"><p class="title">The token is wrong/)
    t.false(again.html.includes('wrong"'))
    t.is((await browser.open(`${origin}/super-admin`)).url.pathname, SIGN_IN)
  }
})

test('/super-admin/sign-in: wrong tokens are reported, eleven in five minutes are too many, and the right one is let in', async (t) => {
  const { origin, events: eventsSoFar } = await startPages(t)
  const addresses = {
    '203.0.113.8': '203.0.113.8',
    '203.0.113.9:50001': '203.0.113.9',
    '[2001:db8::1]:50001': '2001:db8::1',
    ...{ '010.0.0.1': undefined, '0x7f.1': undefined, '1': undefined, unknown: undefined },
  }
  let count = 0
  for (const ip of Object.keys(addresses)) {
    for (const _ of [1, 2, 3]) {
      count += 1
      const page = await attemptFrom(origin, `wrong-${count}`, ip)
      t.is(page.status, count > 10 ? 429 : 403)
      t.is(page.html.includes('too many wrong tokens'), count > 10)
    }
    t.is((await attemptFrom(origin, TOKEN, ip)).status, 303)
  }

  const events = await eventsSoFar()
  t.is(events.length, 21)
  for (const [index, event] of events.entries()) {
    const reason = index < 10 ? 'unauthenticated' : 'too-many-attempts'
    t.like(event, { type: 'super-admin.refused', result: 'failure', reason })
  }
  t.deepEqual(new Set(events.map(({ ip }) => ip)), new Set(Object.values(addresses)))
  t.notRegex(JSON.stringify(events), /wrong|a-SuperAdmin/)
})

test('/super-admin/sign-in: leads to no page but the SuperAdmin’s own', async (t) => {
  const { origin } = await startPages(t)
  for (const next of [
    'https://evil.example/',
    '//evil.example',
    '/',
    '/super-adminx',
    '/super-admin\\@x',
    '/super-admin/../account/connections',
    '/super-admin/%2e%2e/account/connections',
    '/super-admin/..//evil.example',
    '/super-admin/../super-admin',
  ]) {
    const browser = startFormBrowser()
    const page = await browser.open(`${origin}${SIGN_IN}?${bodyOf({ next })}`)
    const after = await browser.submit(page, SIGN_IN, { token: TOKEN, next })
    t.is(after.url.href, `${origin}/super-admin`)
  }
})

test('/super-admin/sign-in: the cookie is HttpOnly and SameSite=Strict, and another one than before', async (t) => {
  const { origin } = await startPages(t)
  const browser = startFormBrowser()
  const page = await browser.open(origin + SIGN_IN)
  const [before] = browser.userAgent.cookies
  const response = await browser.userAgent.request(origin + SIGN_IN, {
    method: 'POST',
    headers: { origin },
    body: bodyOf({ ...hiddenFieldsOf(page, SIGN_IN), token: TOKEN }),
  })
  t.is(response.status, 303)
  const [cookie = ''] = response.headers.getSetCookie()
  t.regex(cookie, /; path=\/super-admin; .*expires=.*samesite=strict; httponly$/i)
  t.false(cookie.includes(before?.value ?? ''))
  t.false(cookie.includes(TOKEN))
})

test('/super-admin: of several cookies with one name, the one of a session counts (RFC 6265 §8.6)', async (t) => {
  const { origin } = await startPages(t)
  const planted = { name: 'teamcast_super_admin', value: 'planted' }
  const browser = startFormBrowser()
  browser.userAgent.cookies.push({ ...planted, path: SIGN_IN })
  const page = await browser.open(origin + SIGN_IN)
  await browser.submit(page, SIGN_IN, { token: TOKEN })
  browser.userAgent.cookies.unshift({ ...planted, path: '/super-admin' })
  t.is((await browser.open(`${origin}/super-admin`)).url.pathname, '/super-admin')
  t.is((await browser.open(origin + NEW_CLIENT)).url.pathname, NEW_CLIENT)
  await browser.submit(await browser.open(origin + SIGN_OUT), SIGN_OUT)
  t.is((await browser.open(`${origin}/super-admin`)).url.pathname, SIGN_IN)
})

test('/super-admin/sign-out: asks first, and then the cookie is no longer accepted', async (t) => {
  const { origin } = await startPages(t)
  const browser = await signIn(origin)
  const stolen = startFormBrowser()
  stolen.userAgent.cookies.push(...browser.userAgent.cookies)
  t.is((await stolen.open(`${origin}/super-admin`)).url.pathname, '/super-admin')

  const list = await browser.open(`${origin}/super-admin`)
  t.true(list.html.includes(`<a href="${SIGN_OUT}">Sign out</a>`))
  const question = await browser.open(origin + SIGN_OUT)
  t.is((await browser.open(`${origin}/super-admin`)).url.pathname, '/super-admin')
  const out = await browser.submit(question, SIGN_OUT)
  t.is(out.url.pathname, SIGN_IN)
  t.is((await stolen.open(`${origin}/super-admin`)).url.pathname, SIGN_IN)
})

test('/super-admin: a session ends after eight hours', async (t) => {
  const { origin, clock } = await startPages(t)
  const browser = await signIn(origin)
  clock.now += EIGHT_HOURS - 1
  t.is((await browser.open(origin + NEW_CLIENT)).url.pathname, NEW_CLIENT)
  clock.now += 1
  t.is((await browser.open(origin + NEW_CLIENT)).url.pathname, SIGN_IN)
})

test('/super-admin: a form that no page of this browser and origin sent signs nobody in or out', async (t) => {
  const { origin } = await startPages(t)
  const browser = await signIn(origin)
  const signOutFields = hiddenFieldsOf(await browser.open(origin + SIGN_OUT), SIGN_OUT)
  const stranger = startFormBrowser()
  const signInFields: Record<string, string> = {
    ...hiddenFieldsOf(await stranger.open(origin + SIGN_IN), SIGN_IN),
    token: TOKEN,
  }
  const { port } = new URL(origin)
  for (const headers of [
    {},
    { origin: 'null' },
    { origin: 'null', 'sec-fetch-site': 'same-origin' },
    { origin: `http://localhost:${port}` },
    { origin: `https://127.0.0.1:${port}` },
    { 'sec-fetch-site': 'same-site' },
  ] as ReadonlyArray<Record<string, string>>) {
    const send = (sender: FormBrowser, path: string, fields: Record<string, string>) =>
      sender.open(origin + path, { method: 'POST', headers, body: bodyOf(fields) })
    t.is((await send(browser, SIGN_OUT, signOutFields)).status, 403)
    t.is((await send(stranger, SIGN_IN, signInFields)).status, 403)
  }
  for (const formToken of ['', 'wrong', signInFields['formToken'] ?? '']) {
    const body = bodyOf({ formToken })
    const sent = await browser.open(origin + SIGN_OUT, {
      method: 'POST',
      headers: { origin },
      body,
    })
    t.is(sent.status, 403)
    t.true(sent.html.includes('This form has expired'))
  }
  t.is((await browser.open(`${origin}/super-admin`)).url.pathname, '/super-admin')
  t.is((await stranger.open(`${origin}/super-admin`)).url.pathname, SIGN_IN)
})

test('/super-admin/sign-in: no page may be framed or cached, and none runs a script; other methods are refused', async (t) => {
  const { origin } = await startPages(t)
  const browser = startFormBrowser()
  for (const path of [SIGN_IN, SIGN_OUT]) {
    const { headers, html } = await browser.open(origin + path)
    const policy = headers.get('content-security-policy') ?? ''
    t.true(policy.startsWith("default-src 'none'; style-src 'sha256-"), path)
    t.regex(policy, /form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/)
    t.notRegex(html, /<script|\son\w+=|\sstyle=/)
    t.is(headers.get('cache-control'), 'no-store')
    t.is(headers.get('referrer-policy'), 'same-origin')
    const response = await browser.userAgent.request(origin + path, { method: 'PUT' })
    t.is(response.status, 405)
    t.is(response.headers.get('allow'), 'GET, POST')
  }
})

test('the example: a SuperAdmin registers a client with identity scopes on the pages; a wrong token, there or at the API, shows in the log', async (t) => {
  const example = await startExample({ SUPER_ADMIN_TOKEN: TOKEN, CLIENT_PORT: '0' })
  t.teardown(() => example.end())
  const { hostUrl } = example
  const api = `${hostUrl}/super-admin/oauth-clients`
  t.is((await attemptFrom(hostUrl, 'wrong', '203.0.113.8')).status, 403)
  t.is((await fetch(api, { headers: { authorization: 'Bearer wrong' } })).status, 401)
  t.true((await (await fetch(hostUrl)).text()).includes(`href="${hostUrl}/super-admin"`))

  const browser = await signIn(hostUrl)
  const list = await browser.open(`${hostUrl}/super-admin`)
  t.true(list.html.includes('No client is registered yet'))
  const form = await browser.open(hostUrl + NEW_CLIENT)
  for (const sentence of ['See your name and picture', 'See your email address']) {
    t.true(form.html.includes(sentence), sentence)
  }
  const scopes = ['openid', 'email', 'interview:read']
  const shown = await browser.submit(form, hostUrl + NEW_CLIENT, {
    name: 'Northwind Talent',
    clientType: 'CONFIDENTIAL',
    audience: 'PLATFORM',
    allowedGrantTypes: ['authorization_code'],
    redirectUris: 'https://northwind.example/callback',
    scopes,
  })
  t.is(shown.status, 200)
  const answer = await fetch(api, { headers: { authorization: `Bearer ${TOKEN}` } })
  t.like(await answer.json(), { items: [{ name: 'Northwind Talent', scopes }] })

  await example.end()
  const { stdout } = await example.ended
  const lines = stdout.match(/^\[super-admin\.refused\] .+"reason":"unauthenticated".*$/gm)
  t.is(lines?.length, 2, stdout)
  t.notRegex(stdout, /wrong|tcs_/)
})

// ————— fixture —————

interface StartedPages {
  readonly origin: string
  readonly clock: { now: number }
  /** What the sign-in has reported. */
  events(): Promise<ReadonlyArray<AuditEvent>>
}

/** Starts a server and its sign-in of SuperAdmins, behind a proxy. */
async function startPages(t: ExecutionContext): Promise<StartedPages> {
  const { onEvent, settled } = recordEvents()
  const clock = { now: 1_800_000_000 }
  const listener = await listen(t)
  const issuer = listener.origin
  const superAdmins = createSuperAdminSignIn({
    ...{ issuer, superAdminToken: TOKEN, onEvent },
    now: () => clock.now,
  })
  const { authorizeSuperAdmin, superAdminPages } = superAdmins
  const server = createAuthorizationServer({
    ...validOptions(),
    ...{ issuer, authorizeSuperAdmin, superAdminPages },
  })
  const app = new Koa()
  app.silent = true
  app.proxy = true
  app.use(server.middleware())
  app.use(superAdmins.middleware)
  listener.serve(app)
  return { origin: issuer, clock, events: settled }
}

async function signIn(origin: string): Promise<FormBrowser> {
  const browser = startFormBrowser()
  const page = await browser.open(origin + SIGN_IN)
  await browser.submit(page, SIGN_IN, { token: TOKEN })
  return browser
}

/** Sends a token from an address, with a browser of its own; does not follow where it leads. */
async function attemptFrom(
  origin: string,
  token: string,
  ip: string,
): Promise<Pick<FormPage, 'status' | 'html'>> {
  const browser = startFormBrowser()
  const page = await browser.open(origin + SIGN_IN)
  const response = await browser.userAgent.request(origin + SIGN_IN, {
    method: 'POST',
    headers: { origin, 'x-forwarded-for': ip },
    body: bodyOf({ ...hiddenFieldsOf(page, SIGN_IN), token }),
  })
  return { status: response.status, html: await response.text() }
}
