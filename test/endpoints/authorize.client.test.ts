import test from 'ava'
import {
  assertErrorPage,
  assertErrorRedirect,
  assertNoCors,
} from '../helpers/authorization-responses.ts'
import { startBrowser, titleOf, type Visit } from '../helpers/browser.ts'
import { authorizationUrl, CODE_VERIFIER } from '../helpers/requests.ts'
import { CONFIDENTIAL_CLIENT, PUBLIC_CLIENT, startServer } from '../helpers/start-server.ts'
import { assertRefused, redeem } from '../helpers/token-requests.ts'

const REDIRECT_URI = 'https://recruiter.example/callback'

const strangeRedirectUris: ReadonlyArray<[difference: string, redirectUri: string | undefined]> = [
  ['missing', undefined],
  ['empty', ''],
  ['of another host', 'https://evil.example/callback'],
  ['of a subdomain', 'https://a.recruiter.example/callback'],
  ['of a host that begins alike', 'https://recruiter.example.evil.example/callback'],
  ['of another scheme', 'http://recruiter.example/callback'],
  ['different in the case of its host', 'https://Recruiter.example/callback'],
  ['different in the case of its scheme', 'HTTPS://recruiter.example/callback'],
  ['different in the case of its path', 'https://recruiter.example/Callback'],
  ['longer by a slash', 'https://recruiter.example/callback/'],
  ['longer by a path', 'https://recruiter.example/callback/x'],
  ['climbing through its path', 'https://recruiter.example/x/../callback'],
  ['longer by a query', 'https://recruiter.example/callback?x=1'],
  ['longer by an empty query', 'https://recruiter.example/callback?'],
  ['longer by a fragment', 'https://recruiter.example/callback#x'],
  ['with an encoded character', 'https://recruiter.example/callbac%6B'],
  ['with credentials', 'https://user@recruiter.example/callback'],
  ['with the registered host as user', 'https://recruiter.example:x@evil.example/callback'],
  ['with the default port', 'https://recruiter.example:443/callback'],
  ['with another port', 'https://recruiter.example:8443/callback'],
  ['with a trailing dot', 'https://recruiter.example./callback'],
  ['with a backslash', 'https://recruiter.example\\callback'],
  ['followed by a space', 'https://recruiter.example/callback '],
  ['followed by a NUL byte', 'https://recruiter.example/callback\0'],
  ['no URI at all', 'callback'],
  ['a script', 'javascript:alert(1)'],
  ['of an internal kind', 'https://client.invalid/'],
  ['a method of its object', '__proto__'],
]

for (const [difference, redirectUri] of strangeRedirectUris) {
  test(`GET /oauth/authorize: a redirect_uri ${difference} gets a 400 page and no redirect (OAuth 2.1 §2.3.1, §4.1.2.1)`, async (t) => {
    const { issuer, confidential } = await startServer(t)
    const strange = { redirect_uri: redirectUri }

    const page = await startBrowser().open(authorizationUrl(issuer, confidential, strange))
    const pageWithOtherFaults = await startBrowser().open(
      authorizationUrl(issuer, confidential, { ...strange, scope: 'x', response_type: 'token' }),
    )

    for (const visit of [page, pageWithOtherFaults]) {
      assertErrorPage(t, visit, 400)
      t.is(titleOf(visit), 'This application’s request is not valid')
      t.false(visit.html.includes('evil'))
    }
  })
}

for (const clientId of [undefined, '', 'unknown', ' ', '__proto__', 'a'.repeat(3000), '\0']) {
  test(`GET /oauth/authorize: client_id ${JSON.stringify(clientId)?.slice(0, 20)} gets a 400 page and no redirect (OAuth 2.1 §4.1.2.1)`, async (t) => {
    const { issuer, confidential } = await startServer(t)

    const visit = await startBrowser().open(
      authorizationUrl(issuer, confidential, { client_id: clientId }),
    )

    assertErrorPage(t, visit, 400)
    if (clientId) t.true(visit.html.includes('No application has this client_id'))
  })
}

