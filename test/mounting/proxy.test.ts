import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import type { AuthorizationServer } from '@teamcast/oauth-server'
import test, { type ExecutionContext } from 'ava'
import type { Middleware } from 'koa'
import { formOf, type Visit } from '../helpers/browser.ts'
import { type HostApplication, startHost } from '../helpers/host-application.ts'
import { type RecordedEvents, recordEvents } from '../helpers/record-events.ts'
import { authorizationUrl, basicCredentials, toForm } from '../helpers/requests.ts'
import { completeFlow } from '../helpers/whole-flow.ts'

const ISSUER = 'https://mayaapi.teamcast.ai'
const FORWARDED = {
  'x-forwarded-proto': 'https',
  'x-forwarded-host': 'mayaapi.teamcast.ai',
  'x-forwarded-for': '203.0.113.7',
}
const HOSTILE_FORWARDED = {
  'x-forwarded-proto': 'http',
  'x-forwarded-host': 'evil.example',
  'x-forwarded-for': "203.0.113.7, ' or 1=1",
  'x-forwarded-port': '1',
  'x-forwarded-prefix': '/evil',
  'x-original-url': '/evil',
  forwarded: 'for=1;host=evil.example;proto=http',
}

for (const proxy of [false, true]) {
  for (const [what, headers] of [
    ['no X-Forwarded headers', {}],
    ['X-Forwarded headers', FORWARDED],
    ['hostile X-Forwarded headers', HOSTILE_FORWARDED],
  ] as const) {
    test(`behind a TLS proxy with ${what}, app.proxy ${proxy}: URLs are the issuer’s, cookies Secure and __Host-`, async (t) => {
      const host = await startHost(t, {
        issuer: ISSUER,
        assemble(app, server) {
          app.proxy = proxy
          app.use(server.middleware())
        },
      })

      const { pages } = await completeFlow(t, host, host.startBrowser({ headers }))

      const cookies = setCookiesOf(pages.flatMap(({ responses }) => responses))
      t.true(cookies.length >= 3)
      for (const cookie of cookies) {
        t.regex(cookie, /^__Host-/)
        t.regex(cookie, /; path=\/;/)
        t.regex(cookie, /; secure/i)
        t.regex(cookie, /; httponly/i)
        t.regex(cookie, /; samesite=lax/i)
        t.notRegex(cookie, /; domain/i)
      }
      t.deepEqual(host.errors, [])
    })
  }
}

test('behind a TLS proxy, below a path: cookies are Secure and for the path', async (t) => {
  const issuer = `${ISSUER}/auth`
  const host = await startHost(t, { issuer })

  const { pages } = await completeFlow(t, host)

  const cookies = setCookiesOf(pages.flatMap(({ responses }) => responses))
  t.true(cookies.length >= 3)
  for (const cookie of cookies) {
    t.regex(cookie, /; path=\/auth;/)
    t.regex(cookie, /; secure/i)
  }
})

test('the audit shows the address that the proxy reports, if the host trusts it', async (t) => {
  for (const [proxy, ip] of [
    [true, '203.0.113.7'],
    [false, '127.0.0.1'],
  ] as const) {
    const { onEvent, settled } = recordEvents()
    const host = await startHost(t, {
      issuer: ISSUER,
      options: { onEvent },
      assemble(app, server) {
        app.proxy = proxy
        app.use(server.middleware())
      },
    })
    const browser = host.startBrowser({ headers: FORWARDED })
    await browser.authorize(authorizationUrl(ISSUER, host.client), 'ada@acme.test')
    const events = await settled()
    const ofRequests = events.filter(({ type }) => type !== 'client.registered')
    t.true(ofRequests.length >= 3)
    t.deepEqual([...new Set(ofRequests.map((event) => event.ip))], [ip])
  }
})

