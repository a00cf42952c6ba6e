/**
 * Every function that a host gives: what it may return. Whatever else it returns lets nobody in and leaves
 * nobody waiting; it is a TypeError that names the function.
 */

import { generateKeyPairSync } from 'node:crypto'
import { inspect, isDeepStrictEqual } from 'node:util'
import {
  ConfigurationError,
  createAuthorizationServer,
  openManagedKeys,
  type Storage,
} from '@teamcast/oauth-server'
import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import {
  createAccessTokenVerifier,
  createIntrospectionChecker,
  createRevocationFeed,
  requireAccessToken,
  requireCaller,
} from '@teamcast/oauth-server/resource-server'
import type { TestServerOptions } from '@teamcast/oauth-server/testing'
import test, { type ExecutionContext } from 'ava'
import { createLocalJWKSet, type JWK } from 'jose'
import type { Middleware } from 'koa'
import {
  ANYTIME,
  aConsent,
  aFamily,
  aFamilyRevocation,
  aGrant,
  anEncryptedKey,
  aReplay,
  aRotation,
  fullClient,
} from '../../lib/storage/contract/sample-records.ts'
import { boundStorage } from '../../lib/storage/wrap-storage.ts'
import { settleHost } from '../../lib/util/host-function.ts'
import { isObject } from '../../lib/util/is-object.ts'
import { startBrowser } from '../helpers/browser.ts'
import { catchWarnings } from '../helpers/catch-warnings.ts'
import { recordEvents, responsesEnded } from '../helpers/record-events.ts'
import { authorizationUrl } from '../helpers/requests.ts'
import { ADA, type StartedServer, startServer } from '../helpers/start-server.ts'
import { introspect, redeem, refresh, requestClientCredentials } from '../helpers/token-requests.ts'
import { validOptions } from '../helpers/valid-options.ts'
import {
  AUDIENCE,
  generateTestKey,
  ISSUER,
  NOW,
  signToken,
  startKoa,
} from '../resource-server/resource-server-fixture.ts'

/** What no function may return, unless its entry accepts it. */
const NONSENSE: ReadonlyArray<unknown> = [
  ...[undefined, null, true, false, 0, 1, -1, Number.NaN, Number.POSITIVE_INFINITY, 1n],
  ...['', ' ', 'nonsense', 'true', Symbol('nonsense')],
  ...[[], [undefined], ['nonsense'], {}, Object.create(null)],
  ...[new Date(0), new Map(), /nonsense/, () => true, new Error('nonsense')],
]

/** What came of a request. */
interface Outcome {
  readonly status: number
  /** The last error that the host heard of. */
  readonly error: { readonly name: string; readonly message: string } | undefined
}

/** A function of a host, in use. */
interface HostFunction {
  /** As the error names it. */
  readonly name: string
  /** Whether it is not waited for. */
  readonly isAtOnce?: boolean
  /** What it may return, and how the request is answered then. */
  readonly accepted: ReadonlyArray<readonly [result: unknown, status: number]>
  /** What is almost right. */
  readonly refused: ReadonlyArray<unknown>
  /** How a request is answered whose function returned something else. */
  readonly refusedWith?: number
  /** Puts it to use. @returns What has it return something and sends a request that depends on it. */
  readonly start: (t: ExecutionContext) => Promise<(result: unknown) => Promise<Outcome>>
}

/** What a function returns at the moment. */
class Result {
  value: unknown

  /** A function of any type that returns it. */
  readonly give = (): never => this.value as never
}

/** Starts a server; a function of its options returns `result.value`. */
async function startWith(
  t: ExecutionContext,
  optionsWith: (result: Result) => TestServerOptions,
  prepare: (server: StartedServer, result: Result) => Promise<() => Promise<{ status: number }>>,
): Promise<(result: unknown) => Promise<Outcome>> {
  const { onEvent, settled } = recordEvents()
  const result = new Result()
  const server = await startServer(t, {
    onEvent,
    ...optionsWith(result),
  })
  const send = await prepare(server, result)
  return async (value) => {
    result.value = value
    const seen = (await settled()).length
    const { status } = await send()
    const events = (await settled()).slice(seen)
    const failures = events.flatMap((event) => (event.type === 'server.error' ? event.error : []))
    return { status, error: failures[0] }
  }
}

