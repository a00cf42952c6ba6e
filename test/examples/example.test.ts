import { once } from 'node:events'
import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { json } from 'node:stream/consumers'
import type { NewClient, RegisteredClient } from '@teamcast/oauth-server'
import test, { type ExecutionContext } from 'ava'
import { readSettings, SettingsError } from '../../examples/settings.ts'
import { type Browser, startBrowser, unescaped } from '../helpers/browser.ts'
import { findFreePort } from '../helpers/free-port.ts'
import { sendRaw } from '../helpers/raw-request.ts'
import { authorizationUrl, CODE_VERIFIER, postAs } from '../helpers/requests.ts'
import {
  type RunningExample,
  runExample,
  START_PARAMETERS,
  startExample,
} from '../helpers/start-example.ts'
import { CONFIDENTIAL_CLIENT, PUBLIC_CLIENT } from '../helpers/start-server.ts'

const SUPER_ADMIN_TOKEN = 'a-SuperAdmin.token_of~tests+/0123456789=='

// One process for all requests that do not disturb each other; the others have their own.
let example: RunningExample

test.before(async () => {
  example = await startExample({ SUPER_ADMIN_TOKEN }, START_PARAMETERS)
})

test.after.always(() => example?.end())

// ————— settings —————

const WRONG_SETTINGS: ReadonlyArray<readonly [Readonly<Record<string, string>>, RegExp]> = [
  [
    { SUPER_ADMIN_TOKEN: 'x'.repeat(31) },
    /^SUPER_ADMIN_TOKEN must have at least 32 characters, so that nobody can guess it; make one with `openssl rand -base64 32`$/,
  ],
  [
    { PORT: 'http', CLIENT_PORT: '65536', SUPER_ADMIN_TOKEN: 'two words' },
    /^PORT must be 0 to 65535, not "http"; CLIENT_PORT .+ not "65536"; SUPER_ADMIN_TOKEN must .+$/,
  ],
  [{ PORT: '3000', CLIENT_PORT: '3000' }, /^PORT and CLIENT_PORT must be different$/],
  [
    { LISTEN_ADDRESS: 'everywhere' },
    /^LISTEN_ADDRESS must be one of 127\.0\.0\.1, 0\.0\.0\.0, ::$/,
  ],
  [{ ISSUER: 'nonsense' }, /^ISSUER must be an absolute https URL$/],
  [{ STORAGE: 'mysql' }, /^STORAGE must be one of memory, redis, postgres, pglite, layered$/],
  [{ STORAGE: 'redis' }, /^REDIS_URL must be a URL such as redis:/],
  [{ STORAGE: 'layered' }, /^REDIS_URL must .+; DATABASE_URL must be a URL such as postgres:/],
  [{ NODE_ENV: 'production' }, /^OAUTH_SECRET is missing: in production/],
  [{ OPENID_CONNECT: 'false' }, /^OPENID_CONNECT must be one of on, off$/],
  [{ REFRESH_TOKEN_GRACE_SECONDS: '61' }, /^REFRESH_TOKEN_GRACE_SECONDS must be 0 to 60/],
]

for (const [settings, complaint] of WRONG_SETTINGS) {
  test(`settings ${JSON.stringify(settings)}: one line says what is wrong`, (t) => {
    const error = t.throws(() => readSettings(settings), { instanceOf: SettingsError })
    t.regex(error?.message ?? '', complaint)
    t.false(error?.message.includes('\n'))
  })
}