/** A host behind a proxy, which notes what it was asked to check: passwords, and a SuperAdmin's credentials. */
async function startProxiedHost(
  t: ExecutionContext,
  inFront: Middleware = async (_ctx, next) => await next(),
): Promise<{
  readonly host: HostApplication
  readonly server: AuthorizationServer
  /** Its audit events so far. */
  readonly events: RecordedEvents['settled']
  /** Its first audit event of a type. */
  readonly firstEvent: RecordedEvents['first']
  readonly checked: ReadonlyArray<string>
  /** Signs in with a wrong password, from where the proxy says. */
  readonly fail: (forwardedFor: string) => Promise<Visit>
}> {
  const recorded = recordEvents()
  const checked: Array<string> = []
  const servers: Array<AuthorizationServer> = []
  const host = await startHost(t, {
    issuer: ISSUER,
    options: {
      onEvent: recorded.onEvent,
      async authenticateUser({ password }) {
        checked.push(password)
        return undefined
      },
      authorizeSuperAdmin(ctx) {
        checked.push(ctx.get('authorization'))
        return 'unauthenticated'
      },
    },
    assemble(app, server) {
      servers.push(server)
      app.proxy = true
      app.use(inFront)
      app.use(server.middleware())
    },
  })
  const fail = async (forwardedFor: string): Promise<Visit> => {
    const browser = host.startBrowser({ headers: { 'x-forwarded-for': forwardedFor } })
    return await browser.signIn(
      await browser.open(authorizationUrl(ISSUER, host.client)),
      'ada@acme.test',
      'wrong',
    )
  }
  const [server] = servers as [AuthorizationServer]
  const { settled: events, first: firstEvent } = recorded
  return { host, server, events, firstEvent, checked, fail }
}

const VARIED_ADDRESSES: Readonly<
  Record<string, readonly [of: (attempt: number) => string, ip: RegExp, neighbour: string]>
> = {
  'an IPv4 address with a port (Azure, AWS)': [
    (attempt) => `203.0.113.8:${50_001 + attempt}`,
    /^203\.0\.113\.8$/,
    '203.0.113.9:50001',
  ],
  'an IPv6 address with a port': [
    (attempt) => `[2001:db8:1:2::1]:${50_001 + attempt}`,
    /^2001:db8:1:2::1$/,
    '[2001:db8:1:3::1]:50001',
  ],
  'IPv6 addresses of one /64, with ports and zone ids': [
    (attempt) => `[2001:DB8:1:2:0:0:0:${attempt + 1}%eth${attempt}]:${50_001 + attempt}`,
    /^2001:db8:1:2::[1-9][01]?$/,
    '2001:db8:1:3::1%eth0',
  ],
  'an IPv4 address, also mapped to IPv6 (RFC 4291 §2.5.5.2)': [
    (attempt) => (attempt % 2 === 0 ? '203.0.113.8' : `[::ffff:203.0.113.8]:${attempt}`),
    /^203\.0\.113\.8$/,
    '::ffff:203.0.113.9',
  ],
  'an IPv4 address behind NAT64 (RFC 6052 §2.1)': [
    (attempt) => (attempt % 2 === 0 ? '64:ff9b::203.0.113.8' : `[64:ff9b::cb00:7108]:${attempt}`),
    /^64:ff9b::cb00:7108$/,
    '64:ff9b::203.0.113.9',
  ],
}

for (const [what, [addressOf, ip, neighbour]] of Object.entries(VARIED_ADDRESSES)) {
  test(`X-Forwarded-For: ${what} is one caller: the eleventh wrong password is not checked, a neighbour’s is (ASVS 6.3)`, async (t) => {
    const { events, checked, fail } = await startProxiedHost(t)
    for (let attempt = 0; attempt < 10; attempt += 1) {
      t.is((await fail(addressOf(attempt))).status, 400, addressOf(attempt))
    }
    t.is((await fail(addressOf(10))).status, 429)
    t.is(checked.length, 10)
    t.is((await fail(neighbour)).status, 400)

    const failures = (await events()).filter(({ type }) => type === 'user.sign-in-failed')
    t.is(failures.length, 12)
    for (const event of failures.slice(0, 11)) t.regex(event.ip ?? '', ip)
  })
}

