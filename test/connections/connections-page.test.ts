import test from 'ava'
import { startBrowser, titleOf } from '../helpers/browser.ts'
import { recordEvents } from '../helpers/record-events.ts'
import { authorizationUrl } from '../helpers/requests.ts'
import { ADA, GRACE, startServer } from '../helpers/start-server.ts'
import { textOf } from '../pages/markup.ts'

const DAY_SECONDS = 24 * 60 * 60

test('connections page: lists what the user connected, newest first, in words', async (t) => {
  const { issuer, clock, confidential, public: publicClient } = await startServer(t)
  clock.set(Date.UTC(2026, 2, 3, 12) / 1000)
  const browser = startBrowser()
  await browser.authorize(authorizationUrl(issuer, confidential), ADA.email)
  clock.advance(2 * DAY_SECONDS)
  await browser.authorize(authorizationUrl(issuer, publicClient), ADA.email)

  const page = await browser.open(`${issuer}/account/connections`)
  t.is(page.status, 200)
  t.is(titleOf(page), 'Connected applications')
  const text = textOf(page.html)
  t.true(text.includes('Ada Lovelace ada@acme.test'))
  t.regex(text, /Acme Browser App .* Acme Recruiter/)
  t.true(text.includes('See your interviews and their results Create new interviews'))
  t.true(text.includes('Connected on 3 March 2026 · Not used yet'))
})

test('connections page: says when a client used its connection last', async (t) => {
  const { issuer, clock, confidential, issueTokens } = await startServer(t)
  const { clientId } = confidential.client
  await issueTokens({ userId: 'ada', clientId })
  clock.advance(2 * DAY_SECONDS)

  const browser = startBrowser()
  const page = await browser.signIn(await browser.open(`${issuer}/account/connections`), ADA.email)
  t.true(textOf(page.html).includes('Last used 2 days ago'))
})

test('connections page: nobody else’s connections are on it', async (t) => {
  const { issuer, confidential, public: publicClient, authorize } = await startServer(t)
  await authorize({ userId: 'ada', clientId: confidential.client.clientId })
  await authorize({ userId: 'grace', clientId: publicClient.client.clientId })

  const browser = startBrowser()
  const page = await browser.signIn(
    await browser.open(`${issuer}/account/connections`),
    GRACE.email,
  )
  const text = textOf(page.html)
  t.true(text.includes('Acme Browser App'))
  t.false(text.includes('Acme Recruiter'))
})

test('connections page: a user without connections is told so', async (t) => {
  const { issuer } = await startServer(t)
  const browser = startBrowser()
  const page = await browser.signIn(await browser.open(`${issuer}/account/connections`), ADA.email)
  t.true(textOf(page.html).includes('No application is connected to your account.'))
})

test('connections page: disconnects a client, says so once, and comes back with GET (RFC 9700 §4.12)', async (t) => {
  const { onEvent, settled } = recordEvents()
  const server = await startServer(t, { onEvent })
  const { issuer, confidential, public: publicClient, authorizationServer } = server
  const browser = startBrowser()
  await browser.authorize(authorizationUrl(issuer, confidential), ADA.email)
  await browser.authorize(authorizationUrl(issuer, publicClient), ADA.email)

  const { clientId } = confidential.client
  const page = await browser.open(`${issuer}/account/connections`)
  const after = await browser.submit(page, { action: 'disconnect', clientId })
  t.deepEqual(
    after.responses.map(({ status }) => status),
    [303, 200],
  )
  t.is(titleOf(after), 'Disconnected: Connected applications')
  const text = textOf(after.html)
  t.true(text.includes('Acme Recruiter is disconnected'))
  t.is(text.split('Acme Recruiter').length, 2)
  t.true(text.includes('Acme Browser App'))
  const [left, ...others] = await authorizationServer.connections.list('ada')
  t.is(left?.clientId, publicClient.client.clientId)
  t.deepEqual(others, [])
  const events = await settled()
  const { at: _at, ip, ...event } = events.find(({ type }) => type === 'connection.revoked') ?? {}
  t.regex(String(ip), /127\.0\.0\.1/)
  t.like(event, { clientId, userId: 'ada', tenantId: 'acme', reason: 'disconnected-by-user' })

  const reloaded = await browser.open(`${issuer}/account/connections`)
  t.false(textOf(reloaded.html).includes('is disconnected'))
})

