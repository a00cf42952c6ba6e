/**
 * How a pending request ends: denied, for good, or finished, as often as its user likes until the client has
 * redeemed the code.
 */

import { generateKeyPairSync, sign } from 'node:crypto'
import {
  type AuditEvent,
  type Connection,
  type NewClient,
  type RegisteredClient,
  type Storage,
  StorageError,
} from '@teamcast/oauth-server'
import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import {
  type ArtifactKind,
  type ArtifactStore,
  WITHDRAWAL_SECONDS,
} from '@teamcast/oauth-server/storage'
import test, { type ExecutionContext } from 'ava'
import type { JWK } from 'jose'
import { type DenialDependencies, denyRequest } from '../../lib/interaction/deny-request.ts'
import {
  type ConsentGrantDependencies,
  findEarlierConsent,
  grantConsent,
} from '../../lib/interaction/grant-consent.ts'
import {
  createRequestEndings,
  type RequestEndings,
  requestKeyOf,
} from '../../lib/interaction/request-endings.ts'
import { PENDING_REQUEST_TTL_SECONDS, rememberFamilyUntil } from '../../lib/lifetimes.ts'
import { createRevoker } from '../../lib/revocation/revoker.ts'
import {
  ANYTIME,
  aFamily,
  aGrant,
  familyIdOf,
  NOW,
  openConnected,
} from '../../lib/storage/contract/sample-records.ts'
import { assertErrorPage, assertErrorRedirect } from '../helpers/authorization-responses.ts'
import { type Browser, formOf, startBrowser, titleOf, type Visit } from '../helpers/browser.ts'
import { findEach } from '../helpers/find-each.ts'
import { runEveryInterleaving, type Step } from '../helpers/interleavings.ts'
import { recordEvents } from '../helpers/record-events.ts'
import { authorizationUrl, CODE_VERIFIER, postAs } from '../helpers/requests.ts'
import { beginForm } from '../helpers/slow-form.ts'
import { SLOW_STORE } from '../helpers/slow-store.ts'
import {
  CONFIDENTIAL_CLIENT,
  PUBLIC_CLIENT,
  type StartedServer,
  startServer,
  TENANT_CLIENT,
} from '../helpers/start-server.ts'
import { createStoreOpener, STORE_KINDS } from '../helpers/store-kinds.ts'

const FINISHED = 'This sign-in is already finished'
const EXPIRED = 'This sign-in has expired'
const HOME = 'https://recruiter.example/'

const stores = createStoreOpener()
test.after.always(() => stores.close())

/** A server with Ada at its consent page. */
interface Asked extends StartedServer {
  readonly browser: Browser
  readonly signInPage: Visit
  readonly consentPage: Visit
  /** All audit events so far. */
  events(): Promise<ReadonlyArray<AuditEvent>>
  redeem(visit: Visit): Promise<Response>
  isActive(token: string): Promise<boolean>
}

async function startAsked(
  t: ExecutionContext,
  storage: Storage = createMemoryStorage(),
  before: (server: StartedServer, browser: Browser) => Promise<unknown> = async () => undefined,
): Promise<Asked> {
  const { onEvent, settled } = recordEvents()
  const server = await startServer(t, {
    storage,
    onEvent,
  })
  const { issuer, confidential } = server
  const browser = startBrowser()
  await before(server, browser)
  const url = authorizationUrl(issuer, confidential, { prompt: 'login' })
  const signInPage = await browser.open(url)
  return {
    ...server,
    browser,
    signInPage,
    consentPage: await browser.signIn(signInPage, 'ada@acme.test'),
    events: settled,
    redeem: ({ callback }) => redeem(issuer, confidential, callback),
    async isActive(token) {
      const response = await postAs(confidential, `${issuer}/oauth/introspect`, { token })
      return (await response.json()).active
    },
  }
}

function sessionCookies({ userAgent }: Browser): unknown {
  return userAgent.cookies.filter(({ name }) => name.startsWith('oauth_session'))
}

async function redeem(
  issuer: string,
  client: RegisteredClient,
  callback: URL | undefined,
): Promise<Response> {
  return await postAs(client, `${issuer}/oauth/token`, {
    grant_type: 'authorization_code',
    code: callback?.searchParams.get('code') ?? '',
    code_verifier: CODE_VERIFIER,
  })
}

async function assertInvalidGrant(t: ExecutionContext, response: Response): Promise<void> {
  t.is(response.status, 400)
  t.is((await response.json()).error, 'invalid_grant')
}

function assertDenied(t: ExecutionContext, issuer: string, visit: Visit): void {
  const redirectUri = 'https://recruiter.example/callback'
  const parameters = assertErrorRedirect(t, visit, { redirectUri, error: 'access_denied', issuer })
  t.is(parameters.get('state'), 'a state')
}

function scopesOfConnection({ scopes }: Connection): ReadonlyArray<string> {
  return scopes.map(({ scope }) => scope).sort()
}