const get = (url: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
  fetch(url, { headers, redirect: 'manual' })

const userWith = (changes: object): object => ({ ...ADA, ...changes })
const WRONG_USERS: ReadonlyArray<unknown> = [
  { userId: 'ada' },
  ...['userId', 'tenantId', 'name', 'email'].flatMap((member) =>
    [undefined, null, 7, ['acme'], true].map((value) => userWith({ [member]: value })),
  ),
  ...['userId', 'tenantId'].flatMap((member) =>
    ['', 'a\0b', '\ud800'].map((value) => userWith({ [member]: value })),
  ),
  [ADA],
]

const page = {
  html: '<!doctype html><title>Host</title>',
  contentSecurityPolicy: "default-src 'none'",
}
const PAGES: Readonly<
  Record<string, (server: StartedServer) => Promise<() => Promise<{ status: number }>>>
> = {
  async signIn({ issuer }) {
    return () => get(`${issuer}/account/connections`)
  },
  async connections({ issuer, authorize, confidential }) {
    const { userAgent } = startBrowser()
    await authorize({ userId: 'ada', clientId: confidential.client.clientId, userAgent })
    return () => userAgent.request(`${issuer}/account/connections`)
  },
  async selectAccount({ issuer, confidential, authorize }) {
    const browser = startBrowser()
    const { clientId } = confidential.client
    await authorize({ userId: 'ada', clientId, userAgent: browser.userAgent })
    const url = authorizationUrl(issuer, confidential, { prompt: 'select_account' })
    return () => browser.open(url)
  },
  async consent({ issuer, confidential }) {
    const browser = startBrowser()
    await browser.signIn(await browser.open(`${issuer}/account/connections`), ADA.email)
    return () => browser.open(authorizationUrl(issuer, confidential))
  },
  async accessRefused({ issuer, confidential, tenant, authorize }) {
    const browser = startBrowser()
    const { clientId } = confidential.client
    await authorize({ userId: 'grace', clientId, userAgent: browser.userAgent })
    return () => browser.open(authorizationUrl(issuer, tenant))
  },
  async error({ issuer }) {
    return () => get(`${issuer}/oauth/authorize`)
  },
}
const PAGE_STATUS: Readonly<Record<string, number>> = { accessRefused: 403, error: 400 }

const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })

