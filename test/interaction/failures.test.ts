import { StorageError, type User } from '@teamcast/oauth-server'
import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import type { ArtifactStore } from '@teamcast/oauth-server/storage'
import test from 'ava'
import { assertErrorPage } from '../helpers/authorization-responses.ts'
import { startBrowser, titleOf, type Visit } from '../helpers/browser.ts'
import { authorizationUrl } from '../helpers/requests.ts'
import { ADA, startServer } from '../helpers/start-server.ts'

test('a failing store gets a page with 503 and Retry-After, and no redirect', async (t) => {
  const memory = createMemoryStorage()
  let isBroken = false
  const artifacts: ArtifactStore = {
    ...memory.artifacts,
    async find(...parameters) {
      if (isBroken) throw new StorageError('the store is down')
      return memory.artifacts.find(...parameters)
    },
    async save(...parameters) {
      if (isBroken) throw new StorageError('the store is down')
      return memory.artifacts.save(...parameters)
    },
  }
  const { issuer, confidential } = await startServer(t, { storage: { ...memory, artifacts } })
  const browser = startBrowser()
  const page = await browser.open(authorizationUrl(issuer, confidential))

  isBroken = true

  for (const visit of [
    await browser.open(authorizationUrl(issuer, confidential)),
    await browser.open(page.url),
    await browser.signIn(page, 'ada@acme.test'),
    await browser.open(resumeUrlOf(issuer, page)),
  ]) {
    assertErrorPage(t, visit, 503)
    t.is(visit.headers.get('retry-after'), '5')
    t.false(visit.html.includes('the store is down'))
  }
  isBroken = false
  t.is(titleOf(await browser.signIn(page, 'ada@acme.test')), 'Allow access')
})

test('a host that cannot find users gets a page with 500, and no redirect', async (t) => {
  let isBroken = false
  const { issuer, confidential } = await startServer(t, {
    async findUser(): Promise<User> {
      if (isBroken) throw new Error('the host’s database is down')
      return ADA
    },
  })
  const browser = startBrowser()
  await browser.authorize(authorizationUrl(issuer, confidential), 'ada@acme.test')
  const page = await browser.open(authorizationUrl(issuer, confidential, { prompt: 'consent' }))

  isBroken = true

  for (const visit of [
    await browser.open(authorizationUrl(issuer, confidential)),
    await browser.open(authorizationUrl(issuer, confidential, { prompt: 'none' })),
    await browser.open(page.url),
    await browser.submit(page, { action: 'allow' }),
    await browser.submit(page, { action: 'deny' }),
  ]) {
    assertErrorPage(t, visit, 500)
    t.is(titleOf(visit), 'Something went wrong on our side')
    t.false(visit.html.includes('database'))
  }
  isBroken = false
  const granted = await browser.submit(page, { action: 'allow' })
  t.truthy(granted.callback?.searchParams.get('code'))
})

test('cookies of any kind never give a 5xx', async (t) => {
  const { issuer, confidential } = await startServer(t)
  const names = [
    'oauth_prt_',
    'oauth_session',
    'oauth_session.sig',
    '__Host-oauth_session',
    'oauth_resume',
  ]
  const values = ['', '=', '"', '%', 'a=b=c', 'é', ',', '{}', 'x'.repeat(1000), '\t']
  const jars = values.map((value) => names.map((name) => `${name}=${value}`).join('; '))
  const crowd = Array.from(
    { length: 30 },
    (_, index) => `oauth_prt_${'(<@é"'[index % 5]}${index}=x`,
  )

  for (const cookie of [...jars, crowd.join('; '), 'oauth_prt_', ';;;', '=', crowd.join(';')]) {
    const headers = { cookie: Buffer.from(cookie).toString('latin1') }
    const started = await fetch(authorizationUrl(issuer, confidential), {
      headers,
      redirect: 'manual',
    })
    t.is(started.status, 302, cookie.slice(0, 60))
    const location = started.headers.get('location') ?? ''
    const page = await fetch(issuer + location, { headers })
    t.is(page.status, 400, cookie.slice(0, 60))
  }
})

function resumeUrlOf(issuer: string, { url }: Visit): string {
  return `${issuer}/oauth/authorize/${url.searchParams.get('prt')}`
}

test('a host that cannot decide about a client gets a page with 503, and no redirect; nothing is lost', async (t) => {
  let isBroken = false
  const { issuer, confidential } = await startServer(t, {
    async authorizeClient() {
      if (isBroken) throw new Error('the host’s database is down')
      return true
    },
  })
  const browser = startBrowser()
  await browser.authorize(authorizationUrl(issuer, confidential), 'ada@acme.test')
  const page = await browser.open(authorizationUrl(issuer, confidential, { prompt: 'consent' }))

  isBroken = true

  for (const visit of [
    await browser.open(authorizationUrl(issuer, confidential)),
    await browser.open(authorizationUrl(issuer, confidential, { prompt: 'none' })),
    await browser.open(page.url),
    await browser.submit(page, { action: 'allow' }),
  ]) {
    assertErrorPage(t, visit, 503)
    t.is(visit.headers.get('retry-after'), '5')
    t.false(visit.html.includes('database'))
  }
  isBroken = false
  const granted = await browser.submit(page, { action: 'allow' })
  t.truthy(granted.callback?.searchParams.get('code'))
})