for (const kind of STORE_KINDS) {
  test.serial(
    `${kind}: Deny after Allow ends the code and the consent that was given, and Allow after Deny is access_denied`,
    async (t) => {
      const asked = await startAsked(t, await stores.open(kind, t))
      const { issuer, confidential, browser, signInPage, consentPage } = asked
      const granted = await browser.submit(consentPage, { action: 'allow' })
      t.truthy(granted.callback?.searchParams.get('code'))

      assertDenied(t, issuer, await browser.submit(consentPage, { action: 'deny' }))

      await assertInvalidGrant(t, await asked.redeem(granted))
      t.deepEqual(await asked.authorizationServer.connections.list('ada'), [])
      for (const again of [
        await browser.submit(consentPage, { action: 'allow' }),
        await browser.submit(consentPage, { action: 'switch-account' }),
        await browser.submit(signInPage, { action: 'cancel' }),
        await browser.signIn(signInPage, 'ada@acme.test'),
        await browser.signIn(signInPage, 'grace@globex.test'),
        await browser.open(consentPage.url),
      ]) {
        assertDenied(t, issuer, again)
      }
      t.deepEqual(await asked.authorizationServer.connections.list('ada'), [])
      const next = await browser.open(authorizationUrl(issuer, confidential))
      t.is(titleOf(next), 'Allow access')
    },
  )

  test.serial(
    `${kind}: Deny after the code was redeemed ends the family, its tokens and their refresh`,
    async (t) => {
      const asked = await startAsked(t, await stores.open(kind, t))
      const { issuer, confidential, browser, consentPage, clock } = asked
      const granted = await browser.submit(consentPage, { action: 'allow' })
      const tokens = await (await asked.redeem(granted)).json()
      t.true(await asked.isActive(tokens.access_token))

      clock.advance(120)
      assertDenied(t, issuer, await browser.submit(consentPage, { action: 'deny' }))

      for (const token of [tokens.access_token, tokens.refresh_token]) {
        t.false(await asked.isActive(token))
      }
      const refresh = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token }
      await assertInvalidGrant(t, await postAs(confidential, `${issuer}/oauth/token`, refresh))
      t.deepEqual(await asked.authorizationServer.connections.list('ada'), [])
    },
  )

  test.serial(
    `${kind}: Deny after Allow revokes what was granted there, and leaves what was granted before`,
    async (t) => {
      const asked = await startAsked(
        t,
        await stores.open(kind, t),
        async ({ confidential, issueTokens }) => {
          const { clientId } = confidential.client
          earlier = await issueTokens({ userId: 'ada', clientId, scopes: ['interview:read'] })
        },
      )
      const { issuer, confidential, browser, consentPage } = asked
      t.true(consentPage.html.includes('Already allowed'))
      const granted = await browser.submit(consentPage, { action: 'allow' })
      const tokens = await (await asked.redeem(granted)).json()

      assertDenied(t, issuer, await browser.submit(consentPage, { action: 'deny' }))

      t.false(await asked.isActive(tokens.access_token))
      t.true(await asked.isActive(earlier?.access_token ?? ''))
      const refresh = { grant_type: 'refresh_token', refresh_token: earlier?.refresh_token ?? '' }
      t.is((await postAs(confidential, `${issuer}/oauth/token`, refresh)).status, 200)
      const [connection] = await asked.authorizationServer.connections.list('ada')
      t.deepEqual(
        connection?.scopes.map(({ scope }) => scope),
        ['interview:read'],
      )
      const same = authorizationUrl(issuer, confidential, { scope: 'interview:read' })
      t.truthy((await browser.open(same)).callback?.searchParams.get('code'))
      t.is(titleOf(await browser.open(authorizationUrl(issuer, confidential))), 'Allow access')
    },
  )
  let earlier: { readonly access_token: string; readonly refresh_token?: string } | undefined

  test.serial(
    `${kind}: Deny after Allow takes its scopes from what other requests got meanwhile, and leaves them the rest`,
    async (t) => {
      const asked = await startAsked(
        t,
        await stores.open(kind, t),
        async ({ confidential, issueTokens }) => {
          const { clientId } = confidential.client
          await issueTokens({ userId: 'ada', clientId, scopes: ['interview:read'] })
        },
      )
      const { issuer, confidential, browser, consentPage } = asked
      const both = 'interview:read interview:create'
      await browser.submit(consentPage, { action: 'allow' })
      const authorize = async (scope: string): Promise<Visit> =>
        await browser.open(authorizationUrl(issuer, confidential, { scope }))
      const begin = async (scope: string): Promise<Readonly<Record<string, string>>> =>
        await (await asked.redeem(await authorize(scope))).json()
      const other = await begin(both)
      const onlyDenied = await begin('interview:create')
      const code = await authorize(both)
      const codeOfDenied = await authorize('interview:create')

      assertDenied(t, issuer, await browser.submit(consentPage, { action: 'deny' }))

      const refresh = async (token = '', scope = ''): Promise<Response> =>
        await postAs(confidential, `${issuer}/oauth/token`, {
          grant_type: 'refresh_token',
          refresh_token: token,
          scope,
        })
      const assertInvalidScope = async (response: Response): Promise<void> => {
        t.is(response.status, 400)
        t.is((await response.json()).error, 'invalid_scope')
      }
      // Issued before, so it has what it has until it expires.
      t.true(await asked.isActive(other['access_token'] ?? ''))
      const refreshed = await (await refresh(other['refresh_token'])).json()
      t.is(refreshed.scope, 'interview:read')
      const named = await (await refresh(refreshed.refresh_token, both)).json()
      t.is(named.scope, 'interview:read')
      await assertInvalidScope(await refresh(named.refresh_token, 'interview:create'))
      await assertInvalidScope(await refresh(onlyDenied['refresh_token']))
      const exchanged = await (await asked.redeem(code)).json()
      t.is(exchanged.scope, 'interview:read')
      await assertInvalidScope(await asked.redeem(codeOfDenied))

      // Consented to again: no refusal has used a token up.
      await browser.submit(await authorize(both), { action: 'allow' })
      for (const token of [named, onlyDenied, exchanged]) {
        const again = await (await refresh(token.refresh_token)).json()
        t.is(again.scope, token === onlyDenied ? 'interview:create' : both)
      }
    },
  )

  test.serial(
    `${kind}: finished twice, by any form or URL, a request leads to the same redirect; once the code is redeemed a page says so and links back`,
    async (t) => {
      const asked = await startAsked(t, await stores.open(kind, t))
      const { browser, signInPage, consentPage, clock } = asked
      const granted = await browser.submit(consentPage, { action: 'allow' })
      const wayBack = granted.url
      const again = async (): Promise<ReadonlyArray<Visit>> => [
        await browser.submit(consentPage, { action: 'allow' }),
        await browser.open(consentPage.url),
        await browser.open(wayBack),
        await browser.signIn(signInPage, 'ada@acme.test'),
      ]
      for (const seconds of [0, 50, 50, 400]) {
        clock.advance(seconds)
        for (const visit of await again()) t.is(visit.callback?.href, granted.callback?.href)
      }

      const redeemed = await asked.redeem(granted)
      t.is(redeemed.status, 200)
      const { access_token: accessToken } = await redeemed.json()
      const before = sessionCookies(browser)
      for (const visit of [
        ...(await again()),
        await browser.submit(consentPage, { action: 'switch-account' }),
      ]) {
        assertErrorPage(t, visit, 400)
        t.is(titleOf(visit), FINISHED)
        t.true(visit.html.includes(`href="${HOME}"`))
        t.true(visit.html.includes('Acme Recruiter'))
      }
      t.deepEqual(sessionCookies(browser), before)
      t.true(await asked.isActive(accessToken))
    },
  )

  test.serial(
    `${kind}: while no tokens were issued for the code, the same form leads to the same redirect`,
    async (t) => {
      const storage = await stores.open(kind, t)
      let isFailing = true
      const { families } = storage
      const asked = await startAsked(t, {
        ...storage,
        families: {
          ...families,
          async create(...parameters) {
            if (isFailing)
              throw new StorageError('out of order', { operation: 'families.create()' })
            return await families.create(...parameters)
          },
        },
      })
      const { browser, consentPage } = asked
      const granted = await browser.submit(consentPage, { action: 'allow' })
      t.is((await asked.redeem(granted)).status, 503)

      const again = await browser.submit(consentPage, { action: 'allow' })
      t.is(again.callback?.href, granted.callback?.href)
      isFailing = false
      const tokens = await (await asked.redeem(again)).json()
      t.true(await asked.isActive(tokens.access_token))

      // Nor after its tokens were revoked.
      const { issuer, confidential } = asked
      t.is(titleOf(await browser.submit(consentPage, { action: 'allow' })), FINISHED)
      const { status } = await postAs(confidential, `${issuer}/oauth/revoke`, {
        token: tokens.refresh_token,
      })
      t.is(status, 200)
      t.is(titleOf(await browser.submit(consentPage, { action: 'allow' })), FINISHED)
    },
  )

  test.serial(
    `${kind}: after a redemption that failed because the user had disconnected, Allow leads to another code`,
    async (t) => {
      const asked = await startAsked(t, await stores.open(kind, t))
      const { issuer, confidential, browser, consentPage } = asked
      const granted = await browser.submit(consentPage, { action: 'allow' })
      await browser.submit(await browser.open(`${issuer}/account/connections`), {
        action: 'disconnect',
        clientId: confidential.client.clientId,
      })
      await assertInvalidGrant(t, await asked.redeem(granted))

      const again = await browser.submit(consentPage, { action: 'allow' })
      t.not(again.callback?.href, granted.callback?.href)
      const tokens = await (await asked.redeem(again)).json()
      t.true(await asked.isActive(tokens.access_token))
      // The code of the former consent does not hide the family from a denial.
      await assertInvalidGrant(t, await asked.redeem(granted))
      assertDenied(t, issuer, await browser.submit(consentPage, { action: 'deny' }))
      t.false(await asked.isActive(tokens.access_token))
    },
  )

  test.serial(
    `${kind}: Allow, once or twice, and Deny at the same moment or right after leave no consent and no tokens`,
    async (t) => {
      const asked = await startAsked(t, await stores.open(kind, t))
      const { issuer, confidential, authorizationServer } = asked
      for (const clicks of [1, 2, 1, 2, 1, 2]) {
        for (const isAtOnce of [true, false]) {
          const browser = startBrowser()
          const signInPage = await browser.open(authorizationUrl(issuer, confidential))
          const consentPage = await browser.signIn(signInPage, 'ada@acme.test')
          const deny = (): Promise<Visit> => browser.submit(consentPage, { action: 'deny' })
          const allowed = Array.from({ length: clicks }, () =>
            browser.submit(consentPage, { action: 'allow' }),
          )
          const denied = isAtOnce ? deny() : Promise.all(allowed).then(deny)

          assertDenied(t, issuer, await denied)
          for (const visit of await Promise.all(allowed)) {
            if (visit.callback?.searchParams.has('code')) {
              await assertInvalidGrant(t, await asked.redeem(visit))
            } else assertDenied(t, issuer, visit)
          }
          t.deepEqual(await authorizationServer.connections.list('ada'), [])
        }
      }
    },
  )

  test.serial(
    `${kind}: a code is redeemed once, however often its request was finished`,
    async (t) => {
      const asked = await startAsked(t, await stores.open(kind, t))
      const { browser, consentPage } = asked
      const granted = await browser.submit(consentPage, { action: 'allow' })
      const tokens = await (await asked.redeem(granted)).json()
      await browser.open(granted.url)
      await browser.submit(consentPage, { action: 'allow' })

      await assertInvalidGrant(t, await asked.redeem(granted))
      t.false(await asked.isActive(tokens.access_token))
    },
  )
}

/** A storage of which one write of a kind fails, and happens later; a consent's after its deadline or before. */
interface TardyStorage {
  readonly storage: Storage
  /** Lets the next write fail. */
  delayNext(): void
  /** Lets it happen. */
  happen(): Promise<unknown>
}

function createTardyStorage(
  storage: Storage,
  tardyKind: ArtifactKind | 'consent',
  isInTime = false,
): TardyStorage {
  const { artifacts, consents } = storage
  let isNext = false
  let late: (() => Promise<unknown>) | undefined
  function delayed<Rest extends ReadonlyArray<unknown>, Result>(
    write: (kind: ArtifactKind, ...rest: Rest) => Promise<Result>,
  ): (kind: ArtifactKind, ...rest: Rest) => Promise<Result> {
    return async (kind, ...rest) => {
      if (!isNext || kind !== tardyKind) return await write(kind, ...rest)
      isNext = false
      late = () => write(kind, ...rest)
      throw new StorageError('the storage did not respond in time')
    }
  }
  return {
    storage: {
      ...storage,
      artifacts: {
        ...artifacts,
        save: delayed(artifacts.save),
        saveLatest: delayed(artifacts.saveLatest),
        insert: delayed(artifacts.insert),
      },
      consents: {
        ...consents,
        async grant(grant) {
          if (!isNext || tardyKind !== 'consent') return await consents.grant(grant)
          isNext = false
          // In time however long the test takes; or as if the server had waited for all of its timeout.
          const deadlineMilliseconds = isInTime
            ? ANYTIME
            : grant.deadlineMilliseconds - SLOW_STORE.storageTimeoutMilliseconds
          late = async () => {
            while (!isInTime && Date.now() <= deadlineMilliseconds) await new Promise(setImmediate)
            return await consents.grant({ ...grant, deadlineMilliseconds })
          }
          throw new StorageError('the storage did not respond in time')
        },
      },
    },
    delayNext() {
      isNext = true
    },
    async happen() {
      if (late === undefined) throw new Error('no write was delayed')
      return await late()
    },
  }
}

