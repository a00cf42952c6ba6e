import { type Storage, StorageError } from '@teamcast/oauth-server'
import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import test from 'ava'
import { startBrowser, titleOf } from '../helpers/browser.ts'
import { recordEvents } from '../helpers/record-events.ts'
import { ADA, startServer } from '../helpers/start-server.ts'

/** A storage whose consents or artifacts can be taken away. */
function createFragileStorage(): { storage: Storage; broken: Set<keyof Storage> } {
  const memory = createMemoryStorage()
  const broken = new Set<keyof Storage>()
  const fragile = <Name extends 'consents' | 'artifacts'>(name: Name): Storage[Name] =>
    new Proxy(memory[name], {
      get(store, member) {
        if (!broken.has(name)) return Reflect.get(store, member)
        return async () => {
          throw new StorageError('connect ECONNREFUSED 10.0.0.7:5432')
        }
      },
    })
  const storage = { ...memory, consents: fragile('consents'), artifacts: fragile('artifacts') }
  return { storage, broken }
}

for (const store of ['consents', 'artifacts'] as const) {
  test(`account: while ${store} cannot be reached, HTML requests get a page with 503 and JSON requests problem details`, async (t) => {
    const { storage, broken } = createFragileStorage()
    const { issuer } = await startServer(t, { storage })
    const url = `${issuer}/account/connections`
    const browser = startBrowser()
    const page = await browser.signIn(await browser.open(url), ADA.email)
    broken.add(store)

    for (const visit of [
      await browser.open(url),
      await browser.submit(page, { action: 'disconnect', clientId: 'tc_any' }),
    ]) {
      t.is(visit.status, 503)
      t.is(titleOf(visit), 'Teamcast is not available right now')
      t.truthy(visit.headers.get('retry-after'))
      t.false(visit.html.includes('ECONNREFUSED'))
    }
    const requests = [
      [url, { headers: { accept: 'application/json' } }],
      [`${url}/tc_any`, { method: 'DELETE' }],
    ] as const
    for (const [target, init] of requests) {
      const response = await browser.userAgent.request(target, init)
      t.is(response.status, 503)
      t.is(response.headers.get('content-type'), 'application/problem+json')
      t.truthy(response.headers.get('retry-after'))
      const text = await response.text()
      t.like(JSON.parse(text), { status: 503, title: 'Service Unavailable' })
      t.false(text.includes('ECONNREFUSED'))
    }
  })
}

test('account: a session that cannot be saved, found or ended is reported with the call of the store that failed', async (t) => {
  const { storage, broken } = createFragileStorage()
  const { onEvent, settled } = recordEvents()
  const { issuer } = await startServer(t, { storage, onEvent })
  const browser = startBrowser()
  const signInPage = await browser.open(`${issuer}/account/connections`)
  broken.add('artifacts')
  t.is((await browser.signIn(signInPage, ADA.email)).status, 503)
  broken.clear()
  const page = await browser.signIn(signInPage, ADA.email)
  broken.add('artifacts')
  t.is((await browser.submit(page, { action: 'sign-out' })).status, 503)

  const errors = (await settled()).flatMap((event) => ('error' in event ? [event.error] : []))
  const reported = { name: 'StorageError', code: 'ERR_STORAGE' }
  t.like(errors, [
    { ...reported, operation: 'artifacts.saveLatest()' },
    { ...reported, operation: 'artifacts.findAll()' },
  ])
})

test('account: while the host cannot find users, they can sign out all the same, and nothing is disconnected', async (t) => {
  let isBroken = false
  const { issuer, authorize, confidential, authorizationServer } = await startServer(t, {
    async findUser() {
      if (isBroken) throw new Error('the host’s database is down')
      return ADA
    },
  })
  const { clientId } = confidential.client
  await authorize({ userId: 'ada', clientId })
  const url = `${issuer}/account/connections`
  const browser = startBrowser()
  const page = await browser.signIn(await browser.open(url), ADA.email)
  isBroken = true
  t.is((await browser.submit(page, { action: 'disconnect', clientId })).status, 500)
  t.is(titleOf(await browser.submit(page, { action: 'sign-out' })), 'Sign in')
  isBroken = false
  t.is(titleOf(await browser.open(url)), 'Sign in')
  t.is((await authorizationServer.connections.list('ada')).length, 1)
})

test('account: revoking everything reports a storage that fails, and can be done again', async (t) => {
  const { storage, broken } = createFragileStorage()
  const { confidential, authorize, authorizationServer } = await startServer(t, { storage })
  await authorize({ userId: 'ada', clientId: confidential.client.clientId })
  const { connections } = authorizationServer
  broken.add('consents')
  await t.throwsAsync(connections.revokeAllOfUser('ada'), { code: 'ERR_STORAGE' })
  broken.clear()
  t.is(await connections.revokeAllOfUser('ada'), 1)
})