const ON_THE_SERVER: ReadonlyArray<HostFunction> = [
  {
    name: 'findUser',
    accepted: [
      ...[undefined, null].map((nobody) => [nobody, 400] as const),
      [ADA, 200],
      [userWith({ name: '', email: '', more: 'of the host' }), 200],
    ],
    refused: [...WRONG_USERS, userWith({ userId: 'grace' }), userWith({ userId: 'Ada' })],
    start: (t) =>
      startWith(
        t,
        (result) => ({ findUser: result.give }),
        async (server, result) => {
          const { confidential } = server
          const { clientId } = confidential.client
          result.value = ADA
          const tokens = await server.issueTokens({ userId: 'ada', clientId })
          let token = tokens.refresh_token
          return async () => {
            const response = await refresh(server, confidential, token)
            const body = await response.json()
            token = body.refresh_token ?? token // what was refused has cost nothing
            return response
          }
        },
      ),
  },
  {
    name: 'authorizeClient',
    accepted: [
      [true, 200],
      [false, 400],
    ],
    refused: [{ isAllowed: true }, new Boolean(true), 'allowed'],
    start: (t) =>
      startWith(
        t,
        (result) => ({ authorizeClient: result.give }),
        async (server, result) => {
          const { confidential } = server
          const { clientId } = confidential.client
          return async () => {
            const { value } = result
            result.value = true
            const authorization = await server.authorize({ userId: 'ada', clientId })
            result.value = value
            return await redeem(server, confidential, authorization)
          }
        },
      ),
  },
  {
    name: 'authenticateUser',
    accepted: [...[undefined, null].map((nobody) => [nobody, 400] as const), [ADA, 303]],
    refused: WRONG_USERS,
    start: (t) =>
      startWith(
        t,
        (result) => ({ authenticateUser: result.give }),
        async ({ issuer }) => {
          let attempt = 0
          return async () => {
            const browser = startBrowser()
            const url = `${issuer}/account/connections`
            const signInPage = await browser.open(url)
            attempt += 1 // of another account each time, or it would be one too many
            const visit = await browser.signIn(signInPage, `somebody-${attempt}`)
            return visit.responses[0] ?? visit
          }
        },
      ),
  },
  {
    name: 'hostSession.signedInUser',
    accepted: [
      ...[undefined, null].map((nobody) => [nobody, 302] as const),
      [{ userId: 'ada', authenticatedAt: 0 }, 200],
      [{ userId: 'ada', authenticatedAt: 1_700_000_000.5 }, 200],
    ],
    refused: [
      'ada',
      ADA,
      { userId: 'ada' },
      { authenticatedAt: 0 },
      ...[Date.now(), Number.NaN, Number.POSITIVE_INFINITY, '0', null, new Date(0), 9e10].map(
        (authenticatedAt) => ({ userId: 'ada', authenticatedAt }),
      ),
      ...['', 7, null, ['ada'], 'a\0b'].map((userId) => ({ userId, authenticatedAt: 0 })),
    ],
    start: (t) =>
      startWith(
        t,
        ({ give }) => ({ hostSession: { signedInUser: give, signInUrl: () => '/sign-in' } }),
        async ({ issuer }) =>
          () =>
            get(`${issuer}/account/connections`),
      ),
  },
  {
    name: 'hostSession.signInUrl',
    accepted: [
      ['/sign-in?then=back', 302],
      ['https://host.example/sign-in', 302],
      ['http://localhost:3000/sign-in', 302],
    ],
    refused: [
      ...['sign-in', '//evil.example', '/\\evil.example', 'javascript:alert(1)', 'https://'],
      ...['https:evil', 'ftp://host.example', new URL('https://host.example')],
      // Browsers drop the tab and the line break: another host is left.
      ...[
        '/\t/evil.example',
        '/\n/evil.example',
        '/a b',
        '/anmelden/zurück',
        'https://a.example/\u65e5',
      ],
    ],
    start: (t) =>
      startWith(
        t,
        ({ give }) => ({ hostSession: { signedInUser: async () => undefined, signInUrl: give } }),
        async ({ issuer }) =>
          () =>
            get(`${issuer}/account/connections`),
      ),
  },
  {
    name: 'authorizeSuperAdmin',
    accepted: [
      ['allowed', 200],
      [{ superAdminId: 'root' }, 200],
      ['unauthenticated', 401],
      ['forbidden', 403],
    ],
    refused: [
      ...['allow', 'Allowed', ['allowed'], { userId: 'root' }, { allowed: true }],
      { superAdminId: 'root', isSuperAdmin: false },
      ...['', 7, null, undefined, true].map((superAdminId) => ({ superAdminId })),
    ],
    start: (t) =>
      startWith(
        t,
        ({ give }) => ({ authorizeSuperAdmin: give }),
        async ({ issuer }) =>
          () =>
            get(`${issuer}/super-admin/oauth-clients`),
      ),
  },
  {
    name: 'superAdminPages.signInUrl',
    accepted: [
      ['/sign-in?then=back', 302],
      ['https://host.example/sign-in', 302],
    ],
    refused: [
      ...['sign-in', '//evil.example', 'javascript:alert(1)', new URL('https://host.example')],
      ...[
        '/\t/evil.example',
        '/\n/evil.example',
        '/a b',
        '/anmelden/zurück',
        'https://a.example/\u65e5',
      ],
    ],
    start: (t) =>
      startWith(
        t,
        ({ give }) => ({
          authorizeSuperAdmin: () => 'unauthenticated',
          superAdminPages: { signInUrl: give },
        }),
        async ({ issuer }) =>
          () =>
            get(`${issuer}/super-admin`),
      ),
  },
  ...Object.entries(PAGES).map(
    ([name, prepare]): HostFunction => ({
      name: `pages.${name}`,
      accepted: [[page, PAGE_STATUS[name] ?? 200]],
      refused: [
        page.html,
        { html: page.html },
        { contentSecurityPolicy: page.contentSecurityPolicy },
        ...['', 7, null, ['x'], Buffer.from('x')].map((html) => ({ ...page, html })),
        ...['', undefined, null, 7, ['x'], 'a\nb', 'é'].map((contentSecurityPolicy) => ({
          ...page,
          contentSecurityPolicy,
        })),
      ],
      start: (t) => startWith(t, ({ give }) => ({ pages: { [name]: give } }), prepare),
    }),
  ),
  {
    name: 'clock',
    isAtOnce: true,
    accepted: [
      [0, 400],
      [-1, 400],
      [1, 400],
      [NOW, 400],
    ],
    refused: [Date.now(), Number.MAX_SAFE_INTEGER, NOW + 0.5, String(NOW), Promise.resolve(NOW)],
    start: (t) =>
      startWith(
        t,
        (result) => {
          result.value = NOW
          return { clock: result.give }
        },
        async (server) => () => refresh(server, server.confidential, `tcr_${'A'.repeat(120)}`),
      ).then((ask) => async (result) => {
        const outcome = await ask(result)
        await ask(NOW)
        return outcome
      }),
  },
  {
    name: 'sign() of the external signing key "kms-1"',
    accepted: [],
    refused: [
      'c2lnbmF0dXJl',
      new ArrayBuffer(256),
      Array.from({ length: 256 }, () => 0),
      { signature: new Uint8Array(256) },
    ],
    start: (t) =>
      startWith(
        t,
        ({ give }) => {
          const publicJwk = { ...(publicKey.export({ format: 'jwk' }) as JWK), kid: 'kms-1' }
          return { signingKeys: [{ publicJwk, sign: give }] }
        },
        async (server) => () => requestClientCredentials(server, server.confidential),
      ),
  },
]