for (const kind of STORE_KINDS) {
  for (const end of ['a sign-out', 'a sign-in, which renews the identifier']) {
    test.serial(
      `${kind}: a session that ended with ${end} stays ended, although a save of it that timed out happens later`,
      async (t) => {
        const { storage, delayNext, happen } = createTardyStorage(
          await stores.open(kind, t),
          'Session',
        )
        const { issuer, confidential, clock } = await startServer(t, { storage })
        const accountUrl = `${issuer}/account/connections`
        const [browser, thief] = [startBrowser(), startBrowser()]
        await browser.signIn(await browser.open(accountUrl), 'ada@acme.test')
        thief.userAgent.cookies.push(...browser.userAgent.cookies)
        clock.advance(3600) // otherwise a request that only uses the session does not save it
        delayNext()
        const url = authorizationUrl(issuer, confidential, { prompt: 'none' })
        t.is((await thief.open(url)).status, 503)
        t.is(titleOf(await thief.open(accountUrl)), 'Connected applications')

        if (end === 'a sign-out') {
          await browser.submit(await browser.open(accountUrl), { action: 'sign-out' })
        } else {
          const again = authorizationUrl(issuer, confidential, { prompt: 'login' })
          await browser.signIn(await browser.open(again), 'ada@acme.test')
          t.is(titleOf(await browser.open(accountUrl)), 'Connected applications')
        }
        await happen()

        t.is(titleOf(await thief.open(accountUrl)), 'Sign in')
        t.is((await thief.open(url)).callback?.searchParams.get('error'), 'login_required')
        t.is(titleOf(await thief.open(accountUrl)), 'Sign in')
      },
    )
  }

  test.serial(
    `${kind}: what ended with everything of its user stays ended, although an earlier sign-out that timed out happens later`,
    async (t) => {
      const { storage, delayNext, happen } = createTardyStorage(
        await stores.open(kind, t),
        'NotBefore',
      )
      const { issuer, clock, authorizationServer } = await startServer(t, { storage })
      const accountUrl = `${issuer}/account/connections`
      const browser = startBrowser()
      delayNext()
      await t.throwsAsync(() => authorizationServer.connections.revokeAllOfUser('ada'))
      clock.advance(2)
      await browser.signIn(await browser.open(accountUrl), 'ada@acme.test')
      t.is(titleOf(await browser.open(accountUrl)), 'Connected applications')
      clock.advance(2)
      await authorizationServer.connections.revokeAllOfUser('ada')
      t.is(titleOf(await browser.open(accountUrl)), 'Sign in')

      await happen()

      t.is(titleOf(await browser.open(accountUrl)), 'Sign in')
    },
  )

  for (const failure of ['does not happen', 'happens although it seems to fail']) {
    test.serial(
      `${kind}: Deny takes back what its request got, although the grant of a later request that is not denied ${failure}`,
      async (t) => {
        const { storage, delayNext, happen } = createTardyStorage(
          await stores.open(kind, t),
          'consent',
          true,
        )
        const asked = await startAsked(t, storage)
        const { issuer, confidential, browser, consentPage } = asked
        const scope = 'interview:create'
        const url = authorizationUrl(issuer, confidential, { scope, prompt: 'consent' })
        const later = await browser.open(url)
        t.truthy((await browser.submit(consentPage, { action: 'allow' })).callback)
        delayNext()
        t.is((await browser.submit(later, { action: 'allow' })).status, 503)
        if (failure !== 'does not happen') t.is(await happen(), 'granted')

        assertDenied(t, issuer, await browser.submit(consentPage, { action: 'deny' }))

        const left = await asked.authorizationServer.connections.list('ada')
        const expected = failure === 'does not happen' ? [] : [[scope]]
        t.deepEqual(left.map(scopesOfConnection), expected)
      },
    )
  }

  for (const denied of ['the first', 'the second', 'both', 'both, in the other order']) {
    test.serial(
      `${kind}: of two requests allowed at the same moment, Deny of ${denied} ends what the other did not get, and nothing else`,
      async (t) => {
        const storage = await stores.open(kind, t)
        const { consents } = storage
        let meanwhile: (() => Promise<unknown>) | undefined
        const grant: Storage['consents']['grant'] = async (parameters) => {
          const between = meanwhile
          meanwhile = undefined
          await between?.()
          return await consents.grant(parameters)
        }
        const asked = await startAsked(t, { ...storage, consents: { ...consents, grant } })
        const { issuer, confidential, browser, consentPage } = asked
        const scope = 'interview:create'
        const otherPage = await browser.open(authorizationUrl(issuer, confidential, { scope }))
        const allowed: Array<Visit> = []
        // The second is allowed as a whole between the first one's look at the consent and its grant.
        meanwhile = async () => allowed.push(await browser.submit(otherPage, { action: 'allow' }))
        allowed.unshift(await browser.submit(consentPage, { action: 'allow' }))
        t.true(meanwhile === undefined)
        const tokens: Array<Readonly<Record<string, string>>> = []
        for (const visit of allowed) tokens.push(await (await asked.redeem(visit)).json())

        const pages = [consentPage, otherPage]
        const isDenied = [denied !== 'the second', denied !== 'the first']
        const inOrder = denied.includes('other order') ? pages.toReversed() : pages
        for (const page of inOrder.filter((each) => isDenied[pages.indexOf(each)])) {
          assertDenied(t, issuer, await browser.submit(page, { action: 'deny' }))
        }

        const left = await asked.authorizationServer.connections.list('ada')
        const expected = {
          'the first': [[scope]],
          'the second': [['candidate:read', scope, 'interview:read']],
        }[denied]
        t.deepEqual(left.map(scopesOfConnection), expected ?? [])
        for (const [index, { refresh_token: token = '', scope: granted }] of tokens.entries()) {
          const refreshed = await postAs(confidential, `${issuer}/oauth/token`, {
            grant_type: 'refresh_token',
            refresh_token: token,
          })
          if (isDenied[index]) await assertInvalidGrant(t, refreshed)
          else t.is((await refreshed.json()).scope, granted)
        }
      },
    )
  }

  for (const before of [[], ['interview:read']]) {
    test.serial(
      `${kind}: after Deny the consent is as before (${before.join() || 'none'}), although an Allow that failed reaches the store within its deadline`,
      async (t) => {
        const { storage, delayNext, happen } = createTardyStorage(
          await stores.open(kind, t),
          'consent',
          true,
        )
        const asked = await startAsked(t, storage, async ({ issueTokens, confidential }) => {
          const { clientId } = confidential.client
          if (before.length > 0) await issueTokens({ userId: 'ada', clientId, scopes: before })
        })
        const { issuer, confidential, browser, consentPage } = asked
        const { connections } = asked.authorizationServer
        delayNext()
        t.is((await browser.submit(consentPage, { action: 'allow' })).status, 503)
        assertDenied(t, issuer, await browser.submit(consentPage, { action: 'deny' }))

        t.is(await happen(), 'withdrawn')

        const expected = before.length > 0 ? [before] : []
        t.deepEqual((await connections.list('ada')).map(scopesOfConnection), expected)
        const next = await browser.open(authorizationUrl(issuer, confidential))
        t.is(titleOf(next), 'Allow access')
        t.truthy((await browser.submit(next, { action: 'allow' })).callback)
      },
    )
  }

  for (const end of ['a disconnect', 'a sign-out everywhere'] as const) {
    for (const before of [[], ['interview:read']]) {
      test.serial(
        `${kind}: after ${end} there is no consent (${before.join() || 'none'} before), although an Allow that failed reaches the store within its deadline; what is allowed since stays (ADR 0012)`,
        async (t) => {
          const { storage, delayNext, happen } = createTardyStorage(
            await stores.open(kind),
            'consent',
            true,
          )
          const asked = await startAsked(t, storage, async ({ issueTokens, confidential }) => {
            const { clientId } = confidential.client
            if (before.length > 0) await issueTokens({ userId: 'ada', clientId, scopes: before })
          })
          const { issuer, confidential, browser, consentPage, clock } = asked
          const { connections } = asked.authorizationServer
          const { clientId } = confidential.client
          delayNext()
          t.is((await browser.submit(consentPage, { action: 'allow' })).status, 503)
          if (end === 'a disconnect') {
            t.is(await connections.revoke('ada', clientId), before.length > 0)
          } else {
            t.is(await connections.revokeAllOfUser('ada'), before.length)
          }
          clock.advance(2)
          const scope = 'interview:create'
          const again = await browser.open(authorizationUrl(issuer, confidential, { scope }))
          const newPage =
            titleOf(again) === 'Sign in' ? await browser.signIn(again, 'ada@acme.test') : again
          t.is(titleOf(newPage), 'Allow access')
          const granted = await browser.submit(newPage, { action: 'allow' })

          t.is(await happen(), 'cancelled')

          t.deepEqual((await connections.list('ada')).map(scopesOfConnection), [[scope]])
          t.is((await asked.redeem(granted)).status, 200)
        },
      )
    }
  }

  test.serial(
    `${kind}: an Allow that meets the consent of a denied request, or of another tenant, ends it with one connection.revoked and an entry of the feed`,
    async (t) => {
      for (const reason of ['denied-by-user', 'tenant-changed'] as const) {
        const opened = await stores.open(kind)
        let meanwhile: (() => Promise<unknown>) | undefined
        const grant: Storage['consents']['grant'] = async (parameters) => {
          const happen = meanwhile
          meanwhile = undefined
          await happen?.()
          return await opened.consents.grant(parameters)
        }
        const asked = await startAsked(t, { ...opened, consents: { ...opened.consents, grant } })
        const { confidential, browser, consentPage, users, clock } = asked
        const { clientId } = confidential.client
        const subject = { userId: 'ada', clientId }
        const tenantId = reason === 'denied-by-user' ? 'acme' : 'globex'
        const consentId = 'consent-before-1234567'
        const obsolete = aGrant({
          ...subject,
          ...{ consentId, tenantId, requestKey: 'before' },
          grantedAt: clock.now(),
        })
        // Between the look of the Allow at the consent and its grant.
        meanwhile = async () => {
          await opened.consents.grant(obsolete)
          if (reason !== 'denied-by-user') return
          await opened.consents.withdraw({ ...subject, requestKey: 'before' }, clock.now())
        }
        t.is(users.get('ada')?.tenantId, 'acme')

        const granted = await browser.submit(consentPage, { action: 'allow' })

        t.is((await asked.redeem(granted)).status, 200)
        const ended = (await asked.events()).filter(({ type }) => type === 'connection.revoked')
        t.is(ended.length, 1)
        t.like(ended[0], { ...subject, tenantId, reason })
        t.true(await opened.revocations.has('consent', consentId, clock.now()))
        t.not((await opened.consents.find('ada', clientId))?.consentId, consentId)
      }
    },
  )

  for (const failing of ['families.create', 'consents.withdraw', 'consents.delete'] as const) {
    test.serial(
      `${kind}: a denial that fails half-way, at ${failing}(), is finished before the client hears of it`,
      async (t) => {
        const opened = await stores.open(kind, t)
        let isFailing = false
        const failingNow = <Parameters extends ReadonlyArray<unknown>, Result>(
          operation: typeof failing,
          call: (...parameters: Parameters) => Promise<Result>,
        ): ((...parameters: Parameters) => Promise<Result>) => {
          return async (...parameters) => {
            if (isFailing && operation === failing)
              throw new StorageError('out of order', { operation })
            return await call(...parameters)
          }
        }
        const { consents, families } = opened
        const asked = await startAsked(t, {
          ...opened,
          consents: {
            ...consents,
            withdraw: failingNow('consents.withdraw', consents.withdraw),
            delete: failingNow('consents.delete', consents.delete),
          },
          families: { ...families, create: failingNow('families.create', families.create) },
        })
        const { issuer, confidential, browser, consentPage, events } = asked
        const granted = await browser.submit(consentPage, { action: 'allow' })
        const tokens = await (await asked.redeem(granted)).json()
        isFailing = true
        t.is((await browser.submit(consentPage, { action: 'deny' })).status, 503)
        t.is((await browser.open(consentPage.url)).status, 503)
        isFailing = false
        if (failing === 'consents.delete') {
          t.deepEqual(await asked.authorizationServer.connections.list('ada'), [])
          t.like(
            (await events()).find(({ type }) => type === 'connection.revoked'),
            { reason: 'denied-by-user', userId: 'ada' },
          )
        }

        assertDenied(t, issuer, await browser.open(consentPage.url))

        t.false(await asked.isActive(tokens.access_token))
        const refresh = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token }
        await assertInvalidGrant(t, await postAs(confidential, `${issuer}/oauth/token`, refresh))
        t.deepEqual(await asked.authorizationServer.connections.list('ada'), [])
        const next = await browser.open(authorizationUrl(issuer, confidential))
        t.is(titleOf(next), 'Allow access')
        const revoked = (await events()).filter(({ type }) => type === 'authorization.revoked')
        t.is(revoked.length, 1)
      },
    )
  }

  for (const denier of ['nobody', 'grace@globex.test']) {
    for (const isLost of [false, true]) {
      test.serial(
        `${kind}: Deny of ${denier} that reaches the store after another tab’s Allow was redeemed${isLost ? ', and was 503,' : ''} ends these tokens before the client hears of it`,
        async (t) => {
          const opened = await stores.open(kind)
          const { artifacts } = opened
          let beforeDenial: (() => Promise<unknown>) | undefined
          let late: (() => Promise<unknown>) | undefined
          const insert: ArtifactStore['insert'] = async (...parameters) => {
            const meanwhile = parameters[0] === 'Denial' ? beforeDenial : undefined
            if (meanwhile === undefined) return await artifacts.insert(...parameters)
            beforeDenial = undefined
            await meanwhile()
            if (!isLost) return await artifacts.insert(...parameters)
            late = () => artifacts.insert(...parameters)
            throw new StorageError('the storage did not respond in time')
          }
          const server = await startServer(t, {
            storage: { ...opened, artifacts: { ...artifacts, insert } },
          })
          const { issuer, confidential, authorizationServer } = server
          const browser = startBrowser()
          const url = authorizationUrl(issuer, confidential, { prompt: 'login' })
          const signInPage = await browser.open(url)
          const page = denier === 'nobody' ? signInPage : await browser.signIn(signInPage, denier)
          let tokens: Readonly<Record<string, string>> = {}
          let callback: URL | undefined
          beforeDenial = async () => {
            const consentPage = await browser.signIn(signInPage, 'ada@acme.test')
            const granted = await browser.submit(consentPage, { action: 'allow' })
            callback = granted.callback
            tokens = await (await redeem(issuer, confidential, callback)).json()
          }
          const introspect = async (token = ''): Promise<boolean> => {
            const response = await postAs(confidential, `${issuer}/oauth/introspect`, { token })
            return (await response.json()).active
          }

          const denied = await browser.submit(page, {
            action: denier === 'nobody' ? 'cancel' : 'deny',
          })

          if (isLost) {
            t.is(denied.status, 503)
            t.true(await introspect(tokens['refresh_token']))
            await late?.()
            assertDenied(t, issuer, await browser.open(signInPage.url))
          } else assertDenied(t, issuer, denied)
          for (const name of ['access_token', 'refresh_token'])
            t.false(await introspect(tokens[name]))
          await assertInvalidGrant(t, await redeem(issuer, confidential, callback))
          t.deepEqual(await authorizationServer.connections.list('ada'), [])
        },
      )
    }
  }

  test.serial(
    `${kind}: Deny that comes while another tab resumes the request, and fails half-way, is finished before the client hears of it`,
    async (t) => {
      const opened = await stores.open(kind)
      const { artifacts, families } = opened
      let isFailing = false
      let meanwhile: (() => Promise<unknown>) | undefined
      const asked = await startAsked(t, {
        ...opened,
        artifacts: {
          ...artifacts,
          async findAll(...parameters) {
            const found = await artifacts.findAll(...parameters)
            const happen = meanwhile
            meanwhile = undefined
            await happen?.()
            return found
          },
        },
        families: {
          ...families,
          async create(...parameters) {
            if (isFailing) throw new StorageError('out of order')
            return await families.create(...parameters)
          },
        },
      })
      const { issuer, browser, consentPage } = asked
      const granted = await browser.submit(consentPage, { action: 'allow' })
      let tokens: Readonly<Record<string, string>> = {}
      meanwhile = async () => {
        tokens = await (await asked.redeem(granted)).json()
        isFailing = true
        t.is((await browser.submit(consentPage, { action: 'deny' })).status, 503)
      }

      // Resumed as if before the denial: the client gets the code once more, which is of no use any more.
      t.is((await browser.open(granted.url)).callback?.href, granted.callback?.href)
      t.true(meanwhile === undefined)
      t.is((await browser.open(granted.url)).status, 503)
      isFailing = false
      assertDenied(t, issuer, await browser.open(granted.url))

      for (const name of ['access_token', 'refresh_token']) {
        t.false(await asked.isActive(tokens[name] ?? ''))
      }
      t.deepEqual(await asked.authorizationServer.connections.list('ada'), [])
    },
  )

  test.serial(
    `${kind}: Deny of a second user that fails half-way is finished before the client hears of it in that user’s browser`,
    async (t) => {
      const opened = await stores.open(kind)
      let isFailing = false
      const withdraw: Storage['consents']['withdraw'] = async (...parameters) => {
        if (isFailing) throw new StorageError('out of order')
        return await opened.consents.withdraw(...parameters)
      }
      const asked = await startAsked(t, {
        ...opened,
        consents: { ...opened.consents, withdraw },
      })
      const { issuer, browser, signInPage, consentPage, authorizationServer } = asked
      const { url, hidden } = formOf(consentPage)
      await browser.userAgent.submit(url, { ...hidden, action: 'allow' })
      const signInAgain = await browser.submit(consentPage, { action: 'switch-account' })
      const gracesPage = await browser.signIn(signInAgain, 'grace@globex.test')
      assertDenied(t, issuer, await browser.submit(gracesPage, { action: 'deny' }))
      assertDenied(t, issuer, await browser.signIn(signInPage, 'ada@acme.test'))
      t.is((await authorizationServer.connections.list('ada')).length, 1)

      isFailing = true
      t.is((await browser.submit(consentPage, { action: 'deny' })).status, 503)
      t.is((await browser.open(consentPage.url)).status, 503)
      isFailing = false

      assertDenied(t, issuer, await browser.open(consentPage.url))
      t.deepEqual(await authorizationServer.connections.list('ada'), [])
    },
  )

  for (const end of ['Deny', 'a disconnect']) {
    test.serial(
      `${kind}: after ${end} there is no consent, although an Allow that timed out reaches the store later (ADR 0012)`,
      async (t) => {
        const { storage, delayNext, happen } = createTardyStorage(
          await stores.open(kind, t),
          'consent',
        )
        const asked = await startAsked(t, storage, async ({ issueTokens, confidential }) => {
          const { clientId } = confidential.client
          const scopes = ['interview:read']
          if (end !== 'Deny') await issueTokens({ userId: 'ada', clientId, scopes })
        })
        const { issuer, confidential, browser, consentPage } = asked
        const { connections } = asked.authorizationServer
        delayNext()
        t.is((await browser.submit(consentPage, { action: 'allow' })).status, 503)

        if (end === 'Deny') {
          assertDenied(t, issuer, await browser.submit(consentPage, { action: 'deny' }))
        } else {
          t.true(await connections.revoke('ada', confidential.client.clientId))
        }
        t.not(await happen(), 'granted')

        t.deepEqual(await connections.list('ada'), [])
        const next = await browser.open(authorizationUrl(issuer, confidential))
        t.is(titleOf(next), 'Allow access')
        t.truthy((await browser.submit(next, { action: 'allow' })).callback)
        t.is((await connections.list('ada')).length, 1)
      },
    )
  }

  test.serial(
    `${kind}: an Allow that reaches the store too late is 503, and may be repeated (ADR 0012)`,
    async (t) => {
      const opened = await stores.open(kind, t)
      let isLate = true
      const consents: Storage['consents'] = {
        ...opened.consents,
        async grant(grant) {
          const deadlineMilliseconds = isLate ? 0 : grant.deadlineMilliseconds
          return await opened.consents.grant({ ...grant, deadlineMilliseconds })
        },
      }
      const asked = await startAsked(t, { ...opened, consents })
      const { browser, consentPage, events } = asked
      assertErrorPage(t, await browser.submit(consentPage, { action: 'allow' }), 503)
      t.deepEqual(await asked.authorizationServer.connections.list('ada'), [])
      t.false((await events()).some(({ type }) => type === 'consent.granted'))

      isLate = false
      const granted = await browser.submit(consentPage, { action: 'allow' })
      t.is((await asked.redeem(granted)).status, 200)
    },
  )

  test.serial(
    `${kind}: the first denial of a request counts, although another is recorded later`,
    async (t) => {
      const { deny, findDenial } = createRequestEndings(await stores.open(kind, t), () => NOW)
      await deny('request', { reason: 'denied by its user', userId: 'ada' })
      await deny('request', { reason: 'denied by nobody', userId: null })
      t.deepEqual(await findDenial('request'), { reason: 'denied by its user', userId: 'ada' })
    },
  )
}

