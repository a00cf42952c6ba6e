import type { HostSession, HostSignInRequest } from '@teamcast/oauth-server'
import test, { type ExecutionContext } from 'ava'
import { type Browser, startBrowser, titleOf } from '../helpers/browser.ts'
import { ADA, type StartedServer, startServer } from '../helpers/start-server.ts'
import { textOf } from '../pages/markup.ts'

interface HostServer extends StartedServer {
  /** What the host's sign-in page was asked for. */
  readonly requests: ReadonlyArray<HostSignInRequest>
  readonly browser: Browser
}

/** A host whose users are signed in with a cookie that is their id, and in whose browser Ada is. */
async function startHostServer(t: ExecutionContext): Promise<HostServer> {
  const requests: Array<HostSignInRequest> = []
  const hostSession: HostSession = {
    async signedInUser(ctx) {
      const userId = ctx.cookies.get('host')
      return userId === undefined ? undefined : { userId, authenticatedAt: 0 }
    },
    signInUrl(request) {
      requests.push(request)
      return `https://teamcast.example/sign-in?${new URLSearchParams({ next: request.returnTo })}`
    },
  }
  const server = await startServer(t, { hostSession })
  const browser = startBrowser()
  browser.userAgent.cookies.push({ name: 'host', value: 'ada', path: '/' })
  return { ...server, requests, browser }
}

test('account with a host session: a user who is signed in at the host sees their connections, and signs out there', async (t) => {
  const { issuer, browser, requests } = await startHostServer(t)
  const page = await browser.open(`${issuer}/account/connections`)
  t.is(titleOf(page), 'Connected applications')
  t.true(textOf(page.html).includes(ADA.email))
  t.false(page.html.includes('sign-out'))
  t.deepEqual(requests, [])
})

test('account with a host session: a user who is not signed in is sent to the host, and back to the page', async (t) => {
  const { issuer, requests } = await startHostServer(t)
  const left = await startBrowser().open(`${issuer}/account/connections`)
  t.is(left.status, 302)
  t.is(left.callback?.host, 'teamcast.example')
  t.is(left.headers.get('cache-control'), 'no-store')
  t.is(left.headers.get('vary'), 'Accept')
  const returnTo = `${issuer}/account/connections`
  t.deepEqual(requests, [{ returnTo, mustReauthenticate: false, loginHint: undefined }])
})

test('account with a host session: no parameter decides where the browser goes', async (t) => {
  const server = await startHostServer(t)
  const { issuer, browser, requests, confidential, authorize } = server
  const { clientId } = confidential.client
  await authorize({ userId: 'ada', clientId, userAgent: browser.userAgent })
  const query = 'next=https://evil.example&returnTo=https://evil.example&clientId=tc_x'
  await startBrowser().open(`${issuer}/account/connections?${query}`)
  t.is(requests[0]?.returnTo, `${issuer}/account/connections`)

  const page = await browser.open(`${issuer}/account/connections?${query}`)
  const after = await browser.submit(page, { action: 'disconnect', clientId })
  t.is(after.url.href, `${issuer}/account/connections`)
})

test('account with a host session: a user whom the host signed in but findUser does not find is not redirected in a loop', async (t) => {
  const { issuer, browser, users, requests } = await startHostServer(t)
  users.delete('ada')
  const left = await browser.open(`${issuer}/account/connections`)
  t.is(left.callback?.host, 'teamcast.example')
  t.true(requests[0]?.mustReauthenticate)
})

test('account with a host session: JSON gets 401 instead of a redirect', async (t) => {
  const { issuer, browser, requests } = await startHostServer(t)
  const headers = { accept: 'application/json' }
  t.is((await fetch(`${issuer}/account/connections`, { headers })).status, 401)
  t.is((await browser.userAgent.request(`${issuer}/account/connections`, { headers })).status, 200)
  t.deepEqual(requests, [])
})

test('account with a host session: disconnects; nobody can sign in or out by a form', async (t) => {
  const { issuer, browser, confidential, authorize, authorizationServer } = await startHostServer(t)
  const { clientId } = confidential.client
  await authorize({ userId: 'ada', clientId, userAgent: browser.userAgent })
  const page = await browser.open(`${issuer}/account/connections`)

  const still = await browser.submit(page, { action: 'sign-out' })
  t.true(textOf(still.html).includes('Acme Recruiter'))
  const { cookies } = browser.userAgent
  const atHost = cookies.findIndex(({ name }) => name === 'host')
  const [cookie] = cookies.splice(atHost, 1)
  const left = await browser.signIn(page, ADA.email)
  t.is(left.callback?.host, 'teamcast.example')
  if (cookie !== undefined) cookies.push(cookie)

  const after = await browser.submit(page, { action: 'disconnect', clientId })
  t.true(textOf(after.html).includes('Acme Recruiter is disconnected'))
  t.deepEqual(await authorizationServer.connections.list('ada'), [])
})

test('account with a host session: revoking everything of a user asks for consent again, and leaves the host’s session alone', async (t) => {
  const { issuer, browser, clock, confidential, issueTokens, authorizationServer } =
    await startHostServer(t)
  const { clientId } = confidential.client
  const { userAgent } = browser
  await issueTokens({ userId: 'ada', clientId, userAgent })
  t.is(await authorizationServer.connections.revokeAllOfUser('ada'), 1)

  clock.advance(2)
  const page = await browser.open(`${issuer}/account/connections`)
  t.true(textOf(page.html).includes('No application is connected'))
  await issueTokens({ userId: 'ada', clientId, userAgent })
  await issueTokens({ userId: 'ada', clientId, userAgent })
  t.is((await authorizationServer.connections.list('ada')).length, 1)
})