test('GET /oauth/authorize: the id of a client that was deleted gets a 400 page and no redirect', async (t) => {
  const { issuer, confidential, authorizationServer } = await startServer(t)
  const browser = startBrowser()
  await browser.authorize(authorizationUrl(issuer, confidential), 'ada@acme.test')

  await authorizationServer.clients.delete(confidential.client.clientId)

  assertErrorPage(t, await browser.open(authorizationUrl(issuer, confidential)), 400)
  assertErrorPage(
    t,
    await browser.open(authorizationUrl(issuer, confidential, { prompt: 'none' })),
    400,
  )
})

const LOOPBACK_REDIRECT_URIS: ReadonlyArray<string> = [
  'http://127.0.0.1/callback?from=cli',
  'http://localhost:8123/callback',
  'http://[::1]:8123/callback',
]

for (const registered of LOOPBACK_REDIRECT_URIS) {
  const { hostname, pathname, search } = new URL(registered)
  test(`GET /oauth/authorize: a PUBLIC client gets its code at any port of ${registered} (RFC 8252 §7.3, OAuth 2.1 §8.4.2)`, async (t) => {
    const server = await startServer(t)
    const cli = await server.registerClient({ ...PUBLIC_CLIENT, redirectUris: [registered] })
    const browser = startBrowser()
    for (const authority of [hostname, `${hostname}:80`, `${hostname}:8123`, `${hostname}:65535`]) {
      const redirectUri = `http://${authority}${pathname}${search}`
      const url = authorizationUrl(server.issuer, cli, { redirect_uri: redirectUri })

      // Any program may listen there: consent is asked for each time (RFC 8252 §8.6).
      const consentPage = await browser.open(url)
      const visit =
        titleOf(consentPage) === 'Sign in'
          ? await browser.authorize(url, 'ada@acme.test')
          : await browser.submit(consentPage, { action: 'allow' })

      const location = visit.headers.get('location') ?? ''
      t.true(location.startsWith(redirectUri), location)
      const code = visit.callback?.searchParams.get('code') ?? ''
      const authorization = { code, codeVerifier: CODE_VERIFIER }
      const redeemed = await redeem(server, cli, { ...authorization, redirectUri })
      t.is(redeemed.status, 200)
    }
  })

  test(`GET /oauth/authorize: nothing but the port of ${registered} may differ (RFC 8252 §7.3)`, async (t) => {
    const { issuer, registerClient } = await startServer(t)
    const cli = await registerClient({ ...PUBLIC_CLIENT, redirectUris: [registered] })
    const others = ['127.0.0.1', 'localhost', '[::1]', '127.0.0.2'].filter((it) => it !== hostname)
    const wrong = [
      ...others.map((host) => `http://${host}:8123${pathname}${search}`),
      ...['', '/callback/', '/Callback', '/%63allback'].map(
        (path) => `http://${hostname}:8123${path}${search}`,
      ),
      `http://${hostname}:8123${pathname}${search}&more=1`,
      `http://${hostname}:8123${pathname}?from=other`,
      `http://${hostname}:8123${pathname}${search}#`,
      `https://${hostname}:8123${pathname}${search}`,
      `http://user@${hostname}:8123${pathname}${search}`,
      `http://${hostname}:8123@evil.example${pathname}${search}`,
      `http://${hostname}.evil.example:8123${pathname}${search}`,
      `http://${hostname}:0${pathname}${search}`,
      `http://${hostname}:08123${pathname}${search}`,
      `http://${hostname}:65536${pathname}${search}`,
      `http://${hostname}:${pathname}${search}`,
      `http://${hostname}:8123\n${pathname}${search}`,
    ]
    for (const redirectUri of wrong) {
      const url = authorizationUrl(issuer, cli, { redirect_uri: redirectUri })
      const visit = await startBrowser().open(url)
      assertErrorPage(t, visit, 400)
    }
  })
}

test('GET /oauth/authorize: for a CONFIDENTIAL client, and for any other host, the port counts (RFC 9700 §2.1)', async (t) => {
  const { issuer, registerClient } = await startServer(t)
  const [local, remote] = ['http://localhost:8123/callback', 'https://spa.example:8123/callback']
  const webApplication = await registerClient({ ...CONFIDENTIAL_CLIENT, redirectUris: [local] })
  const browserApp = await registerClient({ ...PUBLIC_CLIENT, redirectUris: [remote] })
  for (const [client, redirectUri] of [
    [webApplication, 'http://localhost:8124/callback'],
    [browserApp, 'https://spa.example:8124/callback'],
  ] as const) {
    t.is(titleOf(await startBrowser().open(authorizationUrl(issuer, client))), 'Sign in')
    const url = authorizationUrl(issuer, client, { redirect_uri: redirectUri })
    assertErrorPage(t, await startBrowser().open(url), 400)
  }
})

