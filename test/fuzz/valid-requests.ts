/**
 * A valid request of each endpoint: what the fuzzer begins with.
 *
 * @module
 */

import type { FuzzRequest, Parameter } from './fuzz-request.ts'

const parametersOf = (values: Readonly<Record<string, string>>): ReadonlyArray<Parameter> =>
  Object.entries(values).map(([name, value]) => ({ name, value }))

const get = (
  path: string,
  query: Readonly<Record<string, string>> = {},
  headers: Readonly<Record<string, string>> = {},
): FuzzRequest => ({
  method: 'GET',
  path,
  query: parametersOf(query),
  headers: Object.entries(headers),
  body: undefined,
})

const post = (
  path: string,
  form: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): FuzzRequest => ({
  method: 'POST',
  path,
  query: [],
  headers: Object.entries({ 'Content-Type': 'application/x-www-form-urlencoded', ...headers }),
  body: parametersOf(form),
})

const json = (method: string, path: string, body: object): FuzzRequest => ({
  method,
  path,
  query: [],
  headers: Object.entries({ 'Content-Type': 'application/json', ...SUPER_ADMIN }),
  body: JSON.stringify(body),
})

const BASIC = { Authorization: '{basic}' }
const SUPER_ADMIN = { Authorization: 'Bearer {superAdminToken}' }
const PAGE = { Cookie: '{pageCookies}', Origin: '{issuer}' }
const SESSION = { Cookie: '{sessionCookies}', Origin: '{issuer}' }
const SUPER_ADMIN_PAGE = { ...SUPER_ADMIN, Cookie: '{superAdminCookies}', Origin: '{issuer}' }
const SUPER_ADMIN_FORM = { csrf: '{superAdminCsrf}', submissionId: '{superAdminSubmission}' }
const CLIENT_PAGE = '/super-admin/clients/{editedClientId}'
const SECRET_PAGE = `${CLIENT_PAGE}/secrets/{editedSecretId}`
const CLIENT_FORM = {
  ...SUPER_ADMIN_FORM,
  name: 'Fuzzed',
  clientType: 'CONFIDENTIAL',
  audience: 'PLATFORM',
  tenantId: '',
  scopes: 'interview:read',
  redirectUris: 'https://fuzzed.example/callback',
  allowedGrantTypes: 'authorization_code',
  tokenEndpointAuthMethod: 'client_secret_basic',
  accessTokenTtlSeconds: '900',
  logoUrl: 'https://fuzzed.example/logo.png',
}
const CLIENT_PATH = '/super-admin/oauth-clients/{editedClientId}'

const AUTHORIZE = {
  response_type: 'code',
  client_id: '{clientId}',
  redirect_uri: '{redirectUri}',
  scope: 'openid interview:read',
  state: 'a state',
  code_challenge: '{codeChallenge}',
  code_challenge_method: 'S256',
  nonce: 'a nonce',
  max_age: '600',
  prompt: 'consent',
  login_hint: 'ada@acme.test',
  id_token_hint: '{idToken}',
  resource: '{issuer}',
}

