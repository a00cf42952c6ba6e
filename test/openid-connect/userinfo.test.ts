/** The userinfo endpoint (OpenID Connect Core 1.0 §5.3, RFC 6750) and discovery (OpenID Connect Discovery 1.0). */

import test from 'ava'
import { recordEvents } from '../helpers/record-events.ts'
import { createStoreOpener, STORE_KINDS } from '../helpers/store-kinds.ts'
import { requestClientCredentials, revoke } from '../helpers/token-requests.ts'
import {
  ADA_WITH_CLAIMS,
  askUserinfo,
  IDENTITY,
  type OpenIdConnectServer,
  signIn,
  startOpenIdConnect,
} from './start-openid-connect.ts'

const stores = createStoreOpener()
test.after.always(() => stores.close())

const CLAIMS = {
  sub: 'ada',
  tenant_id: 'acme',
  name: 'Ada Lovelace',
  picture: 'https://pictures.teamcast.test/ada.png',
  locale: 'en-GB',
  zoneinfo: 'Europe/London',
  updated_at: 1_790_000_000,
  email: 'ada@acme.test',
  email_verified: true,
}
const INVALID = 'the access token is expired, revoked, malformed or otherwise invalid'

test('GET, POST /oauth/userinfo: sends the claims that the scopes of the token grant, fresh from the host (Core §5.3, §5.4)', async (t) => {
  const server = await startOpenIdConnect(t)
  const { tokens } = await signIn(t, server, server.confidential)
  const userinfo = `${server.issuer}/oauth/userinfo`
  const responses = [
    await askUserinfo(server, tokens.access_token),
    await askUserinfo(server, tokens.access_token, { method: 'POST' }),
    await fetch(userinfo, {
      method: 'POST', // RFC 6750 §2.2
      body: new URLSearchParams({ access_token: tokens.access_token }),
    }),
  ]
  for (const response of responses) {
    t.is(response.status, 200)
    t.is(response.headers.get('cache-control'), 'no-store')
    t.regex(response.headers.get('content-type') ?? '', /^application\/json/)
    t.deepEqual(await response.json(), CLAIMS)
  }
  server.users.set('ada', { ...ADA_WITH_CLAIMS, name: 'Ada King', picture: undefined })
  const { picture: _removed, ...others } = CLAIMS
  const fresh = await askUserinfo(server, tokens.access_token)
  t.deepEqual(await fresh.json(), { ...others, name: 'Ada King' })
})

test('GET /oauth/userinfo: takes the token of an API for its openid, and sends no more than its scopes grant', async (t) => {
  const server = await startOpenIdConnect(t)
  const scope = 'openid email interview:read'
  const { tokens } = await signIn(t, server, server.confidential, { scope })
  const { sub, tenant_id, email, email_verified } = CLAIMS
  const response = await askUserinfo(server, tokens.access_token)
  t.deepEqual(await response.json(), { sub, tenant_id, email, email_verified })
})

test('GET /oauth/userinfo: a token without openid is 403 insufficient_scope (RFC 6750 §3.1)', async (t) => {
  const server = await startOpenIdConnect(t)
  const scope = 'profile interview:read'
  const { tokens } = await signIn(t, server, server.confidential, { scope })
  const response = await askUserinfo(server, tokens.access_token)
  t.is(response.status, 403)
  t.is((await response.json()).error, 'insufficient_scope')
  t.is(
    response.headers.get('www-authenticate'),
    'Bearer error="insufficient_scope", error_description="the request needs more scope than the access token has", scope="openid"',
  )
})

test('GET /oauth/userinfo: a request without a token, or with one elsewhere, gets a challenge without an error (RFC 6750 §3.1)', async (t) => {
  const server = await startOpenIdConnect(t)
  const { tokens } = await signIn(t, server, server.confidential)
  const userinfo = `${server.issuer}/oauth/userinfo`
  const responses = [
    await fetch(userinfo),
    await fetch(`${userinfo}?access_token=${tokens.access_token}`),
    await fetch(userinfo, { headers: { authorization: 'Basic YTpi' } }),
    await fetch(userinfo, { method: 'POST', body: '{}' }),
  ]
  for (const response of responses) {
    t.is(response.status, 401)
    t.is(response.headers.get('www-authenticate'), `Bearer realm="${userinfo}"`)
    t.is((await response.json()).error, undefined)
  }
})

