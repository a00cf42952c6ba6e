import { generateKeyPairSync } from 'node:crypto'
import {
  ConfigurationError,
  createAuthorizationServer,
  type Issue,
  TEAMCAST_SCOPES,
} from '@teamcast/oauth-server'
import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import test, { type ExecutionContext } from 'ava'
import type { JWK } from 'jose'
import { ENGLISH } from '../../lib/pages/languages/english.ts'
import { SUPER_ADMIN_ENGLISH } from '../../lib/pages/languages/super-admin-english.ts'
import { newRsaKey, rsaKey, validOptions } from '../helpers/valid-options.ts'

const key = rsaKey()
const otherKey = newRsaKey(2048)
const publicKey = publicPartOf(key)
const ecKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
  format: 'jwk',
})
const hook = async (): Promise<undefined> => undefined
const SUPER_ADMINS = { authorizeSuperAdmin: () => 'allowed' }
const keyRing = {
  signJwt: hook,
  verifyJwt: hook,
  verificationKey: hook,
  publishedKeys: hook,
  cookieKeys: hook,
}

const HTTPS_ONLY = 'must be an https URL (http only for localhost, 127.0.0.1 and [::1])'
const ISSUER_PATH = 'must have a path of letters, digits and "-._~" only'
const NO_QUERY = 'must not have a query or fragment (RFC 8414 §2)'
const A_STORAGE = 'must be a Storage, for example createMemoryStorage()'
const A_METHOD = 'must be a function: the storage contract has this method'
const A_PRIVATE_KEY =
  'must be a private RSA key as a JWK (kty "RSA", with "d"), or an ExternalSigningKey'
const A_COMPLETE_KEY = 'must be a complete private RSA key (n, e, d, p, q, dp, dq, qi)'
const KEYS = 'must be an array of private RSA JWKs, or of ExternalSigningKeys'
const EITHER_KEYS = 'is missing; pass it, or "keys" instead of "signingKeys" and "cookieKeys"'
const ONE_WAY_TO_KEYS = 'or "signingKeys" and "cookieKeys" must be given, and not both'
const A_KEY_RING = 'must be what openManagedKeys() resolves to, after it has resolved'
const SCOPE_NAME = 'must be named "resource:action"'
const AN_AUDIENCE = 'must be an absolute URI without fragment'
const WHOLE_SECONDS = 'must be a whole number of seconds'
const ONE_WAY_TO_SIGN_IN = 'or "hostSession" must be given, and not both: it is how users sign in'
const INSTANT = 'must tell the time in whole seconds since the Unix epoch'

const A_LOGO = 'must be an https URL, or a data: URL of a PNG, JPEG, WebP or SVG image'
const A_COLOR = 'must be a colour such as "#2f4bd6"'
const brandWith = (brand: object) => ({ pages: { brand } })

const ALL_SCOPES = Object.keys(TEAMCAST_SCOPES)
const RESOURCE = { audience: 'https://api.example', scopes: ALL_SCOPES }
const resourcesWith = (changes: object): object => ({ resources: [{ ...RESOURCE, ...changes }] })

/** Every method of a storage, with its store. */
const STORAGE_METHODS = Object.entries(createMemoryStorage()).flatMap(([store, methods]) =>
  store === 'backends' ? [] : Object.keys(methods).map((method) => [store, method] as const),
)

function storageWith(store: string, method: string, value: unknown): object {
  const storage: Readonly<Record<string, unknown>> = { ...createMemoryStorage() }
  return { ...storage, [store]: { ...(storage[store] as object), [method]: value } }
}

/** Options that are wrong in one place: what they are, where, and what is said about it. */
type InvalidOption = readonly [changes: object, path: string, message: string]