// What the settings, the storage, the keys and the server refuse; each in a process of its own.
const REFUSED_STARTS: ReadonlyArray<readonly [Readonly<Record<string, string>>, RegExp]> = [
  [{ PORT: 'http' }, /^PORT must be 0 to 65535, not "http"$/],
  [
    { STORAGE: 'postgres', DATABASE_URL: 'postgres://127.0.0.1:1/none' },
    /^cannot open STORAGE=postgres: .*ECONNREFUSED.*$/,
  ],
  [{ OAUTH_SECRET: 'short' }, /^OAUTH_SECRET must have at least 32 characters$/],
  [{ ISSUER: 'http://teamcast.example' }, /^ISSUER must be an https URL \(http only for localhost/],
]

for (const [settings, complaint] of REFUSED_STARTS) {
  test(`started with ${JSON.stringify(settings)}: one line says what is wrong, exit code 1`, async (t) => {
    const { code, stdout, stderr } = await runExample(settings)
    t.is(code, 1)
    t.is(stdout, '')
    t.regex(stderr.replace(/\n$/, ''), complaint)
  })
}

test('settings: a port in use is named in one line, exit code 1', async (t) => {
  const { port: hostPort } = new URL(example.hostUrl)
  const { port: partnerPort } = new URL(example.partnerUrl)
  for (const [variable, port] of [
    ['PORT', hostPort],
    ['CLIENT_PORT', partnerPort],
  ] as const) {
    const { code, stdout, stderr } = await runExample({ [variable]: port })
    t.is(code, 1)
    t.is(stdout, '')
    t.regex(stderr, new RegExp(`^cannot listen on ${variable} ${port}: .*EADDRINUSE.*\\n$`))
  }
})

test('settings: a request that comes while it starts is told so, at once', async (t) => {
  const silentRedis = createServer()
  silentRedis.listen(0, '127.0.0.1')
  await once(silentRedis, 'listening')
  const { port: redisPort } = silentRedis.address() as AddressInfo
  const port = await findFreePort()
  const redisUrl = `redis://127.0.0.1:${redisPort}`
  const ending = runExample({ PORT: String(port), STORAGE: 'redis', REDIS_URL: redisUrl })
  const [connection] = (await once(silentRedis, 'connection')) as [Socket]
  silentRedis.close()

  for (const path of ['/health', '/', '/oauth/token']) {
    const response = await fetch(`http://127.0.0.1:${port}${path}`)
    t.is(response.status, 503, path)
    t.is(response.headers.get('retry-after'), '1')
    t.is(await response.text(), 'starting\n')
  }
  connection.destroy()
  t.like(await ending, { code: 1 })
})

test('settings: only this machine reaches it, unless LISTEN_ADDRESS lets others in', async (t) => {
  // A server for 127.0.0.1 alone is not at 127.0.0.2; one for all addresses is.
  const elsewhere = (url: string): string => url.replace('localhost', '127.0.0.2')
  for (const url of [example.hostUrl, example.partnerUrl]) {
    await t.throwsAsync(fetch(elsewhere(url)), { message: 'fetch failed' })
  }
  t.true(example.greeting.includes('this machine only'))

  const open = await startExample({ LISTEN_ADDRESS: '0.0.0.0' })
  t.teardown(() => open.end())
  for (const url of [open.hostUrl, open.partnerUrl]) {
    t.is((await fetch(elsewhere(url), { redirect: 'manual' })).status < 400, true)
  }
  t.true(open.greeting.includes('anywhere, and everybody knows the password'))
})

test('a malformed Host header is no failure, on any page', async (t) => {
  for (const [url, paths] of [
    [
      example.hostUrl,
      ['/', '/health', '/super-admin', '/super-admin/sign-in', '/super-admin/sign-in?next=/x']
        .concat(['/super-admin/clients', '/super-admin/oauth-clients', '/account/connections'])
        .concat(['/api/interviews', '/mcp', '/.well-known/oauth-protected-resource/mcp']),
    ],
    [example.partnerUrl, ['/', '/sign-in', '/callback?state=x']],
  ] as const) {
    for (const path of paths) {
      for (const host of ['[', 'a b']) {
        for (const method of ['GET', 'POST']) {
          const head = `${method} ${path} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 0`
          const { status = 0 } = await sendRaw(url, `${head}\r\nConnection: close\r\n\r\n`)
          t.true(status >= 200 && status < 500, `${head}: ${status}`)
        }
      }
    }
  }
})

test('settings: it prints what to open and whom to sign in as, but no token it was given', (t) => {
  const { greeting, hostUrl, partnerUrl } = example
  t.true(greeting.includes(hostUrl))
  t.true(greeting.includes(`Open ${partnerUrl} and press "Sign in with Teamcast".`))
  t.true(greeting.includes('ada@acme.test, alan@acme.test, grace@globex.test'))
  t.true(greeting.includes('correct horse battery staple'))
  t.false(greeting.includes(SUPER_ADMIN_TOKEN))
})

test('settings: CLIENT_PORT=0 turns the partner off; without SUPER_ADMIN_TOKEN a printed one is made', async (t) => {
  const { hostUrl, greeting, ...other } = await startExample({ CLIENT_PORT: '0' })
  t.teardown(() => other.end())
  t.regex(greeting, /^Acme Recruiter +turned off/m)
  t.true(greeting.includes(`Open ${hostUrl}\n`))
  const page = await (await fetch(hostUrl)).text()
  t.true(page.includes('The demo partner is turned off'))

  const [, token = ''] = /^SuperAdmin token +(\S+)$/m.exec(greeting) ?? []
  t.regex(token, /^[\w-]{43}$/)
  t.is((await postClient(hostUrl, CONFIDENTIAL_CLIENT, `Bearer ${token}`)).status, 201)
  t.is((await postClient(hostUrl, CONFIDENTIAL_CLIENT)).status, 401)
})

test('settings: an https ISSUER is reached through a proxy: every URL is the issuer’s, cookies are Secure', async (t) => {
  const issuer = 'https://teamcast.example'
  const port = await findFreePort()
  const proxied = await startExample({
    ISSUER: issuer,
    PORT: String(port),
    CLIENT_PORT: '0',
    SUPER_ADMIN_TOKEN,
  })
  t.teardown(() => proxied.end())
  const headers = { 'x-forwarded-proto': 'https', 'x-forwarded-for': '203.0.113.7' }
  const reach = (url: URL): URL => new URL(url.href.replace(issuer, proxied.hostUrl))
  const metadataUrl = `${proxied.hostUrl}/.well-known/oauth-authorization-server`
  t.like(await (await fetch(metadataUrl, { headers })).json(), {
    issuer,
    authorization_endpoint: `${issuer}/oauth/authorize`,
  })

  const client = await register(t, proxied.hostUrl, CONFIDENTIAL_CLIENT)
  const browser = startBrowser({ reach, headers })
  const signInPage = await browser.open(authorizationUrl(issuer, client))
  const consentPage = await browser.signIn(signInPage, 'ada@acme.test')
  const { callback } = await browser.submit(consentPage, { action: 'allow' })
  const cookies = [signInPage, consentPage].flatMap(({ responses }) =>
    responses.flatMap((response) => response.headers.getSetCookie()),
  )
  t.true(cookies.length > 0)
  t.deepEqual(
    cookies.filter((cookie) => !/^__Host-.+; secure/i.test(cookie)),
    [],
  )
  t.is(callback?.searchParams.get('iss'), issuer)
  const accessToken = await redeem(t, proxied.hostUrl, client, callback)
  t.is((await callApi(proxied.hostUrl, 'GET', accessToken)).status, 200)
})

// ————— registering clients —————

test('POST /super-admin/oauth-clients: 201 with clientId, clientSecret and the stored fields', async (t) => {
  const response = await postClient(example.hostUrl, CONFIDENTIAL_CLIENT, bearer())
  const { clientId, clientSecret, ...stored } = await response.json()
  t.is(response.status, 201)
  t.is(response.headers.get('cache-control'), 'no-store')
  const location = `${example.hostUrl}/super-admin/oauth-clients/${clientId}`
  t.is(response.headers.get('location'), location)
  t.regex(clientSecret, /^\S{32,}$/)
  t.like(stored, {
    ...CONFIDENTIAL_CLIENT,
    audience: 'PLATFORM',
    tokenEndpointAuthMethod: 'client_secret_basic',
    requirePkce: true,
    accessTokenTtlSeconds: 900,
    refreshTokenTtlSeconds: 2_592_000,
  })
})

test('POST /super-admin/oauth-clients: a PUBLIC client gets no secret', async (t) => {
  const response = await postClient(example.hostUrl, PUBLIC_CLIENT, bearer('bearer'))
  const body = await response.json()
  t.is(response.status, 201)
  t.like(body, { clientType: 'PUBLIC', tokenEndpointAuthMethod: 'none' })
  t.false('clientSecret' in body)
})

test('POST /super-admin/oauth-clients: 401 without the token', async (t) => {
  for (const authorization of [
    undefined,
    'Bearer',
    `Bearer ${SUPER_ADMIN_TOKEN.slice(1)}`,
    `Bearer ${SUPER_ADMIN_TOKEN}x`,
    `Basic ${SUPER_ADMIN_TOKEN}`,
    SUPER_ADMIN_TOKEN,
  ]) {
    const response = await postClient(example.hostUrl, CONFIDENTIAL_CLIENT, authorization)
    t.is(response.status, 401, authorization)
    t.is(response.headers.get('www-authenticate'), 'Bearer')
    t.like(await response.json(), { status: 401, title: 'Unauthorized' })
  }
})

test('POST /super-admin/oauth-clients: everything wrong with a client is named', async (t) => {
  const wrong = {
    ...PUBLIC_CLIENT,
    name: 'x',
    redirectUris: ['http://example.com/'],
    requirePkce: false,
  }
  const response = await postClient(example.hostUrl, wrong, bearer())
  t.is(response.status, 422)
  t.is(response.headers.get('content-type'), 'application/problem+json')
  const { errors } = (await response.json()) as { errors: ReadonlyArray<{ path: string }> }
  t.deepEqual(errors.map(({ path }) => path).sort(), ['name', 'redirectUris.0', 'requirePkce'])
})

test('POST /super-admin/oauth-clients: a body that is no JSON object is refused', async (t) => {
  for (const [body, contentType, status] of [
    ['{', 'application/json', 400],
    ['[]', 'application/json', 400],
    ['', 'application/json', 400],
    ['{}', 'text/plain', 415],
  ] as const) {
    const response = await fetch(`${example.hostUrl}/super-admin/oauth-clients`, {
      method: 'POST',
      headers: { authorization: bearer(), 'content-type': contentType },
      body,
    })
    t.is(response.status, status, body)
    t.like(await response.json(), { status })
  }
})

// ————— the interview API —————

test('/api/interviews: 401 without a token, and no error code (RFC 6750 §3.1)', async (t) => {
  const response = await callApi(example.hostUrl, 'GET')
  t.is(response.status, 401)
  t.regex(response.headers.get('www-authenticate') ?? '', /^Bearer(?!.*error=)/)
  t.is((await callApi(example.hostUrl, 'GET', 'nonsense')).status, 401)
})

test('/api/interviews: 403 without the scope (RFC 6750 §3.1)', async (t) => {
  const client = await register(t, example.hostUrl, {
    ...CONFIDENTIAL_CLIENT,
    scopes: ['interview:read'],
  })
  const accessToken = await authorize(t, client, 'ada@acme.test')
  t.is((await callApi(example.hostUrl, 'GET', accessToken)).status, 200)
  const response = await callApi(example.hostUrl, 'POST', accessToken)
  t.is(response.status, 403)
  t.regex(response.headers.get('www-authenticate') ?? '', /error="insufficient_scope"/)
})

test('/api/interviews: each tenant sees and creates its own interviews', async (t) => {
  const client = await register(t, example.hostUrl, CONFIDENTIAL_CLIENT)
  const ada = await authorize(t, client, 'ada@acme.test')
  const grace = await authorize(t, client, 'grace@globex.test')
  t.deepEqual(await interviewsSeenWith(ada), ['interview-1', 'interview-2'])
  t.deepEqual(await interviewsSeenWith(grace), ['interview-3'])

  const created = await callApi(example.hostUrl, 'POST', ada)
  t.is(created.status, 201)
  const { id, tenantId } = await created.json()
  t.is(tenantId, 'acme')
  t.deepEqual(await interviewsSeenWith(ada), ['interview-1', 'interview-2', id])
  t.deepEqual(await interviewsSeenWith(grace), ['interview-3'])
})

test('/api/interviews: a PLATFORM client’s own token is for no tenant', async (t) => {
  const client = await register(t, example.hostUrl, CONFIDENTIAL_CLIENT)
  const response = await postAs(client, `${example.hostUrl}/oauth/token`, {
    grant_type: 'client_credentials',
  })
  const { access_token: accessToken } = await response.json()
  for (const method of ['GET', 'POST']) {
    const refused = await callApi(example.hostUrl, method, accessToken)
    t.is(refused.status, 403)
    t.is((await refused.json()).error, 'tenant_mismatch')
  }
})

test('/api/interviews and /mcp: other origins may call them; a preflight needs no token (Fetch §3.2)', async (t) => {
  const origin = 'https://spa.example'
  for (const path of ['/api/interviews', '/mcp']) {
    const url = example.hostUrl + path
    const preflight = await fetch(url, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type,mcp-protocol-version',
      },
    })
    t.is(preflight.status, 204, path)
    t.is(preflight.headers.get('access-control-allow-origin'), '*')
    t.is(preflight.headers.get('access-control-allow-methods'), 'GET,POST')
    const allowed = preflight.headers.get('access-control-allow-headers') ?? ''
    t.is(allowed, 'authorization,content-type,mcp-protocol-version')
    t.is(preflight.headers.get('access-control-allow-credentials'), null)

    const refused = await fetch(url, { method: 'POST', headers: { origin } })
    t.is(refused.status, 401)
    t.is(refused.headers.get('access-control-allow-origin'), '*')
    t.is(refused.headers.get('access-control-expose-headers'), 'WWW-Authenticate,Retry-After')
    t.regex(refused.headers.get('www-authenticate') ?? '', /^Bearer/)
  }
})

