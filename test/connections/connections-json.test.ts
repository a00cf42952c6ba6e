import test from 'ava'
import { type Browser, startBrowser } from '../helpers/browser.ts'
import { recordEvents } from '../helpers/record-events.ts'
import { postAs } from '../helpers/requests.ts'
import { ADA, GRACE, startServer } from '../helpers/start-server.ts'

const JSON_ONLY = { accept: 'application/json' }

async function signIn(issuer: string, username: string): Promise<Browser> {
  const browser = startBrowser()
  await browser.signIn(await browser.open(`${issuer}/account/connections`), username)
  return browser
}

async function readConnections(issuer: string, browser: Browser): Promise<Array<unknown>> {
  const response = await browser.userAgent.request(`${issuer}/account/connections`, {
    headers: JSON_ONLY,
  })
  return (await response.json()).connections
}

test('connections as JSON: each with what it may do, since when, and when it was used', async (t) => {
  const { issuer, clock, registerClient, issueTokens } = await startServer(t)
  const { client } = await registerClient({
    name: 'Acme Recruiter',
    clientType: 'PUBLIC',
    scopes: ['interview:read', 'candidate:read'],
    redirectUris: ['https://recruiter.example/callback'],
    clientUri: 'https://recruiter.example/',
    logoUrl: 'https://recruiter.example/logo.svg',
    tosUri: 'https://recruiter.example/terms',
  })
  const { clientId } = client
  const first = clock.now()
  await issueTokens({ userId: 'ada', clientId, scopes: ['candidate:read'] })
  clock.advance(7200)
  await issueTokens({ userId: 'ada', clientId })

  const browser = await signIn(issuer, ADA.email)
  const response = await browser.userAgent.request(`${issuer}/account/connections`, {
    headers: JSON_ONLY,
  })
  t.is(response.status, 200)
  t.is(response.headers.get('content-type'), 'application/json; charset=utf-8')
  t.is(response.headers.get('cache-control'), 'no-store')
  t.is(response.headers.get('vary'), 'Accept')
  t.deepEqual(await response.json(), {
    connections: [
      {
        clientId,
        name: 'Acme Recruiter',
        clientUri: 'https://recruiter.example/',
        logoUrl: 'https://recruiter.example/logo.svg',
        scopes: [
          {
            scope: 'candidate:read',
            description: 'See candidates and their profiles',
            isSensitive: false,
            grantedAt: first,
          },
          {
            scope: 'interview:read',
            description: 'See your interviews and their results',
            isSensitive: false,
            grantedAt: first + 7200,
          },
        ],
        connectedAt: first,
        lastUsedAt: first + 7200,
      },
    ],
  })
})

test('connections as JSON: for clients that prefer it; a page for all others (RFC 9110 §12.5.1)', async (t) => {
  const { issuer } = await startServer(t)
  const browser = await signIn(issuer, ADA.email)
  const accepts: Readonly<Record<string, string>> = {
    'application/json': 'json',
    'application/json, text/plain, */*': 'json',
    'application/problem+json': 'json',
    'text/html;q=0.5, application/json': 'json',
    'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8': 'html',
    'application/json;q=0.5, text/html': 'html',
    '*/*': 'html',
    'image/png': 'html',
  }
  for (const [accept, expected] of Object.entries(accepts)) {
    const response = await browser.userAgent.request(`${issuer}/account/connections`, {
      headers: { accept },
    })
    t.true(response.headers.get('content-type')?.includes(expected), accept)
    t.is(response.headers.get('vary'), 'Accept')
    await response.text()
  }
})

test('connections as JSON: a request without a session gets 401, as problem details (RFC 9457)', async (t) => {
  const { issuer, confidential, authorize, authorizationServer } = await startServer(t)
  const { clientId } = confidential.client
  await authorize({ userId: 'ada', clientId })
  const requests: ReadonlyArray<readonly [string, RequestInit]> = [
    ['/account/connections', { headers: JSON_ONLY }],
    [`/account/connections/${clientId}`, { method: 'DELETE' }],
  ]
  for (const [path, init] of requests) {
    const response = await fetch(issuer + path, init)
    t.is(response.status, 401)
    t.is(response.headers.get('content-type'), 'application/problem+json')
    t.is(response.headers.get('cache-control'), 'no-store')
    t.regex(response.headers.get('www-authenticate') ?? '', /^Cookie realm="/)
    t.like(await response.json(), { type: 'about:blank', title: 'Unauthorized', status: 401 })
  }
  t.is((await authorizationServer.connections.list('ada')).length, 1)
})

test('connections as JSON: DELETE disconnects, 204; what is not connected is 404', async (t) => {
  const { onEvent, settled } = recordEvents()
  const server = await startServer(t, { onEvent })
  const { issuer, confidential, public: publicClient, issueTokens } = server
  const { clientId } = confidential.client
  const tokens = await issueTokens({ userId: 'ada', clientId })
  await issueTokens({ userId: 'grace', clientId })
  const browser = await signIn(issuer, ADA.email)
  const disconnect = (id: string): Promise<Response> =>
    browser.userAgent.request(`${issuer}/account/connections/${id}`, { method: 'DELETE' })

  const done = await disconnect(clientId)
  t.is(done.status, 204)
  t.is(done.headers.get('cache-control'), 'no-store')
  t.is(await done.text(), '')
  const events = await settled()
  const event = events.find(({ type }) => type === 'connection.revoked')
  t.like(event, { clientId, userId: 'ada', tenantId: 'acme', reason: 'disconnected-by-user' })
  t.deepEqual(await readConnections(issuer, browser), [])
  const { access_token: token } = tokens
  const introspected = await postAs(confidential, `${issuer}/oauth/introspect`, { token })
  t.deepEqual(await introspected.json(), { active: false })

  for (const id of [clientId, publicClient.client.clientId, 'tc_unknown']) {
    const response = await disconnect(id)
    t.is(response.status, 404)
    t.is(response.headers.get('content-type'), 'application/problem+json')
    t.like(await response.json(), { title: 'Not Found', status: 404 })
  }
  t.is((await readConnections(issuer, await signIn(issuer, GRACE.email))).length, 1)
})

test('connections as JSON: a wrong method gets problem details', async (t) => {
  const { issuer } = await startServer(t)
  const response = await fetch(`${issuer}/account/connections/tc_any`, { method: 'PATCH' })
  t.is(response.status, 405)
  t.is(response.headers.get('allow'), 'DELETE')
  t.is(response.headers.get('content-type'), 'application/problem+json')
})