const key = generateTestKey('key-1')
const jwks = createLocalJWKSet({ keys: [key.publicJwk] })
const VERIFIER = { issuer: ISSUER, audience: AUDIENCE, jwks, clock: () => NOW }
const ASKING = { issuer: ISSUER, clientId: 'tc_api', clientSecret: 'tcs_secret' }
const token = signToken(key)
const verified = await createAccessTokenVerifier(VERIFIER).verify(token)

/** Starts an API; a function of what guards it returns `result.value`. */
async function startApi(
  t: ExecutionContext,
  guardWith: (result: Result) => Middleware,
  headers: Readonly<Record<string, string>> = { authorization: `Bearer ${token}` },
): Promise<(result: unknown) => Promise<Outcome>> {
  const result = new Result()
  const server = await startKoa(t, guardWith(result))
  return async (value) => {
    result.value = value
    const heard = server.emitted.length
    const passed = server.passed.length
    const { status } = await get(server.origin, headers)
    t.is(server.passed.length - passed, status === 200 ? 1 : 0)
    return { status, error: causeOf(server.emitted[heard]) }
  }
}

/** The error, or what it was thrown because of. */
function causeOf(error: Error | undefined): Error | undefined {
  return error?.cause instanceof Error ? causeOf(error.cause) : error
}

const apiKey = { keyId: 'key-1', scopes: ['interview:read'] }
const AT_AN_API: ReadonlyArray<HostFunction> = [
  {
    name: 'verifyApiKey',
    accepted: [
      [undefined, 401],
      [null, 401],
      [apiKey, 200],
      [{ keyId: 'key-1', scopes: [] }, 200],
    ],
    refused: [
      ...['key-1', [apiKey], { keyId: 'key-1' }, { scopes: [] }],
      ...['', 7, null, true].map((keyId) => ({ ...apiKey, keyId })),
      ...['interview:read', null, {}, [7], [''], ['two scopes'], new Set(['interview:read'])].map(
        (scopes) => ({ ...apiKey, scopes }),
      ),
    ],
    start: (t) =>
      startApi(t, ({ give }) => requireCaller(VERIFIER, { verifyApiKey: give }) as Middleware, {
        'x-api-key': 'a key',
        'x-tenant-id': 'a tenant',
      }),
  },
  {
    name: 'tenantOf',
    accepted: [
      [undefined, 200],
      [null, 200],
      ['tenant-1', 200],
      ['tenant-2', 403],
      [' ', 403],
      ['nonsense', 403],
      ['true', 403],
      ['', 400],
    ],
    refused: [['tenant-1'], { tenantId: 'tenant-1' }, new String('tenant-1')],
    start: (t) =>
      startApi(t, ({ give }) => requireCaller(VERIFIER, { tenantOf: give }) as Middleware),
  },
  {
    name: 'revocations.isRevoked',
    accepted: [
      [false, 200],
      [true, 401],
    ],
    refused: ['false', [false], { isRevoked: false }, new Boolean(false)],
    start: (t) =>
      startApi(
        t,
        ({ give }) =>
          requireAccessToken({ ...VERIFIER, revocations: { isRevoked: give } }) as Middleware,
      ),
  },
  {
    name: 'verifier.verify',
    accepted: [[verified, 200]],
    refused: [
      ...[token, { ...verified, subject: undefined }, { ...verified, scopes: ['interview:read'] }],
      ...['clientId', 'userId', 'subject', 'tenantId', 'familyId', 'tokenId', 'expiresAt'].flatMap(
        (member) => [null, '', ['x']].map((value) => ({ ...verified, [member]: value })),
      ),
    ],
    start: (t) =>
      startApi(
        t,
        ({ give }) =>
          requireAccessToken({ issuer: ISSUER, audience: AUDIENCE, verify: give }) as Middleware,
      ),
  },
  {
    name: 'jwks',
    accepted: [
      [key.publicJwk, 200],
      [publicKey, 401],
    ],
    refused: [key.publicPem, { keys: [key.publicJwk] }, Buffer.from('a secret')],
    start: (t) =>
      startApi(t, ({ give }) => requireAccessToken({ ...VERIFIER, jwks: give }) as Middleware),
  },
  {
    name: 'clock',
    isAtOnce: true,
    accepted: [
      [NOW, 200],
      [NOW + 900, 401],
      [-1, 200],
      [0, 200],
      [1, 200],
    ],
    refused: [Date.now(), NOW + 0.5, String(NOW), Promise.resolve(NOW)],
    start: (t) =>
      startApi(t, (result) => {
        result.value = NOW
        return requireAccessToken({ ...VERIFIER, clock: result.give }) as Middleware
      }),
  },
  {
    name: 'fetch',
    accepted: [],
    refused: [{ status: 200 }, { active: true }, { json: () => ({ active: true }) }],
    refusedWith: 503,
    start: (t) =>
      startApi(t, ({ give }) => {
        const revocations = createIntrospectionChecker({ ...ASKING, fetch: give })
        return requireAccessToken({ ...VERIFIER, revocations }) as Middleware
      }),
  },
]