const invalidOptions: ReadonlyArray<InvalidOption> = [
  [{ issuer: undefined }, 'issuer', 'is missing; it must be a string'],
  [{ issuer: 7 }, 'issuer', 'must be a string'],
  [{ issuer: 'auth.example' }, 'issuer', 'must be an absolute https URL'],
  [{ issuer: 'http://auth.example' }, 'issuer', HTTPS_ONLY],
  [{ issuer: 'http://127.0.0.2' }, 'issuer', HTTPS_ONLY],
  [{ issuer: 'http://localhost.evil.example' }, 'issuer', HTTPS_ONLY],
  [{ issuer: 'ftp://auth.example' }, 'issuer', HTTPS_ONLY],
  [{ issuer: 'javascript:alert(1)' }, 'issuer', HTTPS_ONLY],
  [{ issuer: 'https://auth.example/' }, 'issuer', 'must not end with a slash'],
  [{ issuer: 'https://auth.example/a/' }, 'issuer', 'must not end with a slash'],
  [{ issuer: 'https://auth.example?a=b' }, 'issuer', NO_QUERY],
  [{ issuer: 'https://auth.example?' }, 'issuer', NO_QUERY],
  [{ issuer: 'https://auth.example#a' }, 'issuer', NO_QUERY],
  [{ issuer: 'https://ada:secret@auth.example' }, 'issuer', 'must not contain credentials'],
  [{ issuer: 'https://AUTH.example' }, 'issuer', canonical('https://auth.example')],
  [{ issuer: 'https://auth.example:443' }, 'issuer', canonical('https://auth.example')],
  [{ issuer: 'https://auth.example/a/../b' }, 'issuer', canonical('https://auth.example/b')],
  [{ issuer: ' https://auth.example' }, 'issuer', canonical('https://auth.example')],
  [{ issuer: 'https://auth.example/a//b' }, 'issuer', ISSUER_PATH],
  [{ issuer: 'https://auth.example/a;b' }, 'issuer', ISSUER_PATH],
  [{ issuer: 'https://auth.example/%zz' }, 'issuer', ISSUER_PATH],

  [{ storage: undefined }, 'storage', `is missing; it ${A_STORAGE}`],
  [{ storage: null }, 'storage', A_STORAGE],
  [{ storage: new Map() }, 'storage', A_STORAGE],
  [{ storage: { ...createMemoryStorage(), clients: undefined } }, 'storage', A_STORAGE],
  [{ storage: { ...createMemoryStorage(), backends: [{}] } }, 'storage.backends.0.ping', A_METHOD],
  ...STORAGE_METHODS.map(
    ([store, method]): InvalidOption => [
      { storage: storageWith(store, method, undefined) },
      `storage.${store}.${method}`,
      A_METHOD,
    ],
  ),
  [{ storage: storageWith('consents', 'withdraw', {}) }, 'storage.consents.withdraw', A_METHOD],

  [{ signingKeys: undefined }, 'signingKeys', EITHER_KEYS],
  [{ signingKeys: { keys: [key] } }, 'signingKeys', KEYS],
  [{ signingKeys: [] }, 'signingKeys', 'must contain at least one RSA key'],
  [{ signingKeys: ['pem'] }, 'signingKeys.0', 'must be a JWK or an ExternalSigningKey'],
  [{ signingKeys: [key, newRsaKey(1024)] }, 'signingKeys.1', 'must have at least 2048 bits'],
  [{ signingKeys: [ecKey] }, 'signingKeys.0', A_PRIVATE_KEY],
  [{ signingKeys: [publicKey] }, 'signingKeys.0', A_PRIVATE_KEY],
  [{ signingKeys: [{ ...key, qi: undefined }] }, 'signingKeys.0', A_COMPLETE_KEY],
  [{ signingKeys: [{ ...key, n: '!' }] }, 'signingKeys.0', A_COMPLETE_KEY],
  [
    { signingKeys: [{ ...key, n: otherKey.n }] },
    'signingKeys.0',
    'must be one key: its members do not match',
  ],
  [
    { signingKeys: [{ ...key, e: 'AQ' }] },
    'signingKeys.0',
    'must be one key: its members do not match',
  ],
  [{ signingKeys: [{ ...key, alg: 'PS256' }] }, 'signingKeys.0', 'must have "alg" RS256 or none'],
  [{ signingKeys: [{ ...key, use: 'enc' }] }, 'signingKeys.0', 'must have "use" sig or none'],
  [{ signingKeys: [{ ...key, kid: 7 }] }, 'signingKeys.0', 'must have a text as "kid", or none'],
  [{ signingKeys: [{ ...key, kid: '' }] }, 'signingKeys.0', 'must have a text as "kid", or none'],
  [
    { signingKeys: [withKid(key, 'same'), withKid(otherKey, 'same')] },
    'signingKeys',
    'must not contain a key or a "kid" twice',
  ],
  [{ signingKeys: [key, key] }, 'signingKeys', 'must not contain a key or a "kid" twice'],

  [
    { signingKeys: [external({ kty: 'EC' })] },
    'signingKeys.0',
    'must have a public RSA key as a JWK in "publicJwk" (kty "RSA")',
  ],
  [
    { signingKeys: [external(undefined)] },
    'signingKeys.0',
    'must have a public RSA key as a JWK in "publicJwk" (kty "RSA")',
  ],
  [
    { signingKeys: [external(key)] },
    'signingKeys.0',
    'must have no private member (such as "d") in "publicJwk"',
  ],
  [
    { signingKeys: [external({ ...publicKey, n: undefined })] },
    'signingKeys.0',
    'must have a complete public RSA key (n, e) in "publicJwk"',
  ],
  [
    { signingKeys: [external({ ...publicKey, alg: 'RS512' })] },
    'signingKeys.0',
    'must have "alg" RS256 or none',
  ],
  [
    { signingKeys: [external(publicPartOf(newRsaKey(1024)))] },
    'signingKeys.0',
    'must have at least 2048 bits',
  ],
  [
    { signingKeys: [key, external(publicKey)] },
    'signingKeys',
    'must not contain a key or a "kid" twice',
  ],

  [{ keys: keyRing }, 'keys', ONE_WAY_TO_KEYS],
  [{ keys: keyRing, signingKeys: undefined }, 'keys', ONE_WAY_TO_KEYS],
  [{ signingKeys: undefined, cookieKeys: undefined }, 'keys', ONE_WAY_TO_KEYS],
  [
    { keys: Promise.resolve(keyRing), signingKeys: undefined, cookieKeys: undefined },
    'keys',
    A_KEY_RING,
  ],

  [{ cookieKeys: undefined }, 'cookieKeys', EITHER_KEYS],
  [
    { cookieKeys: 'a secret that is long enough, as such' },
    'cookieKeys',
    'must be an array of secrets',
  ],
  [{ cookieKeys: [] }, 'cookieKeys', 'must contain at least one secret'],
  [{ cookieKeys: ['x'.repeat(31)] }, 'cookieKeys.0', 'must have at least 32 characters'],
  [{ cookieKeys: ['x'.repeat(32), ''] }, 'cookieKeys.1', 'must have at least 32 characters'],
  [{ cookieKeys: [32] }, 'cookieKeys.0', 'must be a string'],

  [{ scopes: {} }, 'scopes', 'must not be empty'],
  [{ scopes: ['interview:read'] }, 'scopes', 'must map permission codes to sentences'],
  [{ scopes: { read: 'Read' } }, 'scopes.read', SCOPE_NAME],
  [{ scopes: { openid: 'Sign in' } }, 'scopes.openid', SCOPE_NAME],
  [{ scopes: { 'Interview:read': 'Read' } }, 'scopes.Interview:read', SCOPE_NAME],
  [{ scopes: { 'interview:read ': 'Read' } }, 'scopes.interview:read ', SCOPE_NAME],
  [{ scopes: { 'a:b:c': 'Read' } }, 'scopes.a:b:c', SCOPE_NAME],
  [{ scopes: { 'interview:read': ' ' } }, 'scopes.interview:read', 'must be a sentence'],
  [{ scopes: { 'interview:read': null } }, 'scopes.interview:read', 'must be a sentence'],
  [
    { scopes: { 'interview:read': {} } },
    'scopes.interview:read.description',
    'is missing; it must be a sentence',
  ],
  [
    { scopes: { 'interview:read': { description: ' ' } } },
    'scopes.interview:read.description',
    'must be a sentence',
  ],
  [
    { scopes: { 'interview:read': { description: 'Read', isSensitive: 'yes' } } },
    'scopes.interview:read.isSensitive',
    'must be true or false',
  ],
  [
    { scopes: { 'interview:read': { description: 'Read', sensitive: true } } },
    'scopes.interview:read.sensitive',
    'is not an option; check its spelling',
  ],

  [{ defaultScopes: 'interview:read' }, 'defaultScopes', 'must be an array of scopes'],
  [{ defaultScopes: [7] }, 'defaultScopes.0', 'must be a scope'],
  [{ defaultScopes: ['a:b'] }, 'defaultScopes.0', 'must be one of "scopes"'],
  [
    { defaultScopes: ['interview:read', 'interview:read'] },
    'defaultScopes.1',
    'must not be repeated',
  ],

  [{ audience: 'api' }, 'audience', AN_AUDIENCE],
  [{ audience: 'https://api.example#a' }, 'audience', AN_AUDIENCE],
  [{ audience: 'https://api.example/ b' }, 'audience', AN_AUDIENCE],
  [{ audience: ['https://api.example'] }, 'audience', 'must be a string'],

  [{ resources: {} }, 'resources', 'must be an array'],
  [{ resources: [] }, 'resources', 'must contain at least one resource'],
  [{ resources: [null] }, 'resources.0', 'must be an object with "audience" and "scopes"'],
  [resourcesWith({ audience: 'api' }), 'resources.0.audience', AN_AUDIENCE],
  [resourcesWith({ audience: 'https://a.example#b' }), 'resources.0.audience', AN_AUDIENCE],
  [resourcesWith({ scopes: 'interview:read' }), 'resources.0.scopes', 'must be an array of scopes'],
  [resourcesWith({ scopes: [] }), 'resources.0.scopes', 'must contain at least one scope'],
  [
    resourcesWith({ scopes: [...ALL_SCOPES, 'a:b'] }),
    'resources.0.scopes.7',
    'must be one of "scopes"',
  ],
  [
    resourcesWith({ scopes: [...ALL_SCOPES, ALL_SCOPES[0]] }),
    'resources.0.scopes.7',
    'must not be repeated',
  ],
  [resourcesWith({ scope: 'a' }), 'resources.0.scope', 'is not an option; check its spelling'],
  [
    { resources: [RESOURCE, { ...RESOURCE, audience: 'https://API.example/' }] },
    'resources.1.audience',
    'must not be that of another resource',
  ],
  [
    { ...resourcesWith({}), audience: 'https://api.example' },
    'audience',
    'must be left out: "resources" has the audiences',
  ],
  [
    resourcesWith({ scopes: ALL_SCOPES.slice(1) }),
    'scopes.interview:read',
    'belongs to no resource: add it to one, or take it out of "scopes"',
  ],

  ...(['clientCacheMilliseconds', 'revocationCacheMilliseconds'] as const).flatMap(
    (option): ReadonlyArray<InvalidOption> => [
      [{ [option]: -1 }, option, 'must be at least 0'],
      [{ [option]: 60_001 }, option, 'must be at most 60000'],
      [{ [option]: 0.5 }, option, 'must be a whole number of milliseconds'],
    ],
  ),

  [{ refreshTokenGraceSeconds: -1 }, 'refreshTokenGraceSeconds', 'must be at least 0'],
  [{ refreshTokenGraceSeconds: 61 }, 'refreshTokenGraceSeconds', 'must be at most 60'],
  [{ refreshTokenGraceSeconds: 0.5 }, 'refreshTokenGraceSeconds', WHOLE_SECONDS],
  [{ refreshTokenGraceSeconds: '5' }, 'refreshTokenGraceSeconds', WHOLE_SECONDS],
  [{ refreshTokenGraceSeconds: Number.NaN }, 'refreshTokenGraceSeconds', WHOLE_SECONDS],

  [{ authenticateUser: undefined }, 'authenticateUser', ONE_WAY_TO_SIGN_IN],
  [
    { hostSession: { signedInUser: hook, signInUrl: () => '' } },
    'authenticateUser',
    ONE_WAY_TO_SIGN_IN,
  ],
  [
    { authenticateUser: undefined, hostSession: null },
    'hostSession',
    'must be an object with signedInUser() and signInUrl()',
  ],
  [
    { authenticateUser: undefined, hostSession: { signedInUser: hook } },
    'hostSession.signInUrl',
    'is missing; it must be a function',
  ],
  [
    {
      authenticateUser: undefined,
      hostSession: { signedInUser: hook, signInUrl: () => '', signOutUrl: () => '' },
    },
    'hostSession.signOutUrl',
    'is not an option; check its spelling',
  ],

  [{ findUser: undefined }, 'findUser', 'is missing; it must be a function'],
  [{ findUser: {} }, 'findUser', 'must be a function'],
  [{ authenticateUser: 'password' }, 'authenticateUser', 'must be a function'],
  [{ authorizeSuperAdmin: true }, 'authorizeSuperAdmin', 'must be a function'],
  [
    { superAdminPages: { signInUrl: () => '/' } },
    'authorizeSuperAdmin',
    'is missing; "superAdminPages" needs it',
  ],
  [
    { ...SUPER_ADMINS, superAdminPages: true },
    'superAdminPages',
    'must be an object with signInUrl() and signOutUrl',
  ],
  [
    { ...SUPER_ADMINS, superAdminPages: {} },
    'superAdminPages.signInUrl',
    'is missing; it must be a function',
  ],
  ...['javascript:x', '//evil.example', '/\t/evil.example'].map(
    (signOutUrl): InvalidOption => [
      { ...SUPER_ADMINS, superAdminPages: { signInUrl: () => '/', signOutUrl } },
      'superAdminPages.signOutUrl',
      'must be an absolute http or https URL, or a path that begins with "/", in ASCII without spaces',
    ],
  ),
  [
    {
      ...SUPER_ADMINS,
      superAdminPages: { signInUrl: () => '/' },
      pages: { languages: [{ tag: 'fr', messages: ENGLISH }] },
    },
    'pages.languages.0.superAdminMessages',
    'is missing; "superAdminPages" needs it',
  ],
  [
    {
      pages: {
        languages: [
          {
            ...{ tag: 'fr', messages: ENGLISH },
            superAdminMessages: { ...SUPER_ADMIN_ENGLISH, save: undefined },
          },
        ],
      },
    },
    'pages.languages.0.superAdminMessages.save',
    'must be a text: in English "Save"',
  ],
  [
    {
      pages: {
        languages: [
          {
            ...{ tag: 'fr', messages: ENGLISH },
            superAdminMessages: {
              ...SUPER_ADMIN_ENGLISH,
              rules: { ...SUPER_ADMIN_ENGLISH.rules, 'too-short': 'est trop court' },
            },
          },
        ],
      },
    },
    'pages.languages.0.superAdminMessages.rules.too-short',
    'must contain {minimum}, once',
  ],
  [{ onEvent: [] }, 'onEvent', 'must be a function'],

  [{ clock: 1_700_000_000 }, 'clock', 'must be a function'],
  [{ clock: () => Date.now() }, 'clock', INSTANT],
  [{ clock: () => 0.5 }, 'clock', INSTANT],
  [{ clock: () => new Date() }, 'clock', INSTANT],

  [{ pages: null }, 'pages', 'must be an object of brand, languages and page renderers'],
  [{ pages: { signIn: '<html>' } }, 'pages.signIn', 'must be a function'],
  [{ pages: { login: () => '' } }, 'pages.login', 'is not an option; check its spelling'],
  [brandWith({ name: ' ' }), 'pages.brand.name', 'must not be empty'],
  [brandWith({ logo: '' }), 'pages.brand.logo', 'is not an option; check its spelling'],
  [brandWith({ logoUrl: 'http://a.example/logo.png' }), 'pages.brand.logoUrl', A_LOGO],
  [brandWith({ logoUrl: 'https://*/logo.png' }), 'pages.brand.logoUrl', A_LOGO],
  [brandWith({ logoUrl: 'data:text/html,x' }), 'pages.brand.logoUrl', A_LOGO],
  [
    brandWith({ logoUrl: `data:image/png;base64,${'A'.repeat(32_768)}` }),
    'pages.brand.logoUrl',
    'must have at most 32768 characters',
  ],
  [brandWith({ accentColor: 'red' }), 'pages.brand.accentColor', A_COLOR],
  [brandWith({ accentColor: '#ff0000; }' }), 'pages.brand.accentColor', A_COLOR],
  [
    brandWith({ accentColor: '#ff6600' }),
    'pages.brand.accentColor',
    'must be darker: its contrast to #ffffff is 2.9, and WCAG AA requires 4.5',
  ],
  [
    brandWith({ accentColor: { light: '#0b6b57', dark: '#0b6b57' } }),
    'pages.brand.accentColor.dark',
    'must be lighter: its contrast to #161920 is 2.7, and WCAG AA requires 4.5',
  ],
  [
    brandWith({ links: { support: 'javascript:alert(1)' } }),
    'pages.brand.links.support',
    'must be an https URL, or an http URL of a loopback address',
  ],
  [{ pages: { languages: [] } }, 'pages.languages', 'must contain at least one language'],
  [
    { pages: { languages: ['en', 'fr'] } },
    'pages.languages.1',
    'must be "en", "de", "ar", or an object with "tag" and "messages"',
  ],
  [{ pages: { languages: ['en', 'en'] } }, 'pages.languages.1', 'must not be repeated'],
  [
    { pages: { languages: [{ tag: 'fr', messages: { ...ENGLISH, deny: undefined } }] } },
    'pages.languages.0.messages.deny',
    'must be a text: in English "Deny"',
  ],
  [
    { pages: { languages: [{ tag: 'fr', messages: { ...ENGLISH, backTo: 'Retour' } }] } },
    'pages.languages.0.messages.backTo',
    'must contain {client}, once',
  ],
  [
    { pages: { languages: ['en', 'de'] }, scopes: { 'interview:read': 'Read' } },
    'scopes.interview:read',
    'must have "translations" for the languages of the pages: en, de; "description" serves for one of them',
  ],

  [{ isuer: 'https://auth.example' }, 'isuer', 'is not an option; check its spelling'],
  [JSON.parse('{"__proto__": {}}'), '__proto__', 'is not an option; check its spelling'],
]