test('what a request granted can be withdrawn for longer than the request can be denied', (t) => {
  t.true(WITHDRAWAL_SECONDS > PENDING_REQUEST_TTL_SECONDS)
  t.is(WITHDRAWAL_SECONDS, rememberFamilyUntil(0))
})

test('a code gives tokens once, also when its tokens have expired or were revoked long before its request expires', async (t) => {
  for (const end of ['expires', 'is revoked'] as const) {
    const asked = await startAsked(t)
    const { issuer, browser, clock, registerClient } = asked
    const client = await registerClient({
      ...CONFIDENTIAL_CLIENT,
      allowedGrantTypes: ['authorization_code', 'refresh_token'],
      accessTokenTtlSeconds: 60,
      refreshTokenTtlSeconds: 300,
    })
    const consentPage = await browser.open(authorizationUrl(issuer, client))
    const granted = await browser.submit(consentPage, { action: 'allow' })
    const response = await redeem(issuer, client, granted.callback)
    t.is(response.status, 200)
    const { refresh_token: token } = await response.json()
    const { status } =
      end === 'is revoked'
        ? await postAs(client, `${issuer}/oauth/revoke`, { token })
        : await postAs(client, `${issuer}/oauth/token`, {
            grant_type: 'refresh_token',
            refresh_token: token,
          })
    t.is(status, 200)

    for (const seconds of [61, 239, 299]) {
      clock.advance(seconds)
      await browser.submit(consentPage, { action: 'allow' })
      await browser.open(granted.url)
      await assertInvalidGrant(t, await redeem(issuer, client, granted.callback))
    }
  }
})

test('a request that was finished in two sessions has two codes: one of them is redeemed', async (t) => {
  const asked = await startAsked(t)
  const { issuer, confidential, browser, consentPage } = asked
  const first = await browser.submit(consentPage, { action: 'allow' })
  const elsewhere = authorizationUrl(issuer, confidential, { prompt: 'login' })
  await browser.signIn(await browser.open(elsewhere), 'ada@acme.test')
  const second = await browser.open(first.url)
  t.truthy(second.callback?.searchParams.get('code'))
  t.not(second.callback?.href, first.callback?.href)

  const tokens = await (await asked.redeem(second)).json()
  await assertInvalidGrant(t, await asked.redeem(first))
  t.true(await asked.isActive(tokens.access_token))
  assertDenied(t, issuer, await browser.submit(consentPage, { action: 'deny' }))
  t.false(await asked.isActive(tokens.access_token))
})