test('GET, POST /oauth/userinfo: a malformed request is 400 invalid_request (RFC 6750 §2, §3.1)', async (t) => {
  const server = await startOpenIdConnect(t)
  const { tokens } = await signIn(t, server, server.confidential)
  const { access_token: token } = tokens
  const userinfo = `${server.issuer}/oauth/userinfo`
  const form = new URLSearchParams({ access_token: token })
  const responses = [
    await fetch(userinfo, { headers: { authorization: 'Bearer two tokens' } }),
    await askUserinfo(server, token, { method: 'POST', body: form }),
    await fetch(userinfo, { method: 'POST', body: new URLSearchParams(`${form}&${form}`) }),
  ]
  for (const response of responses) {
    t.is(response.status, 400)
    t.regex(response.headers.get('www-authenticate') ?? '', /^Bearer error="invalid_request"/)
    t.is((await response.json()).error, 'invalid_request')
  }
})

test('PUT, DELETE /oauth/userinfo: is 405', async (t) => {
  const server = await startOpenIdConnect(t)
  for (const method of ['PUT', 'DELETE']) {
    const response = await fetch(`${server.issuer}/oauth/userinfo`, { method })
    t.is(response.status, 405)
    t.is(response.headers.get('allow'), 'GET, POST, OPTIONS')
  }
})

type Ending = (
  server: OpenIdConnectServer,
  tokens: { access_token: string; refresh_token?: string },
) => unknown

const ENDINGS: Readonly<Record<string, Ending>> = {
  'the token was revoked': (server, { access_token }) =>
    revoke(server, server.confidential, access_token),
  'the refresh token was revoked': (server, { refresh_token }) =>
    revoke(server, server.confidential, refresh_token),
  'the user disconnected the client': ({ authorizationServer, confidential }) =>
    authorizationServer.connections.revoke('ada', confidential.client.clientId),
  'the client was deleted': ({ authorizationServer, confidential }) =>
    authorizationServer.clients.delete(confidential.client.clientId),
  'the user was disabled': ({ users }) => users.delete('ada'),
  'the user left the tenant': ({ users }) =>
    users.set('ada', { ...ADA_WITH_CLAIMS, tenantId: 'globex' }),
  'the token has expired': ({ clock }) => clock.advance(901),
}

for (const kind of STORE_KINDS) {
  test(`GET /oauth/userinfo: is 401 invalid_token at once when a token is no longer good (RFC 6750 §3.1, ${kind})`, async (t) => {
    for (const [what, end] of Object.entries(ENDINGS)) {
      const { onEvent, settled } = recordEvents()
      const server = await startOpenIdConnect(t, {
        onEvent,
        storage: await stores.open(kind, t),
        storageTimeoutMilliseconds: 30_000, // many tests share the machine
      })
      const { tokens } = await signIn(t, server, server.confidential)
      t.is((await askUserinfo(server, tokens.access_token)).status, 200)
      await end(server, tokens)
      const response = await askUserinfo(server, tokens.access_token)
      t.is(response.status, 401, what)
      t.deepEqual(await response.json(), { error: 'invalid_token', error_description: INVALID })
      t.regex(response.headers.get('www-authenticate') ?? '', /^Bearer error="invalid_token"/)
      t.is(response.headers.get('cache-control'), 'no-store')
      const { clientId } = server.confidential.client
      const events = await settled()
      t.like(
        events.find(({ type }) => type === 'userinfo.sent'),
        { clientId, userId: 'ada', tenantId: 'acme', result: 'success' },
      )
      t.like(
        events.find(({ type }) => type === 'userinfo.refused'),
        { error: 'invalid_token', result: 'failure' },
      )
    }
  })
}

