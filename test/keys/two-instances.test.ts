/** Two instances on one storage while their keys change: over HTTP, with the time in the test's hands. */

import {
  type ManagedKeys,
  openManagedKeys,
  type Storage,
  StorageError,
} from '@teamcast/oauth-server'
import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import { createAccessTokenVerifier } from '@teamcast/oauth-server/resource-server'
import test, { type ExecutionContext } from 'ava'
import { createTestClock, type TestClock } from '../../lib/testing/test-clock.ts'
import { type Browser, titleOf } from '../helpers/browser.ts'
import { type HostApplication, startHost } from '../helpers/host-application.ts'
import { authorizationUrl, CODE_VERIFIER, postAs } from '../helpers/requests.ts'
import { decodeJwt } from '../helpers/token-requests.ts'

const ISSUER = 'https://mayaapi.teamcast.ai'
const SECRET = 'the secret that all instances of a test share'
const DAY = 86_400
const ROTATION = 90 * DAY

interface Instance extends HostApplication {
  readonly keys: ManagedKeys
}

/** Starts an instance on a storage. Its clock differs by `skew` seconds. */
async function startInstance(
  t: ExecutionContext,
  storage: Storage,
  clock: TestClock,
  skew = 0,
): Promise<Instance> {
  const now = (): number => clock.now() + skew
  const keys = await openManagedKeys({ storage, secret: SECRET, clock: now })
  await keys.stop() // the test says when they are read
  const options = { storage, keys, clock: now, clientCacheMilliseconds: 0 }
  const host = await startHost(t, {
    issuer: ISSUER,
    options,
    assemble(app, server) {
      app.use(server.middleware())
      const verifier = createAccessTokenVerifier({
        ...{ issuer: ISSUER, audience: ISSUER, jwks: server.jwks, clock: now },
      })
      app.use(async (ctx) => {
        ctx.body = await verifier.verify(ctx.get('authorization')).then(
          () => 'accepted',
          () => 'refused',
        )
      })
    },
  })
  return { ...host, keys }
}

async function startTwo(
  t: ExecutionContext,
  skew = 0,
): Promise<{ readonly clock: TestClock; readonly first: Instance; readonly second: Instance }> {
  const storage = createMemoryStorage()
  const clock = createTestClock()
  const first = await startInstance(t, storage, clock)
  const second = await startInstance(t, storage, clock, skew)
  return { clock, first, second }
}

const post = (
  instance: Instance,
  endpoint: string,
  parameters: Record<string, string>,
  { client } = instance,
): Promise<Response> =>
  postAs(client, String(instance.reach(`${ISSUER}/oauth/${endpoint}`)), parameters)

async function issue(instance: Instance): Promise<string> {
  const response = await post(instance, 'token', { grant_type: 'client_credentials' })
  const { access_token: token } = await response.json()
  return token
}

const kidOf = (token: string): unknown => decodeJwt(token, 'header')['kid']

async function publishedBy(instance: Instance): Promise<ReadonlyArray<string>> {
  const response = await fetch(instance.reach(`${ISSUER}/.well-known/jwks.json`))
  const { keys } = (await response.json()) as { keys: Array<{ kid: string }> }
  return keys.map(({ kid }) => kid)
}

/** Whether a token is good: at introspection, asked by `owner`'s client, and for an API in the process. */
async function isGoodAt(instance: Instance, token: string, owner: Instance): Promise<boolean> {
  const introspected = await post(instance, 'introspect', { token }, owner)
  const { active } = await introspected.json()
  const headers = { authorization: token }
  const api = await (await fetch(instance.reach(`${ISSUER}/api`), { headers })).text()
  if (active !== (api === 'accepted')) throw new Error(`active: ${active}, but ${api} by the API`)
  return active
}

test('rotation: two instances change to the next key by the time alone, old tokens stay good, and the old key goes when the last of them has expired', async (t) => {
  const { clock, first, second } = await startTwo(t)
  const [old, next] = await publishedBy(first)
  t.deepEqual(await publishedBy(second), [old, next])
  const bothAccept = async (token: string, owner: Instance): Promise<void> => {
    for (const instance of [first, second]) t.true(await isGoodAt(instance, token, owner))
  }

  clock.advance(ROTATION - 60)
  const oldToken = await issue(first)
  t.is(kidOf(oldToken), old)
  clock.advance(60)
  for (const instance of [first, second]) {
    const token = await issue(instance)
    t.is(kidOf(token), next)
    await bothAccept(token, instance)
  }
  await bothAccept(oldToken, first)
  t.deepEqual(await publishedBy(second), [next, old])

  await first.keys.refresh()
  await second.keys.refresh()
  const published = await publishedBy(first)
  t.is(published.length, 3, 'a next key is there again')
  t.deepEqual(await publishedBy(second), published)

  clock.advance(DAY + 299)
  await first.keys.refresh()
  t.true((await publishedBy(first)).includes(String(old)))
  clock.advance(1)
  await first.keys.refresh()
  await second.keys.refresh()
  t.deepEqual(await publishedBy(first), [next, published[1]])
  t.deepEqual(await publishedBy(second), [next, published[1]])
})

