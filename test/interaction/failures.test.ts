import { type Storage, StorageError, type User } from '@teamcast/oauth-server'
import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import type { ArtifactData, ArtifactKind } from '@teamcast/oauth-server/storage'
import test, { type ExecutionContext } from 'ava'
import { isObject } from '../../lib/util/is-object.ts'
import { assertErrorPage, assertErrorRedirect } from '../helpers/authorization-responses.ts'
import { type Browser, formOf, startBrowser, titleOf, type Visit } from '../helpers/browser.ts'
import { findEach } from '../helpers/find-each.ts'
import { recordEvents } from '../helpers/record-events.ts'
import { authorizationUrl, CODE_VERIFIER, postAs } from '../helpers/requests.ts'
import { ADA, type StartedServer, startServer } from '../helpers/start-server.ts'
import { redeem } from '../helpers/token-requests.ts'

test('a failing store gets a page with 503 and Retry-After, and no redirect', async (t) => {
  const memory = createMemoryStorage()
  let isBroken = false
  const artifacts = findEach({
    ...memory.artifacts,
    async find(...parameters) {
      if (isBroken) throw new StorageError('the store is down')
      return memory.artifacts.find(...parameters)
    },
    async save(...parameters) {
      if (isBroken) throw new StorageError('the store is down')
      return memory.artifacts.save(...parameters)
    },
    async saveLatest(...parameters) {
      if (isBroken) throw new StorageError('the store is down')
      return memory.artifacts.saveLatest(...parameters)
    },
  })
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
  ]) {
    assertErrorPage(t, visit, 500)
    t.is(titleOf(visit), 'Something went wrong on our side')
    t.false(visit.html.includes('database'))
  }
  isBroken = false
  const granted = await browser.submit(page, { action: 'allow' })
  t.truthy(granted.callback?.searchParams.get('code'))

  const another = await browser.open(authorizationUrl(issuer, confidential, { prompt: 'consent' }))
  isBroken = true
  // Nobody needs the user to deny.
  assertErrorRedirect(t, await browser.submit(another, { action: 'deny' }), {
    redirectUri: 'https://recruiter.example/callback',
    error: 'access_denied',
    issuer,
  })
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

/** What of oidc-provider's records decides who is signed in and what the client gets. */
const MEMBERS_OF_OTHERS: Readonly<Record<string, ReadonlyArray<string>>> = {
  Session: ['uid', 'exp', 'accountId', 'loginTs'],
  PendingRequest: [
    ...['iat', 'exp', 'prompt', 'params', 'result'],
    ...['client_id', 'redirect_uri', 'response_type', 'scope', 'code_challenge', 'prompt', 'state']
      .concat('code_challenge_method', 'login_hint', 'resource')
      .map((name) => `params.${name}`),
    ...['progress', 'completion', 'login', 'select_account', 'consent'].map(
      (name) => `result.${name}`,
    ),
    ...['userId', 'hasSignedIn'].map((name) => `result.completion.${name}`),
    ...['signedIn', 'chosenUserId', 'mustConfirmAccount', 'sessionDismissedAt', 'consent'].map(
      (name) => `result.progress.${name}`,
    ),
    ...['userId', 'at', 'sessionId'].map((name) => `result.progress.signedIn.${name}`),
    ...['accountId', 'ts'].map((name) => `result.login.${name}`),
    ...['userId', 'scopes'].map((name) => `result.consent.${name}`),
    ...['userId', 'scopes'].map((name) => `result.progress.consent.${name}`),
  ],
}

function without(data: unknown, path: string): unknown {
  if (!isObject(data)) return data
  const [name = '', ...rest] = path.split('.')
  const { [name]: member, ...others } = data
  return rest.length === 0 ? others : { ...others, [name]: without(member, rest.join('.')) }
}