test('connections page: disconnecting what is not connected, or no client at all, changes and says nothing', async (t) => {
  const { issuer, confidential, authorizationServer } = await startServer(t)
  const browser = startBrowser()
  await browser.authorize(authorizationUrl(issuer, confidential), ADA.email)

  for (const clientId of ['tc_another', '', '\0', '../../x', 'x'.repeat(129)]) {
    const page = await browser.open(`${issuer}/account/connections`)
    const after = await browser.submit(page, { action: 'disconnect', clientId })
    t.is(titleOf(after), 'Connected applications')
  }
  t.is((await authorizationServer.connections.list('ada')).length, 1)
})

test('connections page: a scope that the client has lost is not on it; without any, the client still is', async (t) => {
  const { issuer, confidential, authorizationServer } = await startServer(t)
  const { clientId } = confidential.client
  const browser = startBrowser()
  await browser.authorize(authorizationUrl(issuer, confidential), ADA.email)

  await authorizationServer.clients.update(clientId, { scopes: ['candidate:read'] })
  const narrowed = await browser.open(`${issuer}/account/connections`)
  t.true(
    textOf(narrowed.html).includes('Acme Recruiter See candidates and their profiles Connected'),
  )

  await authorizationServer.clients.update(clientId, { scopes: ['interview:delete'] })
  const without = await browser.open(`${issuer}/account/connections`)
  t.true(textOf(without.html).includes('It can’t use your account at the moment.'))
})

test('connections page: its headers keep it to itself, and its policy lets in the logos it shows', async (t) => {
  const { issuer, registerClient, public: publicClient } = await startServer(t)
  const first = await registerClient({
    name: 'First',
    clientType: 'CONFIDENTIAL',
    scopes: ['interview:read'],
    redirectUris: ['https://first.example/callback'],
    logoUrl: 'https://cdn.first.example/logo.svg',
  })
  const second = await registerClient({
    name: 'Second',
    clientType: 'CONFIDENTIAL',
    scopes: ['interview:read'],
    redirectUris: ['https://second.example/callback'],
    logoUrl: 'https://cdn.second.example/logo.svg',
  })
  const browser = startBrowser()
  for (const client of [first, publicClient, second]) {
    await browser.authorize(authorizationUrl(issuer, client), ADA.email)
  }

  const { headers } = await browser.open(`${issuer}/account/connections`)
  t.regex(
    headers.get('content-security-policy') ?? '',
    /img-src https:\/\/cdn\.(first|second)\.example https:\/\/cdn\.(first|second)\.example;/,
  )
  t.is(headers.get('cache-control'), 'no-store')
  t.is(headers.get('referrer-policy'), 'same-origin')
  t.is(headers.get('x-frame-options'), 'DENY')
  t.is(headers.get('vary'), 'Accept')
  t.is(headers.get('content-type'), 'text/html; charset=utf-8')
})

test('connections page: other methods get 405 with those that are allowed', async (t) => {
  const { issuer } = await startServer(t)
  for (const [path, allow] of [
    ['/account/connections', 'GET, POST, HEAD'],
    ['/account/connections/tc_any', 'DELETE'],
  ]) {
    const headers = { origin: 'https://elsewhere.example' }
    for (const method of ['PUT', 'OPTIONS']) {
      const response = await fetch(issuer + path, { method, headers })
      t.is(response.status, 405)
      t.is(response.headers.get('allow'), allow ?? '')
      t.is(response.headers.get('access-control-allow-origin'), null)
    }
  }
  const response = await fetch(`${issuer}/account/connections`, {
    method: 'PUT',
    headers: { accept: 'text/html' },
  })
  t.is(response.headers.get('content-type'), 'text/html; charset=utf-8')
  t.true((await response.text()).includes('This page can’t be used this way'))
})