test('a redemption that failed because no token could be signed does not keep another code of its request from being redeemed', async (t) => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  let isDown = true
  const { issuer, confidential } = await startServer(t, {
    signingKeys: [
      {
        publicJwk: { ...publicKey.export({ format: 'jwk' }), kid: 'hsm-1' } as JWK,
        async sign(data) {
          if (isDown) throw new Error('the signer is down')
          return sign('sha256', data, privateKey)
        },
      },
    ],
  })
  const browser = startBrowser()
  const url = authorizationUrl(issuer, confidential, { prompt: 'login' })
  const consentPage = await browser.signIn(await browser.open(url), 'ada@acme.test')
  const first = await browser.submit(consentPage, { action: 'allow' })
  t.true((await redeem(issuer, confidential, first.callback)).status >= 500)

  isDown = false
  await browser.signIn(await browser.open(url), 'ada@acme.test')
  const second = await browser.open(first.url)
  t.not(second.callback?.href, first.callback?.href)
  t.is((await redeem(issuer, confidential, second.callback)).status, 200)
  await assertInvalidGrant(t, await redeem(issuer, confidential, first.callback))
})

test('a request that needs a page again after Allow stays one request: Deny on any page of it ends it, and it gives tokens once', async (t) => {
  const asked = await startAsked(t)
  const { issuer, browser, consentPage, authorizationServer, confidential } = asked
  const { url, hidden } = formOf(consentPage)
  const allowed = await browser.userAgent.submit(url, { ...hidden, action: 'allow' })
  await authorizationServer.connections.revoke('ada', confidential.client.clientId)

  const again = await browser.open(allowed.headers.get('location') ?? '')
  t.is(titleOf(again), 'Allow access')
  t.is(again.url.href, consentPage.url.href)
  const granted = await browser.submit(again, { action: 'allow' })
  const { access_token: token } = await (await asked.redeem(granted)).json()
  t.is(titleOf(await browser.open(consentPage.url)), FINISHED)

  assertDenied(t, issuer, await browser.submit(consentPage, { action: 'deny' }))
  t.false(await asked.isActive(token))
})

test('Deny and Cancel on any page of ours give access_denied, whatever the next step is by then', async (t) => {
  const users = ['ada@acme.test', 'grace@globex.test'] as const
  for (const action of ['deny', 'cancel']) {
    for (const username of users) {
      const {
        issuer,
        confidential,
        public: spa,
        browser,
        signInPage,
        consentPage,
      } = await startAsked(t)
      const elsewhere = authorizationUrl(issuer, spa, { prompt: 'login' })
      await browser.signIn(await browser.open(elsewhere), username)
      const chooser = authorizationUrl(issuer, confidential, { prompt: 'select_account' })
      const pages = [signInPage, consentPage, await browser.open(chooser)]
      await browser.signIn(await browser.open(elsewhere), 'ada@acme.test')
      for (const page of pages) assertDenied(t, issuer, await browser.submit(page, { action }))
    }
  }
})

test('Deny without the page’s token, or in another browser, denies nothing', async (t) => {
  const { issuer, browser, consentPage, redeem: redeemCode } = await startAsked(t)
  const granted = await browser.submit(consentPage, { action: 'allow' })
  const { hidden } = formOf(consentPage)
  const stranger = startBrowser()
  assertErrorPage(t, await stranger.submit(consentPage, { action: 'deny' }), 400)
  for (const [csrf, origin] of [
    ['', issuer],
    ['x.y', issuer],
    [hidden['csrf'] ?? '', 'https://evil.example'],
    [hidden['csrf'] ?? '', 'null'],
  ] as const) {
    const response = await browser.userAgent.request(consentPage.url, {
      method: 'POST',
      headers: { origin },
      body: new URLSearchParams({ csrf, action: 'deny' }),
    })
    t.is(response.status, 403)
  }
  t.is((await redeemCode(granted)).status, 200)
})

for (const seconds of [0, 1]) {
  test(`Deny does not revoke what the user granted once more since, ${seconds} seconds later`, async (t) => {
    const asked = await startAsked(t)
    const { issuer, confidential, browser, consentPage, clock } = asked
    await browser.submit(consentPage, { action: 'allow' })
    clock.advance(seconds)
    const url = authorizationUrl(issuer, confidential, { prompt: 'consent' })
    const granted = await browser.submit(await browser.open(url), { action: 'allow' })

    assertDenied(t, issuer, await browser.submit(consentPage, { action: 'deny' }))

    t.is((await asked.redeem(granted)).status, 200)
    t.is((await asked.authorizationServer.connections.list('ada')).length, 1)
  })
}

test('Deny revokes also what the client got without a page since, under the consent that was given', async (t) => {
  const asked = await startAsked(t)
  const { issuer, confidential, browser, consentPage, clock } = asked
  await browser.submit(consentPage, { action: 'allow' })
  clock.advance(60)
  const silent = await browser.open(authorizationUrl(issuer, confidential))
  const tokens = await (await asked.redeem(silent)).json()
  t.true(await asked.isActive(tokens.access_token))

  assertDenied(t, issuer, await browser.submit(consentPage, { action: 'deny' }))

  t.false(await asked.isActive(tokens.access_token))
})

for (const order of ['in the same order', 'in the opposite order']) {
  test(`three requests of a client, allowed and then denied ${order}, leave the consent as it was before`, async (t) => {
    const { issuer, confidential, authorizationServer, issueTokens } = await startServer(t)
    const { clientId } = confidential.client
    const scopesNow = async (): Promise<unknown> =>
      (await authorizationServer.connections.list('ada')).map(({ scopes }) =>
        scopes.map(({ scope }) => scope).sort(),
      )
    for (const before of [[], ['candidate:read']]) {
      if (before.length > 0) await issueTokens({ userId: 'ada', clientId, scopes: before })
      const browser = startBrowser()
      await browser.signIn(await browser.open(`${issuer}/account/connections`), 'ada@acme.test')
      const pages: Array<Visit> = []
      for (const scope of [
        'interview:read',
        'interview:read interview:create',
        'interview:create',
      ]) {
        const url = authorizationUrl(issuer, confidential, { scope, prompt: 'consent' })
        pages.push(await browser.open(url))
      }
      for (const page of pages) {
        t.truthy((await browser.submit(page, { action: 'allow' })).callback)
      }

      if (order !== 'in the same order') pages.reverse()
      for (const page of pages) {
        assertDenied(t, issuer, await browser.submit(page, { action: 'deny' }))
      }

      t.deepEqual(await scopesNow(), before.length > 0 ? [before] : [])
    }
  })
}

test('Deny reverts what its own user granted, and nothing of another user who allowed before', async (t) => {
  const asked = await startAsked(t)
  const { issuer, browser, consentPage, authorizationServer } = asked
  const { url, hidden } = formOf(consentPage)
  await browser.userAgent.submit(url, { ...hidden, action: 'allow' })
  const signInPage = await browser.submit(consentPage, { action: 'switch-account' })
  const gracesPage = await browser.signIn(signInPage, 'grace@globex.test')
  await browser.userAgent.submit(url, { ...formOf(gracesPage).hidden, action: 'allow' })
  t.is((await authorizationServer.connections.list('ada')).length, 1)

  assertDenied(t, issuer, await browser.submit(gracesPage, { action: 'deny' }))

  t.deepEqual(await authorizationServer.connections.list('grace'), [])
  t.is((await authorizationServer.connections.list('ada')).length, 1)
})

for (const [what, other] of [
  ['nobody', undefined],
  ['another user', 'grace@globex.test'],
] as const) {
  test(`where a request was planted, Deny of ${what} revokes nothing of the user who allowed it`, async (t) => {
    const { issuer, confidential, authorizationServer } = await startServer(t)
    const [attacker, victim] = [startBrowser(), startBrowser()]
    const planted = await attacker.open(authorizationUrl(issuer, confidential))
    if (other !== undefined) await attacker.signIn(planted, other)
    victim.userAgent.cookies.push(
      ...attacker.userAgent.cookies.filter(({ name }) => name.startsWith('oauth_prt_')),
    )
    const consentPage = await victim.signIn(await victim.open(planted.url), 'ada@acme.test')
    const granted = await victim.submit(consentPage, { action: 'allow' })
    const deniesNothing = async (): Promise<void> => {
      for (const action of ['deny', 'cancel']) {
        const visit = await attacker.submit(planted, { action })
        assertErrorPage(t, visit, 400)
        t.is(titleOf(visit), FINISHED)
      }
    }

    await deniesNothing()
    const response = await redeem(issuer, confidential, granted.callback)
    t.is(response.status, 200)
    const { refresh_token: refreshToken } = await response.json()
    await deniesNothing()

    const refresh = { grant_type: 'refresh_token', refresh_token: refreshToken }
    t.is((await postAs(confidential, `${issuer}/oauth/token`, refresh)).status, 200)
    t.is((await authorizationServer.connections.list('ada')).length, 1)
    assertDenied(t, issuer, await victim.submit(consentPage, { action: 'deny' }))
    t.deepEqual(await authorizationServer.connections.list('ada'), [])
  })
}

test('where a request was planted, Deny whose body arrives after the user allowed it is too late, too', async (t) => {
  const { issuer, confidential } = await startServer(t)
  const [attacker, victim] = [startBrowser(), startBrowser()]
  const planted = await attacker.open(authorizationUrl(issuer, confidential))
  const { cookies } = attacker.userAgent
  victim.userAgent.cookies.push(...cookies.filter(({ name }) => name.startsWith('oauth_prt_')))
  const consentPage = await victim.signIn(await victim.open(planted.url), 'ada@acme.test')
  const { url, hidden } = formOf(planted)
  const slow = await beginForm(attacker.userAgent, new URL(url, planted.url))

  const granted = await victim.submit(consentPage, { action: 'allow' })

  t.is(await slow.end(new URLSearchParams({ ...hidden, action: 'deny' })), 400)
  t.is((await redeem(issuer, confidential, granted.callback)).status, 200)
})