/** A server whose store loses a member of every record of a kind, once it is told to. */
async function startForgetful(t: ExecutionContext): Promise<{
  readonly server: StartedServer
  /** Everything that `action` leads to when each member in turn is lost. */
  assertNoticed(kind: ArtifactKind, action: () => Promise<{ status: number }>): Promise<void>
}> {
  const memory = createMemoryStorage()
  const saved = new Map<string, ReadonlyArray<string>>()
  const { onEvent, settled } = recordEvents()
  let lost: { readonly kind: string; readonly path: string } | undefined
  const lose = (kind: string, data: ArtifactData): ArtifactData =>
    lost?.kind === kind ? (without(data, lost.path) as ArtifactData) : data
  const artifacts = findEach({
    ...memory.artifacts,
    async save(kind, key, data, expiresAt) {
      saved.set(kind, MEMBERS_OF_OTHERS[kind] ?? Object.keys(data))
      await memory.artifacts.save(kind, key, data, expiresAt)
    },
    async saveLatest(kind, key, data, expiresAt) {
      saved.set(kind, MEMBERS_OF_OTHERS[kind] ?? Object.keys(data))
      await memory.artifacts.saveLatest(kind, key, data, expiresAt)
    },
    async insert(kind, key, data, ...times) {
      saved.set(kind, Object.keys(data))
      return await memory.artifacts.insert(kind, key, data, ...times)
    },
    async find(kind, ...parameters) {
      const data = await memory.artifacts.find(kind, ...parameters)
      return data && lose(kind, data)
    },
    async findTimed(kind, ...parameters) {
      const found = await memory.artifacts.findTimed(kind, ...parameters)
      return found && { ...found, data: lose(kind, found.data) }
    },
  })
  const server = await startServer(t, {
    storage: { ...memory, artifacts },
    onEvent,
  })
  return {
    server,
    async assertNoticed(kind, action) {
      const paths = saved.get(kind) ?? []
      t.true(paths.length > 0, kind)
      for (const path of paths) {
        lost = { kind, path }
        const seen = (await settled()).length
        const { status } = await action()
        lost = undefined
        t.is(status, 500, `${kind} without ${path}`)
        const events = (await settled()).slice(seen)
        const failures = events.flatMap((event) => (event.type === 'server.error' ? event : []))
        const message = String(failures[0]?.error.message)
        t.regex(message, /^storage\.artifacts\.find(All|Timed)? must return the /, path)
        t.true(message.includes(kind), message)
        t.regex(message, new RegExp(`"([^"]*\\.)?${path.replaceAll('.', '\\.')}" is wrong`))
      }
    },
  }
}

test('a store that loses a member of a code: no tokens, and an error that names the function and the member', async (t) => {
  const { server, assertNoticed } = await startForgetful(t)
  const { confidential } = server
  for (const hasPage of [true, false]) {
    const { clientId } = confidential.client
    const code = await server.authorize({ userId: 'ada', clientId })
    await assertNoticed('AuthorizationCode', () => redeem(server, confidential, code))
    t.is((await redeem(server, confidential, code)).status, 200, String(hasPage))
  }
})

