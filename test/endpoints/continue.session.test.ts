import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import test from 'ava'
import { startBrowser, titleOf } from '../helpers/browser.ts'
import { startHost } from '../helpers/host-application.ts'
import { authorizationUrl } from '../helpers/requests.ts'
import { startServer } from '../helpers/start-server.ts'

const DAY_SECONDS = 24 * 60 * 60

test('session: it ends fourteen days after it was used last', async (t) => {
  const { issuer, confidential, clock } = await startServer(t)
  const browser = startBrowser()
  await browser.authorize(authorizationUrl(issuer, confidential), 'ada@acme.test')

  clock.advance(13 * DAY_SECONDS)
  const used = await browser.open(authorizationUrl(issuer, confidential))
  t.truthy(used.callback?.searchParams.get('code'))
  clock.advance(14 * DAY_SECONDS)
  t.is(titleOf(await browser.open(authorizationUrl(issuer, confidential))), 'Sign in')
})

test('session: it outlives a change of the cookie keys, and every cookie keeps its attributes', async (t) => {
  const storage = createMemoryStorage()
  const oldKey = 'the old cookie key of a test server'
  const newKey = 'the new cookie key of a test server'
  const issuer = 'https://mayaapi.teamcast.ai/auth'
  const before = await startHost(t, { issuer, options: { storage, cookieKeys: [oldKey] } })
  const after = await startHost(t, { issuer, options: { storage, cookieKeys: [newKey, oldKey] } })
  const url = authorizationUrl(issuer, before.client)
  const first = before.startBrowser()
  await first.authorize(url, 'ada@acme.test')
  const consentUrl = authorizationUrl(issuer, before.client, { prompt: 'consent' })
  const openPage = await first.open(consentUrl)

  const later = after.startBrowser()
  later.userAgent.cookies.push(...first.userAgent.cookies)
  const reloaded = await later.open(openPage.url)
  t.is(titleOf(reloaded), 'Allow access')
  const granted = await later.open(url)
  t.truthy(granted.callback?.searchParams.get('code'))

  const set = [...reloaded.responses, ...granted.responses].flatMap(({ headers }) =>
    headers.getSetCookie(),
  )
  t.true(set.length >= 2)
  for (const cookie of set) {
    t.regex(cookie, /; path=\/auth;/)
    t.regex(cookie, /; samesite=lax; secure; httponly/i)
  }
})

test('session: with cookie keys that are all new, everybody signs in again', async (t) => {
  const storage = createMemoryStorage()
  const issuer = 'https://mayaapi.teamcast.ai'
  const before = await startHost(t, { issuer, options: { storage } })
  const cookieKeys = ['another cookie key of a test server'] as const
  const after = await startHost(t, { issuer, options: { storage, cookieKeys } })
  const url = authorizationUrl(issuer, before.client)
  const first = before.startBrowser()
  await first.authorize(url, 'ada@acme.test')

  const later = after.startBrowser()
  later.userAgent.cookies.push(...first.userAgent.cookies)

  t.is(titleOf(await later.open(url)), 'Sign in')
})