test('/api/interviews: other methods and paths are not there', async (t) => {
  const client = await register(t, example.hostUrl, CONFIDENTIAL_CLIENT)
  const authorization = `Bearer ${await authorize(t, client, 'ada@acme.test')}`
  const url = `${example.hostUrl}/api/interviews`
  const response = await fetch(url, { method: 'DELETE', headers: { authorization } })
  t.is(response.status, 405)
  t.is(response.headers.get('allow'), 'GET, POST')
  t.is((await fetch(`${url}/interview-3`, { headers: { authorization } })).status, 404)
})

// ————— the partner —————

test('the partner: a callback that it did not ask for signs nobody in', async (t) => {
  const browser = startBrowser()
  const callback = `${example.partnerUrl}/callback?code=x&state=y&iss=${example.hostUrl}`
  const { html } = await browser.open(callback)
  t.true(html.includes('This sign-in was not started in this browser.'))
  t.true(html.includes('Sign in with Teamcast'))
})

test('the partner: of several cookies with one name, the one of a session counts (RFC 6265 §8.6)', async (t) => {
  const visit = async (cookie: string): Promise<string | undefined> => {
    const response = await fetch(example.partnerUrl, { headers: { cookie } })
    return response.headers.getSetCookie()[0]?.split(';')[0]
  }
  const planted = 'acme_recruiter_session=planted'
  const own = await visit(planted)
  t.regex(own ?? '', /^acme_recruiter_session=.{36}$/)
  t.is(await visit(`${planted}; ${own}`), undefined)
})

