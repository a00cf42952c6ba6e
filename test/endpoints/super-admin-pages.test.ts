/** Who may use the SuperAdmin pages, which forms they accept, and what each page and form does. */

import { text } from 'node:stream/consumers'
import {
  type AuditEvent,
  type Client,
  ConflictError,
  createAuthorizationServer,
  type NewClient,
  type Storage,
  StorageError,
  TEAMCAST_SCOPES,
} from '@teamcast/oauth-server'
import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import {
  startTestServer,
  type TestServer,
  type TestServerOptions,
} from '@teamcast/oauth-server/testing'
import test, { type ExecutionContext } from 'ava'
import Koa from 'koa'
import { createSubmissions } from '../../lib/endpoints/super-admin-pages/submissions.ts'
import { createCookieJars } from '../../lib/http/cookies.ts'
import {
  bodyOf,
  type FormBrowser,
  type FormFields,
  type FormPage,
  hiddenFieldsOf,
  startFormBrowser,
} from '../helpers/form-browser.ts'
import { listen } from '../helpers/listen.ts'
import { recordEvents } from '../helpers/record-events.ts'
import { postAs } from '../helpers/requests.ts'
import { assertRetryAfter } from '../helpers/retry-after.ts'
import { beginForm } from '../helpers/slow-form.ts'
import { CONFIDENTIAL_CLIENT, PUBLIC_CLIENT, TENANT_CLIENT } from '../helpers/start-server.ts'
import { validOptions } from '../helpers/valid-options.ts'
import { textOf } from '../pages/markup.ts'

const SIGN_IN_URL = 'https://host.example/sign-in'

/** What a SuperAdmin fills in; everything else stays as the form has it. */
const FILLED_IN: FormFields = {
  name: 'Northwind Talent',
  clientType: 'CONFIDENTIAL',
  audience: 'PLATFORM',
  scopes: ['interview:read', 'interview:create'],
  redirectUris: 'https://northwind.example/callback\r\n\r\n  https://northwind.example/other  \r\n',
  allowedGrantTypes: ['authorization_code', 'refresh_token'],
}

// ————— who is let in —————

test('SuperAdmin pages: nobody sees one without being a SuperAdmin: to the sign-in page of the host, and back', async (t) => {
  const started = await startPages(t)
  const { origin, events } = started
  const stranger = startFormBrowser()
  const pages = [...urlsOf(started).pages, `${origin}/super-admin?name=Acme%20&cursor=x`]
  for (const url of pages) {
    const response = await stranger.userAgent.request(url)
    t.is(response.status, 302, url)
    assertPrivate(t, response)
    const location = new URL(response.headers.get('location') ?? '')
    t.is(location.origin + location.pathname, SIGN_IN_URL)
    t.is(location.searchParams.get('returnTo'), url)
    t.is(await response.text(), '')
  }
  const reasons = (await events()).flatMap((event) => ('reason' in event ? [event.reason] : []))
  t.deepEqual(
    reasons,
    pages.map(() => 'no-credentials'),
  )
})

test('SuperAdmin pages: to somebody else, each page and form is 403, and nothing is changed', async (t) => {
  const started = await startPages(t)
  const { origin, server, signIn, events } = started
  const browser = signIn()
  const sent = await formsOf(started, browser)
  const before = await everything(server)
  const soFar = (await events()).length
  becomes(browser, 'user')
  for (const url of urlsOf(started).pages) {
    const page = await browser.open(url)
    t.is(page.status, 403, url)
    t.true(textOf(page.html).includes('This page is for SuperAdmins'))
    t.false(page.html.includes('Acme Recruiter'))
    assertPrivate(t, page)
  }
  for (const [url, fields] of sent) {
    const page = await browser.open(url, post(origin, fields))
    t.is(page.status, 403, url)
    t.true(textOf(page.html).includes('This page is for SuperAdmins'))
  }
  t.deepEqual(await everything(server), before)
  for (const event of (await events()).slice(soFar)) {
    t.like(event, { type: 'super-admin.refused', reason: 'forbidden', result: 'failure' })
  }
})

test('SuperAdmin pages: a form that is sent after the session has ended saves nothing, and the page says so after the sign-in', async (t) => {
  const started = await startPages(t)
  const { origin, server, signIn } = started
  const browser = signIn()
  const sent = await formsOf(started, browser)
  const before = await everything(server)
  for (const [url, fields] of sent) {
    becomes(browser, undefined)
    const response = await browser.userAgent.request(url, post(origin, fields))
    t.is(response.status, 303, url)
    const location = new URL(response.headers.get('location') ?? '')
    t.is(location.origin + location.pathname, SIGN_IN_URL)
    becomes(browser, 'root')
    const page = await browser.open(location.searchParams.get('returnTo') ?? '')
    t.is(page.status, 200, url)
    t.true(textOf(page.html).includes('What you sent was not saved.'))
  }
  t.deepEqual(await everything(server), before)
})

test('SuperAdmin pages: what the hook says and nobody understands lets nobody in', async (t) => {
  for (const decision of [true, undefined, {}, { superAdminId: '' }, 'yes']) {
    const { origin } = await startPages(t, CONFIDENTIAL_CLIENT, {
      authorizeSuperAdmin: () => decision as 'allowed',
    })
    const response = await fetch(`${origin}/super-admin`, { redirect: 'manual' })
    t.is(response.status, 500)
    t.false((await response.text()).includes('Acme Recruiter'))
  }
})

test('SuperAdmin pages: failed attempts count together with those of the API, and then get a page with 429', async (t) => {
  const { origin, signIn } = await startPages(t)
  const browser = startFormBrowser()
  becomes(browser, 'nobody')
  for (let attempt = 0; attempt < 10; attempt += 1) {
    const path = attempt % 2 === 0 ? '/super-admin' : '/super-admin/oauth-clients'
    const { status } = await browser.userAgent.request(origin + path)
    t.is(status, attempt % 2 === 0 ? 302 : 401)
  }
  const blocked = await browser.userAgent.request(`${origin}/super-admin`)
  t.is(blocked.status, 429)
  assertRetryAfter(t, blocked)
  t.true(textOf(await blocked.text()).includes('Too many failed attempts'))
  t.is((await signIn().open(`${origin}/super-admin`)).status, 200)
})

test('SuperAdmin pages: without the option there are none, and the API is there', async (t) => {
  const server = await startTestServer({ authorizeSuperAdmin: () => 'allowed' })
  t.teardown(server.close)
  for (const path of ['/super-admin', '/super-admin/clients/new']) {
    t.is((await fetch(server.issuer + path)).status, 404)
  }
  t.is((await fetch(`${server.issuer}/super-admin/oauth-clients`)).status, 200)
})

// ————— other sites (RFC 9700 §4.7, RFC 6819 §4.4.1.10) —————

