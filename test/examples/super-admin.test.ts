import {
  type AuditEvent,
  type AuditListener,
  type Client,
  ConflictError,
  type NewClient,
  StorageError,
  TEAMCAST_SCOPES,
} from '@teamcast/oauth-server'
import { startTestServer, type TestServer } from '@teamcast/oauth-server/testing'
import test, { type ExecutionContext } from 'ava'
import Koa from 'koa'
import { createTokenCheck } from '../../examples/super-admin/sign-in.ts'
import { createSuperAdminPages } from '../../examples/super-admin/super-admin-pages.ts'
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
import { beginForm } from '../helpers/slow-form.ts'
import { startExample } from '../helpers/start-example.ts'
import { CONFIDENTIAL_CLIENT, PUBLIC_CLIENT, TENANT_CLIENT } from '../helpers/start-server.ts'

const TOKEN = 'a-SuperAdmin.token_of~tests+/0123456789=='
const CLIENTS = '/super-admin/clients'
const EIGHT_HOURS = 8 * 60 * 60

/** What a SuperAdmin fills in; everything else stays as the form has it. */
const FILLED_IN: FormFields = {
  name: 'Northwind Talent',
  clientType: 'CONFIDENTIAL',
  audience: 'PLATFORM',
  scopes: ['interview:read', 'interview:create'],
  redirectUris: 'https://northwind.example/callback\r\n\r\n  https://northwind.example/other  \r\n',
  allowedGrantTypes: ['authorization_code', 'refresh_token'],
}

// ————— signing in —————

test('/super-admin: a request without a session is asked for the token, and then gets the page that was requested', async (t) => {
  const { origin, client } = await startPages(t)
  const browser = startFormBrowser()
  const signIn = await browser.open(`${origin}${CLIENTS}/${client.clientId}`)
  t.is(signIn.url.pathname, '/super-admin/sign-in')
  t.is(signIn.status, 200)
  const page = await browser.submit(signIn, '/super-admin/sign-in', { token: ` ${TOKEN} ` })
  t.is(page.url.pathname, `${CLIENTS}/${client.clientId}`)
  t.true(page.html.includes('Acme Recruiter'))
  // Signed in, there is nothing to ask.
  t.is((await browser.open(`${origin}/super-admin/sign-in`)).url.pathname, '/super-admin')
})

test('/super-admin/sign-in: a wrong token lets nobody in', async (t) => {
  const { origin } = await startPages(t)
  const browser = startFormBrowser()
  for (const token of ['', 'wrong', TOKEN.slice(1), `${TOKEN}x`]) {
    const page = await browser.open(`${origin}/super-admin/sign-in`)
    const again = await browser.submit(page, '/super-admin/sign-in', { token })
    t.is(again.status, 403, token)
    t.regex(again.html, /role="alert"><p class="title">The token is wrong/)
    t.false(again.html.includes('wrong"'))
    t.is((await browser.open(`${origin}/super-admin`)).url.pathname, '/super-admin/sign-in')
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
    t.is((await attemptFrom(origin, TOKEN, ip)).url.pathname, '/super-admin')
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
  ]) {
    const browser = startFormBrowser()
    const page = await browser.open(`${origin}/super-admin/sign-in?${bodyOf({ next })}`)
    t.is(
      (await browser.submit(page, '/super-admin/sign-in', { token: TOKEN, next })).url.href,
      `${origin}/super-admin`,
    )
  }
})