test('the partner: opened by another name, it goes on under its own', async (t) => {
  const { port } = new URL(example.partnerUrl)
  for (const path of ['/', '/sign-in', '/callback?code=x&state=y']) {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { redirect: 'manual' })
    t.is(response.headers.get('location'), example.partnerUrl + path)
  }
})

test('the partner: a form that no page of its own sent does nothing', async (t) => {
  const { partnerUrl } = example
  const { port } = new URL(partnerUrl)
  for (const headers of [
    {},
    { origin: 'null' },
    { origin: 'null', 'sec-fetch-site': 'same-origin' },
    { origin: `http://127.0.0.1:${port}` },
    { origin: example.hostUrl, 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'same-site' },
  ] as const) {
    const body = new URLSearchParams({ clientId: 'tc_other', clientSecret: 'tcs_other' })
    const request = { method: 'POST', headers, body, redirect: 'manual' } as const
    t.is((await fetch(`${partnerUrl}/registration`, request)).status, 404, JSON.stringify(headers))
  }
  t.false((await (await fetch(partnerUrl)).text()).includes('tc_other'))
})

test('the partner: shows who signed in: a picture or initials, name, email address and workspace', async (t) => {
  const ada = await (await connectPartner(t, example, 'ada@acme.test')).home()
  const picture = /<img class="avatar" src="([^"]+)" alt=""/.exec(ada)?.[1] ?? ''
  t.is(new URL(picture).origin, new URL(example.hostUrl).origin)
  const image = await fetch(picture)
  t.is(image.status, 200)
  t.regex(image.headers.get('content-type') ?? '', /^image\/svg\+xml/)
  t.regex(ada, /Ada Lovelace.*ada@acme\.test <span class="badge">verified<.*<dd>acme<\/dd>/s)

  const grace = await (await connectPartner(t, example, 'grace@globex.test')).home()
  t.regex(grace, /aria-hidden="true">GH<.*Grace Hopper.*grace@globex\.test<.*<dd>globex<\/dd>/s)
  t.false(grace.includes('verified'))
})