test('SuperAdmin pages: a form without the token of this browser and this SuperAdmin changes nothing', async (t) => {
  const started = await startPages(t)
  const { origin, server, signIn } = started
  const browser = signIn()
  const sent = await formsOf(started, browser)
  const ofOtherBrowser = await formsOf(started, signIn())
  becomes(browser, 'other')
  const ofOtherSuperAdmin = await formsOf(started, browser)
  becomes(browser, 'root')
  const before = await everything(server)
  for (const [index, [url, fields]] of sent.entries()) {
    const foreign = [ofOtherBrowser, ofOtherSuperAdmin].map((forms) => forms[index]?.[1]['csrf'])
    for (const csrf of ['', 'x.y', ...foreign]) {
      const page = await browser.open(url, post(origin, { ...fields, csrf: String(csrf) }))
      t.is(page.status, 403, url)
      t.true(textOf(page.html).includes('We couldn’t accept this form'))
      t.true(textOf(page.html).includes('Go back, reload the page, and send it again. All clients'))
    }
    const { csrf: _csrf, ...without } = fields
    t.is((await browser.open(url, post(origin, without))).status, 403)
  }
  t.deepEqual(await everything(server), before)
})

test('SuperAdmin pages: a browser that was shown no page is refused, whatever it sends', async (t) => {
  const started = await startPages(t)
  const { origin, server, signIn } = started
  const sent = await formsOf(started, signIn())
  const before = await everything(server)
  for (const [url, fields] of sent) {
    t.is((await signIn().open(url, post(origin, fields))).status, 403, url)
  }
  t.deepEqual(await everything(server), before)
})

test('SuperAdmin pages: a form that no page of the same origin sent changes nothing', async (t) => {
  const started = await startPages(t)
  const { origin, server, signIn, events } = started
  const browser = signIn()
  const sent = await formsOf(started, browser)
  const { port } = new URL(origin)
  const before = await everything(server)
  const soFar = (await events()).length
  const foreign: ReadonlyArray<Readonly<Record<string, string>>> = [
    { origin: 'https://elsewhere.example' },
    { origin: `http://localhost:${port}` },
    { origin: 'null' },
    { origin: 'null', 'sec-fetch-site': 'same-origin' },
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'cross-site', origin },
    {},
    { 'sec-fetch-site': 'none' },
  ]
  for (const headers of foreign) {
    for (const [url, fields] of sent) {
      const page = await browser.open(url, { ...post(origin, fields), headers })
      t.is(page.status, 403, `${url} ${JSON.stringify(headers)}`)
    }
  }
  t.deepEqual(await everything(server), before)
  const refused = (await events()).slice(soFar)
  // The last two name no other origin.
  t.is(refused.length, (foreign.length - 2) * sent.length)
  for (const event of refused) t.like(event, { reason: 'other-origin' })
})

test('SuperAdmin pages: a form that a page of ours sent is accepted, whether the browser names the origin or not', async (t) => {
  for (const headers of [
    (origin: string) => ({ origin }),
    () => ({ 'sec-fetch-site': 'same-origin' }),
  ]) {
    const { origin, client, server, signIn } = await startPages(t)
    const browser = signIn()
    const url = clientUrl(origin, client)
    const hidden = hiddenFieldsOf(await browser.open(url), url)
    const body = bodyOf({ ...hidden, ...formOf(client, { name: 'Renamed' }) })
    await browser.open(url, { method: 'POST', headers: headers(origin), body })
    t.is((await find(server, client))?.name, 'Renamed')
  }
})

test('SuperAdmin pages: a form whose body arrives after the SuperAdmin has signed out changes nothing', async (t) => {
  const started = await startPages(t)
  const { server, signIn } = started
  const browser = signIn()
  const sent = await formsOf(started, browser)
  const before = await everything(server)
  for (const [url, fields] of sent) {
    const slow = await beginForm(browser.userAgent, url)
    started.signedOut.add('root')
    t.is(await slow.end(bodyOf(fields)), 303, url)
    started.signedOut.clear()
  }
  t.deepEqual(await everything(server), before)
})

test('SuperAdmin pages: bodies that are no form, or too large, change nothing', async (t) => {
  const { origin, client, server, signIn } = await startPages(t)
  const browser = signIn()
  const url = clientUrl(origin, client)
  const { csrf = '', version = '' } = hiddenFieldsOf(await browser.open(url), url)
  const fields = { csrf, version, ...formOf(client, { name: 'Renamed' }) }
  for (const [contentType, body] of [
    ['application/json', JSON.stringify(fields)],
    ['text/plain', String(bodyOf(fields))],
    ['application/x-www-form-urlencoded', String(bodyOf({ ...fields, more: 'x'.repeat(300_000) }))],
  ] as const) {
    const headers = { 'content-type': contentType, origin }
    t.is((await browser.open(url, { method: 'POST', headers, body })).status, 403, contentType)
  }
  t.is((await find(server, client))?.name, client.name)
})

test('SuperAdmin pages: behind a body parser that makes an object of many equal names, every value counts', async (t) => {
  const scopes = Array.from({ length: 25 }, (_, index) => `interview:read${index}`)
  const listener = await listen(t)
  const server = createAuthorizationServer({
    ...validOptions(),
    issuer: listener.origin,
    scopes: Object.fromEntries(scopes.map((scope) => [scope, `Read ${scope}`])),
    authorizeSuperAdmin: () => 'allowed',
    superAdminPages: { signInUrl: () => SIGN_IN_URL },
  })
  const host = new Koa()
  host.use(async (ctx, next) => {
    // What @koa/bodyparser leaves behind, with qs 6.17.
    if (ctx.method === 'POST') {
      const form = new URLSearchParams(await text(ctx.req))
      const fields = Object.fromEntries(form)
      Object.assign(ctx.request, { body: { ...fields, scopes: { ...form.getAll('scopes') } } })
    }
    await next()
  })
  host.use(server.middleware())
  listener.serve(host)
  const browser = startFormBrowser()
  const url = newClientUrl(listener.origin)
  const filledIn = { ...FILLED_IN, scopes, allowedGrantTypes: 'authorization_code' }
  t.is((await browser.submit(await browser.open(url), url, filledIn)).status, 200)
  const { items } = await server.clients.list({ limit: 1 })
  t.deepEqual(items[0]?.scopes, scopes)
})

test('SuperAdmin pages: other methods get 405, other paths are left to the host', async (t) => {
  const started = await startPages(t)
  const { origin, client, signIn } = started
  const browser = signIn()
  const [secret] = client.secrets
  for (const [method, url, allow] of [
    ['POST', `${origin}/super-admin`, 'GET, HEAD'],
    ['PUT', newClientUrl(origin), 'GET, POST, HEAD'],
    ['DELETE', clientUrl(origin, client), 'GET, POST, HEAD'],
    ['OPTIONS', `${clientUrl(origin, client)}/delete`, 'GET, POST, HEAD'],
    // It would take the secret, and show nothing.
    ['HEAD', `${clientUrl(origin, client)}/secrets/${secret?.secretId}`, 'GET'],
  ] as const) {
    const response = await browser.userAgent.request(url, { method })
    t.is(response.status, 405, url)
    t.is(response.headers.get('allow'), allow)
    t.is(response.headers.get('access-control-allow-origin'), null)
  }
  for (const path of ['/super-admin/', '/super-admin/nothing', '/super-administrator']) {
    t.is((await browser.userAgent.request(origin + path)).status, 404, path)
  }
})