test('POST /oauth/token: the redirect_uri is compared with the requested one, its port too (OAuth 2.1 §4.1.3)', async (t) => {
  const server = await startServer(t)
  const registered = 'http://127.0.0.1/callback'
  const cli = await server.registerClient({ ...PUBLIC_CLIENT, redirectUris: [registered] })
  const redirectUri = 'http://127.0.0.1:50123/callback'
  for (const presented of [registered, 'http://127.0.0.1:50124/callback']) {
    const url = authorizationUrl(server.issuer, cli, { redirect_uri: redirectUri })
    const visit = await startBrowser().authorize(url, 'ada@acme.test')
    const code = visit.callback?.searchParams.get('code') ?? ''
    const authorization = { code, codeVerifier: CODE_VERIFIER, redirectUri: presented }
    await assertRefused(t, await redeem(server, cli, authorization), 400, 'invalid_grant')
  }
})

const redirectUrisWithQuery: ReadonlyArray<[redirectUri: string, separator: string]> = [
  ['https://recruiter.example/callback?tenant=a%2Fb&x=%20', '&'],
  ['https://recruiter.example/callback?x=a%20b', '&'],
  ['https://recruiter.example/callback?x=a+b', '&'],
  ['https://recruiter.example/callback?flag', '&'],
  ['https://recruiter.example/callback?flag=', '&'],
  ['https://recruiter.example/callback?=', '&'],
  ['https://recruiter.example/callback?ids[]=1&ids[]=2', '&'],
  ['https://recruiter.example/callback?lower=%c3%a9&unreserved=%7E%41', '&'],
  ['https://recruiter.example/callback?broken=%zz%', '&'],
  ['https://recruiter.example/callback?p=a:b/c?d@e!$(*),;~._-', '&'],
  ['https://recruiter.example/callback?x=1&', ''],
  ['https://recruiter.example/callback?&&x=1', '&'],
  ['https://recruiter.example/callback?', ''],
  ['https://recruiter.example', '?'],
  ['http://127.0.0.1:8123/callback?x=a%20b', '&'],
  ['com.example.app:/callback?flag&x=a%20b', '&'],
]

for (const [redirectUri, separator] of redirectUrisWithQuery) {
  test(`GET /oauth/authorize: every response is appended to ${redirectUri} as registered (RFC 6749 §3.1.2)`, async (t) => {
    const { issuer, registerClient } = await startServer(t)
    const client = await registerClient({ ...PUBLIC_CLIENT, redirectUris: [redirectUri] })
    const request = authorizationUrl(issuer, client)
    const twice = `${request}&scope=interview%3Aread`
    const browser = startBrowser()
    const responses: Array<[Visit, parameters: ReadonlyArray<string>]> = [
      [
        await browser.open(authorizationUrl(issuer, client, { prompt: 'none' })),
        ['error', 'error_description', 'state', 'iss'],
      ],
      [
        await browser.open(authorizationUrl(issuer, client, { scope: '' })),
        ['error', 'error_description', 'state', 'iss'],
      ],
      [await browser.open(twice), ['error', 'error_description', 'state', 'iss']],
      [
        await browser.submit(await browser.open(request), { action: 'cancel' }),
        ['error', 'error_description', 'state', 'iss'],
      ],
      [await browser.authorize(request, 'ada@acme.test'), ['code', 'state', 'iss']],
      [
        await browser.submit(
          await browser.open(authorizationUrl(issuer, client, { prompt: 'consent' })),
          { action: 'deny' },
        ),
        ['error', 'error_description', 'state', 'iss'],
      ],
    ]

    for (const [{ headers, status }, parameters] of responses) {
      const location = headers.get('location') ?? ''
      const appended = location.slice(redirectUri.length)
      t.is(status, 302)
      t.is(location, redirectUri + appended)
      t.true(appended.startsWith(separator), location)
      const names = [...new URLSearchParams(appended.slice(separator.length)).keys()]
      t.deepEqual(names, parameters)
    }
  })
}