/** Each with placeholders for what a server has given out. */
export const VALID_REQUESTS: ReadonlyArray<FuzzRequest> = [
  get('/.well-known/oauth-authorization-server'),
  get('/.well-known/openid-configuration'),
  get('/.well-known/jwks.json'),
  get('/oauth/authorize', AUTHORIZE),
  get('/oauth/authorize', AUTHORIZE, { Cookie: '{sessionCookies}' }),
  post('/oauth/authorize', AUTHORIZE, SESSION),
  get('/oauth/authorize/{pendingRequestToken}', {}, PAGE),
  get('/oauth/continue', { prt: '{pendingRequestToken}' }, PAGE),
  ...['sign-in', 'cancel', 'allow', 'deny', 'switch-account', 'continue'].map((action) =>
    post(
      '/oauth/continue?prt={pendingRequestToken}',
      { csrf: '{pageCsrf}', action, username: 'ada@acme.test', password: '{password}' },
      PAGE,
    ),
  ),
  post(
    '/oauth/token',
    {
      grant_type: 'authorization_code',
      code: '{code}',
      code_verifier: '{codeVerifier}',
      redirect_uri: '{redirectUri}',
      resource: '{issuer}',
    },
    BASIC,
  ),
  post(
    '/oauth/token',
    { grant_type: 'refresh_token', refresh_token: '{refreshToken}', scope: 'interview:read' },
    BASIC,
  ),
  post('/oauth/token', { grant_type: 'client_credentials', scope: 'interview:read' }, BASIC),
  post('/oauth/token', {
    grant_type: 'refresh_token',
    refresh_token: '{publicRefreshToken}',
    client_id: '{publicClientId}',
  }),
  post('/oauth/introspect', { token: '{accessToken}', token_type_hint: 'access_token' }, BASIC),
  post('/oauth/introspect', { token: '{refreshToken}', token_type_hint: 'refresh_token' }, BASIC),
  post('/oauth/revoke', { token: '{usedRefreshToken}', token_type_hint: 'refresh_token' }, BASIC),
  post('/oauth/revoke', { token: '{accessToken}', token_type_hint: 'access_token' }, BASIC),
  get('/oauth/revocations', { limit: '10', cursor: '' }, BASIC),
  get('/oauth/userinfo', {}, { Authorization: 'Bearer {accessToken}' }),
  post('/oauth/userinfo', {}, { Authorization: 'Bearer {accessToken}' }),
  get('/account/connections', {}, SESSION),
  get('/account/connections', {}, { ...SESSION, Accept: 'application/json' }),
  post(
    '/account/connections',
    { csrf: '{sessionCsrf}', action: 'disconnect', clientId: '{editedClientId}' },
    SESSION,
  ),
  { ...get('/account/connections/{editedClientId}', {}, SESSION), method: 'DELETE' },
  get('/super-admin/oauth-clients', { limit: '2', name: 'a', audience: 'PLATFORM' }, SUPER_ADMIN),
  get(CLIENT_PATH, {}, SUPER_ADMIN),
  json('POST', '/super-admin/oauth-clients', {
    name: 'Fuzzed',
    clientType: 'PUBLIC',
    scopes: ['interview:read'],
    redirectUris: ['https://fuzzed.example/callback'],
    allowedGrantTypes: ['authorization_code', 'refresh_token'],
    accessTokenTtlSeconds: 900,
    logoUrl: 'https://fuzzed.example/logo.png',
  }),
  json('PATCH', CLIENT_PATH, { name: 'Fuzzed again', refreshTokenTtlSeconds: null }),
  json('POST', `${CLIENT_PATH}/secrets`, { expiresAt: null }),
  { ...get(`${CLIENT_PATH}/secrets/a`, {}, SUPER_ADMIN), method: 'DELETE' },
  get('/super-admin', { name: 'a', audience: 'PLATFORM', cursor: '' }, SUPER_ADMIN_PAGE),
  ...[
    '/super-admin/clients/new',
    CLIENT_PAGE,
    `${CLIENT_PAGE}/delete`,
    `${CLIENT_PAGE}/secrets`,
  ].map((path) => get(path, {}, SUPER_ADMIN_PAGE)),
  get(SECRET_PAGE, { submission: '{superAdminSubmission}' }, SUPER_ADMIN_PAGE),
  get(`${SECRET_PAGE}/remove`, {}, SUPER_ADMIN_PAGE),
  post('/super-admin/clients/new', CLIENT_FORM, SUPER_ADMIN_PAGE),
  post(CLIENT_PAGE, { ...CLIENT_FORM, version: '1' }, SUPER_ADMIN_PAGE),
  post(`${CLIENT_PAGE}/secrets`, { ...SUPER_ADMIN_FORM, expiresAt: '' }, SUPER_ADMIN_PAGE),
  post(`${SECRET_PAGE}/remove`, SUPER_ADMIN_FORM, SUPER_ADMIN_PAGE),
  post(`${CLIENT_PAGE}/delete`, SUPER_ADMIN_FORM, SUPER_ADMIN_PAGE),
]