for (const [what, [addressOf, ip, neighbour]] of Object.entries(VARIED_ADDRESSES)) {
  test(`X-Forwarded-For: ${what} is one caller at every endpoint for programs, and one reader of the feed for each address`, async (t) => {
    const { host, server, events, checked } = await startProxiedHost(t)
    const { clientId } = host.client.client
    await server.clients.update(clientId, { resourceServerAudiences: [ISSUER] })
    const wrong = { authorization: basicCredentials(clientId, 'wrong') }
    const body = toForm({ grant_type: 'client_credentials', token: 'x' })
    const attempts: ReadonlyArray<readonly [path: string, init: RequestInit]> = [
      ['/oauth/token', { method: 'POST', headers: wrong, body }],
      ['/oauth/introspect', { method: 'POST', headers: wrong, body }],
      ['/oauth/revoke', { method: 'POST', headers: wrong, body }],
      ['/oauth/revocations', { headers: wrong }],
      ['/super-admin/oauth-clients', { headers: { authorization: 'Bearer wrong' } }],
    ]
    const send = async (from: string, [path, init]: (typeof attempts)[number]): Promise<number> => {
      const headers = { ...init.headers, 'x-forwarded-for': from }
      return (await fetch(host.reach(ISSUER + path), { ...init, headers })).status
    }
    const ofClients = attempts.slice(0, 4)
    const ofSuperAdmins = attempts.slice(4)
    for (const kind of [ofClients, ofSuperAdmins]) {
      for (let attempt = 0; attempt < 10; attempt += 1) {
        const chosen = kind[attempt % kind.length] ?? kind[0]
        if (chosen !== undefined) t.is(await send(addressOf(attempt), chosen), 401)
      }
      for (const blocked of kind) t.is(await send(addressOf(10), blocked), 429, blocked[0])
      for (const free of kind) t.is(await send(neighbour, free), 401, free[0])
    }
    t.is(checked.filter((credential) => credential === 'Bearer wrong').length, 11)
    const refused = (await events()).filter(({ type }) => /failed$|refused$/.test(type))
    t.is(refused.length, 10 + 4 + 4 + 10 + 1 + 1)
    t.is(refused.filter((event) => ip.test(event.ip ?? '')).length, 10 + 4 + 10 + 1)

    const { clientSecret = '' } = host.client
    const right = { headers: { authorization: basicCredentials(clientId, clientSecret) } }
    for (let poll = 0; poll < 5; poll += 1) {
      t.is(await send(addressOf(poll), ['/oauth/revocations', right]), 200)
    }
    const readers = (await events()).filter(({ type }) => type === 'revocations.read')
    t.is(readers.length, what.startsWith('IPv6 addresses') ? 5 : 1)
  })
}

test('X-Forwarded-For: from what is no address a wrong secret gets 429 at once, and the right one is let in', async (t) => {
  const { host, events } = await startProxiedHost(t)
  const { client, clientSecret = '' } = host.client
  for (const from of ['unknown', '203.0.113.8:x', '[::1']) {
    for (const [secret, status] of [
      ['wrong', 429],
      [clientSecret, 200],
    ] as const) {
      const headers = {
        authorization: basicCredentials(client.clientId, secret),
        'x-forwarded-for': from,
      }
      const body = toForm({ grant_type: 'client_credentials' })
      const url = host.reach(`${ISSUER}/oauth/token`)
      t.is((await fetch(url, { method: 'POST', headers, body })).status, status, from)
    }
  }
  const ofRequests = (await events()).filter(({ type }) => type !== 'client.registered')
  t.is(ofRequests.length, 6)
  for (const { ip } of ofRequests) t.is(ip, undefined)
})

test('X-Forwarded-For: from what is no address no password is checked, and nothing of it reaches the audit', async (t) => {
  const { events, checked, fail } = await startProxiedHost(t)
  for (const forwardedFor of ['unknown', '_hidden', '203.0.113.8:x', '[::1', "' or 1=1"]) {
    t.is((await fail(forwardedFor)).status, 429, forwardedFor)
  }
  t.deepEqual(checked, [])
  const failures = (await events()).filter(({ type }) => type === 'user.sign-in-failed')
  t.is(failures.length, 5)
  for (const event of failures) t.like(event, { ip: undefined, reason: 'address-unknown' })
})

