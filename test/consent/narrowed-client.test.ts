/** What becomes of a consent when a client asks for more, or may do less. */

import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import test from 'ava'
import { startBrowser, titleOf } from '../helpers/browser.ts'
import { authorizationUrl, postAs } from '../helpers/requests.ts'
import { ADA, startServer } from '../helpers/start-server.ts'

test('a client that lost scopes keeps the rest: tokens have it, and no new consent is asked for', async (t) => {
  const { issuer, confidential, issueTokens, authorizationServer } = await startServer(t)
  const { clientId } = confidential.client
  const { refresh_token: token = '' } = await issueTokens({ userId: 'ada', clientId })
  await authorizationServer.clients.update(clientId, {
    scopes: ['interview:read', 'candidate:read'],
  })

  const refreshed = await postAs(confidential, `${issuer}/oauth/token`, {
    grant_type: 'refresh_token',
    refresh_token: token,
  })
  t.is((await refreshed.json()).scope, 'interview:read candidate:read')

  const browser = startBrowser()
  const scope = 'interview:read candidate:read'
  const page = await browser.open(authorizationUrl(issuer, confidential, { scope }))
  t.truthy((await browser.signIn(page, ADA.email)).callback?.searchParams.get('code'))
  const [connection] = await authorizationServer.connections.list('ada')
  t.deepEqual(
    connection?.scopes.map((granted) => granted.scope),
    ['interview:read', 'candidate:read'],
  )
})

test('a client that was given a scope asks for that one only, and every scope keeps its date', async (t) => {
  const storage = createMemoryStorage()
  const server = await startServer(t, { storage })
  const { issuer, clock, confidential, authorizationServer } = server
  const { clientId } = confidential.client
  const { connections, clients } = authorizationServer
  const first = clock.now()
  const browser = startBrowser()
  await browser.authorize(authorizationUrl(issuer, confidential), ADA.email)
  const [before] = await connections.list('ada')

  clock.advance(60)
  const client = await clients.update(clientId, {
    scopes: ['interview:read', 'interview:create', 'candidate:read', 'interview:approve'],
  })
  const page = await browser.open(authorizationUrl(issuer, { ...confidential, client }))
  t.is(titleOf(page), 'Allow access')
  const [asked = '', allowed = ''] = page.html.split('Already allowed')
  t.true(asked.includes('Approve interviews and their results on your behalf'))
  t.is(asked.match(/<li\b/g)?.length, 1)
  t.is(allowed.match(/<li\b/g)?.length, 3)
  await browser.submit(page, { action: 'allow' })

  const [after] = await connections.list('ada')
  t.is(after?.connectedAt, before?.connectedAt)
  t.deepEqual(
    after?.scopes.map(({ scope, grantedAt }) => [scope, grantedAt - first]),
    [
      ['interview:read', 0],
      ['interview:create', 0],
      ['candidate:read', 0],
      ['interview:approve', 60],
    ],
  )
})

test('what a client lost stays in the consent’s history, and is shown again when it has it back', async (t) => {
  const storage = createMemoryStorage()
  const server = await startServer(t, { storage })
  const { issuer, confidential, authorizationServer } = server
  const { clientId, scopes } = confidential.client
  const { connections, clients } = authorizationServer
  const browser = startBrowser()
  await browser.authorize(authorizationUrl(issuer, confidential), ADA.email)

  await clients.update(clientId, { scopes: ['candidate:read'] })
  await browser.open(authorizationUrl(issuer, confidential, { scope: 'candidate:read' }))
  t.is((await connections.list('ada'))[0]?.scopes.length, 1)
  t.is((await storage.consents.find('ada', clientId))?.scopes.length, 3)
  await clients.update(clientId, { scopes })
  t.is((await connections.list('ada'))[0]?.scopes.length, 3)
})