// ————— what every page is —————

test('SuperAdmin pages: no page may be framed or cached, and none runs a script', async (t) => {
  const started = await startPages(t)
  const { origin, signIn } = started
  const browser = signIn()
  for (const url of urlsOf(started).pages) {
    const page = await browser.open(url)
    const policy = page.headers.get('content-security-policy') ?? ''
    t.regex(
      policy,
      /^default-src 'none'; style-src 'sha256-[^']+' 'sha256-[^']+'; base-uri 'none'; frame-ancestors 'none'$/,
      url,
    )
    t.notRegex(page.html, /<script|\son\w+=|\sstyle=/)
    t.is(page.headers.get('x-frame-options'), 'DENY')
    t.is(page.headers.get('referrer-policy'), 'same-origin')
    assertPrivate(t, page)
    t.true(page.html.includes('root@teamcast.test'), url)
  }
  t.true((await browser.open(`${origin}/super-admin`)).html.includes('href="/sign-out"'))
})

test('SuperAdmin pages: hostile texts are shown as texts', async (t) => {
  const name = '<script>alert(1)</script>"\'&amp;'
  const started = await startPages(t, { ...CONFIDENTIAL_CLIENT, name })
  const browser = started.signIn()
  const list = await browser.open(`${started.origin}/super-admin?${bodyOf({ name })}`)
  t.true(list.html.includes(started.client.clientId))
  for (const url of urlsOf(started).ofClient) {
    const { html } = await browser.open(url)
    t.true(html.includes('&#60;script&#62;alert'), url)
    t.false(html.includes('<script>alert'))
  }
})

test('SuperAdmin pages: in the language of the browser, with what is wrong', async (t) => {
  const { origin, signIn } = await startPages(t)
  const browser = signIn()
  const headers = { 'accept-language': 'ar' }
  const page = await browser.open(newClientUrl(origin), { headers })
  t.true(page.html.includes('<html lang="ar" dir="rtl">'))
  t.true(page.html.includes('تسجيل عميل'))
  const fields = { ...hiddenFieldsOf(page, newClientUrl(origin)), name: 'x' }
  const again = await browser.open(newClientUrl(origin), {
    ...post(origin, fields),
    headers: { ...headers, origin },
  })
  t.is(again.status, 422)
  t.true(again.html.includes('الاسم: يجب ألا يقل عدد الأحرف عن 3.'))
})

test('SuperAdmin pages: each scope has its sentence in the language of the browser, those of OpenID Connect, too', async (t) => {
  const { origin, signIn } = await startPages(t, CONFIDENTIAL_CLIENT, {
    openIdConnect: {},
  })
  const headers = { 'accept-language': 'de' }
  const { html } = await signIn().open(newClientUrl(origin), { headers })
  const text = textOf(html)
  for (const sentence of ['openid Sie anmelden', 'profile Ihren Namen', 'email Ihre E-Mail']) {
    t.true(text.includes(sentence), sentence)
  }
})

test('SuperAdmin pages: below the path of an issuer', async (t) => {
  const { origin, client, server, signIn } = await startPages(t, CONFIDENTIAL_CLIENT, {
    issuerPath: '/auth',
  })
  const browser = signIn()
  const list = await browser.open(`${origin}/super-admin`)
  const page = await browser.open(linkOn(list, '<bdi>Acme Recruiter</bdi>'))
  t.is(page.url.pathname, `/auth/super-admin/clients/${client.clientId}`)
  const url = clientUrl(origin, client)
  await browser.submit(page, url, formOf(client, { name: 'Renamed' }))
  t.is((await find(server, client))?.name, 'Renamed')
  const shown = await browser.submit(page, `${url}/secrets`)
  t.regex(secretOn(shown), /^tcs_/)
})

test('SuperAdmin pages: every change is reported with the SuperAdmin, and with no secret', async (t) => {
  const started = await startPages(t)
  const { origin, client, signIn, events } = started
  const browser = signIn()
  const url = clientUrl(origin, client)
  const shown = await browser.submit(
    await browser.open(newClientUrl(origin)),
    newClientUrl(origin),
    FILLED_IN,
  )
  const page = await browser.open(url)
  await browser.submit(page, url, formOf(client, { name: 'Renamed' }))
  const added = await browser.submit(page, `${url}/secrets`)
  const removal = `${url}/secrets/${client.secrets[0]?.secretId}/remove`
  await browser.submit(await browser.open(removal), removal)
  await browser.submit(await browser.open(`${url}/delete`), `${url}/delete`)

  const reported = (await events()).filter(({ type }) => type.startsWith('client.')).slice(1)
  t.deepEqual(
    reported.map(({ type }) => type),
    [
      'client.registered',
      'client.updated',
      'client.secret-added',
      'client.secret-removed',
      'client.deleted',
    ],
  )
  for (const event of reported) {
    t.like(event, { actorId: 'root@teamcast.test', result: 'success' })
    t.regex(String(event.ip), /127\.0\.0\.1/)
  }
  const said = JSON.stringify(await events())
  for (const page_ of [shown, added]) t.false(said.includes(secretOn(page_)))
})

test('SuperAdmin pages: 503 while the storage does not respond, 409 for a lost race; none says more', async (t) => {
  const memory = createMemoryStorage()
  let failure: Error | undefined
  const clients = new Proxy(memory.clients, {
    get: (store, member) =>
      failure === undefined ? Reflect.get(store, member) : () => Promise.reject(failure),
  })
  const started = await startPages(t, CONFIDENTIAL_CLIENT, { storage: { ...memory, clients } })
  const { origin, client, signIn } = started
  const browser = signIn()
  const sent = await formsOf(started, browser)
  failure = new StorageError('redis://user:password@host is away')
  for (const url of [`${origin}/super-admin`, clientUrl(origin, client)]) {
    const page = await browser.open(url)
    t.is(page.status, 503)
    t.truthy(page.headers.get('retry-after'))
    t.true(textOf(page.html).includes('Teamcast is not available right now'))
    t.false(page.html.includes('password@host'))
  }
  for (const [url, fields] of sent) {
    t.is((await browser.open(url, post(origin, fields))).status, 503, url)
  }
  failure = new ConflictError('client "tc_x" was changed')
  const page = await browser.open(`${origin}/super-admin`)
  t.is(page.status, 409)
  t.true(textOf(page.html).includes('Somebody else changed it at the same moment'))
})

// ————— registering —————