test('a store that loses a member of a session, a pending request or how it ended: nobody gets on, and the error names it', async (t) => {
  const { server, assertNoticed } = await startForgetful(t)
  const { issuer, confidential, authorizationServer, clock } = server
  const browser = startBrowser()
  const url = authorizationUrl(issuer, confidential, { prompt: 'login' })
  const page = await browser.signIn(await browser.open(url), 'ada@acme.test')
  await assertNoticed('Session', () => browser.open(`${issuer}/account/connections`))
  await assertNoticed('Session', () => browser.open(page.url))

  const granted = await browser.submit(page, { action: 'allow' })
  await assertNoticed('PendingRequest', () => browser.open(granted.url))
  await assertNoticed('PendingRequest', () => browser.submit(page, { action: 'allow' }))
  await assertNoticed('SentResponse', () => browser.open(granted.url))

  const response = await postAs(confidential, `${issuer}/oauth/token`, {
    grant_type: 'authorization_code',
    code: granted.callback?.searchParams.get('code') ?? '',
    code_verifier: CODE_VERIFIER,
  })
  t.is(response.status, 200)
  await assertNoticed('Redemption', () => browser.open(granted.url))
  await browser.submit(page, { action: 'deny' })
  await assertNoticed('Denial', () => browser.open(page.url))

  await authorizationServer.connections.revokeAllOfUser('ada')
  clock.advance(2)
  const again = await browser.signIn(await browser.open(url), 'ada@acme.test')
  await assertNoticed('NotBefore', () => browser.open(again.url))
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

test('a host that cannot decide about a client: the user can still deny, cancel, sign in and switch the account', async (t) => {
  let isBroken = false
  const { issuer, confidential } = await startServer(t, {
    async authorizeClient(_client, { userId }) {
      if (isBroken && userId === 'ada') throw new Error('the host’s database is down')
      return true
    },
  })
  const openPages = async (): Promise<readonly [Browser, signIn: Visit, consent: Visit]> => {
    isBroken = false
    const browser = startBrowser()
    const signInPage = await browser.open(authorizationUrl(issuer, confidential))
    const consentPage = await browser.signIn(signInPage, 'ada@acme.test')
    isBroken = true
    return [browser, signInPage, consentPage]
  }
  for (const action of ['deny', 'cancel']) {
    const [browser, , page] = await openPages()
    assertErrorRedirect(t, await browser.submit(page, { action }), {
      redirectUri: 'https://recruiter.example/callback',
      error: 'access_denied',
      issuer,
    })
    assertErrorRedirect(t, await browser.open(page.url), {
      redirectUri: 'https://recruiter.example/callback',
      error: 'access_denied',
      issuer,
    })
  }
  const [browser, signInPage, page] = await openPages()
  t.is(titleOf(await browser.submit(page, { action: 'switch-account' })), 'Sign in')
  t.is(titleOf(await browser.signIn(signInPage, 'grace@globex.test')), 'Allow access')

  const [other, outdatedSignIn] = await openPages()
  const attempt = { action: 'sign-in', username: 'ada@acme.test', password: 'wrong' }
  t.is((await other.submit(outdatedSignIn, attempt)).status, 400)
  t.is(titleOf(await other.signIn(outdatedSignIn, 'grace@globex.test')), 'Allow access')
})

test('a client that cannot be found while an error is sent to it: 503, and the error when the browser asks again (RFC 6749 §4.1.2.1)', async (t) => {
  const memory = createMemoryStorage()
  let isBroken = false
  const clients: Storage['clients'] = {
    ...memory.clients,
    async find(clientId) {
      if (isBroken) throw new StorageError('the store is down')
      return await memory.clients.find(clientId)
    },
  }
  const { onEvent, settled } = recordEvents()
  const { issuer, confidential } = await startServer(t, {
    storage: { ...memory, clients },
    onEvent,
  })
  const browser = startBrowser()
  const page = await browser.open(authorizationUrl(issuer, confidential))
  const { url, hidden } = formOf(page)
  const denied = await browser.userAgent.submit(new URL(url, page.url), {
    ...hidden,
    action: 'cancel',
  })
  const repeatedScope = authorizationUrl(issuer, confidential)
  repeatedScope.searchParams.append('scope', 'interview:read')

  for (const [failing, error] of [
    [new URL(denied.headers.get('location') ?? '', page.url), 'access_denied'],
    [repeatedScope, 'invalid_request'],
  ] as const) {
    const seen = (await settled()).length
    isBroken = true
    const failed = await browser.open(failing)
    isBroken = false
    assertErrorPage(t, failed, 503)
    t.is(failed.headers.get('retry-after'), '5')
    const types = (await settled()).slice(seen).map(({ type }) => type)
    t.deepEqual(types, ['server.error'])
    assertErrorRedirect(t, await browser.open(failing), {
      redirectUri: 'https://recruiter.example/callback',
      error,
      issuer,
    })
  }
})