test('GET /oauth/userinfo: takes no token of the client itself, no ID token and none of another issuer', async (t) => {
  const server = await startOpenIdConnect(t)
  const other = await startOpenIdConnect(t)
  const { clientId } = server.confidential.client
  const { tokens } = await signIn(t, server, server.confidential)
  const foreign = await signIn(t, other, other.confidential)
  const ofClient = await server.issueAccessToken({ clientId, scopes: ['openid', 'email'] })
  for (const token of [tokens.id_token ?? '', foreign.tokens.access_token, ofClient]) {
    t.is((await askUserinfo(server, token)).status, 401)
  }
})

test('GET /oauth/userinfo: scripts at an origin of a PUBLIC client may read it, no others (Core §5.3)', async (t) => {
  const server = await startOpenIdConnect(t)
  const origin = 'https://spa.example'
  const own = (await signIn(t, server, server.public)).tokens.access_token
  const ofConfidential = (await signIn(t, server, server.confidential)).tokens.access_token
  const allowed = await askUserinfo(server, own, { headers: { origin } })
  t.is(allowed.status, 200)
  t.is(allowed.headers.get('access-control-allow-origin'), origin)
  for (const [token, from] of [
    [own, 'https://evil.example'],
    [ofConfidential, 'https://recruiter.example'],
  ] as const) {
    const refused = await askUserinfo(server, token, { headers: { origin: from } })
    t.is(refused.status, 400)
    t.is((await refused.json()).error, 'invalid_request')
  }
  // A script must learn that its token has expired.
  server.clock.advance(901)
  const expired = await askUserinfo(server, own, { headers: { origin } })
  t.is(expired.status, 401)
  t.is(expired.headers.get('access-control-allow-origin'), origin)
  t.regex(expired.headers.get('access-control-expose-headers') ?? '', /WWW-Authenticate/)

  const preflight = await fetch(`${server.issuer}/oauth/userinfo`, {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-headers': 'authorization' },
  })
  t.is(preflight.status, 204)
  t.is(preflight.headers.get('access-control-allow-methods'), 'GET, POST')
  t.is(preflight.headers.get('access-control-allow-headers'), 'authorization')
})

// ————— discovery —————

test('GET /.well-known/openid-configuration: has what OpenID Connect Discovery 1.0 §3 requires, and is the document of RFC 8414', async (t) => {
  const server = await startOpenIdConnect(t, { openIdConnect: { claims: ['picture'] } })
  const read = async (name: string): Promise<string> =>
    (await fetch(`${server.issuer}/.well-known/${name}`)).text()
  const text = await read('openid-configuration')
  t.is(await read('oauth-authorization-server'), text)
  const metadata = JSON.parse(text)
  t.like(metadata, {
    issuer: server.issuer,
    authorization_endpoint: `${server.issuer}/oauth/authorize`,
    token_endpoint: `${server.issuer}/oauth/token`,
    jwks_uri: `${server.issuer}/.well-known/jwks.json`,
    userinfo_endpoint: `${server.issuer}/oauth/userinfo`,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    claims_parameter_supported: false,
    request_parameter_supported: false,
    request_uri_parameter_supported: false,
    protected_resources: [server.issuer], // the APIs only
  })
  t.deepEqual(metadata.scopes_supported.slice(0, 3), IDENTITY)
  for (const claim of ['sub', 'iss', 'auth_time', 'name', 'email', 'picture', 'tenant_id']) {
    t.true(metadata.claims_supported.includes(claim), claim)
  }
  t.false(metadata.claims_supported.includes('email_verified'))
  const absent = ['end_session_endpoint', 'registration_endpoint', 'check_session_iframe']
  t.deepEqual(
    absent.filter((name) => name in metadata),
    [],
  )
})

// ————— clients —————

test('client_credentials: has no identity scopes, by default and when asked for (RFC 6749 §4.4)', async (t) => {
  const server = await startOpenIdConnect(t)
  const request = (scope?: string): Promise<Response> =>
    requestClientCredentials(server, server.confidential, { scope })
  const byDefault = await (await request()).json()
  t.is(byDefault.scope, 'interview:read interview:create candidate:read')
  for (const scope of ['openid', 'interview:read email', 'profile']) {
    const refused = await request(scope)
    t.is(refused.status, 400)
    t.is((await refused.json()).error, 'invalid_scope')
  }
})