test('/super-admin/clients: registers what was filled in, and shows the secret once', async (t) => {
  const { origin, server, signIn } = await startPages(t)
  const browser = signIn()
  const form = await browser.open(newClientUrl(origin))
  t.regex(form.html, /<details class="advanced"><summary>Advanced/)
  const page = await browser.submit(form, newClientUrl(origin), {
    ...FILLED_IN,
    tenantId: 'typed for one tenant, before the audience was changed',
    accessTokenTtlSeconds: '10',
    accessTokenTtlSecondsUnit: '60',
  })
  const client = await newest(server)
  t.like(client, {
    name: 'Northwind Talent',
    scopes: ['interview:read', 'interview:create'],
    redirectUris: ['https://northwind.example/callback', 'https://northwind.example/other'],
    allowedGrantTypes: ['authorization_code', 'refresh_token'],
    tokenEndpointAuthMethod: 'client_secret_basic',
    accessTokenTtlSeconds: 600,
    refreshTokenTtlSeconds: 2_592_000,
    tenantId: undefined,
    clientUri: undefined,
  })
  t.is(page.status, 200)
  t.true(textOf(page.html).includes('“ Northwind Talent ” is registered'))
  t.true(page.html.includes('It is not shown again'))
  const clientSecret = secretOn(page)
  await assertWorks(t, server, client, clientSecret)
  t.true(page.html.includes(client.clientId))

  const reloaded = await browser.open(page.url)
  t.is(reloaded.status, 410)
  t.true(reloaded.html.includes('This secret was shown already'))
  t.false(reloaded.html.includes(clientSecret))
  t.false((await openClient(browser, origin, client)).html.includes(clientSecret))
  t.is((await newest(server)).clientId, client.clientId) // the reload registered nothing
})

test('/super-admin/clients: a double click registers once, and shows the secret once', async (t) => {
  const { origin, server, signIn } = await startPages(t)
  const browser = signIn()
  const form = await browser.open(newClientUrl(origin))
  const send = (changes: FormFields = {}): Promise<Response> =>
    browser.userAgent.request(newClientUrl(origin), {
      method: 'POST',
      headers: { origin },
      body: bodyOf({ ...hiddenFieldsOf(form, newClientUrl(origin)), ...FILLED_IN, ...changes }),
    })
  const [first, second] = await Promise.all([send(), send()])
  t.is(first.headers.get('location'), second.headers.get('location'))
  const location = first.headers.get('location') ?? ''
  const shown = await Promise.all([browser.open(location), browser.open(location)])
  t.deepEqual(shown.map(({ status }) => status).toSorted(), [200, 410])
  t.is(shown.filter((page) => secretOn(page) !== '').length, 1)
  t.is((await send()).headers.get('location'), first.headers.get('location'))
  t.is((await list(server, 'Northwind Talent')).length, 1)
  // Gone back to and filled in anew, it is another client.
  t.is((await send({ name: 'Contoso Careers' })).status, 303)
  t.is((await list(server, 'Contoso Careers')).length, 1)
})

test('/super-admin/clients: a PUBLIC client gets no secret, a TENANT client its tenant', async (t) => {
  const { origin, server, signIn } = await startPages(t)
  const browser = signIn()
  const page = await browser.submit(
    await browser.open(newClientUrl(origin)),
    newClientUrl(origin),
    {
      ...FILLED_IN,
      clientType: 'PUBLIC',
      audience: 'TENANT',
      tenantId: ' acme ',
      redirectUris: 'com.northwind.app:/callback',
      logoUrl: 'https://northwind.example/logo.png',
    },
  )
  const client = await newest(server)
  t.like(client, {
    clientType: 'PUBLIC',
    audience: 'TENANT',
    tenantId: 'acme',
    tokenEndpointAuthMethod: 'none',
    logoUrl: 'https://northwind.example/logo.png',
  })
  t.is(page.url.href, clientUrl(origin, client))
  t.true(textOf(page.html).includes('“ Northwind Talent ” is registered'))
  t.false(page.html.includes('Add a secret'))
})