test('where another user finished a planted request first, Deny ends what its own user allowed, and nothing of the other’s', async (t) => {
  const { issuer, confidential, authorizationServer, issueTokens } = await startServer(t)
  const { clientId } = confidential.client
  const earlier = ['interview:read']
  await issueTokens({ userId: 'ada', clientId, scopes: earlier })
  const [adas, graces] = [startBrowser(), startBrowser()]
  const planted = await graces.open(authorizationUrl(issuer, confidential))
  adas.userAgent.cookies.push(...graces.userAgent.cookies)
  const adasPage = await adas.signIn(await adas.open(planted.url), 'ada@acme.test')
  const gracesPage = await graces.signIn(planted, 'grace@globex.test')
  const { url, hidden } = formOf(adasPage)
  await adas.userAgent.submit(url, { ...hidden, action: 'allow' })
  const granted = await graces.submit(gracesPage, { action: 'allow' })

  for (const action of ['allow', 'deny', 'cancel']) {
    const visit = await adas.submit(adasPage, { action })
    assertErrorPage(t, visit, 400)
    t.is(titleOf(visit), FINISHED)
  }

  const [connection, ...others] = await authorizationServer.connections.list('ada')
  t.deepEqual(others, [])
  t.deepEqual(
    connection?.scopes.map(({ scope }) => scope),
    earlier,
  )
  t.is((await redeem(issuer, confidential, granted.callback)).status, 200)
  t.is((await authorizationServer.connections.list('grace')).length, 1)
})

test('Deny in another browser ends a planted request that is not finished, for both, and revokes no consent', async (t) => {
  for (const moment of ['before Allow', 'between Allow and the redirect']) {
    const { issuer, confidential, authorizationServer, issueTokens } = await startServer(t)
    const { clientId } = confidential.client
    await issueTokens({ userId: 'ada', clientId, scopes: ['interview:read'] })
    const [attacker, victim] = [startBrowser(), startBrowser()]
    const planted = await attacker.open(authorizationUrl(issuer, confidential))
    victim.userAgent.cookies.push(
      ...attacker.userAgent.cookies.filter(({ name }) => name.startsWith('oauth_prt_')),
    )
    const consentPage = await victim.signIn(await victim.open(planted.url), 'ada@acme.test')
    const { url, hidden } = formOf(consentPage)
    if (moment !== 'before Allow') {
      await victim.userAgent.submit(url, { ...hidden, action: 'allow' })
    }
    const before = await authorizationServer.connections.list('ada')
    t.is(before.length, 1)

    assertDenied(t, issuer, await attacker.submit(planted, { action: 'deny' }))

    assertDenied(t, issuer, await victim.submit(consentPage, { action: 'allow' }))
    t.deepEqual(await authorizationServer.connections.list('ada'), before)
  }
})

/** A memory storage that can hold a write of a pending request until another request has read it, too. */
function createRacingStorage(): Storage & {
  race: (other: () => Promise<Visit>) => Promise<Visit>
} {
  const memory = createMemoryStorage()
  const { artifacts } = memory
  let writes: ReadonlyArray<(write: () => Promise<void>) => Promise<void>> = []
  return {
    ...memory,
    artifacts: {
      ...artifacts,
      async save(...parameters) {
        const [kind, , data] = parameters
        const write = (): Promise<void> => artifacts.save(...parameters)
        const [held, ...later] = kind === 'PendingRequest' && 'result' in data ? writes : []
        if (held === undefined) return await write()
        writes = later
        await held(write)
      },
    },
    /** Starts another request before the next write, which happens when the other one is about to write. */
    race(other) {
      const started = Promise.withResolvers<Visit>()
      const isOtherReady = Promise.withResolvers<void>()
      const isFirstWritten = Promise.withResolvers<void>()
      writes = [
        async (write) => {
          const finished = other()
          started.resolve(finished)
          await Promise.race([isOtherReady.promise, finished])
          writes = []
          await write()
          isFirstWritten.resolve()
        },
        async (write) => {
          isOtherReady.resolve()
          await isFirstWritten.promise
          await write()
        },
      ]
      return started.promise
    },
  }
}

for (const second of ['deny', 'allow']) {
  test(`Allow whose write of the request is overtaken by ${second}: a denial reverts it all the same`, async (t) => {
    const storage = createRacingStorage()
    const asked = await startAsked(t, storage)
    const { issuer, confidential, browser, consentPage, authorizationServer } = asked
    const other = storage.race(() => browser.submit(consentPage, { action: second }))

    const granted = await browser.submit(consentPage, { action: 'allow' })
    await other
    assertDenied(t, issuer, await browser.submit(consentPage, { action: 'deny' }))

    t.deepEqual(await authorizationServer.connections.list('ada'), [])
    if (second === 'deny') assertDenied(t, issuer, granted)
    else await assertInvalidGrant(t, await asked.redeem(granted))
    const next = await browser.open(authorizationUrl(issuer, confidential))
    t.is(titleOf(next), 'Allow access')
  })
}

test('Deny, then a write of progress from before it: the request stays denied', async (t) => {
  const storage = createRacingStorage()
  const { issuer, browser, consentPage } = await startAsked(t, storage)
  const other = storage.race(() => browser.submit(consentPage, { action: 'deny' }))

  assertDenied(t, issuer, await browser.submit(consentPage, { action: 'switch-account' }))
  assertDenied(t, issuer, await other)
  assertDenied(t, issuer, await browser.open(consentPage.url))
})

test('a request that expires between reading and writing gets the page that says so, with its link', async (t) => {
  let afterRead: () => void = () => undefined
  const memory = createMemoryStorage()
  const storage: Storage = {
    ...memory,
    artifacts: findEach({
      ...memory.artifacts,
      async find(...parameters) {
        const found = await memory.artifacts.find(...parameters)
        if (parameters[0] === 'PendingRequest' && found !== undefined) afterRead()
        return found
      },
    }),
  }
  const actions: ReadonlyArray<readonly [string, (asked: Asked) => Promise<Visit>]> = [
    ['sign-in', ({ browser, signInPage }) => browser.signIn(signInPage, 'ada@acme.test')],
    ...['allow', 'switch-account', 'deny'].map(
      (action) =>
        [
          action,
          ({ browser, consentPage }: Asked) => browser.submit(consentPage, { action }),
        ] as const,
    ),
    ['reload', ({ browser, consentPage }) => browser.open(consentPage.url)],
  ]
  let pages = 0
  for (const [action, perform] of actions) {
    for (const reads of [1, 2, 3, 4, 5, 6]) {
      afterRead = () => undefined
      const asked = await startAsked(t, storage)
      let left = reads
      afterRead = () => {
        left -= 1
        if (left === 0) asked.clock.advance(601)
      }
      const visit = await perform(asked)
      if (left > 0 || visit.callback !== undefined || visit.status === 200) continue
      pages += 1
      assertErrorPage(t, visit, 400)
      t.is(titleOf(visit), EXPIRED, `${action}, after ${reads} reads`)
      t.true(visit.html.includes(`href="${HOME}"`), `${action}, after ${reads} reads`)
    }
  }
  t.true(pages >= 5, String(pages))
})

test('audit: each submission is reported once, and so is what a denial revoked', async (t) => {
  const asked = await startAsked(t)
  const { confidential, browser, consentPage, events } = asked
  const granted = await browser.submit(consentPage, { action: 'allow' })
  await browser.submit(consentPage, { action: 'allow' })
  await browser.open(granted.url)
  await asked.redeem(granted)
  await browser.submit(consentPage, { action: 'deny' })
  await browser.submit(consentPage, { action: 'deny' })
  await browser.open(consentPage.url)

  const { clientId } = confidential.client
  const subject = { clientId, userId: 'ada', tenantId: 'acme' }
  const reported = (await events()).filter(({ type }) =>
    /^(authorization|connection|consent)/.test(type),
  )
  t.deepEqual(
    reported.map(({ type }) => type),
    [
      'consent.granted',
      'authorization.granted',
      'authorization.revoked',
      'connection.revoked',
      'authorization.denied',
    ],
  )
  const [, , authorization, revoked, denied] = reported
  t.like(authorization, { ...subject, result: 'success' })
  t.regex((authorization as { readonly familyId?: string }).familyId ?? '', /^[\w-]{65}$/)
  t.like(revoked, { ...subject, reason: 'denied-by-user' })
  t.like(denied, { clientId, userId: 'ada', reason: 'the user denied the request' })
})

for (const [what, fails] of [
  ['whose code could not be saved', (kind: string) => kind === 'AuthorizationCode'],
  ['that could not be recorded', (kind: string) => kind === 'SentResponse'],
] as const) {
  test(`a response ${what} is not sent: 503 without a redirect; repeated, it is sent and audited`, async (t) => {
    const memory = createMemoryStorage()
    let isFailing = true
    const asked = await startAsked(t, {
      ...memory,
      artifacts: {
        ...memory.artifacts,
        async save(kind, key, data, expiresAt) {
          if (isFailing && fails(kind)) throw new StorageError('out of order')
          await memory.artifacts.save(kind, key, data, expiresAt)
        },
      },
    })
    const { issuer, browser, consentPage, events } = asked
    const failed = await browser.submit(consentPage, { action: 'allow' })
    t.is(failed.status, 503)
    t.is(failed.headers.get('location'), null)
    const audited = (await events()).length

    isFailing = false
    const sent = await browser.open(failed.url)
    t.truthy(sent.callback?.searchParams.get('code'))
    await browser.open(failed.url)
    const reported = (await events())
      .slice(audited)
      .filter(({ type }) => type.startsWith('authorization'))
    t.deepEqual(
      reported.map(({ type }) => type),
      ['authorization.granted'],
    )
    t.is((await asked.redeem(sent)).status, 200)
    assertDenied(t, issuer, await browser.submit(consentPage, { action: 'deny' }))
  })
}

for (const failing of ['AuthorizationCode', 'Session']) {
  test(`a response that was not sent, as the ${failing} could not be saved, does not finish its request: the user may still choose another account`, async (t) => {
    const memory = createMemoryStorage()
    let isFailing = false
    const failOnce = (save: ArtifactStore['save']): ArtifactStore['save'] => {
      return async (kind, ...rest) => {
        if (isFailing && kind === failing) {
          isFailing = false
          throw new StorageError('out of order')
        }
        await save(kind, ...rest)
      }
    }
    const { issuer, confidential, clock, browser } = await startAsked(t, {
      ...memory,
      artifacts: {
        ...memory.artifacts,
        save: failOnce(memory.artifacts.save),
        saveLatest: failOnce(memory.artifacts.saveLatest),
      },
    })
    clock.advance(3599)
    const consentPage = await browser.open(
      authorizationUrl(issuer, confidential, { prompt: 'consent' }),
    )
    clock.advance(1) // now a request that only uses the session saves it
    isFailing = true
    t.is((await browser.submit(consentPage, { action: 'allow' })).status, 503)
    const signInPage = await browser.submit(consentPage, { action: 'switch-account' })
    t.is(titleOf(signInPage), 'Sign in')
    const gracesPage = await browser.signIn(signInPage, 'grace@globex.test')
    const granted = await browser.submit(gracesPage, { action: 'allow' })
    t.truthy(granted.callback?.searchParams.get('code'))
  })
}

