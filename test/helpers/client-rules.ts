/**
 * The rules of the client table, as what they let through and what they refuse, and how.
 *
 * @module
 */

import type { Issue } from '@teamcast/oauth-server'

/** The one token audience of the servers that these rules are tried on. */
export const AUDIENCE = 'https://api.example'

type RefusedField = [fields: object, path: string, message: string]

/** A client that breaks no rule. */
export const NEW_CLIENT = {
  name: 'Acme Recruiter',
  clientType: 'CONFIDENTIAL',
  scopes: ['interview:read'],
  redirectUris: ['https://acme.example/callback'],
}
const PUBLIC = { clientType: 'PUBLIC' }

/** What is accepted, and how it is stored. */
export const ACCEPTED_FIELDS: ReadonlyArray<[fields: object, stored?: object]> = [
  [{ name: 'abc' }],
  [{ name: 'x'.repeat(255) }],
  [{ name: '  Acme  ' }, { name: 'Acme' }],
  [{ name: 'آجیل‌فروشی' }],
  [{ name: 'Zoë 👩‍💻' }],
  [{ audience: 'PLATFORM', tenantId: null }, { tenantId: undefined }],
  [{ audience: 'TENANT', tenantId: 'acme' }],
  [{ scopes: ['interview:read', 'interview:read'] }, { scopes: ['interview:read'] }],
  [{ redirectUris: ['https://acme.example'] }],
  [{ redirectUris: ['https://acme.example/callback?from=teamcast'] }],
  [{ redirectUris: ['http://localhost:8080/', 'http://127.0.0.1/cb', 'http://[::1]:8080/cb'] }],
  [{ redirectUris: Array.from({ length: 20 }, (_, index) => `https://acme.example/${index}`) }],
  [{ redirectUris: [`https://acme.example/${'x'.repeat(1979)}`] }],
  [{ ...PUBLIC, redirectUris: ['com.example.app:/callback'] }],
  [{ allowedGrantTypes: ['client_credentials'], redirectUris: undefined }, { redirectUris: [] }],
  [{ tokenEndpointAuthMethod: 'client_secret_post' }],
  [{ ...PUBLIC, tokenEndpointAuthMethod: 'none' }],
  [{ requirePkce: true }],
  [{ resourceServerAudiences: [AUDIENCE, AUDIENCE] }, { resourceServerAudiences: [AUDIENCE] }],
  [{ resourceServerAudiences: ['https://API.example/'] }],
  [{ resourceServerAudiences: null }, { resourceServerAudiences: [] }],
  [{ ...PUBLIC, resourceServerAudiences: [] }],
  [{ accessTokenTtlSeconds: 60, refreshTokenTtlSeconds: 300 }],
  [{ accessTokenTtlSeconds: 86_400, refreshTokenTtlSeconds: 31_536_000 }],
  [{ accessTokenTtlSeconds: null }, { accessTokenTtlSeconds: 900 }],
  [{ refreshTokenTtlSeconds: null }, { refreshTokenTtlSeconds: 2_592_000 }],
  [{ clientUri: 'https://acme.example' }],
  [
    { clientUri: null, logoUrl: undefined },
    { clientUri: undefined, logoUrl: undefined },
  ],
]
const HTTPS = 'must be https; http is for localhost, 127.0.0.1 and [::1] only'
const NO_WEB_SCHEME = 'must be an https URL, or have the scheme of an app such as com.example.app'
const AN_HTTPS_URL = 'must be an https URL, in ASCII and without credentials'
const INVISIBLE = 'must not contain control or invisible characters'
const METHODS = 'must be client_secret_basic, client_secret_post or none'
const GRANT_TYPES = 'must be authorization_code, refresh_token or client_credentials'
const PKCE = 'must be true: PKCE is mandatory for every client'