test('/super-admin/clients: everything wrong is named at its field, all at once, and what was filled in stays', async (t) => {
  const { origin, server, signIn } = await startPages(t)
  const browser = signIn()
  const form = await browser.open(newClientUrl(origin))
  const page = await browser.submit(form, newClientUrl(origin), {
    ...FILLED_IN,
    name: 'x',
    audience: 'TENANT',
    scopes: ['interview:delete', 'made:up'],
    redirectUris: 'http://example.com/\nhttps://northwind.example/\nhttps://northwind.example/#x',
    accessTokenTtlSeconds: 'soon',
    refreshTokenTtlSeconds: '1',
    tokenEndpointAuthMethod: 'none',
    logoUrl: 'http://northwind.example/logo.png',
  })
  t.is(page.status, 422)
  t.regex(page.html, /<title>Error: Register a client/)
  const fields = [...page.html.matchAll(/<li><a href="#(\w+)">/g)].map(([, field]) => field)
  // One for each field, and one for each line of a field.
  t.deepEqual(fields, [
    'name',
    'redirectUris',
    'redirectUris',
    'scopes',
    'tenantId',
    'tokenEndpointAuthMethod',
    'accessTokenTtlSeconds',
    'refreshTokenTtlSeconds',
    'logoUrl',
  ])
  for (const field of fields) {
    t.true(page.html.includes(` id="${field}"`), field)
    t.true(page.html.includes(`id="${field}-remark"`), field)
  }
  t.regex(page.html, /<p>[^\n]*http:\/\/example\.com\/[^\n]*<\/p><p>[^\n]*#x[^\n]*<\/p>/)
  t.true(textOf(page.html).includes('“ http://example.com/ ” must be https'))
  t.true(textOf(page.html).includes('“ https://northwind.example/#x ” must not have a fragment.'))
  t.regex(page.html, /<details class="advanced" open>/)
  t.regex(page.html, /value="x"/)
  t.regex(page.html, /value="soon"/)
  t.regex(page.html, /value="TENANT" checked/)
  t.regex(page.html, /value="interview:delete" checked/)
  t.regex(page.html, /value="interview:read" aria/)
  t.regex(page.html, /value="none" selected/)
  t.true(page.html.includes('https://northwind.example/#x</textarea>'))
  t.deepEqual(await list(server, 'Northwind'), [])

  // Put right in the same form, it is registered.
  const right = await browser.submit(page, newClientUrl(origin), FILLED_IN)
  t.is(right.status, 200)
  t.is((await list(server, 'Northwind')).length, 1)
})

test('/super-admin/clients: an empty form says what is missing', async (t) => {
  const { origin, signIn } = await startPages(t)
  const browser = signIn()
  const form = await browser.open(newClientUrl(origin))
  const page = await browser.submit(form, newClientUrl(origin))
  t.is(page.status, 422)
  for (const field of ['name', 'clientType', 'audience', 'scopes', 'allowedGrantTypes']) {
    t.true(page.html.includes(`<li><a href="#${field}">`), field)
  }
})

// ————— the list —————

test('/super-admin: lists the newest first, page by page, each client once', async (t) => {
  const { origin, server, signIn } = await startPages(t)
  for (let index = 0; index < 30; index += 1) {
    server.clock.advance(1)
    await server.registerClient({ ...CONFIDENTIAL_CLIENT, name: `Partner ${index}` })
  }
  const browser = signIn()
  const first = await browser.open(`${origin}/super-admin`)
  const [newestName] = namesOn(first)
  t.is(newestName, 'Partner 29')
  t.is(namesOn(first).length, 20)
  t.false(first.html.includes('First page'))
  const second = await browser.open(new URL(linkOn(first, 'Next page'), origin))
  t.false(second.html.includes('Next page'))
  t.is(new Set([...namesOn(first), ...namesOn(second)]).size, 31)
  const back = await browser.open(new URL(linkOn(second, 'First page'), origin))
  t.deepEqual(namesOn(back), namesOn(first))
})

test('/super-admin: filters by name, type, audience and tenant, and keeps them from page to page', async (t) => {
  const { origin, server, signIn } = await startPages(t)
  await server.registerClient(PUBLIC_CLIENT)
  await server.registerClient(TENANT_CLIENT)
  for (let index = 0; index < 21; index += 1) {
    await server.registerClient({ ...TENANT_CLIENT, name: `Globex ${index}`, tenantId: 'globex' })
  }
  const browser = signIn()
  const shown = async (filters: FormFields): Promise<ReadonlyArray<string>> =>
    namesOn(await browser.open(`${origin}/super-admin?${bodyOf(filters)}`)).toSorted()

  t.deepEqual(await shown({ name: 'RECRUIT' }), ['Acme Recruiter'])
  t.deepEqual(await shown({ clientType: 'PUBLIC' }), ['Acme Browser App'])
  t.deepEqual(await shown({ audience: 'PLATFORM' }), ['Acme Browser App', 'Acme Recruiter'])
  t.deepEqual(await shown({ tenantId: 'acme' }), ['Acme Internal Tool'])
  t.deepEqual(await shown({ name: 'acme', clientType: 'CONFIDENTIAL', audience: 'TENANT' }), [
    'Acme Internal Tool',
  ])
  t.deepEqual(await shown({ clientType: 'NONSENSE', audience: '', name: ' recrui\0ter ' }), [
    'Acme Recruiter',
  ])

  const first = await browser.open(`${origin}/super-admin?tenantId=globex`)
  t.regex(first.html, /<details open>/)
  t.true(first.html.includes('value="globex"'))
  const next = await browser.open(new URL(linkOn(first, 'Next page'), origin))
  t.is(namesOn(next).length, 1)
  t.regex(namesOn(next)[0] ?? '', /^Globex/)
})

test('/super-admin: says so when there is no client, no such client, or no further one', async (t) => {
  const { origin, client, server, signIn } = await startPages(t)
  const browser = signIn()
  t.true(
    (await browser.open(`${origin}/super-admin?name=zzz`)).html.includes(
      'No clients match “<bdi>zzz</bdi>”',
    ),
  )
  t.true(
    (await browser.open(`${origin}/super-admin?cursor=zzz`)).html.includes('There are no more'),
  )
  await server.authorizationServer.clients.delete(client.clientId)
  t.true((await browser.open(`${origin}/super-admin`)).html.includes('No client is registered yet'))
})

// ————— changing —————

test('/super-admin/clients/:id: shows every field, and no field for what cannot be changed', async (t) => {
  const { origin, client, signIn } = await startPages(t, TENANT_CLIENT)
  const { html } = await openClient(signIn(), origin, client)
  for (const text of ['Only people of tenant', 'acme', 'Confidential', client.clientId]) {
    t.true(html.includes(text), text)
  }
  t.notRegex(html, /name="(clientType|audience|tenantId)"/)
  for (const code of Object.keys(TEAMCAST_SCOPES)) {
    const isChecked = html.includes(`value="${code}" checked`)
    t.is(isChecked, client.scopes.includes(code), code)
  }
  t.true(html.includes('See candidates and their profiles'))
  t.true(html.includes('Delete interviews you can edit'))
  t.true(html.includes('https://recruiter.example/callback</textarea>'))
})

test('/super-admin/clients/:id: saves the changes; what is emptied goes back to its default', async (t) => {
  const { origin, client, server, signIn } = await startPages(t, {
    ...CONFIDENTIAL_CLIENT,
    accessTokenTtlSeconds: 60,
    clientUri: 'https://recruiter.example/',
  })
  const browser = signIn()
  const page = await openClient(browser, origin, client)
  const changed = formOf(client, {
    name: 'Acme Recruiter 2',
    scopes: ['interview:read'],
    tokenEndpointAuthMethod: 'client_secret_post',
    accessTokenTtlSeconds: '',
    clientUri: '',
    tosUri: 'https://recruiter.example/terms',
  })
  const saved = await browser.submit(page, clientUrl(origin, client), changed)
  t.is(saved.url.href, clientUrl(origin, client))
  t.true(saved.html.includes('The changes are saved'))
  t.like(await find(server, client), {
    name: 'Acme Recruiter 2',
    scopes: ['interview:read'],
    tokenEndpointAuthMethod: 'client_secret_post',
    accessTokenTtlSeconds: 900,
    clientUri: undefined,
    tosUri: 'https://recruiter.example/terms',
  })
  // Said once.
  t.false((await openClient(browser, origin, client)).html.includes('The changes are saved'))
})

test('/super-admin/clients/:id: what is wrong with a change is named, and nothing is saved', async (t) => {
  const { origin, client, server, signIn } = await startPages(t, PUBLIC_CLIENT)
  const browser = signIn()
  const page = await openClient(browser, origin, client)
  const wrong = formOf(client, { name: 'xx', redirectUris: '', policyUri: 'ftp://x.example' })
  const again = await browser.submit(page, clientUrl(origin, client), wrong)
  t.is(again.status, 422)
  const fields = [...again.html.matchAll(/<li><a href="#(\w+)">/g)].map(([, field]) => field)
  t.deepEqual(fields, ['name', 'redirectUris', 'policyUri'])
  t.true(again.html.includes('value="ftp://x.example"'))
  t.deepEqual(await find(server, client), client)
})

test('/super-admin/clients/:id: a change to what somebody else has changed shows both, and saves on being told so', async (t) => {
  const { origin, client, server, signIn } = await startPages(t)
  const browser = signIn()
  const page = await openClient(browser, origin, client)
  await server.authorizationServer.clients.update(client.clientId, {
    name: 'Theirs',
    tosUri: 'https://theirs.example/',
    accessTokenTtlSeconds: 18 * 60 * 60,
  })
  const mine = formOf(client, { name: 'Mine', scopes: ['interview:read'] })
  const conflict = await browser.submit(page, clientUrl(origin, client), mine)
  t.is(conflict.status, 409)
  t.true(conflict.html.includes('Somebody else changed this client'))
  const remarks = [...conflict.html.matchAll(/<li><a href="#\w+">(.*?)<\/a>/g)].map(
    ([, text = '']) => text.replaceAll(/<[^>]*>/g, ''),
  )
  t.deepEqual(remarks, [
    'Name: “Theirs” is saved.',
    'Scopes: “candidate:read, interview:create, interview:read” is saved.',
    'Access token lifetime: “18 hours” is saved.',
    'Terms of service: “https://theirs.example/” is saved.',
  ])
  t.true(conflict.html.includes('value="Mine"'))
  t.is((await find(server, client))?.name, 'Theirs')

  const saved = await browser.submit(conflict, clientUrl(origin, client), mine)
  t.true(saved.html.includes('The changes are saved'))
  t.like(await find(server, client), {
    name: 'Mine',
    scopes: ['interview:read'],
    tosUri: undefined,
  })
})

test('/super-admin/clients/:id: the same change sent twice is no conflict', async (t) => {
  const { origin, client, signIn } = await startPages(t)
  const browser = signIn()
  const page = await openClient(browser, origin, client)
  for (let times = 0; times < 2; times += 1) {
    const saved = await browser.submit(
      page,
      clientUrl(origin, client),
      formOf(client, { name: 'Renamed' }),
    )
    t.is(saved.status, 200)
    t.true(saved.html.includes('The changes are saved'))
  }
})

test('/super-admin/clients/:id: a lifetime may have decimals, in every unit', async (t) => {
  const { origin, client, server, signIn } = await startPages(t)
  const browser = signIn()
  for (const [amount, unit, seconds] of [
    ['8.3', '60', 498],
    ['2,05', '60', 123],
    ['0.07', '3600', 252],
    ['0.7', '86400', 60_480],
  ] as const) {
    const changed = formOf(client, {
      accessTokenTtlSeconds: amount,
      accessTokenTtlSecondsUnit: unit,
    })
    const page = await openClient(browser, origin, client)
    t.is((await browser.submit(page, clientUrl(origin, client), changed)).status, 200, amount)
    t.is((await find(server, client))?.accessTokenTtlSeconds, seconds, amount)
  }
})

test('SuperAdmin pages: what a form has five thousand times is not shown five thousand times', async (t) => {
  const { origin, client, signIn } = await startPages(t)
  const browser = signIn()
  for (const [url, changes] of [
    [newClientUrl(origin), FILLED_IN],
    [clientUrl(origin, client), formOf(client, {})],
  ] as const) {
    const page = await browser.open(url)
    for (const field of ['scopes', 'allowedGrantTypes', 'redirectUris']) {
      const values = Array.from({ length: 5_000 }, (_, index) => `made:up${index}`)
      const value = field === 'redirectUris' ? values.join('\n') : values
      const again = await browser.submit(page, url, { ...changes, [field]: value })
      t.is(again.status, 422)
      t.true(again.html.length < 200_000, `${field}: ${again.html.length}`)
    }
  }
})

// ————— secrets —————

test('/super-admin/clients/:id/secrets: rotating: both secrets work, until the old one is removed', async (t) => {
  const { origin, client, clientSecret: old = '', server, signIn } = await startPages(t)
  const browser = signIn()
  const page = await openClient(browser, origin, client)
  t.regex(page.html, /Last used<\/dt><dd>never/)
  t.false(page.html.includes('/remove"')) // the last one stays
  await assertWorks(t, server, client, old)
  server.clock.advance(3 * 3600)

  const shown = await browser.submit(page, `${clientUrl(origin, client)}/secrets`, {
    expiresAt: dayAfter(server, 40),
  })
  const added = secretOn(shown)
  await assertWorks(t, server, client, old)
  await assertWorks(t, server, client, added)
  t.is((await browser.open(shown.url)).status, 410)

  const both = await openClient(browser, origin, client)
  t.regex(both.html, /Last used<\/dt><dd><time [^>]+>[^<]+<\/time> <span class="muted">\(now\)/)
  t.regex(both.html, /\(3 hours ago\)/)
  t.regex(both.html, /23:59 UTC<\/time> <span class="muted">\(next month\)/)
  for (const secret of [old, added]) {
    t.true(both.html.includes(`<code dir="ltr">${secret.slice(0, 8)}…</code>`))
    t.false(both.html.includes(secret))
  }
  const [first = ''] = [...both.html.matchAll(/href="([^"]+\/remove)"/g)].map(([, href]) => href)
  const question = await browser.open(first)
  t.true(question.html.includes('It was last used on'))
  const removed = await browser.submit(question, first)
  t.true(removed.html.includes('The secret is removed'))
  t.is((await introspect(server, client, old)).status, 401)
  await assertWorks(t, server, client, added)
  // Sent twice, it removes no more than that one.
  t.is((await browser.submit(question, first)).url.href, clientUrl(origin, client))
  await assertWorks(t, server, client, added)
})

test('/super-admin/clients/:id/secrets: the last secret that works is not removed', async (t) => {
  const { origin, client, server, clientSecret = '', signIn } = await startPages(t)
  const browser = signIn()
  const [secret] = client.secrets
  const path = `${clientUrl(origin, client)}/secrets/${secret?.secretId}/remove`
  const question = await browser.open(path)
  const answer = await browser.submit(question, path)
  t.true(answer.html.includes('The secret was not removed'))
  await assertWorks(t, server, client, clientSecret)
})

test('/super-admin/clients/:id/secrets: an expiry that cannot be is refused, and too many secrets', async (t) => {
  const { origin, client, server, signIn } = await startPages(t)
  const browser = signIn()
  const path = `${clientUrl(origin, client)}/secrets`
  const year = new Date(server.clock.now() * 1000).getUTCFullYear() + 1
  const noDays = ['tomorrow', `${year}-02-99`, `${year}-02-31`, `${year}-04-31`, `${year}-13-01`]
  for (const expiresAt of ['2001-01-01', '2999-01-01', ...noDays]) {
    const page = await browser.submit(await openClient(browser, origin, client), path, {
      expiresAt,
    })
    t.is(page.status, 422, expiresAt)
    t.true(
      page.html.includes('<a href="#expiresAt">Last day of the new secret must be in the future'),
    )
  }
  t.is((await find(server, client))?.secrets.length, 1)
  for (let secrets = 2; secrets <= 5; secrets += 1) {
    t.is((await browser.submit(await openClient(browser, origin, client), path)).status, 200)
  }
  const sixth = await browser.submit(await openClient(browser, origin, client), path)
  t.is(sixth.status, 422)
  t.true(sixth.html.includes('Secrets must not be more than 5'))
})

// ————— deleting —————

test('/super-admin/clients/:id/delete: asks first, says what happens, then deletes', async (t) => {
  const { origin, client, server, clientSecret = '', signIn } = await startPages(t)
  const browser = signIn()
  const path = `${clientUrl(origin, client)}/delete`
  const question = await browser.open(path)
  t.true(question.html.includes('Everybody who connected it is disconnected'))
  t.not(await find(server, client), undefined)
  const page = await browser.submit(question, path)
  t.is(page.url.pathname, '/super-admin')
  t.true(textOf(page.html).includes('“ Acme Recruiter ” is deleted'))
  t.is(await find(server, client), undefined)
  t.is((await introspect(server, client, clientSecret)).status, 401)

  for (const gone of [path, clientUrl(origin, client)]) {
    const { status, html } = await browser.open(gone)
    t.is(status, 404)
    t.true(html.includes('There is no such client'))
  }
  // Sent twice, for example by a double click or after a response that was lost, it has done what it was to do.
  const repeated = await browser.submit(question, path)
  t.is(repeated.url.pathname, '/super-admin')
  t.true(textOf(repeated.html).includes(`“ ${client.clientId} ” is deleted`))
})

// ————— a form that is sent again —————

test('SuperAdmin pages: a secret is in no URL, no cookie and no store, and is shown to nobody else', async (t) => {
  const saved: Array<unknown> = []
  const storage = recordWrites(createMemoryStorage(), saved)
  const started = await startPages(t, CONFIDENTIAL_CLIENT, { storage })
  const { origin, signIn } = started
  const [browser, other] = [signIn(), signIn()]
  const form = await browser.open(newClientUrl(origin))
  const fields = { ...hiddenFieldsOf(form, newClientUrl(origin)), ...FILLED_IN }
  const response = await browser.userAgent.request(newClientUrl(origin), post(origin, fields))
  t.is(response.status, 303)
  assertPrivate(t, response)
  const location = response.headers.get('location') ?? ''
  const cookies = response.headers.getSetCookie()
  const [key = ''] = cookies.filter((cookie) => cookie.startsWith('oauth_new_secret='))
  t.regex(key, /; path=\/super-admin\/clients\/\w+\/secrets\/\w+; .*samesite=strict; httponly$/i)

  t.is((await other.open(location)).status, 410)
  becomes(browser, 'other')
  t.is((await browser.open(location)).status, 410)
  becomes(browser, 'root')
  const page = await browser.open(location)
  const clientSecret = secretOn(page)
  t.regex(clientSecret, /^tcs_/)
  for (const place of [location, ...cookies, JSON.stringify(saved)]) {
    t.false(place.includes(clientSecret))
  }
  t.false(cookies.join().includes(encodeURIComponent(clientSecret)))
  t.is((await browser.open(location)).status, 410)
})

test('SuperAdmin pages: a new secret can be shown for ten minutes, also in a browser that keeps its cookie longer', async (t) => {
  const { origin, server, signIn } = await startPages(t)
  const browser = signIn()
  for (const [seconds, status] of [
    [10 * 60 - 1, 200],
    [10 * 60, 410],
  ] as const) {
    const form = await browser.open(newClientUrl(origin))
    const fields = { ...hiddenFieldsOf(form, newClientUrl(origin)), ...FILLED_IN }
    const response = await browser.userAgent.request(newClientUrl(origin), post(origin, fields))
    server.clock.advance(seconds)
    const page = await browser.open(response.headers.get('location') ?? '')
    t.is(page.status, status)
    t.is(secretOn(page) !== '', status === 200)
  }
})

test('SuperAdmin pages: the form of a secret that was removed does not bring it back', async (t) => {
  const { origin, client, server, signIn } = await startPages(t)
  const browser = signIn()
  const url = `${clientUrl(origin, client)}/secrets`
  const fields = hiddenFieldsOf(await openClient(browser, origin, client), url)
  const shown = await browser.open(url, post(origin, fields))
  const { pathname } = shown.url
  const secretId = pathname.slice(pathname.lastIndexOf('/') + 1)
  await server.authorizationServer.clients.removeSecret(client.clientId, secretId)
  t.is((await browser.open(url, post(origin, fields))).status, 410)
  t.deepEqual((await find(server, client))?.secrets, client.secrets)
})

test('SuperAdmin pages: a form without an id of its own registers nothing', async (t) => {
  const { origin, server, signIn } = await startPages(t)
  const browser = signIn()
  const form = await browser.open(newClientUrl(origin))
  for (const submissionId of ['', 'x', '../x', 'x'.repeat(44)]) {
    const page = await browser.submit(form, newClientUrl(origin), { ...FILLED_IN, submissionId })
    t.is(page.status, 409)
  }
  t.deepEqual(await list(server, 'Northwind'), [])
})

test('submissions: two processes decide once what a form gives, and one of them shows the secret', async (t) => {
  const { artifacts } = createMemoryStorage()
  const jars = createCookieJars('http://127.0.0.1', () => ['a cookie key of a test: not a secret'])
  const url = 'http://127.0.0.1/super-admin/clients/new'
  const form = new URLSearchParams({ submissionId: 'x'.repeat(43), name: 'Northwind' })
  const identities = ['1', '2'].map((id) => ({
    clientId: `tc_${id}`,
    secretId: `s${id}`,
    clientSecret: `tcs_${id}`,
  }))
  let now = 1000
  const [first, second] = [1, 2].map(() => createSubmissions(artifacts, jars, () => now))
  const begin = (process: typeof first, superAdminId: string, index: number) =>
    (process ?? never()).begin(url, form, superAdminId, identities[index] ?? never())
  const begun = await Promise.all([begin(first, 'root', 0), begin(second, 'root', 1)])
  t.deepEqual(begun[0].identity, begun[1].identity)
  t.false(begun[0].isDone || begun[1].isDone)
  now += 1
  await begun[0].finish()
  t.true((await begin(second, 'root', 1)).isDone)
  await t.throwsAsync(begin(second, 'other', 1), { instanceOf: ConflictError })
  // Forgotten after an hour, it gives something else, which is not done.
  now += 3599
  const later = await begin(second, 'root', 1)
  t.is(later.identity.clientId, 'tc_2')
  t.false(later.isDone)
})

// ————— fixture —————

interface StartedPages {
  /** The issuer. */
  readonly origin: string
  readonly server: TestServer
  /** The one client there is. */
  readonly client: Client
  readonly clientSecret: string | undefined
  /** Who has signed out at the host. */
  readonly signedOut: Set<string>
  /** Starts a browser in which a SuperAdmin is signed in. */
  signIn(): FormBrowser
  events(): Promise<ReadonlyArray<AuditEvent>>
}

/** Starts a server with pages and one client. The host knows two SuperAdmins, `root` and `other`. */
async function startPages(
  t: ExecutionContext,
  newClient: NewClient = CONFIDENTIAL_CLIENT,
  options: TestServerOptions = {},
): Promise<StartedPages> {
  const { onEvent, settled } = recordEvents()
  const signedOut = new Set<string>()
  const server = await startTestServer({
    authorizeSuperAdmin(ctx) {
      const [, session = ''] = /host_session=(\w+)/.exec(ctx.get('cookie')) ?? []
      if (session === 'user') return 'forbidden'
      const isSuperAdmin = ['root', 'other'].includes(session) && !signedOut.has(session)
      return isSuperAdmin ? { superAdminId: `${session}@teamcast.test` } : 'unauthenticated'
    },
    superAdminPages: {
      signInUrl: ({ returnTo }) => `${SIGN_IN_URL}?${new URLSearchParams({ returnTo })}`,
      signOutUrl: '/sign-out',
    },
    pages: { languages: ['en', 'de', 'ar'] },
    onEvent,
    ...options,
  })
  t.teardown(server.close)
  const registered = await server.registerClient(newClient)
  return {
    ...registered,
    ...{ origin: server.issuer, server, signedOut, events: settled },
    signIn() {
      const browser = startFormBrowser()
      becomes(browser, 'root')
      return browser
    },
  }
}

/** Changes who is signed in at the host; nobody for `undefined`. */
function becomes({ userAgent: { cookies } }: FormBrowser, session: string | undefined): void {
  const others = cookies.filter(({ name }) => name !== 'host_session')
  const own = session === undefined ? [] : [{ name: 'host_session', value: session, path: '/' }]
  cookies.splice(0, cookies.length, ...others, ...own)
}

function newClientUrl(origin: string): string {
  return `${origin}/super-admin/clients/new`
}

/** Every page. */
function urlsOf({ origin, client }: Pick<StartedPages, 'origin' | 'client'>): {
  readonly pages: ReadonlyArray<string>
  readonly ofClient: ReadonlyArray<string>
} {
  const url = clientUrl(origin, client)
  const secret = `${url}/secrets/${client.secrets[0]?.secretId}`
  const ofClient = [url, `${url}/delete`, secret, `${secret}/remove`]
  return { pages: [`${origin}/super-admin`, newClientUrl(origin), ...ofClient], ofClient }
}

/** Every form, filled in, as a browser would send it. */
async function formsOf(
  started: Pick<StartedPages, 'origin' | 'client'>,
  browser: FormBrowser,
): Promise<ReadonlyArray<readonly [url: string, fields: FormFields]>> {
  const { origin, client } = started
  const url = clientUrl(origin, client)
  const removal = `${url}/secrets/${client.secrets[0]?.secretId}/remove`
  const forms: ReadonlyArray<readonly [page: string, url: string, fields: FormFields]> = [
    [newClientUrl(origin), newClientUrl(origin), FILLED_IN],
    [url, url, formOf(client, { name: 'Renamed' })],
    [url, `${url}/secrets`, {}],
    [removal, removal, {}],
    [`${url}/delete`, `${url}/delete`, {}],
  ]
  const sent: Array<readonly [url: string, fields: FormFields]> = []
  // One after another, as one browser has one cookie.
  for (const [page, target, fields] of forms) {
    const hidden = hiddenFieldsOf(await browser.open(page), target)
    sent.push([target, { ...hidden, ...fields }])
  }
  return sent
}

function post(origin: string, fields: FormFields): RequestInit {
  return { method: 'POST', headers: { origin: new URL(origin).origin }, body: bodyOf(fields) }
}

/** All that a form could change. */
function everything({ authorizationServer }: TestServer) {
  return authorizationServer.clients.list({ limit: 100 })
}

function assertPrivate(t: ExecutionContext, { headers }: { readonly headers: Headers }): void {
  t.is(headers.get('cache-control'), 'no-store')
  t.is(headers.get('x-content-type-options'), 'nosniff')
}

function clientUrl(origin: string, { clientId }: Client): string {
  return `${origin}/super-admin/clients/${clientId}`
}

function openClient(browser: FormBrowser, origin: string, client: Client): Promise<FormPage> {
  return browser.open(clientUrl(origin, client))
}

/** The form of a client as its page fills it in, with changes. */
function formOf(client: Client, changes: FormFields): FormFields {
  return {
    name: client.name,
    scopes: client.scopes,
    redirectUris: client.redirectUris.join('\r\n'),
    resourceServerAudiences: client.resourceServerAudiences.join('\r\n'),
    allowedGrantTypes: client.allowedGrantTypes,
    tokenEndpointAuthMethod: client.tokenEndpointAuthMethod,
    accessTokenTtlSeconds: String(client.accessTokenTtlSeconds),
    refreshTokenTtlSeconds: String(client.refreshTokenTtlSeconds),
    clientUri: client.clientUri ?? '',
    logoUrl: client.logoUrl ?? '',
    tosUri: client.tosUri ?? '',
    policyUri: client.policyUri ?? '',
    ...changes,
  }
}

function find(server: TestServer, { clientId }: Client): Promise<Client | undefined> {
  return server.authorizationServer.clients.find(clientId)
}

async function list(server: TestServer, name: string): Promise<ReadonlyArray<Client>> {
  return (await server.authorizationServer.clients.list({ limit: 100, name })).items
}

/** The client that was registered by the page: the fixture's has another name. */
async function newest(server: TestServer): Promise<Client> {
  const [client, ...others] = await list(server, 'Northwind')
  if (client === undefined || others.length > 0) throw new Error('there must be exactly one')
  return client
}

function introspect(server: TestServer, client: Client, clientSecret: string): Promise<Response> {
  return postAs({ client, clientSecret }, `${server.issuer}/oauth/introspect`, { token: 'x' })
}

async function assertWorks(
  t: ExecutionContext,
  server: TestServer,
  client: Client,
  clientSecret: string,
): Promise<void> {
  t.is((await introspect(server, client, clientSecret)).status, 200)
}

function secretOn({ html }: FormPage): string {
  return /<textarea id="clientSecret"[^>]*>\n(tcs_\w+)<\/textarea>/.exec(html)?.[1] ?? ''
}

function namesOn({ html }: FormPage): ReadonlyArray<string> {
  return [...html.matchAll(/<a class="client-link" href="[^"]+"><bdi>([^<]*)<\/bdi><\/a>/g)].map(
    ([, name = '']) => name,
  )
}

function linkOn({ html }: FormPage, label: string): string {
  const [, href = ''] = new RegExp(`href="([^"]+)">${label}<`).exec(html) ?? []
  return href.replaceAll('&#38;', '&').replaceAll('&#61;', '=')
}

function dayAfter({ clock }: TestServer, days: number): string {
  return new Date((clock.now() + days * 86_400) * 1000).toISOString().slice(0, 10)
}

function never(): never {
  throw new Error('there is none')
}

/** A storage that keeps all that it is told. */
function recordWrites(storage: Storage, saved: Array<unknown>): Storage {
  const recorded = <Store extends object>(store: Store): Store =>
    new Proxy(store, {
      get(target, member) {
        const method = Reflect.get(target, member)
        if (typeof method !== 'function') return method
        return (...parameters: ReadonlyArray<unknown>) => {
          saved.push(parameters)
          return method.apply(target, parameters)
        }
      },
    })
  return {
    ...storage,
    artifacts: recorded(storage.artifacts),
    clients: recorded(storage.clients),
  }
}