test('Deny that arrives during Allow revokes the consent, whichever is first', async (t) => {
  const memory = createMemoryStorage()
  let beforeGrant: () => Promise<unknown> = async () => undefined
  let afterGrant: () => Promise<unknown> = async () => undefined
  const storage: Storage = {
    ...memory,
    consents: {
      ...memory.consents,
      async grant(grant) {
        await beforeGrant()
        const outcome = await memory.consents.grant(grant)
        await afterGrant()
        return outcome
      },
    },
  }
  for (const moment of ['before', 'after']) {
    const asked = await startAsked(t, storage)
    const { issuer, browser, consentPage, authorizationServer } = asked
    const { url, hidden } = formOf(consentPage)
    const denyElsewhere = async (): Promise<void> => {
      beforeGrant = async () => undefined
      afterGrant = async () => undefined
      await browser.userAgent.submit(url, { ...hidden, action: 'deny' })
    }
    if (moment === 'before') beforeGrant = denyElsewhere
    else afterGrant = denyElsewhere

    assertDenied(t, issuer, await browser.submit(consentPage, { action: 'allow' }))
    t.deepEqual(await authorizationServer.connections.list('ada'), [], moment)
  }
})

test.serial(
  'a denial and a redemption at once, in every order of their steps, leave no active family',
  async (t) => {
    const orders = await runEveryInterleaving(
      async () => {
        const storage = await openConnected(async () => createMemoryStorage())
        const { families } = storage
        const now = (): number => NOW
        const family = aFamily()
        const operations = [
          async (step: Step): Promise<void> => {
            const stepwise = stepwiseEndings(storage, step)
            if (!(await stepwise.redeem('request', family))) return
            await step()
            await families.create(family, NOW, ANYTIME)
          },
          async (step: Step): Promise<void> => {
            const stepwise = stepwiseEndings(storage, step)
            await stepwise.deny('request', { reason: 'denied', userId: null })
            const redemption = await stepwise.findRedemption('request')
            if (redemption === undefined) return
            const revoker = createRevoker(
              {
                ...storage,
                families: {
                  ...families,
                  async create(...parameters) {
                    await step()
                    return await families.create(...parameters)
                  },
                  async revoke(...parameters) {
                    await step()
                    return await families.revoke(...parameters)
                  },
                },
              },
              now,
            )
            await revoker.preventFamily(redemption)
          },
        ]
        return { world: storage, operations }
      },
      async ({ families }) => {
        const { familyId, clientId } = aFamily()
        t.is(await families.find(familyId, clientId, NOW), undefined)
      },
    )
    t.true(orders >= 10, String(orders))
  },
)

for (const [title, isGivenAnew] of [
  ['two codes of one request', false],
  ['two codes of one request, whose consent was given anew after a first redemption', true],
] as const) {
  test.serial(
    `${title}, redeemed at once: in every order of their steps one family is created, and Deny revokes it`,
    async (t) => {
      const consentId = isGivenAnew ? 'consent-2'.padEnd(22, '-') : aFamily().consentId
      const families = ['one', 'two'].map((name) =>
        aFamily({ consentId, familyId: familyIdOf(name, consentId) }),
      )
      const orders = await runEveryInterleaving(
        async () => {
          const storage = await openConnected(async () => createMemoryStorage())
          if (isGivenAnew) {
            const { userId, clientId } = aFamily()
            await createRequestEndings(storage, () => NOW).redeem('request', aFamily())
            await storage.consents.delete(userId, clientId)
            await storage.consents.grant(aGrant({ consentId }))
          }
          const operations = families.map((family) => async (step: Step) => {
            if (!(await stepwiseEndings(storage, step).redeem('request', family))) return
            await step()
            t.is(await storage.families.create(family, NOW, ANYTIME), 'created')
          })
          return { world: storage, operations }
        },
        async (storage) => {
          const active = async (): Promise<number> => {
            const found = families.map(({ familyId, clientId }) =>
              storage.families.find(familyId, clientId, NOW),
            )
            return (await Promise.all(found)).filter((family) => family !== undefined).length
          }
          t.is(await active(), 1)
          const endings = createRequestEndings(storage, () => NOW)
          const last = await endings.findRedemption('request')
          if (last !== undefined) await createRevoker(storage, () => NOW).preventFamily(last)
          t.is(await active(), 0)
        },
      )
      t.true(orders >= 9, String(orders))
    },
  )
}

for (const [title, isGivenAnew] of [
  ['', false],
  [', under a consent that was given anew after a first redemption', true],
] as const) {
  test.serial(
    `two codes of one request redeemed and Deny, all at once${title}: in every order of their steps no family and no consent is left`,
    async (t) => {
      const token = 'a-pending-request'
      const requestKey = requestKeyOf(token)
      const { userId, clientId } = aFamily()
      const consentId = isGivenAnew ? 'consent-2'.padEnd(22, '-') : aFamily().consentId
      const families = ['one', 'two'].map((name) =>
        aFamily({ consentId, familyId: familyIdOf(name, consentId) }),
      )
      let left = 0
      const orders = await runEveryInterleaving(
        async () => {
          const storage = await openConnected(async () => createMemoryStorage())
          const endings = createRequestEndings(storage, () => NOW)
          await storage.consents.delete(userId, clientId)
          await storage.consents.grant(aGrant({ requestKey }))
          if (isGivenAnew) {
            await endings.redeem(requestKey, aFamily())
            await storage.consents.delete(userId, clientId)
            await storage.consents.grant(aGrant({ consentId, requestKey }))
          }
          const redemptions = families.map((family) => async (step: Step) => {
            // Nobody changes the first redemption any more: when it is found makes no difference.
            const stepwise = stepwiseEndings(storage, isGivenAnew ? afterFirst(2, step) : step)
            if (!(await stepwise.redeem(requestKey, family))) return
            await step()
            await storage.families.create(family, NOW, ANYTIME)
          })
          const deny = async (step: Step): Promise<void> => {
            const request = { pendingRequestToken: token, clientId }
            const denial = { reason: 'denied', userId }
            await denyRequest(stepwiseDependencies(storage, step), request, denial, '::1')
          }
          return { world: storage, operations: [...redemptions, deny] }
        },
        async (storage) => {
          if ((await storage.consents.find(userId, clientId)) !== undefined) left += 1
          for (const { familyId } of families) {
            if (await storage.families.find(familyId, clientId, NOW)) left += 1
          }
        },
      )
      t.true(orders > 300, String(orders))
      t.is(left, 0)
    },
  )
}

function stepwiseEndings(storage: Storage, step: Step): RequestEndings {
  const artifacts = stepwiseArtifacts(storage.artifacts, step)
  const consents = stepwiseConsents(storage.consents, step)
  return createRequestEndings({ ...storage, artifacts, consents }, () => NOW)
}

const TWO_SCOPES = ['interview:read', 'interview:create']

/** Several requests of one user for one client, allowed and denied at once, by their step counts. */
test('an Allow that met an obsolete consent and tries again does not bring back what was disconnected meanwhile', async (t) => {
  const opened = createMemoryStorage()
  const tried: Array<string> = []
  let meet: (() => Promise<unknown>) | undefined
  let disconnect: (() => Promise<boolean>) | undefined
  const grant: Storage['consents']['grant'] = async (parameters) => {
    await meet?.()
    meet = undefined
    const outcome = await opened.consents.grant(parameters)
    tried.push(outcome)
    if (tried.length === 1) t.true(await disconnect?.())
    return outcome
  }
  const asked = await startAsked(t, { ...opened, consents: { ...opened.consents, grant } })
  const { confidential, browser, consentPage, clock } = asked
  const { clientId } = confidential.client
  const subject = { userId: 'ada', clientId }
  const obsolete = aGrant({ ...subject, tenantId: 'globex', grantedAt: clock.now() })
  meet = () => opened.consents.grant(obsolete)
  disconnect = () => asked.authorizationServer.connections.revoke('ada', clientId)

  const answer = await browser.submit(consentPage, { action: 'allow' })

  t.is(titleOf(answer), 'Allow access')
  t.deepEqual(tried, ['obsolete', 'cancelled'])
  t.deepEqual(await opened.consents.list('ada'), [])
  const types = (await asked.events()).map(({ type }) => type)
  t.is(types.filter((type) => type === 'connection.revoked').length, 1)
  t.false(types.includes('consent.granted'))
})

const AT_ONCE: ReadonlyArray<{
  readonly title: string
  readonly earlier: ReadonlyArray<string>
  /** The scopes of each request, how often it is allowed, and whether it is denied. */
  readonly requests: ReadonlyArray<
    readonly [scopes: ReadonlyArray<string>, clicks: number, isDenied: boolean]
  >
}> = [
  { title: 'Allow and Deny', earlier: [], requests: [[TWO_SCOPES, 1, true]] },
  {
    title: 'Allow and Deny of one scope more',
    earlier: ['interview:read'],
    requests: [[TWO_SCOPES, 1, true]],
  },
  { title: 'a double click on Allow, and Deny', earlier: [], requests: [[TWO_SCOPES, 2, true]] },
  {
    title: 'Allow and Deny of one request, and Allow of another with a scope in common',
    earlier: [],
    requests: [
      [TWO_SCOPES, 1, true],
      [['interview:create'], 1, false],
    ],
  },
  {
    title: 'Allow and Deny of one request, and Allow of another with other scopes',
    earlier: ['candidate:read'],
    requests: [
      [['interview:read'], 1, true],
      [['interview:create'], 1, false],
    ],
  },
]