for (const [where, functions] of Object.entries({ server: ON_THE_SERVER, API: AT_AN_API })) {
  for (const { name, isAtOnce, accepted, refused, refusedWith = 500, start } of functions) {
    test(`${where}: ${name} may return what its type says, at once or later, and nothing else`, async (t) => {
      const ask = await start(t)
      for (const [result, status] of accepted) {
        t.is((await ask(result)).status, status, inspect(result))
        if (!isAtOnce) t.is((await ask(Promise.resolve(result))).status, status, inspect(result))
      }
      const isAccepted = (value: unknown): boolean =>
        accepted.some(([it]) => isDeepStrictEqual(it, value))
      const nonsense = NONSENSE.filter((value) => !isAccepted(value))
      for (const [index, result] of [...nonsense, ...refused].entries()) {
        const isLater = index % 2 === 1 && !isAtOnce
        const { status, error } = await ask(isLater ? Promise.resolve(result) : result)
        const what = inspect(result)
        t.is(status, refusedWith, what)
        t.is(error?.name, 'TypeError', what)
        t.true(error?.message.startsWith(`${name} must return `), `${what}: ${error?.message}`)
      }
      for (const [result, status] of accepted) t.is((await ask(result)).status, status)
    })
  }
}

type Method = readonly [
  method: string,
  accepted: ReadonlyArray<unknown>,
  refused: ReadonlyArray<unknown>,
  ...parameters: ReadonlyArray<unknown>,
]

const BOOLEANS = [true, false]
const NOTHING = [undefined, null]
const client = fullClient()
const consent = aConsent()
const family = {
  ...aFamily({ replay: aReplay(0, 'encrypted') }),
  consentedScopes: ['a:read'],
  foundAtMilliseconds: 1,
}
const encryptedKey = anEncryptedKey()
const revocation = { kind: 'family', id: 'family-1', expiresAt: NOW }

/** A record with each of its members missing or wrong, but for those that may be absent. */
function spoilt(record: object, ...optional: ReadonlyArray<string>): ReadonlyArray<unknown> {
  return Object.keys(record).flatMap((name) => {
    const wrong = [null, {}, Symbol('wrong')].map((value) => ({ ...record, [name]: value }))
    return optional.includes(name) ? wrong : [...wrong, { ...record, [name]: undefined }]
  })
}

const wrongClients = spoilt(
  client,
  ...['tenantId', 'clientUri', 'logoUrl', 'tosUri', 'policyUri', 'requirePkce'],
).filter((value) => (value as typeof client).requirePkce === true)
const wrongConsents = spoilt(consent, 'lastUsedAt')
const wrongFamilies = spoilt(family, 'refreshToken', 'replay')
const wrongKeys = spoilt(encryptedKey, 'revokedAt')
const wrongRevocations = spoilt(revocation)