/** What is refused, the field that is named, and what is said of it. */
export const REFUSED_FIELDS: ReadonlyArray<RefusedField> = [
  [{ name: undefined }, 'name', 'is missing; it must be a string'],
  [{ name: null }, 'name', 'must be a string'],
  [{ name: 7 }, 'name', 'must be a string'],
  [{ name: 'ab' }, 'name', 'must have at least 3 characters'],
  [{ name: '  ab  ' }, 'name', 'must have at least 3 characters'],
  [{ name: 'x'.repeat(256) }, 'name', 'must have at most 255 characters'],
  [{ name: 'Acme\0' }, 'name', INVISIBLE],
  [{ name: 'Acme\nInc' }, 'name', INVISIBLE],
  [{ name: 'Acme\u2028Inc' }, 'name', INVISIBLE],
  [{ name: 'Acme \u202Egnp.exe' }, 'name', INVISIBLE],
  [{ name: 'Acme \u2066Inc' }, 'name', INVISIBLE],
  [{ name: 'Acme\u200FInc' }, 'name', INVISIBLE],
  [{ name: 'Ac\u200Bme' }, 'name', INVISIBLE],
  [{ name: 'Acme\u3164' }, 'name', INVISIBLE],
  [{ name: 'Acme \uD83D' }, 'name', INVISIBLE],
  [{ name: '\u200D\u200D\u200D' }, 'name', 'must contain a letter or a digit'],

  [{ audience: 'EVERYONE' }, 'audience', 'must be TENANT or PLATFORM'],
  [{ audience: null }, 'audience', 'must be TENANT or PLATFORM'],
  [{ audience: 'TENANT' }, 'tenantId', 'is missing; a TENANT client is bound to a tenant'],
  [
    { audience: 'TENANT', tenantId: null },
    'tenantId',
    'is missing; a TENANT client is bound to a tenant',
  ],
  [
    { audience: 'PLATFORM', tenantId: 'acme' },
    'tenantId',
    'must be left out: a PLATFORM client has no tenant',
  ],
  [{ tenantId: 'acme' }, 'tenantId', 'must be left out: a PLATFORM client has no tenant'],

  [{ clientType: undefined }, 'clientType', 'is missing; it must be CONFIDENTIAL or PUBLIC'],
  [{ clientType: 'NATIVE' }, 'clientType', 'must be CONFIDENTIAL or PUBLIC'],

  [{ scopes: undefined }, 'scopes', 'is missing; it must be an array of scopes'],
  [{ scopes: 'interview:read' }, 'scopes', 'must be an array of scopes'],
  [{ scopes: null }, 'scopes', 'must be an array of scopes'],
  [{ scopes: [] }, 'scopes', 'must contain at least one scope'],
  [{ scopes: ['interview:read', 'report:read'] }, 'scopes.1', 'is unknown: "report:read"'],
  [{ scopes: ['openid'] }, 'scopes.0', 'is unknown: "openid"'],
  [{ scopes: ['constructor'] }, 'scopes.0', 'is unknown: "constructor"'],
  [{ scopes: ['__proto__'] }, 'scopes.0', 'is unknown: "__proto__"'],
  [{ scopes: [7] }, 'scopes.0', 'must be a string'],

  [
    { redirectUris: undefined },
    'redirectUris',
    'must contain at least one URL: authorization_code needs it',
  ],
  [
    { redirectUris: [] },
    'redirectUris',
    'must contain at least one URL: authorization_code needs it',
  ],
  [{ redirectUris: 'https://acme.example' }, 'redirectUris', 'must be an array of URLs'],
  [{ redirectUris: [null] }, 'redirectUris.0', 'must be a string'],
  [
    { redirectUris: Array.from({ length: 21 }, (_, index) => `https://acme.example/${index}`) },
    'redirectUris',
    'must contain at most 20 URLs',
  ],
  [
    redirectTo(`https://acme.example/${'x'.repeat(1980)}`),
    'redirectUris.0',
    'must have at most 2000 characters',
  ],
  [redirectTo('http://acme.example/'), 'redirectUris.0', HTTPS],
  [redirectTo('http://127.0.0.2/'), 'redirectUris.0', HTTPS],
  [redirectTo('http://localhost.acme.example/'), 'redirectUris.0', HTTPS],
  [redirectTo('http://0.0.0.0/'), 'redirectUris.0', HTTPS],
  [redirectTo('https://acme.example/#here'), 'redirectUris.0', 'must not have a fragment'],
  [redirectTo('https://acme.example/#'), 'redirectUris.0', 'must not have a fragment'],
  [redirectTo('https://ada@acme.example/'), 'redirectUris.0', 'must not contain credentials'],
  [redirectTo('http://localhost@acme.example/'), 'redirectUris.0', 'must not contain credentials'],
  [redirectTo('javascript:alert(1)'), 'redirectUris.0', NO_WEB_SCHEME],
  [redirectTo('data:text/html,hi'), 'redirectUris.0', NO_WEB_SCHEME],
  [redirectTo('blob:https://acme.example/1'), 'redirectUris.0', NO_WEB_SCHEME],
  [redirectTo('file:///etc/passwd'), 'redirectUris.0', NO_WEB_SCHEME],
  [redirectTo('urn:ietf:wg:oauth:2.0:oob'), 'redirectUris.0', NO_WEB_SCHEME],
  [{ ...PUBLIC, ...redirectTo('myapp:/callback') }, 'redirectUris.0', NO_WEB_SCHEME],
  [
    redirectTo('com.example.app:/callback'),
    'redirectUris',
    'must be https URLs: app schemes are for PUBLIC clients only',
  ],
  [redirectTo('/callback'), 'redirectUris.0', 'must be an absolute https URL'],
  [redirectTo('https://acme.example/a b'), 'redirectUris.0', 'must be an absolute https URL'],
  [redirectTo('https://acme.example/\0'), 'redirectUris.0', 'must be an absolute https URL'],
  [
    redirectTo('https://acme.example\\@evil.example'),
    'redirectUris.0',
    'must be an absolute https URL',
  ],
  [
    redirectTo('https://acme.example/?state=x'),
    'redirectUris.0',
    'must not have the parameter "state": the server adds it to the response',
  ],
  [
    redirectTo('https://*.acme.example/'),
    'redirectUris.0',
    'must have the name of one host, without wildcards',
  ],
  [
    redirectTo('https://ACME.example/'),
    'redirectUris.0',
    'must be in its canonical form, "https://acme.example/"',
  ],
  [
    redirectTo('https://acme.example:443/'),
    'redirectUris.0',
    'must be in its canonical form, "https://acme.example/"',
  ],
  [
    redirectTo('https://acme.example/a/../b'),
    'redirectUris.0',
    'must be in its canonical form, "https://acme.example/b"',
  ],

  [{ allowedGrantTypes: [] }, 'allowedGrantTypes', 'must contain at least one grant type'],
  [{ allowedGrantTypes: ['password'] }, 'allowedGrantTypes.0', GRANT_TYPES],
  [{ allowedGrantTypes: ['authorization_code', 'implicit'] }, 'allowedGrantTypes.1', GRANT_TYPES],
  [{ allowedGrantTypes: null }, 'allowedGrantTypes', 'must be an array of grant types'],
  [
    { allowedGrantTypes: ['refresh_token'] },
    'allowedGrantTypes',
    'must contain authorization_code to contain refresh_token',
  ],
  [
    { ...PUBLIC, allowedGrantTypes: ['authorization_code', 'client_credentials'] },
    'allowedGrantTypes',
    'must not contain client_credentials: it is for CONFIDENTIAL clients only',
  ],

  [{ tokenEndpointAuthMethod: 'private_key_jwt' }, 'tokenEndpointAuthMethod', METHODS],
  [{ tokenEndpointAuthMethod: null }, 'tokenEndpointAuthMethod', METHODS],
  [
    { tokenEndpointAuthMethod: 'none' },
    'tokenEndpointAuthMethod',
    'must be client_secret_basic or client_secret_post: none is for PUBLIC clients only',
  ],
  [
    { ...PUBLIC, tokenEndpointAuthMethod: 'client_secret_post' },
    'tokenEndpointAuthMethod',
    'must be none: a PUBLIC client has no secret',
  ],

  [{ requirePkce: false }, 'requirePkce', PKCE],
  [{ requirePkce: null }, 'requirePkce', PKCE],
  [{ requirePkce: 'true' }, 'requirePkce', PKCE],

  [
    { resourceServerAudiences: AUDIENCE },
    'resourceServerAudiences',
    'must be an array of token audiences',
  ],
  ...['api', '/api', 'https://api.example/#x', 'https://api.example/ ', ''].map(
    (audience): RefusedField => [
      { resourceServerAudiences: [audience] },
      'resourceServerAudiences.0',
      'must be an absolute URI without fragment',
    ],
  ),
  [{ resourceServerAudiences: [7] }, 'resourceServerAudiences.0', 'must be a string'],
  [
    { resourceServerAudiences: [AUDIENCE, 'https://other.example'] },
    'resourceServerAudiences.1',
    "must be https://api.example: the audiences of this server's APIs",
  ],
  [
    { ...PUBLIC, resourceServerAudiences: [AUDIENCE] },
    'resourceServerAudiences',
    'must be empty: only a CONFIDENTIAL client can be a resource server',
  ],

  [{ accessTokenTtlSeconds: 59 }, 'accessTokenTtlSeconds', 'must be at least 60 seconds'],
  [{ accessTokenTtlSeconds: 86_401 }, 'accessTokenTtlSeconds', 'must be at most 86400 seconds'],
  [{ accessTokenTtlSeconds: 90.5 }, 'accessTokenTtlSeconds', 'must be a whole number of seconds'],
  [{ accessTokenTtlSeconds: '900' }, 'accessTokenTtlSeconds', 'must be a whole number of seconds'],
  [{ refreshTokenTtlSeconds: 299 }, 'refreshTokenTtlSeconds', 'must be at least 300 seconds'],
  [
    { refreshTokenTtlSeconds: 31_536_001 },
    'refreshTokenTtlSeconds',
    'must be at most 31536000 seconds',
  ],

  [{ clientUri: 'http://acme.example' }, 'clientUri', AN_HTTPS_URL],
  [{ clientUri: '' }, 'clientUri', AN_HTTPS_URL],
  [{ clientUri: ' https://acme.example' }, 'clientUri', AN_HTTPS_URL],
  [{ logoUrl: 'javascript:alert(1)' }, 'logoUrl', AN_HTTPS_URL],
  [{ logoUrl: 'data:image/png;base64,AA' }, 'logoUrl', AN_HTTPS_URL],
  [{ tosUri: 'https://ada:secret@acme.example' }, 'tosUri', AN_HTTPS_URL],
  [{ tosUri: 'https://acme.example/\nx' }, 'tosUri', AN_HTTPS_URL],
  [
    { policyUri: `https://acme.example/${'x'.repeat(1980)}` },
    'policyUri',
    'must have at most 2000 characters',
  ],

  [{ clientId: 'mine' }, 'clientId', 'is not a field of a client'],
  [{ clientSecret: 'mine' }, 'clientSecret', 'is not a field of a client'],
  [{ secrets: [] }, 'secrets', 'is not a field of a client'],
  [{ logo_uri: 'https://acme.example' }, 'logo_uri', 'is not a field of a client'],
  [{ constructor: 1 }, 'constructor', 'is not a field of a client'],
]
function redirectTo(redirectUri: string): object {
  return { redirectUris: [redirectUri] }
}

/** Fields as part of a test's title. */
export function describeFields(fields: object): string {
  return JSON.stringify(fields).slice(0, 80)
}

/** Issues without the ids of rules, and what their messages contain. */
export function messagesOf(issues: ReadonlyArray<Issue> = []): ReadonlyArray<Issue> {
  return issues.map(({ path, message }) => ({ path, message }))
}