test('the partner: shows the claims of the ID token and of userinfo, also after a refresh', async (t) => {
  const { send, home } = await connectPartner(t, example, 'ada@acme.test')
  await send('/refresh', 'POST')
  for (const path of ['/id-token', '/userinfo']) {
    await send(path, 'POST')
    const claims = unescaped(/<pre[^>]*>([^<]*)/.exec(await home())?.[1] ?? '{}')
    t.like(JSON.parse(claims), { sub: 'user-ada', name: 'Ada Lovelace', tenant_id: 'acme' }, path)
  }
})

test('the partner: with OPENID_CONNECT=off it asks for no identity scopes and shows the user id only', async (t) => {
  const other = await startExample({ OPENID_CONNECT: 'off' })
  t.teardown(() => other.end())
  const { send, home } = await connectPartner(t, other, 'ada@acme.test')
  const page = await home()
  t.true(page.includes('<div><dt>User</dt><dd>user-ada</dd></div>'))
  t.deepEqual(
    ['avatar"', 'Ada Lovelace', 'ada@acme.test', 'openid', 'ID token'].filter((text) =>
      page.includes(text),
    ),
    [],
  )
  const location = new URL((await send('/sign-in')).headers.get('location') ?? '')
  t.is(location.searchParams.get('scope'), 'interview:read interview:create')
  t.is(location.searchParams.get('nonce'), null)
  const metadata = await fetch(`${other.hostUrl}/.well-known/openid-configuration`)
  t.false('userinfo_endpoint' in (await metadata.json()))
})