invalidOptions.forEach(([changes, path, message], index) => {
  test(`createAuthorizationServer: "${path}" ${message} (${index})`, (t) => {
    t.deepEqual(issuesOf(t, { ...validOptions(), ...changes }), [{ path, message }])
  })
})

for (const options of [undefined, null, 'options', 7, [], () => undefined]) {
  test(`createAuthorizationServer: options must be an object, not ${typeof options} ${options}`, (t) => {
    t.deepEqual(issuesOf(t, options), [{ path: 'options', message: 'must be an object' }])
  })
}

test('createAuthorizationServer: reports everything that is wrong at once', (t) => {
  const options = {
    issuer: 'http://auth.example',
    storage: {},
    signingKeys: [ecKey],
    cookieKeys: ['short'],
    scopes: { read: 'Read' },
    audience: 'api',
    findUser: null,
    refreshTokenGraceSeconds: 3600,
    pages: { login: hook },
    scope: 'interview:read',
  }

  const issues = issuesOf(t, options)

  t.deepEqual(issues.map(({ path }) => path).sort(), [
    'audience',
    'authenticateUser',
    'cookieKeys.0',
    'findUser',
    'issuer',
    'pages.login',
    'refreshTokenGraceSeconds',
    'scope',
    'scopes.read',
    'signingKeys.0',
    'storage',
  ])
})