test('GET /oauth/authorize: a client without the authorization_code grant → unauthorized_client (OAuth 2.1 §4.1.2.1)', async (t) => {
  const { issuer, registerClient } = await startServer(t)
  const service = { ...CONFIDENTIAL_CLIENT, allowedGrantTypes: ['client_credentials'] as const }
  const withRedirectUri = await registerClient(service)
  const withoutRedirectUri = await registerClient({ ...service, redirectUris: [] })

  const visit = await startBrowser().open(authorizationUrl(issuer, withRedirectUri))
  const parameters = assertErrorRedirect(t, visit, {
    redirectUri: REDIRECT_URI,
    error: 'unauthorized_client',
    issuer,
  })
  t.is(parameters.get('state'), 'a state')
  assertErrorPage(
    t,
    await startBrowser().open(
      authorizationUrl(issuer, withoutRedirectUri, { redirect_uri: REDIRECT_URI }),
    ),
    400,
  )
})

const states = [
  'plain',
  'with spaces and + plus',
  ' leading and trailing ',
  '100%25 %41 %zz %',
  'ünïcödé 日本語 🙂',
  '"<script>alert(1)</script>&\'',
  'a=b&code=x#fragment?query',
  'x'.repeat(2000),
  'line\r\nbreak\ttab',
]

for (const state of states) {
  test(`GET /oauth/authorize: state ${JSON.stringify(state).slice(0, 40)} comes back as it was, on success and on error (OAuth 2.1 §4.1.2)`, async (t) => {
    const { issuer, confidential } = await startServer(t)
    const browser = startBrowser()

    const granted = await browser.authorize(
      authorizationUrl(issuer, confidential, { state }),
      'ada@acme.test',
    )
    const refused = await browser.open(authorizationUrl(issuer, confidential, { state, scope: '' }))

    for (const { callback } of [granted, refused]) {
      t.deepEqual(callback?.searchParams.getAll('state'), [state])
    }
  })
}

test('GET /oauth/authorize: a success holds code, state and iss once each, and nothing else (RFC 9207 §2)', async (t) => {
  const { issuer, confidential } = await startServer(t)

  const visit = await startBrowser().authorize(
    authorizationUrl(issuer, confidential),
    'ada@acme.test',
  )

  t.is(visit.status, 302)
  t.true(visit.callback?.href.startsWith(`${REDIRECT_URI}?`))
  const parameters = new URL(visit.callback ?? '').searchParams
  t.deepEqual([...parameters.keys()].sort(), ['code', 'iss', 'state'])
  t.is(parameters.get('iss'), issuer)
  const metadata = await fetch(`${issuer}/.well-known/oauth-authorization-server`)
  t.like(await metadata.json(), { issuer, authorization_response_iss_parameter_supported: true })
  t.is(visit.headers.get('cache-control'), 'no-store')
  t.is(visit.headers.get('referrer-policy'), 'no-referrer')
})

for (const method of ['HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
  test(`${method} /oauth/authorize: is 405 with Allow (RFC 9110 §15.5.6)`, async (t) => {
    const { issuer, confidential } = await startServer(t)
    const url = authorizationUrl(issuer, confidential)

    const response = await fetch(url, { method, headers: { origin: 'https://spa.example' } })

    t.is(response.status, 405)
    t.is(response.headers.get('allow'), 'GET')
    assertNoCors(t, response.headers)
  })
}

test('GET /oauth/authorize: no CORS headers, even for the origin of a PUBLIC client (RFC 9700 §2.6)', async (t) => {
  const { issuer, public: spa } = await startServer(t)
  const origin = { origin: 'https://spa.example' }
  const browser = startBrowser()

  const signInPage = await browser.open(authorizationUrl(issuer, spa), origin)
  const consentPage = await browser.signIn(signInPage, 'ada@acme.test')
  const granted = await browser.submit(consentPage, { action: 'allow' })
  const refused = await browser.open(authorizationUrl(issuer, spa, { scope: '' }), origin)
  const page = await browser.open(authorizationUrl(issuer, spa, { redirect_uri: '' }), origin)

  t.truthy(granted.callback?.searchParams.get('code'))
  for (const { responses } of [signInPage, consentPage, granted, refused, page]) {
    for (const { headers } of responses) assertNoCors(t, headers)
  }
})
