import test from 'ava'
import { formOf, PASSWORD, startBrowser } from '../helpers/browser.ts'
import { recordEvents } from '../helpers/record-events.ts'
import { authorizationUrl } from '../helpers/requests.ts'
import { startServer } from '../helpers/start-server.ts'

const SCOPES = ['interview:read', 'interview:create', 'candidate:read']

test('audit: sign-in, consent and authorization name user, client, tenant and address, and nothing secret (ASVS 16.2, 16.3)', async (t) => {
  const { onEvent, settled } = recordEvents()
  const { issuer, confidential } = await startServer(t, {
    onEvent,
  })
  const browser = startBrowser()

  const signInPage = await browser.open(authorizationUrl(issuer, confidential))
  const again = await browser.signIn(signInPage, 'ada@acme.test', 'a wrong password')
  const consentPage = await browser.signIn(again, 'ada@acme.test')
  const granted = await browser.submit(consentPage, { action: 'allow' })

  const { clientId } = confidential.client
  const subject = { clientId, userId: 'ada', tenantId: 'acme', ip: '127.0.0.1', version: 1 }
  const events = await settled()
  const ofRequests = events.filter(({ type }) => type !== 'client.registered')
  const [failed, signedIn, consented, authorized, ...others] = ofRequests
  t.like(failed, {
    type: 'user.sign-in-failed',
    clientId,
    username: 'ada@acme.test',
    reason: 'invalid-credentials',
    ip: '127.0.0.1',
  })
  t.like(signedIn, { ...subject, type: 'user.signed-in' })
  t.like(consented, { ...subject, type: 'consent.granted', scopes: SCOPES })
  t.like(authorized, { ...subject, type: 'authorization.granted', scopes: SCOPES })
  t.deepEqual(others, [])

  const text = JSON.stringify(events)
  const secrets = [
    PASSWORD,
    'a wrong password',
    granted.callback?.searchParams.get('code') ?? '',
    signInPage.url.searchParams.get('prt') ?? '',
    formOf(consentPage).hidden['csrf'] ?? '',
    ...browser.userAgent.cookies.map(({ value }) => value),
  ]
  for (const secret of secrets) {
    t.true(secret.length > 8)
    t.false(text.includes(secret))
  }
})

test('audit: a denial names who denied', async (t) => {
  const { onEvent, settled } = recordEvents()
  const { issuer, confidential } = await startServer(t, {
    onEvent,
  })
  const browser = startBrowser()
  const signInPage = await browser.open(authorizationUrl(issuer, confidential))
  const consentPage = await browser.signIn(signInPage, 'ada@acme.test')

  await browser.submit(consentPage, { action: 'deny' })

  const events = await settled()
  t.like(events.at(-1), {
    type: 'authorization.denied',
    result: 'failure',
    clientId: confidential.client.clientId,
    userId: 'ada',
    error: 'access_denied',
    reason: 'the user denied the request',
  })
})

test('audit: a request that is refused in place has the reason', async (t) => {
  const { onEvent, settled } = recordEvents()
  const { issuer, confidential } = await startServer(t, {
    onEvent,
  })

  await startBrowser().open(
    authorizationUrl(issuer, confidential, { redirect_uri: 'https://evil.example/' }),
  )

  const events = await settled()
  t.like(events.at(-1), {
    type: 'authorization.refused',
    clientId: confidential.client.clientId,
    error: 'invalid_redirect_uri',
  })
})