test('the partner: a double click refreshes once, because a second use would end the connection', async (t) => {
  const { send, home } = await connectPartner(t, example, 'alan@acme.test')

  await Promise.all([send('/refresh', 'POST'), send('/refresh', 'POST')])
  const page = await home()
  t.true(page.includes('Tokens refreshed'))
  t.true(page.includes('Connected to Teamcast'))
  await send('/refresh', 'POST')
  t.true((await home()).includes('Tokens refreshed'))
})

test('the partner: disconnected at Teamcast, the API refuses it at once; it says so, and connects again', async (t) => {
  const person = await connectPartner(t, example, 'grace@globex.test')
  const { browser, clientId, send, home, connect } = person
  await send('/list-interviews', 'POST')
  t.true((await home()).includes('GET /api/interviews responded with 200'))
  const connections = await browser.open(`${example.hostUrl}/account/connections`)
  await browser.submit(connections, { action: 'disconnect', clientId })

  await send('/list-interviews', 'POST')
  const page = await home()
  t.true(page.includes('The connection has ended'))
  t.true(page.includes('href="/sign-in"'))
  t.false(page.includes('Connected to Teamcast'))

  await connect()
  await send('/list-interviews', 'POST')
  t.true((await home()).includes('GET /api/interviews responded with 200'))
})