test('rotation: instances whose clocks differ by some seconds accept what the other signs, before, at and after the change', async (t) => {
  const { clock, first, second } = await startTwo(t, -4)
  const openedAt = clock.now()
  for (const afterChange of [-1, 0, 3, 4, 5]) {
    clock.set(openedAt + ROTATION + afterChange)
    for (const instance of [first, second]) {
      const token = await issue(instance)
      t.true(await isGoodAt(first, token, instance), `${afterChange}`)
      t.true(await isGoodAt(second, token, instance), `${afterChange}`)
    }
    await first.keys.refresh()
  }
})

test('rotation: an instance that cannot read the keys accepts the new one all the same; soon it signs nothing, and costs no refresh token', async (t) => {
  const memory = createMemoryStorage()
  const clock = createTestClock()
  let isAway = false
  const list: Storage['encryptedKeys']['list'] = async () => {
    if (isAway) throw new StorageError('away')
    return await memory.encryptedKeys.list()
  }
  const first = await startInstance(t, memory, clock)
  const cutOffStorage = { ...memory, encryptedKeys: { ...memory.encryptedKeys, list } }
  const second = await startInstance(t, cutOffStorage, clock)
  clock.advance(ROTATION - 5)
  const refreshToken = await signIn(t, first)
  await second.keys.refresh()
  isAway = true

  clock.advance(10)
  const token = await issue(first)
  t.true(await isGoodAt(second, token, first))
  t.is(kidOf(await issue(second)), kidOf(token))
  clock.advance(1)
  const useRefreshToken = (instance: Instance): Promise<Response> =>
    post(instance, 'token', { grant_type: 'refresh_token', refresh_token: refreshToken }, first)
  const refused = await useRefreshToken(second)
  t.is(refused.status, 503)
  t.is((await refused.json()).error, 'temporarily_unavailable')
  t.truthy(refused.headers.get('retry-after'))
  t.is((await useRefreshToken(first)).status, 200)
  isAway = false
  await second.keys.refresh()
  t.is(kidOf(await issue(second)), kidOf(token))
})

/** Signs a user in. @returns The refresh token. */
async function signIn(
  t: ExecutionContext,
  instance: Instance,
  browser: Browser = instance.startBrowser(),
): Promise<string> {
  const url = authorizationUrl(ISSUER, instance.client)
  const granted = await browser.authorize(url, 'ada@acme.test')
  const code = granted.callback?.searchParams.get('code') ?? ''
  const parameters = { grant_type: 'authorization_code', code, code_verifier: CODE_VERIFIER }
  const response = await post(instance, 'token', parameters)
  t.is(response.status, 200)
  return (await response.json()).refresh_token
}

test('revocation: fifteen seconds later no instance publishes the key or accepts what it signed, and refresh tokens go on', async (t) => {
  const { clock, first, second } = await startTwo(t)
  const [leaked = ''] = await publishedBy(first)
  const refreshToken = await signIn(t, first)
  const token = await issue(second)
  t.is(await first.keys.revoke(leaked), clock.now() + 15)
  t.not(kidOf(await issue(first)), leaked)

  clock.advance(14)
  const goodToken = await issue(second)
  t.not(kidOf(goodToken), leaked)
  for (const instance of [first, second]) t.true(await isGoodAt(instance, token, second))
  clock.advance(1)
  for (const instance of [first, second]) {
    t.false(await isGoodAt(instance, token, second))
    t.false((await publishedBy(instance)).includes(leaked))
    t.true(await isGoodAt(instance, goodToken, second))
  }
  const parameters = { grant_type: 'refresh_token', refresh_token: refreshToken }
  const refreshed = await post(second, 'token', parameters, first)
  t.is(refreshed.status, 200)
  t.true(await isGoodAt(first, (await refreshed.json()).access_token, first))
})

test('rotation of cookie keys: a session and a sign-in that was begun survive it; a cookie that was not used since is refused when its key has gone', async (t) => {
  const { clock, first, second } = await startTwo(t)
  const url = authorizationUrl(ISSUER, first.client)
  const signedIn = first.startBrowser()
  await signedIn.authorize(url, 'ada@acme.test')
  clock.advance(600)
  const begun = first.startBrowser()
  const signInPage = await begun.open(url)

  await first.keys.rotate('cookie')
  await second.keys.refresh()
  const elsewhere = second.startBrowser()
  elsewhere.userAgent.cookies.push(...begun.userAgent.cookies)
  const granted = await elsewhere.signIn(signInPage, 'ada@acme.test')
  t.truthy(granted.callback?.searchParams.get('code'), titleOf(granted))

  const copies = [first.startBrowser(), first.startBrowser(), second.startBrowser()] as const
  for (const copy of copies) copy.userAgent.cookies.push(...signedIn.userAgent.cookies)
  const [used, lastToBeGood, unused] = copies
  for (const days of [0, 7, 7]) {
    clock.advance(days * DAY)
    t.truthy((await used.open(url)).callback?.searchParams.get('code'))
  }
  clock.advance(299)
  await first.keys.refresh()
  t.truthy((await lastToBeGood.open(url)).callback?.searchParams.get('code'))
  clock.advance(1)
  await second.keys.refresh()
  t.is(second.keys.cookieKeys().length, 2, 'the first key is gone')
  t.is(titleOf(await unused.open(url)), 'Sign in')
  t.truthy((await used.open(url)).callback?.searchParams.get('code'))
})