test('createAuthorizationServer: names every option that is missing', (t) => {
  const issues = issuesOf(t, {})

  t.deepEqual(
    issues.map(({ path }) => path),
    ['issuer', 'storage', 'findUser', 'keys', 'authenticateUser'],
  )
})

test('createAuthorizationServer: the message of the error says it all, and shows no secret', (t) => {
  const options = {
    ...validOptions(),
    signingKeys: [{ ...key, qi: undefined }],
    cookieKeys: ['hunter2'],
  }

  const error = t.throws(() => createAuthorizationServer(options as never), {
    instanceOf: ConfigurationError,
    code: 'ERR_CONFIGURATION_INVALID',
    message: `"signingKeys.0" ${A_COMPLETE_KEY}; "cookieKeys.0" must have at least 32 characters`,
  })

  t.false(JSON.stringify(error).includes('hunter2'))
  t.false(JSON.stringify(error).includes(String(key.d)))
})

test('createAuthorizationServer: inherited options do not count, because they are copied', (t) => {
  t.true(issuesOf(t, Object.create(validOptions())).length > 1)
})

function issuesOf(t: ExecutionContext, options: unknown): ReadonlyArray<Issue> {
  const error = t.throws(() => createAuthorizationServer(options as never), {
    instanceOf: ConfigurationError,
    code: 'ERR_CONFIGURATION_INVALID',
  })
  return error?.issues ?? []
}

function canonical(issuer: string): string {
  return `must be in its canonical form, "${issuer}"`
}

function withKid(jwk: object, kid: string): object {
  return { ...jwk, kid }
}

function publicPartOf({ kty, n, e }: JWK): JWK {
  return { kty, n, e } as JWK
}

function external(publicJwk: unknown): object {
  return { publicJwk, sign: hook }
}