/** What each method of a storage may resolve to. */
const STORES: Readonly<Record<Exclude<keyof Storage, 'backends'>, ReadonlyArray<Method>>> = {
  clients: [
    ['insert', BOOLEANS, ['true'], client],
    [
      'find',
      [...NOTHING, client, { ...client, tenantId: undefined, secrets: [] }],
      [...wrongClients, { ...client, clientId: 'Client-1' }, [client]],
      'client-1',
    ],
    ['has', BOOLEANS, ['true'], 'client-1'],
    [
      'list',
      [{ items: [client], nextCursor: 'next' }, { items: [] }],
      [[client], { items: [{}] }, { items: [client], nextCursor: null }],
      { limit: 1 },
    ],
    ['update', BOOLEANS, ['true'], client, 1],
    ['delete', BOOLEANS, ['true'], 'client-1'],
  ],
  consents: [
    [
      'grant',
      ['granted', 'late', 'cancelled', 'withdrawn', 'obsolete'],
      ['Granted', ['granted'], true, undefined],
      aGrant(),
    ],
    [
      'findTimed',
      [
        { consent: undefined, foundAtMilliseconds: 1, cancellation: '' },
        { consent, foundAtMilliseconds: 1, cancellation: '' },
      ],
      [
        consent,
        { consent },
        { consent, foundAtMilliseconds: '1', cancellation: '' },
        { consent, foundAtMilliseconds: 1 },
        ...[...wrongConsents, { ...consent, userId: 'User-1' }].map((wrong) => ({
          consent: wrong,
          foundAtMilliseconds: 1,
          cancellation: '',
        })),
        { consent: { ...consent, clientId: 'client-2' }, foundAtMilliseconds: 1, cancellation: '' },
      ],
      ...['user-1', 'client-1'],
    ],
    [
      'find',
      [...NOTHING, consent, { ...consent, lastUsedAt: 1 }],
      [...wrongConsents, { ...consent, userId: 'User-1' }, { ...consent, clientId: 'client-2' }],
      ...['user-1', 'client-1'],
    ],
    [
      'list',
      [[], [consent]],
      [
        consent,
        [consent, { ...consent, userId: 'user-2' }],
        ...wrongConsents.map((wrong) => [consent, wrong]),
      ],
      'user-1',
    ],
    [
      'listBatch',
      [[], [consent]],
      [consent, [{}], [consent, { ...consent, clientId: 'client-2' }]],
      ...[{ clientId: 'client-1' }, 10],
    ],
    [
      'withdraw',
      [...NOTHING, consent, { ...consent, scopes: [] }],
      [...wrongConsents, { ...consent, userId: 'User-1' }, { ...consent, clientId: 'client-2' }],
      ...[aGrant(), NOW],
    ],
    ['cancelGrants', NONSENSE, [], 'user-1', NOW],
    ['delete', BOOLEANS, ['true'], 'user-1', 'client-1'],
  ],
  families: [
    [
      'create',
      ['created', 'taken', 'consent-not-found', 'late'],
      ['Created', ['created']],
      ...[aFamily(), NOW, ANYTIME],
    ],
    [
      'find',
      [...NOTHING, family, { ...family, replay: undefined, refreshToken: undefined }],
      [...wrongFamilies, { ...family, familyId: 'another' }],
      ...[family.familyId, 'client-1', NOW],
    ],
    [
      'rotate',
      [
        ...['rotated', 'reused', 'not-found', 'late'].map((outcome) => ({ outcome })),
        { outcome: 'replayed', encryptedResponse: 'encrypted' },
      ],
      ['rotated', { outcome: 'Rotated' }, { outcome: 'replayed' }, { outcome: true }],
      ...[family.familyId, aRotation(0, 1), NOW],
    ],
    [
      'revoke',
      [...NOTHING, { userId: 'user-1', tenantId: 'tenant:1' }],
      ['1', NOW, { userId: 'user-1' }, { userId: '', tenantId: 'tenant:1' }],
      ...[family.familyId, aFamilyRevocation(NOW), NOW],
    ],
  ],
  artifacts: [
    ['save', NONSENSE, [], 'Session', 'key', {}, NOW],
    ['saveLatest', NONSENSE, [], 'Session', 'key', {}, NOW],
    ['insert', BOOLEANS, ['true'], 'Session', 'key', {}, NOW, NOW],
    ['find', [...NOTHING, { at: 1 }, ...NONSENSE.filter(isObject)], [[{}]], 'Session', 'key', NOW],
    [
      'findAll',
      [[{ at: 1 }], [undefined], [null]],
      [[], [{}, {}], [[]], [''], ['key']],
      ...[[{ kind: 'Session', key: 'key' }], NOW],
    ],
    [
      'findTimed',
      [...NOTHING, { data: { at: 1 }, foundAtMilliseconds: 0 }],
      [
        { data: { at: 1 } },
        { data: [], foundAtMilliseconds: 0 },
        { data: {}, foundAtMilliseconds: Number.NaN },
      ],
      ...['AuthorizationCode', 'key', NOW],
    ],
  ],
  revocations: [
    ['add', NONSENSE, [], revocation],
    ['has', BOOLEANS, ['false'], 'family', 'family-1', NOW],
    [
      'list',
      [{ items: [revocation], nextCursor: '1', hasMore: false }],
      [
        { items: [], nextCursor: '1' },
        { items: [], nextCursor: '', hasMore: false },
        ...wrongRevocations.map((wrong) => ({ items: [wrong], nextCursor: '1', hasMore: false })),
      ],
      ...[{ limit: 10 }, NOW],
    ],
  ],
  encryptedKeys: [
    ['insert', BOOLEANS, ['true'], encryptedKey],
    ['list', [[], [encryptedKey]], [encryptedKey, ...wrongKeys.map((wrong) => [wrong])]],
    ['update', BOOLEANS, ['true'], encryptedKey, 1],
    ['delete', BOOLEANS, ['true'], 'signing', 1],
  ],
  pendingEvents: [
    ['add', NONSENSE, [], '{}'],
    ['take', [[], ['{}'], ['nonsense']], ['{}', [{}], ['{}', null]], 1],
  ],
}