test('the partner: its client was deleted; whatever it does next says so, and it takes another registration', async (t) => {
  const other = await startExample({ SUPER_ADMIN_TOKEN })
  t.teardown(() => other.end())
  const clientsUrl = `${other.hostUrl}/super-admin/oauth-clients`
  const person = await connectPartner(t, other, 'ada@acme.test')
  const { send, home, connect } = person
  let { clientId } = person
  for (const path of ['/list-interviews', '/refresh', '/introspect', '/disconnect']) {
    const headers = { authorization: bearer() }
    t.is((await fetch(`${clientsUrl}/${clientId}`, { method: 'DELETE', headers })).status, 204)

    await send(path, 'POST')
    const page = await home()
    t.true(page.includes('Teamcast responded with invalid_client'), path)
    t.true(page.includes('It needs another registration.'))
    t.true(page.includes('Use another registration'))
    t.false(page.includes('Connected to Teamcast'))

    const redirectUris = [`${other.partnerUrl}/callback`]
    const { client, clientSecret = '' } = await register(t, other.hostUrl, {
      ...CONFIDENTIAL_CLIENT,
      scopes: ['openid', 'profile', 'email', ...CONFIDENTIAL_CLIENT.scopes],
      redirectUris,
    })
    await send(
      '/registration',
      'POST',
      new URLSearchParams({ clientId: client.clientId, clientSecret }),
    )
    clientId = await connect()
  }
})

test('/api/interviews and /mcp: a token of a connection that was ended, or of a deleted client, is refused at once', async (t) => {
  const { hostUrl } = example
  const mcp = (accessToken: string): Promise<Response> =>
    fetch(`${hostUrl}/mcp`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${accessToken}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        origin: 'https://assistant.example',
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
    })
  for (const ending of ['connection', 'client'] as const) {
    const client = await register(t, hostUrl, CONFIDENTIAL_CLIENT)
    const browser = startBrowser()
    const forApi = await authorize(t, client, 'ada@acme.test', { browser })
    const forMcp = await authorize(t, client, 'ada@acme.test', {
      browser,
      resource: `${hostUrl}/mcp`,
      scope: 'interview:read',
    })
    t.is((await callApi(hostUrl, 'GET', forApi)).status, 200)
    const response = await mcp(forMcp)
    t.is(response.status, 200)
    t.is(response.headers.get('access-control-allow-origin'), '*')

    const { clientId } = client.client
    if (ending === 'connection') {
      const connections = await browser.open(`${hostUrl}/account/connections`)
      await browser.submit(connections, { action: 'disconnect', clientId })
    } else {
      const url = `${hostUrl}/super-admin/oauth-clients/${clientId}`
      await fetch(url, { method: 'DELETE', headers: { authorization: bearer() } })
    }
    t.is((await callApi(hostUrl, 'GET', forApi)).status, 401, ending)
    t.is((await mcp(forMcp)).status, 401, ending)
  }
})

// ————— the end —————

test('SIGTERM: idle connections are closed, the request in progress gets its response, exit code 0', async (t) => {
  const { hostUrl, terminate, ended, end } = await startExample({ SUPER_ADMIN_TOKEN })
  t.teardown(end)
  const agent = new Agent({ keepAlive: true })
  t.teardown(() => agent.destroy())

  const idle = request(hostUrl, { agent })
  idle.end()
  const idleResponse = await responseTo(idle)
  const { socket } = idleResponse
  idleResponse.resume()
  await once(idleResponse, 'end')
  t.is(idleResponse.headers.connection, 'keep-alive')
  const body = JSON.stringify(CONFIDENTIAL_CLIENT)
  const underWay = request(`${hostUrl}/super-admin/oauth-clients`, {
    agent: new Agent({ keepAlive: true }),
    method: 'POST',
    headers: {
      authorization: bearer(),
      'content-type': 'application/json',
      'content-length': body.length,
      expect: '100-continue',
    },
  })
  underWay.flushHeaders()
  await once(underWay, 'continue') // now the server waits for the body

  terminate()
  await once(socket, 'close')
  underWay.end(body)
  const answer = await responseTo(underWay)
  t.is(answer.statusCode, 201)
  t.is(answer.headers.connection, 'close')
  t.regex(((await json(answer)) as { clientId: string }).clientId, /^tc_/)
  t.like(await ended, { code: 0, signal: null, stderr: '' })
})