for (const { title, earlier, requests } of AT_ONCE) {
  test.serial(
    `${title}, at once: in every order of their steps, the consent has what was there before and what was not denied`,
    async (t) => {
      const { userId, clientId, tenantId, ...grant } = aGrant({ scopes: earlier })
      const kept = requests.flatMap(([scopes, , isDenied]) => (isDenied ? [] : scopes))
      const expected = [...earlier, ...kept].sort()
      let wrong = 0
      const orders = await runEveryInterleaving(
        async () => {
          const storage = await openConnected(async () => createMemoryStorage())
          await storage.consents.delete(userId, clientId)
          if (earlier.length > 0)
            await storage.consents.grant({ userId, clientId, tenantId, ...grant })
          const operations = requests.flatMap(([scopes, clicks, isDenied], index) => {
            const request = {
              pendingRequestToken: `request ${index}`,
              clientId,
              scopes,
            }
            const allow = async (step: Step): Promise<void> => {
              const dependencies = stepwiseDependencies(storage, step)
              const found = await findEarlierConsent(dependencies, userId, clientId)
              await grantConsent(dependencies, request, { userId, tenantId }, found, NOW, '::1')
            }
            const deny = async (step: Step): Promise<void> => {
              const dependencies = stepwiseDependencies(storage, step)
              await denyRequest(dependencies, request, { reason: 'denied', userId }, '::1')
            }
            return [...Array(clicks).fill(allow), ...(isDenied ? [deny] : [])]
          })
          return { world: storage, operations }
        },
        async ({ consents }) => {
          const consent = await consents.find(userId, clientId)
          const scopes = consent?.scopes.map(({ scope }) => scope) ?? []
          if (scopes.sort().join() !== expected.join() || consent?.scopes.length === 0) wrong += 1
        },
      )
      t.true(orders >= 4, String(orders))
      t.is(wrong, 0)
    },
  )
}

/** Waits before all but the first steps. */
function afterFirst(count: number, step: Step): Step {
  let taken = 0
  return async (touched) => {
    taken += 1
    if (taken > count) await step(touched)
  }
}

function stepwiseDependencies(
  storage: Storage,
  step: Step,
): DenialDependencies & ConsentGrantDependencies & Pick<Storage, 'consents'> {
  const consents = stepwiseConsents(storage.consents, step)
  return {
    endings: stepwiseEndings(storage, step),
    artifacts: stepwiseArtifacts(storage.artifacts, step),
    consents,
    storageTimeoutMilliseconds: 30_000,
    revoker: createRevoker({ ...storage, consents }, () => NOW),
    audit: { record: () => undefined, deferUntilSent: (_response, handle) => handle() },
    endFormerConnection: async () => undefined,
    now: () => NOW,
  }
}

function stepwiseConsents(consents: Storage['consents'], step: Step): Storage['consents'] {
  const stepwise = <Parameters extends ReadonlyArray<unknown>, Result>(
    call: (...parameters: Parameters) => Promise<Result>,
  ): ((...parameters: Parameters) => Promise<Result>) => {
    return async (...parameters) => {
      await step(['consent'])
      return await call(...parameters)
    }
  }
  return {
    ...consents,
    find: stepwise(consents.find),
    findTimed: stepwise(consents.findTimed),
    cancelGrants: stepwise(consents.cancelGrants),
    grant: stepwise(consents.grant),
    withdraw: stepwise(consents.withdraw),
    delete: stepwise(consents.delete),
  }
}

function stepwiseArtifacts(artifacts: Storage['artifacts'], step: Step): Storage['artifacts'] {
  return findEach({
    ...artifacts,
    async insert(...parameters) {
      const [kind, key] = parameters
      await step([`${kind} ${key}`])
      return await artifacts.insert(...parameters)
    },
    async find(...parameters) {
      const [kind, key] = parameters
      await step([`${kind} ${key}`])
      return await artifacts.find(...parameters)
    },
  })
}

test('finished twice where an earlier consent was enough: the sign-in form, sent again, leads to the same code', async (t) => {
  const { issuer, confidential, authorize } = await startServer(t)
  await authorize({ userId: 'ada', clientId: confidential.client.clientId })
  const browser = startBrowser()
  const signInPage = await browser.open(authorizationUrl(issuer, confidential))
  const granted = await browser.signIn(signInPage, 'ada@acme.test')
  const before = sessionCookies(browser)

  const again = await browser.signIn(signInPage, 'ada@acme.test')
  t.is(again.callback?.href, granted.callback?.href)
  t.deepEqual(sessionCookies(browser), before)
  const wrong = await browser.signIn(signInPage, 'ada@acme.test', 'wrong')
  t.is(titleOf(wrong), 'Error: Sign in')

  // Somebody else is signed in then, and is told where to begin again.
  const others = await browser.signIn(signInPage, 'grace@globex.test')
  assertErrorPage(t, others, 400)
  t.is(titleOf(others), FINISHED)
  t.true(others.html.includes(`href="${HOME}"`))
  const account = await browser.open(`${issuer}/account/connections`)
  t.true(account.html.includes('grace@globex.test'))
  t.is(titleOf(await browser.open(granted.url)), FINISHED)
  t.is((await redeem(issuer, confidential, granted.callback)).status, 200)
})

test('a finished request gives nobody else a code: not the attacker who planted it, nor anybody after a sign-out', async (t) => {
  const { issuer, browser, consentPage, signInPage, redeem: redeemCode } = await startAsked(t)
  const granted = await browser.submit(consentPage, { action: 'allow' })
  const attacker = startBrowser()
  attacker.userAgent.cookies.push(
    ...browser.userAgent.cookies.filter(({ name }) => name.startsWith('oauth_prt_')),
  )
  const account = await browser.open(`${issuer}/account/connections`)
  await browser.submit(account, { action: 'sign-out' })

  for (const other of [attacker, browser]) {
    for (const visit of [
      await other.open(consentPage.url),
      await other.open(granted.url),
      await other.submit(consentPage, { action: 'allow' }),
      await other.signIn(signInPage, 'grace@globex.test'),
    ]) {
      assertErrorPage(t, visit, 400)
      t.is(titleOf(visit), FINISHED)
    }
  }
  t.is((await redeemCode(granted)).status, 200)
})

test('a user who was disabled, or who disconnected, gets no code by finishing again', async (t) => {
  const { issuer, confidential, browser, consentPage, users } = await startAsked(t)
  const granted = await browser.submit(consentPage, { action: 'allow' })
  const { clientId } = confidential.client
  await browser.submit(await browser.open(`${issuer}/account/connections`), {
    action: 'disconnect',
    clientId,
  })
  const asked = await browser.open(granted.url)
  t.is(asked.callback, undefined)
  t.is(titleOf(asked), 'Allow access')

  users.delete('ada')
  t.is((await browser.open(granted.url)).callback, undefined)
})

test('what the store holds of a finished request is not usable', async (t) => {
  const saved: Array<string> = []
  const memory = createMemoryStorage()
  const storage: Storage = {
    ...memory,
    artifacts: {
      ...memory.artifacts,
      async save(kind, key, data, expiresAt) {
        saved.push(JSON.stringify([kind, key, data]))
        await memory.artifacts.save(kind, key, data, expiresAt)
      },
      async saveLatest(kind, key, data, expiresAt) {
        saved.push(JSON.stringify([kind, key, data]))
        await memory.artifacts.saveLatest(kind, key, data, expiresAt)
      },
      async insert(kind, key, data, ...times) {
        saved.push(JSON.stringify([kind, key, data]))
        return await memory.artifacts.insert(kind, key, data, ...times)
      },
    },
  }
  const asked = await startAsked(t, storage)
  const granted = await asked.browser.submit(asked.consentPage, { action: 'allow' })
  await asked.redeem(granted)
  await asked.browser.submit(asked.consentPage, { action: 'deny' })

  const all = saved.join('\n')
  for (const kind of ['Denial', 'Redemption']) t.true(all.includes(`["${kind}"`))
  for (const secret of [
    granted.callback?.searchParams.get('code') ?? '',
    asked.consentPage.url.searchParams.get('prt') ?? '',
    ...asked.browser.userAgent.cookies.map(({ value }) => value),
  ]) {
    t.true(secret.length > 20)
    t.false(all.includes(secret))
  }
})

// ————— dead ends —————

const APP_CLIENT: NewClient = { ...PUBLIC_CLIENT, redirectUris: ['com.acme.app:/callback'] }
const HOMEPAGE_CLIENT: NewClient = {
  ...CONFIDENTIAL_CLIENT,
  clientUri: 'https://acme.example/home',
}

for (const [what, client, home] of [
  ['the start of the site it returns to', CONFIDENTIAL_CLIENT, HOME],
  ['its home page', HOMEPAGE_CLIENT, 'https://acme.example/home'],
  ['the app', APP_CLIENT, 'com.acme.app:/'],
] as const) {
  test(`a page left open for too long leads back to the client: ${what}`, async (t) => {
    const clients = [client, PUBLIC_CLIENT, TENANT_CLIENT]
    const { issuer, confidential, clock } = await startServer(t, { clients })
    const browser = startBrowser()
    const signInPage = await browser.open(authorizationUrl(issuer, confidential))
    const consentPage = await browser.signIn(signInPage, 'ada@acme.test')
    const wayBack = `${issuer}/oauth/authorize/${signInPage.url.searchParams.get('prt')}`

    for (const seconds of [600, 12 * 60 * 60]) {
      clock.advance(seconds)
      for (const visit of [
        await browser.open(signInPage.url),
        await browser.open(wayBack),
        await browser.signIn(signInPage, 'ada@acme.test'),
        await browser.submit(consentPage, { action: 'allow' }),
        await browser.submit(consentPage, { action: 'deny' }),
      ]) {
        assertErrorPage(t, visit, 400)
        t.is(titleOf(visit), EXPIRED)
        t.true(visit.html.includes(`href="${home}"`))
      }
    }
    const forgotten = await startBrowser().open(signInPage.url)
    t.is(titleOf(forgotten), EXPIRED)
    t.false(forgotten.html.includes('href='))
  })
}

test('every other error page links back to the client, too', async (t) => {
  const { confidential, signInPage, consentPage, browser, authorizationServer } =
    await startAsked(t)
  const stranger = startBrowser()
  const forged = { method: 'POST', headers: { origin: 'null' }, body: new URLSearchParams() }
  const rejected = await browser.userAgent.request(consentPage.url, forged)
  const deadEnds = [
    await (await stranger.userAgent.request(signInPage.url)).text(),
    (await stranger.submit(signInPage, { action: 'cancel' })).html,
    await rejected.text(),
  ]
  await authorizationServer.clients.update(confidential.client.clientId, {
    redirectUris: ['https://recruiter.example/elsewhere'],
  })
  deadEnds.push((await browser.open(consentPage.url)).html)
  for (const html of deadEnds) t.true(html.includes(`href="${HOME}"`))

  await authorizationServer.clients.delete(confidential.client.clientId)
  const gone = await browser.submit(consentPage, { action: 'deny' })
  assertErrorPage(t, gone, 400)
  t.false(gone.html.includes('href='))
})