for (const [store, methods] of Object.entries(STORES)) {
  test(`storage: the methods of ${store} may resolve to what the contract says, and to nothing else`, async (t) => {
    const memory: Readonly<Record<string, unknown>> = { ...createMemoryStorage() }
    t.deepEqual(Object.keys(memory[store] ?? {}).sort(), methods.map(([method]) => method).sort())
    for (const [method, accepted, refused, ...parameters] of methods) {
      const result = new Result()
      const written = { ...memory, [store]: { [method]: async () => result.give() } }
      const bounded: Readonly<Record<string, unknown>> = {
        ...boundStorage(written as unknown as Storage, 60_000),
      }
      const target = bounded[store] as Readonly<Record<string, (...of: Array<unknown>) => unknown>>
      const call = async (value: unknown): Promise<unknown> => {
        result.value = value
        return await target[method]?.(...parameters)
      }
      for (const value of accepted) t.is(await call(value), value ?? undefined)
      const isAccepted = (value: unknown): boolean =>
        accepted.some((it) => isDeepStrictEqual(it, value))
      for (const value of [...NONSENSE.filter((it) => !isAccepted(it)), ...refused]) {
        const message = new RegExp(`^storage\\.${store}\\.${method} must return `)
        await t.throwsAsync(call(value), { instanceOf: TypeError, message }, inspect(value))
      }
    }
  })
}

/** A storage in memory, of which one method returns something else once it is told to. */
function unsteadyStorage(): {
  readonly storage: Storage
  spoil(store: keyof Storage, method: string, result: unknown): void
} {
  const memory = createMemoryStorage()
  const spoilt = new Map<string, unknown>()
  const wrap = <Store extends object>(store: string, target: Store): Store =>
    new Proxy(target, {
      get(object, method) {
        const name = `${store}.${String(method)}`
        return spoilt.has(name) ? async () => spoilt.get(name) : Reflect.get(object, method)
      },
    })
  return {
    storage: {
      ...memory,
      families: wrap('families', memory.families),
      revocations: wrap('revocations', memory.revocations),
      artifacts: wrap('artifacts', memory.artifacts),
    },
    spoil(store, method, result) {
      spoilt.clear()
      spoilt.set(`${store}.${method}`, result)
    },
  }
}

test('storage: with a store that returns nonsense, no token is issued and none is active', async (t) => {
  const { storage, spoil } = unsteadyStorage()
  const server = await startServer(t, { storage })
  const { confidential } = server
  const { clientId } = confidential.client
  const tokens = await server.issueTokens({ userId: 'ada', clientId })
  const code = await server.authorize({ userId: 'ada', clientId })

  for (const nonsense of [undefined, null, true, '', {}, 'Created', { outcome: 'ok' }]) {
    spoil('families', 'create', nonsense)
    t.is((await redeem(server, confidential, code)).status, 500)
    spoil('families', 'rotate', nonsense)
    t.is((await refresh(server, confidential, tokens.refresh_token)).status, 500)
    spoil('revocations', 'has', nonsense === true ? 'false' : nonsense)
    t.is((await introspect(server, confidential, tokens.access_token)).status, 500)
    const isRevoked = server.authorizationServer.revocations.isRevoked({
      ...{ tokenId: `token-${String(nonsense)}`, familyId: undefined, clientId },
    })
    await t.throwsAsync(isRevoked, { instanceOf: TypeError })
  }
  spoil('families', 'find', null)
  const { active } = await (await introspect(server, confidential, tokens.access_token)).json()
  t.false(active)
})

/** Throws anything, as JavaScript may. */
function throwIt(thrown: unknown): never {
  throw thrown as Error
}