// ————— requests —————

function bearer(scheme = 'Bearer'): string {
  return `${scheme} ${SUPER_ADMIN_TOKEN}`
}

function postClient(hostUrl: string, client: object, authorization?: string): Promise<Response> {
  return fetch(`${hostUrl}/super-admin/oauth-clients`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(authorization ? { authorization } : {}) },
    body: JSON.stringify(client),
  })
}

async function register(
  t: ExecutionContext,
  hostUrl: string,
  newClient: NewClient,
): Promise<RegisteredClient> {
  const response = await postClient(hostUrl, newClient, bearer())
  t.is(response.status, 201)
  const { clientSecret, ...client } = await response.json()
  return { client, clientSecret }
}

interface HowToAuthorize {
  /** Defaults to one that nobody has signed in with. */
  readonly browser?: Browser
  readonly resource?: string
  readonly scope?: string
}

/** Signs a user in and allows everything. @returns The access token. */
async function authorize(
  t: ExecutionContext,
  client: RegisteredClient,
  username: string,
  { browser = startBrowser(), ...parameters }: HowToAuthorize = {},
): Promise<string> {
  const { hostUrl } = example
  const { callback } = await browser.authorize(
    authorizationUrl(hostUrl, client, parameters),
    username,
  )
  return await redeem(t, hostUrl, client, callback)
}

/** A person at the partner's application, connected to Teamcast. */
interface Person {
  /** Their browser, at Teamcast. */
  readonly browser: Browser
  /** Sends a request to the partner. */
  send(path: string | URL, method?: string, form?: URLSearchParams): Promise<Response>
  /** The partner's page. */
  home(): Promise<string>
  /** Signs in with Teamcast again, and returns the partner's client id there. */
  connect(): Promise<string>
  /** Its client id when it connected first. */
  readonly clientId: string
}

async function connectPartner(
  t: ExecutionContext,
  { partnerUrl }: Pick<RunningExample, 'partnerUrl'>,
  username: string,
): Promise<Person> {
  let cookie = ''
  const browser = startBrowser()
  const send: Person['send'] = async (path, method = 'GET', form) => {
    const response = await fetch(new URL(path, partnerUrl), {
      method,
      headers: { cookie, origin: partnerUrl },
      redirect: 'manual',
      ...(form === undefined ? {} : { body: form }),
    })
    const [setCookie] = response.headers.getSetCookie()
    if (setCookie !== undefined) {
      t.regex(setCookie, /; httponly/i)
      cookie = setCookie.split(';')[0] ?? ''
    }
    return response
  }
  const home = async (): Promise<string> => (await send('/')).text()
  const connect = async (): Promise<string> => {
    const location = (await send('/sign-in')).headers.get('location') ?? ''
    const { callback } = await browser.authorize(location, username)
    await send(callback ?? '')
    t.true((await home()).includes('Connected to Teamcast'))
    return new URL(location).searchParams.get('client_id') ?? ''
  }
  return { browser, send, home, connect, clientId: await connect() }
}

async function redeem(
  t: ExecutionContext,
  hostUrl: string,
  client: RegisteredClient,
  callback: URL | undefined,
): Promise<string> {
  const response = await postAs(client, `${hostUrl}/oauth/token`, {
    grant_type: 'authorization_code',
    code: callback?.searchParams.get('code') ?? '',
    code_verifier: CODE_VERIFIER,
  })
  t.is(response.status, 200)
  return (await response.json()).access_token
}

function callApi(hostUrl: string, method: string, accessToken?: string): Promise<Response> {
  const headers = accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` }
  return fetch(`${hostUrl}/api/interviews`, { method, headers })
}

async function interviewsSeenWith(accessToken: string): Promise<ReadonlyArray<string>> {
  const response = await callApi(example.hostUrl, 'GET', accessToken)
  const { interviews } = (await response.json()) as { interviews: ReadonlyArray<{ id: string }> }
  return interviews.map(({ id }) => id)
}

async function responseTo(sent: ClientRequest): Promise<IncomingMessage> {
  const [response] = await once(sent, 'response')
  return response
}