test('/super-admin/sign-in: the cookie is HttpOnly and SameSite=Strict, and another one than before', async (t) => {
  const { origin } = await startPages(t)
  const browser = startFormBrowser()
  const page = await browser.open(`${origin}/super-admin/sign-in`)
  const [before] = browser.userAgent.cookies
  const response = await browser.userAgent.request(`${origin}/super-admin/sign-in`, {
    method: 'POST',
    headers: { origin },
    body: bodyOf({ ...hiddenFieldsOf(page, '/super-admin/sign-in'), token: TOKEN }),
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
  browser.userAgent.cookies.push({ ...planted, path: '/super-admin/sign-in' })
  const page = await browser.open(`${origin}/super-admin/sign-in`)
  await browser.submit(page, '/super-admin/sign-in', { token: TOKEN })
  browser.userAgent.cookies.unshift({ ...planted, path: '/super-admin' })
  const home = await browser.open(`${origin}/super-admin`)
  t.is(home.url.pathname, '/super-admin')
  t.is((await browser.open(`${origin}${CLIENTS}/new`)).url.pathname, `${CLIENTS}/new`)
  await browser.submit(home, '/super-admin/sign-out')
  t.is((await browser.open(`${origin}/super-admin`)).url.pathname, '/super-admin/sign-in')
})

test('/super-admin/sign-out: the cookie is no longer accepted', async (t) => {
  const { origin } = await startPages(t)
  const browser = await signIn(origin)
  const stolen = startFormBrowser()
  stolen.userAgent.cookies.push(...browser.userAgent.cookies)
  t.is((await stolen.open(`${origin}/super-admin`)).url.pathname, '/super-admin')

  const page = await browser.open(`${origin}/super-admin`)
  const out = await browser.submit(page, '/super-admin/sign-out')
  t.is(out.url.pathname, '/super-admin/sign-in')
  t.is((await stolen.open(`${origin}/super-admin`)).url.pathname, '/super-admin/sign-in')
})

test('/super-admin: a session ends after eight hours; a form that is sent then saves nothing', async (t) => {
  const { origin, client, server } = await startPages(t)
  const browser = await signIn(origin)
  const page = await openClient(browser, origin, client)
  server.clock.advance(EIGHT_HOURS - 1)
  t.is((await openClient(browser, origin, client)).status, 200)
  server.clock.advance(1)
  const late = await browser.submit(page, clientPath(client), formOf(client, { name: 'Late' }))
  t.is(late.url.pathname, '/super-admin/sign-in')
  t.true(late.html.includes('What you sent was not saved'))
  t.is((await find(server, client))?.name, 'Acme Recruiter')
})

// ————— other sites —————

test('/super-admin: a form without the token of this browser changes nothing', async (t) => {
  const { origin, client, server } = await startPages(t)
  const browser = await signIn(origin)
  const other = await signIn(origin)
  const page = await openClient(browser, origin, client)
  const [, secretId = ''] = /secrets\/([\w-]+)\/remove/.exec(page.html) ?? []
  const foreign = hiddenFieldsOf(await openClient(other, origin, client), clientPath(client))
  const before = await server.authorizationServer.clients.list({ limit: 100 })

  for (const path of [
    '/super-admin/sign-out',
    CLIENTS,
    clientPath(client),
    `${clientPath(client)}/delete`,
    `${clientPath(client)}/secrets`,
    `${clientPath(client)}/secrets/${secretId || 'x'}/remove`,
  ]) {
    for (const formToken of ['', 'wrong', foreign['formToken'] ?? '']) {
      const answer = await browser.open(`${origin}${path}`, {
        method: 'POST',
        headers: { origin },
        body: bodyOf({ ...FILLED_IN, formToken }),
      })
      t.is(answer.status, 403, path)
      t.true(answer.html.includes('This form has expired'))
    }
  }
  t.deepEqual(await server.authorizationServer.clients.list({ limit: 100 }), before)
  t.is((await openClient(browser, origin, client)).status, 200) // still signed in
})

for (const end of ['signs out', 'has been signed in for eight hours'] as const) {
  test(`/super-admin: a form whose body arrives after the SuperAdmin ${end} changes nothing`, async (t) => {
    const { origin, client, server } = await startPages(t)
    for (const [path, fields] of [
      [clientPath(client), formOf(client, { name: 'Late' })],
      [`${clientPath(client)}/secrets`, {}],
      [`${clientPath(client)}/delete`, {}],
      [CLIENTS, FILLED_IN],
    ] as const) {
      const browser = await signIn(origin)
      const shownAt = path === CLIENTS ? `${CLIENTS}/new` : path.replace('/secrets', '')
      const page = await browser.open(origin + shownAt)
      const list = await browser.open(`${origin}/super-admin`)
      const before = await server.authorizationServer.clients.list({ limit: 100 })
      const slow = await beginForm(browser.userAgent, origin + path)

      if (end === 'signs out') await browser.submit(list, '/super-admin/sign-out')
      else server.clock.advance(EIGHT_HOURS)
      const status = await slow.end(bodyOf({ ...hiddenFieldsOf(page, path), ...fields }))

      t.is(status, 303, path)
      t.deepEqual(await server.authorizationServer.clients.list({ limit: 100 }), before, path)
    }
  })
}

test('/super-admin/sign-in: nobody is signed in by a form of another site', async (t) => {
  const { origin } = await startPages(t)
  const browser = startFormBrowser()
  const answer = await browser.open(`${origin}/super-admin/sign-in`, {
    method: 'POST',
    body: bodyOf({ token: TOKEN }),
  })
  t.is(answer.status, 403)
  t.is((await browser.open(`${origin}/super-admin`)).url.pathname, '/super-admin/sign-in')
})

test('/super-admin: a form that no page of the same origin sent changes nothing, and signs nobody in or out', async (t) => {
  const { origin, client, server } = await startPages(t)
  const browser = await signIn(origin)
  const page = await openClient(browser, origin, client)
  const stranger = startFormBrowser()
  const signInPage = await stranger.open(`${origin}/super-admin/sign-in`)
  const { port } = new URL(origin)
  const before = await server.authorizationServer.clients.list({ limit: 100 })
  const foreign: ReadonlyArray<Readonly<Record<string, string>>> = [
    {},
    { origin: 'null' },
    { origin: 'null', 'sec-fetch-site': 'same-origin' },
    { origin: `http://localhost:${port}` },
    { origin: `https://127.0.0.1:${port}` },
    { origin: server.issuer },
    { 'sec-fetch-site': 'same-site' },
  ]

  for (const headers of foreign) {
    for (const [sender, shown, path] of [
      [browser, page, '/super-admin/sign-out'],
      [browser, page, clientPath(client)],
      [browser, page, `${clientPath(client)}/secrets`],
      [stranger, signInPage, '/super-admin/sign-in'],
    ] as const) {
      const body = bodyOf({ ...hiddenFieldsOf(shown, path), ...FILLED_IN, token: TOKEN })
      const answer = await sender.open(`${origin}${path}`, { method: 'POST', headers, body })
      t.is(answer.status, 403, `${path} ${JSON.stringify(headers)}`)
    }
  }
  t.deepEqual(await server.authorizationServer.clients.list({ limit: 100 }), before)
  t.is((await browser.open(`${origin}/super-admin`)).url.pathname, '/super-admin')
  t.is((await stranger.open(`${origin}/super-admin`)).url.pathname, '/super-admin/sign-in')
})

test('/super-admin: bodies that are no form, or too large, change nothing', async (t) => {
  const { origin, client } = await startPages(t)
  const browser = await signIn(origin)
  const { formToken = '' } = hiddenFieldsOf(
    await openClient(browser, origin, client),
    clientPath(client),
  )
  for (const [contentType, body] of [
    ['application/json', JSON.stringify({ formToken })],
    ['text/plain', `formToken=${formToken}`],
    ['application/x-www-form-urlencoded', `formToken=${formToken}&name=${'x'.repeat(300_000)}`],
  ]) {
    const answer = await browser.open(`${origin}${clientPath(client)}`, {
      method: 'POST',
      headers: { 'content-type': contentType ?? '', origin },
      body: body ?? '',
    })
    t.is(answer.status, 403)
  }
})

test('/super-admin: no page may be framed or cached, and none runs a script but the one that copies', async (t) => {
  const { origin, client } = await startPages(t)
  const browser = await signIn(origin)
  for (const path of [
    '/super-admin',
    `${CLIENTS}/new`,
    clientPath(client),
    `${clientPath(client)}/delete`,
  ]) {
    const { headers, html } = await browser.open(origin + path)
    const policy = headers.get('content-security-policy') ?? ''
    t.true(policy.startsWith("default-src 'none'; style-src 'sha256-"), path)
    t.regex(policy, /form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/)
    t.is(policy.includes("script-src 'sha256-"), html.includes('<script>'))
    t.notRegex(html, /\son\w+=|\sstyle=/)
    t.is(headers.get('cache-control'), 'no-store')
    t.is(headers.get('referrer-policy'), 'same-origin')
  }
})

test('/super-admin: hostile texts are shown as texts', async (t) => {
  const name = '<script>alert(1)</script>"\'&amp;'
  const { origin, client } = await startPages(t, { ...CONFIDENTIAL_CLIENT, name })
  const browser = await signIn(origin)
  const list = await browser.open(`${origin}/super-admin?${bodyOf({ name })}`)
  t.true(list.html.includes(client.clientId))
  for (const path of ['/super-admin', clientPath(client), `${clientPath(client)}/delete`]) {
    const { html } = await browser.open(origin + path)
    t.true(html.includes('&#60;script&#62;alert'))
    t.false(html.includes('<script>alert'))
  }
})

// ————— registering —————

test('/super-admin/clients: registers what was filled in, and shows the secret once', async (t) => {
  const { origin, server } = await startPages(t)
  const browser = await signIn(origin)
  const form = await browser.open(`${origin}${CLIENTS}/new`)
  t.regex(form.html, /<details class="advanced"><summary>Advanced/)
  const page = await browser.submit(form, CLIENTS, {
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
  t.true(page.html.includes('“Northwind Talent” is registered'))
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

test('/super-admin/clients: only the SuperAdmin who registered it is shown the secret', async (t) => {
  const { origin, server } = await startPages(t)
  const [browser, other] = [await signIn(origin), await signIn(origin)]
  const form = await browser.open(`${origin}${CLIENTS}/new`)
  const response = await browser.userAgent.request(`${origin}${CLIENTS}`, {
    method: 'POST',
    headers: { origin },
    body: bodyOf({ ...hiddenFieldsOf(form, CLIENTS), ...FILLED_IN }),
  })
  t.is(response.status, 303)
  const location = `${origin}${response.headers.get('location')}`
  t.false(location.includes('tcs_'))
  t.is((await other.open(location)).status, 410)
  const page = await browser.open(location)
  await assertWorks(t, server, await newest(server), secretOn(page))
})

test('/super-admin/clients: a double click registers once', async (t) => {
  const { origin, server } = await startPages(t)
  const browser = await signIn(origin)
  const form = await browser.open(`${origin}${CLIENTS}/new`)
  const send = (changes: FormFields = {}): Promise<Response> =>
    browser.userAgent.request(`${origin}${CLIENTS}`, {
      method: 'POST',
      headers: { origin },
      body: bodyOf({ ...hiddenFieldsOf(form, CLIENTS), ...FILLED_IN, ...changes }),
    })
  const [first, second] = await Promise.all([send(), send()])
  t.is(first.headers.get('location'), second.headers.get('location'))
  t.is((await send()).headers.get('location'), first.headers.get('location'))
  t.is((await list(server, 'Northwind Talent')).length, 1)
  // Gone back to and filled in anew, it is another client.
  t.is((await send({ name: 'Contoso Careers' })).status, 303)
  t.is((await list(server, 'Contoso Careers')).length, 1)
})

test('/super-admin/clients: a PUBLIC client gets no secret, a TENANT client its tenant', async (t) => {
  const { origin, server } = await startPages(t)
  const browser = await signIn(origin)
  const page = await browser.submit(await browser.open(`${origin}${CLIENTS}/new`), CLIENTS, {
    ...FILLED_IN,
    clientType: 'PUBLIC',
    audience: 'TENANT',
    tenantId: ' acme ',
    redirectUris: 'com.northwind.app:/callback',
    logoUrl: 'https://northwind.example/logo.png',
  })
  const client = await newest(server)
  t.like(client, {
    clientType: 'PUBLIC',
    audience: 'TENANT',
    tenantId: 'acme',
    tokenEndpointAuthMethod: 'none',
    logoUrl: 'https://northwind.example/logo.png',
  })
  t.is(page.url.pathname, clientPath(client))
  t.true(page.html.includes('“Northwind Talent” is registered'))
  t.false(page.html.includes('Add a secret'))
})

test('/super-admin/clients: everything wrong is named at its field, all at once, and what was filled in stays', async (t) => {
  const { origin, server } = await startPages(t)
  const browser = await signIn(origin)
  const form = await browser.open(`${origin}${CLIENTS}/new`)
  const page = await browser.submit(form, CLIENTS, {
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
  t.deepEqual(fields, [
    'name',
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
  t.true(page.html.includes('“http://example.com/” must be https'))
  t.true(page.html.includes('“https://northwind.example/#x” must not have a fragment.'))
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
  const right = await browser.submit(page, CLIENTS, FILLED_IN)
  t.is(right.status, 200)
  t.is((await list(server, 'Northwind')).length, 1)
})

test('/super-admin/clients: an empty form says what is missing', async (t) => {
  const { origin } = await startPages(t)
  const browser = await signIn(origin)
  const form = await browser.open(`${origin}${CLIENTS}/new`)
  const page = await browser.submit(form, CLIENTS)
  t.is(page.status, 422)
  for (const field of ['name', 'clientType', 'audience', 'scopes', 'allowedGrantTypes']) {
    t.true(page.html.includes(`<li><a href="#${field}">`), field)
  }
})

// ————— the list —————

test('/super-admin: lists the newest first, page by page, each client once', async (t) => {
  const { origin, server } = await startPages(t)
  for (let index = 0; index < 30; index += 1) {
    server.clock.advance(1)
    await server.registerClient({ ...CONFIDENTIAL_CLIENT, name: `Partner ${index}` })
  }
  const browser = await signIn(origin)
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
  const { origin, server } = await startPages(t)
  await server.registerClient(PUBLIC_CLIENT)
  await server.registerClient(TENANT_CLIENT)
  for (let index = 0; index < 21; index += 1) {
    await server.registerClient({ ...TENANT_CLIENT, name: `Globex ${index}`, tenantId: 'globex' })
  }
  const browser = await signIn(origin)
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
  const { origin, client, server } = await startPages(t)
  const browser = await signIn(origin)
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
  const { origin, client } = await startPages(t, TENANT_CLIENT)
  const { html } = await openClient(await signIn(origin), origin, client)
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
  const { origin, client, server } = await startPages(t, {
    ...CONFIDENTIAL_CLIENT,
    accessTokenTtlSeconds: 60,
    clientUri: 'https://recruiter.example/',
  })
  const browser = await signIn(origin)
  const page = await openClient(browser, origin, client)
  const changed = formOf(client, {
    name: 'Acme Recruiter 2',
    scopes: ['interview:read'],
    tokenEndpointAuthMethod: 'client_secret_post',
    accessTokenTtlSeconds: '',
    clientUri: '',
    tosUri: 'https://recruiter.example/terms',
  })
  const saved = await browser.submit(page, clientPath(client), changed)
  t.is(saved.url.pathname, clientPath(client))
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
  const { origin, client, server } = await startPages(t, PUBLIC_CLIENT)
  const browser = await signIn(origin)
  const page = await openClient(browser, origin, client)
  const wrong = formOf(client, { name: 'xx', redirectUris: '', policyUri: 'ftp://x.example' })
  const again = await browser.submit(page, clientPath(client), wrong)
  t.is(again.status, 422)
  const fields = [...again.html.matchAll(/<li><a href="#(\w+)">/g)].map(([, field]) => field)
  t.deepEqual(fields, ['name', 'redirectUris', 'policyUri'])
  t.true(again.html.includes('value="ftp://x.example"'))
  t.deepEqual(await find(server, client), client)
})

test('/super-admin/clients/:id: a change to what somebody else has changed shows both, and saves on being told so', async (t) => {
  const { origin, client, server } = await startPages(t)
  const browser = await signIn(origin)
  const page = await openClient(browser, origin, client)
  await server.authorizationServer.clients.update(client.clientId, {
    name: 'Theirs',
    tosUri: 'https://theirs.example/',
  })
  const mine = formOf(client, { name: 'Mine', scopes: ['interview:read'] })
  const conflict = await browser.submit(page, clientPath(client), mine)
  t.is(conflict.status, 409)
  t.true(conflict.html.includes('Somebody else changed this client'))
  const remarks = [...conflict.html.matchAll(/<li><a href="#\w+">([^<]*)</g)].map(
    ([, text]) => text,
  )
  t.deepEqual(remarks, [
    'Name: “Theirs” is saved.',
    'Scopes: “candidate:read, interview:create, interview:read” is saved.',
    'Terms of service: “https://theirs.example/” is saved.',
  ])
  t.true(conflict.html.includes('value="Mine"'))
  t.is((await find(server, client))?.name, 'Theirs')

  const saved = await browser.submit(conflict, clientPath(client), mine)
  t.true(saved.html.includes('The changes are saved'))
  t.like(await find(server, client), {
    name: 'Mine',
    scopes: ['interview:read'],
    tosUri: undefined,
  })
})

test('/super-admin/clients/:id: the same change sent twice is no conflict', async (t) => {
  const { origin, client } = await startPages(t)
  const browser = await signIn(origin)
  const page = await openClient(browser, origin, client)
  for (let times = 0; times < 2; times += 1) {
    const saved = await browser.submit(
      page,
      clientPath(client),
      formOf(client, { name: 'Renamed' }),
    )
    t.is(saved.status, 200)
    t.true(saved.html.includes('The changes are saved'))
  }
})

// ————— secrets —————

test('/super-admin/clients/:id/secrets: rotating: both secrets work, until the old one is removed', async (t) => {
  const { origin, client, clientSecret: old = '', server } = await startPages(t)
  const browser = await signIn(origin)
  const page = await openClient(browser, origin, client)
  t.regex(page.html, /Last used<\/dt><dd>never/)
  t.false(page.html.includes('/remove"')) // the last one stays
  await assertWorks(t, server, client, old)
  server.clock.advance(3 * 3600)

  const shown = await browser.submit(page, `${clientPath(client)}/secrets`, {
    expiresAt: dayAfter(server, 40),
  })
  const added = secretOn(shown)
  await assertWorks(t, server, client, old)
  await assertWorks(t, server, client, added)
  t.is((await browser.open(shown.url)).status, 410)

  const both = await openClient(browser, origin, client)
  t.regex(
    both.html,
    /Last used<\/dt><dd><time [^>]+>[^<]+<\/time> <span class="muted">\(just now\)/,
  )
  t.regex(both.html, /\(3 hours ago\)/)
  t.regex(both.html, /23:59 UTC<\/time> <span class="muted">\(next month\)/)
  for (const secret of [old, added]) {
    t.true(both.html.includes(`<code>${secret.slice(0, 8)}…</code>`))
    t.false(both.html.includes(secret))
  }
  const [first = ''] = [...both.html.matchAll(/href="([^"]+\/remove)"/g)].map(([, href]) => href)
  const question = await browser.open(origin + first)
  t.true(question.html.includes('It was last used on'))
  const removed = await browser.submit(question, first)
  t.true(removed.html.includes('The secret is removed'))
  t.is((await introspect(server, client, old)).status, 401)
  await assertWorks(t, server, client, added)
  // Sent twice, it removes no more than that one.
  t.is((await browser.submit(question, first)).url.pathname, clientPath(client))
  await assertWorks(t, server, client, added)
})

test('/super-admin/clients/:id/secrets: the last secret that works is not removed', async (t) => {
  const { origin, client, server, clientSecret = '' } = await startPages(t)
  const browser = await signIn(origin)
  const [secret] = client.secrets
  const path = `${clientPath(client)}/secrets/${secret?.secretId}/remove`
  const question = await browser.open(origin + path)
  const answer = await browser.submit(question, path)
  t.true(answer.html.includes('The secret was not removed'))
  await assertWorks(t, server, client, clientSecret)
})

test('/super-admin/clients/:id/secrets: an expiry that cannot be is refused, and too many secrets', async (t) => {
  const { origin, client, server } = await startPages(t)
  const browser = await signIn(origin)
  const path = `${clientPath(client)}/secrets`
  for (const expiresAt of ['2001-01-01', '2999-01-01', 'tomorrow', '2026-02-99']) {
    const page = await browser.submit(await openClient(browser, origin, client), path, {
      expiresAt,
    })
    t.is(page.status, 422, expiresAt)
    t.true(page.html.includes('<a href="#expiresAt">The last day must be in the future'))
  }
  t.is((await find(server, client))?.secrets.length, 1)
  for (let secrets = 2; secrets <= 5; secrets += 1) {
    t.is((await browser.submit(await openClient(browser, origin, client), path)).status, 200)
  }
  const sixth = await browser.submit(await openClient(browser, origin, client), path)
  t.is(sixth.status, 422)
  t.true(sixth.html.includes('The client’s secrets must not be more than 5'))
})

// ————— deleting —————

test('/super-admin/clients/:id/delete: asks first, says what happens, then deletes', async (t) => {
  const { origin, client, server, clientSecret = '' } = await startPages(t)
  const browser = await signIn(origin)
  const path = `${clientPath(client)}/delete`
  const question = await browser.open(origin + path)
  t.true(question.html.includes('Everybody who connected it is disconnected'))
  t.not(await find(server, client), undefined)
  const page = await browser.submit(question, path)
  t.is(page.url.pathname, '/super-admin')
  t.true(page.html.includes('“Acme Recruiter” is deleted'))
  t.is(await find(server, client), undefined)
  t.is((await introspect(server, client, clientSecret)).status, 401)

  for (const gone of [path, clientPath(client)]) {
    const { status, html } = await browser.open(origin + gone)
    t.is(status, 404)
    t.true(html.includes('There is no such client'))
  }
  t.is((await browser.submit(question, path)).status, 404)
})

// ————— the rest —————

test('/super-admin: other methods are refused, other paths left to the host', async (t) => {
  const { origin, client } = await startPages(t)
  const browser = await signIn(origin)
  for (const [method, path, allow] of [
    ['PUT', '/super-admin', 'GET'],
    ['GET', CLIENTS, 'POST'],
    ['DELETE', clientPath(client), 'GET, POST'],
    ['PUT', '/super-admin/sign-in', 'GET, POST'],
    ['GET', '/super-admin/sign-out', 'POST'],
  ] as const) {
    const response = await browser.userAgent.request(origin + path, { method })
    t.is(response.status, 405, path)
    t.is(response.headers.get('allow'), allow)
  }
  for (const path of ['/super-admin/', '/super-admin/nothing', '/super-administrator', '/']) {
    t.is((await browser.userAgent.request(origin + path)).status, 418, path)
  }
})

test('/super-admin: 503 while the storage does not respond, 500 for a defect, 409 for a lost race; none says more', async (t) => {
  const server = await startTestServer()
  t.teardown(() => server.close())
  for (const [failure, status] of [
    [new StorageError('redis://user:password@host is away'), 503],
    [new TypeError('a defect in line 1'), 500],
    [new ConflictError('client "tc_x" was changed'), 409],
  ] as const) {
    const clients = { ...server.authorizationServer.clients, list: () => Promise.reject(failure) }
    const origin = await servePages(t, { ...server, clients })
    const browser = startFormBrowser()
    const page = await browser.open(`${origin}/super-admin/sign-in`)
    const list = await browser.submit(page, '/super-admin/sign-in', { token: TOKEN })
    t.is(list.status, status)
    t.false(list.html.includes(failure.message))
  }
})

test('the example: the pages beside the API: one token, and no cookie opens the API', async (t) => {
  const example = await startExample({ SUPER_ADMIN_TOKEN: TOKEN, CLIENT_PORT: '0' })
  t.teardown(() => example.end())
  const browser = await signIn(example.hostUrl)
  const page = await browser.open(`${example.hostUrl}/super-admin`)
  t.true(page.html.includes('No client is registered yet'))
  const api = `${example.hostUrl}/super-admin/oauth-clients`
  t.is((await browser.userAgent.request(api)).status, 401)
  t.is((await fetch(api, { headers: { authorization: `Bearer ${TOKEN}` } })).status, 200)
  t.true((await (await fetch(example.hostUrl)).text()).includes('href="/super-admin"'))
})

test('the example: a SuperAdmin gives applications the identity scopes like any other', async (t) => {
  const example = await startExample({ SUPER_ADMIN_TOKEN: TOKEN, CLIENT_PORT: '0' })
  t.teardown(() => example.end())
  const browser = await signIn(example.hostUrl)
  const form = await browser.open(`${example.hostUrl}${CLIENTS}/new`)
  for (const sentence of ['See your name and picture', 'See your email address']) {
    t.true(form.html.includes(sentence), sentence)
  }
  const scopes = ['openid', 'email', 'interview:read']
  const shown = await browser.submit(form, CLIENTS, { ...FILLED_IN, scopes })
  t.is(shown.status, 200)
  const headers = { authorization: `Bearer ${TOKEN}` }
  const list = await fetch(`${example.hostUrl}/super-admin/oauth-clients`, { headers })
  t.like(await list.json(), { items: [{ name: FILLED_IN['name'], scopes }] })
})

test('the example: a wrong token, on the page or at the API, shows in its log', async (t) => {
  const { hostUrl, ended, end } = await startExample({ SUPER_ADMIN_TOKEN: TOKEN })
  t.teardown(end)
  t.is((await attemptFrom(hostUrl, 'wrong', '203.0.113.8')).status, 403)
  const headers = { authorization: 'Bearer wrong' }
  t.is((await fetch(`${hostUrl}/super-admin/oauth-clients`, { headers })).status, 401)

  await end()
  const { stdout } = await ended
  const lines = stdout.match(/^\[super-admin\.refused\] .+"reason":"unauthenticated".*$/gm)
  t.is(lines?.length, 2, stdout)
  t.notRegex(stdout, /wrong/)
})

// ————— fixture —————

interface StartedPages {
  readonly origin: string
  readonly server: TestServer
  /** The one client there is. */
  readonly client: Client
  readonly clientSecret: string | undefined
  /** What the pages themselves have reported. */
  events(): Promise<ReadonlyArray<AuditEvent>>
}

/** Starts the pages for a server with one client. */
async function startPages(
  t: ExecutionContext,
  newClient: NewClient = CONFIDENTIAL_CLIENT,
): Promise<StartedPages> {
  const server = await startTestServer()
  t.teardown(() => server.close())
  const registered = await server.registerClient(newClient)
  const { clients } = server.authorizationServer
  const { onEvent, settled } = recordEvents()
  const origin = await servePages(t, { ...server, clients, onEvent })
  return { origin, server, events: settled, ...registered }
}

async function servePages(
  t: ExecutionContext,
  {
    issuer,
    clock,
    clients,
    onEvent = () => undefined,
  }: Pick<TestServer, 'issuer' | 'clock'> &
    Pick<TestServer['authorizationServer'], 'clients'> & { readonly onEvent?: AuditListener },
): Promise<string> {
  const app = new Koa()
  app.silent = true
  app.proxy = true
  app.use(
    createSuperAdminPages({
      ...{ issuer, clients, catalogue: TEAMCAST_SCOPES, now: clock.now },
      ...{ isSuperAdminToken: createTokenCheck(TOKEN), onEvent },
    }),
  )
  app.use((ctx) => {
    ctx.status = 418
  })
  const listener = await listen(t)
  listener.serve(app)
  return listener.origin
}

async function signIn(origin: string): Promise<FormBrowser> {
  const browser = startFormBrowser()
  const page = await browser.open(`${origin}/super-admin/sign-in`)
  await browser.submit(page, '/super-admin/sign-in', { token: TOKEN })
  return browser
}

/** Sends a token from an address, with a browser of its own. */
async function attemptFrom(origin: string, token: string, ip: string): Promise<FormPage> {
  const path = '/super-admin/sign-in'
  const browser = startFormBrowser()
  const page = await browser.open(origin + path)
  return await browser.open(origin + path, {
    method: 'POST',
    headers: { origin, 'x-forwarded-for': ip },
    body: bodyOf({ ...hiddenFieldsOf(page, path), token }),
  })
}

function clientPath({ clientId }: Client): string {
  return `${CLIENTS}/${clientId}`
}

function openClient(browser: FormBrowser, origin: string, client: Client): Promise<FormPage> {
  return browser.open(origin + clientPath(client))
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
  return /<textarea id="clientSecret"[^>]*>(tcs_\w+)<\/textarea>/.exec(html)?.[1] ?? ''
}

function namesOn({ html }: FormPage): ReadonlyArray<string> {
  return [...html.matchAll(/<a href="[^"]+"><bdi>([^<]*)<\/bdi><\/a>/g)].map(
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