test('host functions: a thrown value that is no Error gets the same response as an Error', async (t) => {
  for (const thrown of [undefined, null, 'no error', 7, {}, Object.create(null), Symbol('no')]) {
    for (const findUser of [() => throwIt(thrown), () => Promise.reject(thrown)]) {
      const { onEvent, settled } = recordEvents()
      const server = await startServer(t, {
        findUser,
        authenticateUser: async () => ADA,
        authorizeSuperAdmin: findUser,
        onEvent,
      })
      const { issuer } = server
      const browser = startBrowser()
      const signInPage = await browser.open(`${issuer}/account/connections`)
      const shown = await browser.signIn(signInPage, ADA.email)
      t.is(shown.status, 500)
      t.true(shown.html.includes('Something went wrong on our side'))
      const problem = await get(`${issuer}/super-admin/oauth-clients`)
      t.is(problem.status, 500)
      t.is(problem.headers.get('content-type'), 'application/problem+json')
      const events = await settled()
      const messages = events.flatMap((event) =>
        event.type === 'server.error' ? event.error.message : [],
      )
      t.true(messages.includes('findUser threw something that is not an Error'), messages.join())
    }
  }
})

test('host functions: one that never returns times out', async (t) => {
  const never = new Promise(() => undefined)
  await t.throwsAsync(
    settleHost('findUser', () => never, 1),
    { message: 'findUser did not return within 1 ms' },
  )
})

test('listeners: whatever onEvent returns, throws or never does changes no response', async (t) => {
  const warnings = catchWarnings(
    t,
    /^onEvent for "token.issued" failed: (it threw something that is not an Error|Error: on purpose)$/,
  )
  const behaviours: ReadonlyArray<() => unknown> = [
    ...NONSENSE.map((value) => () => value),
    () => new Promise(() => undefined),
  ]
  const failures: ReadonlyArray<() => unknown> = [
    ...[undefined, null, 'x', {}, new Error('on purpose')],
  ].flatMap((thrown) => [() => throwIt(thrown), () => Promise.reject(thrown)])
  let behave: () => unknown = () => undefined
  const server = await startServer(t, { onEvent: () => behave() as undefined })
  for (behave of [...behaviours, ...failures]) {
    t.is((await requestClientCredentials(server, server.confidential)).status, 200)
    await responsesEnded()
  }
  t.is(warnings.length, failures.length)
})

const WRONG_CLOCKS: ReadonlyArray<() => unknown> = [
  () => Date.now(),
  () => NOW + 0.5,
  () => Number.NaN,
  () => undefined,
  () => Promise.resolve(NOW),
  () => {
    throw new Error('no time')
  },
]
const CLOCKS: Readonly<Record<string, (clock: () => number) => unknown>> = {
  createAuthorizationServer: (clock) => createAuthorizationServer({ ...validOptions(), clock }),
  openManagedKeys: (clock) =>
    openManagedKeys({ storage: createMemoryStorage(), secret: 'x'.repeat(32), clock }),
  createAccessTokenVerifier: (clock) => createAccessTokenVerifier({ ...VERIFIER, clock }),
  createIntrospectionChecker: (clock) => createIntrospectionChecker({ ...ASKING, clock }),
  createRevocationFeed: (clock) => createRevocationFeed({ ...ASKING, clock }),
}
for (const [name, create] of Object.entries(CLOCKS)) {
  test(`${name}: a clock that does not return whole seconds is refused at start-up`, async (t) => {
    const message = /"clock" must tell the time in whole seconds since the Unix epoch/
    for (const clock of WRONG_CLOCKS) {
      const attempt = async (): Promise<unknown> => await create(clock as () => number)
      await t.throwsAsync(attempt, { instanceOf: ConfigurationError, message })
    }
  })
}

test('feed: an invalid wait is reported, and a timer waits instead', async (t) => {
  const warnings = catchWarnings(t, /^onFailure failed: Error: on purpose$/)
  const ways: ReadonlyArray<() => unknown> = [
    () => undefined,
    () => true,
    () => Promise.reject(undefined),
    () => Promise.reject(new Error('no wait')),
  ]
  for (const wait of ways) {
    let reads = 0
    const { promise: failure, resolve } = Promise.withResolvers<Error>()
    const feed = createRevocationFeed({
      ...ASKING,
      wait: wait as () => Promise<void>,
      fetch: async () => {
        reads += 1
        return Response.json({ revocations: [], next_cursor: '1', has_more: false })
      },
      onFailure: (error) => {
        resolve(error)
        return Promise.reject(new Error('on purpose')) as never
      },
    })
    await feed.start()
    t.regex((await failure).message, /^wait must return a Promise|^wait threw|^no wait$/)
    await new Promise(setImmediate)
    t.is(reads, 1)
    feed.stop()
  }
  t.is(warnings.length, ways.length)
})