test('a connection that was reset has no address: no password of it is checked any more', async (t) => {
  const arrived = Promise.withResolvers<void>()
  const answered = Promise.withResolvers<void>()
  const { host, firstEvent, checked } = await startProxiedHost(t, async (ctx, next) => {
    if (ctx.method !== 'POST') return await next()
    const chunks: Array<Buffer> = []
    for await (const chunk of ctx.req) chunks.push(chunk)
    const form = new URLSearchParams(Buffer.concat(chunks).toString())
    Object.assign(ctx.request, { body: Object.fromEntries(form) })
    const closed = once(ctx.res, 'close')
    arrived.resolve()
    await closed
    await next().finally(answered.resolve)
  })
  const browser = host.startBrowser()
  const page = await browser.open(authorizationUrl(ISSUER, host.client))
  const { url, hidden } = formOf(page)
  const fields = { ...hidden, action: 'sign-in', username: 'ada@acme.test', password: 'wrong' }
  const cookies = browser.userAgent.cookies.map(({ name, value }) => `${name}=${value}`)
  const request = httpRequest(host.reach(url), {
    method: 'POST',
    agent: false, // a connection of its own, which nobody has asked for its address yet
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      cookie: cookies.join('; '),
      origin: ISSUER,
    },
  })
  request.once('error', () => undefined) // it is reset
  request.end(String(new URLSearchParams(fields)))
  await arrived.promise
  request.destroy()
  await answered.promise

  t.deepEqual(checked, [])
  t.like(await firstEvent('user.sign-in-failed'), { ip: undefined, reason: 'address-unknown' })
})

const hostileHosts = [
  'evil.example',
  'evil.example:99999',
  'user@evil.example',
  'evil.example/path',
  'evil.example?x',
  '[::1',
  '[',
  ':',
  '%00',
  '"><script>',
  'a b',
  'evil.example, mayaapi.teamcast.ai',
]

for (const hostHeader of hostileHosts) {
  for (const proxy of [false, true]) {
    test(`Host: ${hostHeader}, app.proxy ${proxy}: changes nothing that the server says`, async (t) => {
      const host = await startHost(t, {
        issuer: ISSUER,
        assemble(app, server) {
          app.proxy = proxy
          app.use(server.middleware())
        },
      })
      const { client } = host
      const headers = { host: hostHeader, 'x-forwarded-host': hostHeader }
      const get = (path: string): Promise<Answer> => getRaw(host, path, headers)
      const { pathname, search } = authorizationUrl(ISSUER, client)
      const refused = authorizationUrl(ISSUER, client, { scope: '' })
      const strange = authorizationUrl(ISSUER, client, { client_id: 'x' })

      const metadata = await get('/.well-known/oauth-authorization-server')
      t.is(metadata.status, 200)
      t.like(JSON.parse(metadata.text), { issuer: ISSUER, token_endpoint: `${ISSUER}/oauth/token` })
      const started = await get(pathname + search)
      t.is(started.status, 302)
      t.true(started.location.startsWith('/oauth/continue?prt='))
      const error = await get(refused.pathname + refused.search)
      t.is(error.status, 302)
      t.is(new URL(error.location).searchParams.get('iss'), ISSUER)
      t.is((await get(strange.pathname + strange.search)).status, 400)
      t.is((await get('/oauth/continue?prt=x')).status, 400)
      for (const { text, location } of [metadata, started, error]) {
        t.false((text + location).includes('evil'))
      }
      t.deepEqual(host.errors, [])
    })
  }
}

interface Answer {
  readonly status: number | undefined
  readonly location: string
  readonly text: string
}

/** A GET with headers that `fetch` does not let through. */
function getRaw(
  { origin }: HostApplication,
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<Answer> {
  const { hostname, port } = new URL(origin)
  return new Promise((resolve, reject) => {
    const request = httpRequest({ hostname, port, path, headers }, async (response) => {
      const chunks: Array<Buffer> = []
      for await (const chunk of response) chunks.push(chunk)
      const text = Buffer.concat(chunks).toString()
      resolve({ status: response.statusCode, location: response.headers.location ?? '', text })
    })
    request.once('error', reject)
    request.end()
  })
}

function setCookiesOf(responses: ReadonlyArray<Response>): ReadonlyArray<string> {
  return responses.flatMap(({ headers }) => headers.getSetCookie())
}
