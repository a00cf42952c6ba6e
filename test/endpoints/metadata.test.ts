import { createAuthorizationServer } from '@teamcast/oauth-server'
import { startTestServer } from '@teamcast/oauth-server/testing'
import test from 'ava'
import Koa from 'koa'
import mount from 'koa-mount'
import { listen } from '../helpers/listen.ts'
import { startServer } from '../helpers/start-server.ts'
import { validOptions } from '../helpers/valid-options.ts'

const METADATA = '/.well-known/oauth-authorization-server'
const OPENID_CONFIGURATION = '/.well-known/openid-configuration'

test('GET /.well-known/oauth-authorization-server: lists what is enabled, and nothing else (RFC 8414 §2)', async (t) => {
  const { issuer } = await startServer(t)

  const response = await fetch(issuer + METADATA)

  t.is(response.status, 200)
  t.is(response.headers.get('content-type'), 'application/json; charset=utf-8')
  t.deepEqual(await response.json(), {
    issuer,
    authorization_endpoint: `${issuer}/oauth/authorize`,
    token_endpoint: `${issuer}/oauth/token`,
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    introspection_endpoint: `${issuer}/oauth/introspect`,
    revocation_endpoint: `${issuer}/oauth/revoke`,
    scopes_supported: [
      'interview:read',
      'interview:create',
      'interview:update',
      'interview:delete',
      'interview:conduct',
      'interview:approve',
      'candidate:read',
    ],
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials'],
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'none'],
    introspection_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
    revocation_endpoint_auth_methods_supported: [
      'client_secret_basic',
      'client_secret_post',
      'none',
    ],
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
    protected_resources: [issuer],
  })
})

for (const path of [METADATA, OPENID_CONFIGURATION, '/.well-known/jwks.json']) {
  test(`GET ${path}: who has the document is not sent it again (RFC 9110 §13.1.2, §15.4.5)`, async (t) => {
    const { issuer } = await startServer(t)
    const get = (ifNoneMatch: string, method = 'GET'): Promise<Response> =>
      fetch(issuer + path, { method, headers: { 'if-none-match': ifNoneMatch } })

    const first = await get('"another"')
    t.is(first.status, 200)
    const tag = first.headers.get('etag') ?? ''
    t.regex(tag, /^"[\w-]{43}"$/)

    for (const known of [tag, `W/${tag}`, `"another", ${tag}`, '*']) {
      const again = await get(known)
      t.is(again.status, 304, known)
      t.is(await again.text(), '')
      t.is(again.headers.get('etag'), tag)
      t.is(again.headers.get('cache-control'), first.headers.get('cache-control'))
      t.is(again.headers.get('access-control-allow-origin'), '*')
    }
    t.is((await get(tag, 'HEAD')).status, 304)
    t.is((await get(tag.slice(1, -1))).status, 200)
  })
}

test('GET /.well-known/openid-configuration: is the same document, byte for byte (RFC 8414 §5)', async (t) => {
  const { issuer } = await startServer(t)
  const [metadata, configuration] = await Promise.all(
    [METADATA, OPENID_CONFIGURATION].map((path) => fetch(issuer + path)),
  )
  t.is(configuration?.status, 200)
  t.is(configuration?.headers.get('content-type'), 'application/json; charset=utf-8')
  t.is(configuration?.headers.get('access-control-allow-origin'), '*')
  t.is(await configuration?.text(), await metadata?.text())
})

test('GET /.well-known/oauth-authorization-server: lists the scopes of the host’s own catalogue', async (t) => {
  const scopes = { 'report:read': 'See reports', 'report:write': 'Write reports' }
  const { issuer, close } = await startTestServer({ scopes })
  t.teardown(close)

  const metadata = await fetchMetadata(issuer + METADATA)

  t.deepEqual(metadata['scopes_supported'], ['report:read', 'report:write'])
})

test('GET /.well-known/oauth-authorization-server: lists the APIs whose names are URLs (RFC 9728 §4)', async (t) => {
  const scopes = { 'report:read': 'See reports' }
  const audiences = [
    'https://api.example/v1',
    'urn:example:api',
    'http://127.0.0.1:9',
    'http://a.example',
  ]
  const resources = audiences.map((audience) => ({ audience, scopes: ['report:read'] }))
  const [several, none] = await Promise.all([
    startTestServer({ scopes, resources }),
    startTestServer({ audience: 'urn:example:api' }),
  ])
  t.teardown(several.close)
  t.teardown(none.close)

  const metadata = await fetchMetadata(several.issuer + METADATA)
  t.deepEqual(metadata['protected_resources'], ['https://api.example/v1', 'http://127.0.0.1:9'])
  t.false('protected_resources' in (await fetchMetadata(none.issuer + METADATA)))
})

test('GET /.well-known/oauth-authorization-server: every endpoint listed exists', async (t) => {
  const { issuer } = await startServer(t)
  const metadata = await fetchMetadata(issuer + METADATA)

  for (const [name, url] of Object.entries(metadata)) {
    if (!name.endsWith('_endpoint') && name !== 'jwks_uri') continue
    const { status } = await fetch(String(url), { method: 'POST' })
    t.not(status, 404, name)
  }
})

test('GET /.well-known/oauth-authorization-server: every origin may read it, every cache may keep it', async (t) => {
  const { issuer } = await startServer(t)

  const { headers } = await fetch(issuer + METADATA, { headers: { origin: 'https://any.example' } })

  t.is(headers.get('access-control-allow-origin'), '*')
  t.is(headers.get('access-control-allow-credentials'), null)
  t.is(headers.get('cache-control'), 'public, max-age=300')
  t.is(headers.get('x-content-type-options'), 'nosniff')
  t.deepEqual(headers.getSetCookie(), [])
})

test('HEAD /.well-known/oauth-authorization-server: has the headers of GET and no body', async (t) => {
  const { issuer } = await startServer(t)
  const get = await fetch(issuer + METADATA)

  const head = await fetch(issuer + METADATA, { method: 'HEAD' })

  t.is(head.status, 200)
  t.is(await head.text(), '')
  for (const name of ['content-type', 'content-length', 'cache-control']) {
    t.is(head.headers.get(name), get.headers.get(name), name)
  }
})

test('OPTIONS /.well-known/oauth-authorization-server: allows a preflight from every origin', async (t) => {
  const { issuer } = await startServer(t)

  const response = await fetch(issuer + METADATA, {
    method: 'OPTIONS',
    headers: {
      origin: 'https://any.example',
      'access-control-request-method': 'GET',
      'access-control-request-headers': 'mcp-protocol-version',
    },
  })

  t.is(response.status, 204)
  t.is(response.headers.get('access-control-allow-origin'), '*')
  t.is(response.headers.get('access-control-allow-methods'), 'GET')
  t.is(response.headers.get('access-control-allow-headers'), '*')
})

for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
  test(`${method} /.well-known/oauth-authorization-server: is 405`, async (t) => {
    const { issuer } = await startServer(t)

    const response = await fetch(issuer + METADATA, { method })

    t.is(response.status, 405)
    t.is(response.headers.get('allow'), 'GET, HEAD, OPTIONS')
    t.like(await response.json(), { error: 'invalid_request' })
  })
}

test('GET /.well-known/oauth-authorization-server: the Host header changes nothing (RFC 8414 §3.3)', async (t) => {
  const { issuer } = await startServer(t)

  const metadata = await fetchMetadata(issuer + METADATA, {
    'x-forwarded-host': 'evil.example',
    'x-forwarded-proto': 'https',
    forwarded: 'host=evil.example;proto=https',
  })

  t.is(metadata['issuer'], issuer)
  t.false(JSON.stringify(metadata).includes('evil.example'))
})

test('GET /.well-known/oauth-authorization-server: an issuer with a path is found in both ways (RFC 8414 §3.1)', async (t) => {
  const { issuer } = await startServer(t, { issuerPath: '/auth' })
  const { origin } = new URL(issuer)

  const inserted = await fetchMetadata(`${origin}${METADATA}/auth`)
  const appended = await fetchMetadata(`${issuer}${METADATA}`)

  t.is(inserted['issuer'], `${origin}/auth`)
  t.is(inserted['token_endpoint'], `${origin}/auth/oauth/token`)
  t.deepEqual(appended, inserted)
  // OpenID Connect Discovery §4 appends its path to the issuer, RFC 8414 §5 may insert it.
  t.deepEqual(await fetchMetadata(`${issuer}${OPENID_CONFIGURATION}`), inserted)
  t.deepEqual(await fetchMetadata(`${origin}${OPENID_CONFIGURATION}/auth`), inserted)
  for (const path of [METADATA, OPENID_CONFIGURATION]) {
    t.is((await fetch(origin + path)).status, 404)
    t.is((await fetch(`${origin}${path}/other`)).status, 404)
  }
})

test('GET /.well-known/oauth-authorization-server: is served below koa-mount', async (t) => {
  const listener = await listen(t)
  const issuer = `${listener.origin}/deep/path`
  const server = createAuthorizationServer({ ...validOptions(), issuer })
  const host = new Koa()
  host.use(mount('/deep/path', server.middleware()))
  host.use((ctx) => {
    ctx.body = `host ${ctx.path}`
  })
  listener.serve(host)

  const metadata = await fetchMetadata(issuer + METADATA)

  t.is(metadata['issuer'], issuer)
  t.is(metadata['jwks_uri'], `${issuer}/.well-known/jwks.json`)
  t.is(await (await fetch(`${issuer}/elsewhere`)).text(), 'host /deep/path/elsewhere')
})

test('GET /.well-known/openid-configuration: is the host’s, like every path that is not in the contract', async (t) => {
  const listener = await listen(t)
  const server = createAuthorizationServer({ ...validOptions(), issuer: listener.origin })
  const host = new Koa()
  host.use(server.middleware())
  host.use((ctx) => {
    ctx.body = `host ${ctx.method} ${ctx.path}`
  })
  listener.serve(host)

  const paths = [
    '/',
    '/.well-known/openid-configuration/auth',
    '/.well-known/oauth-authorization-server/auth',
    '/oauth',
    '/oauth/userinfo',
    '/oauth/end_session',
    '/session/end/confirm',
    '/request',
    '/me',
    '/super-admin/oauth-clients',
  ]
  for (const path of paths) {
    t.is(await (await fetch(listener.origin + path)).text(), `host GET ${path}`)
  }
})

async function fetchMetadata(
  url: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Record<string, unknown>> {
  const response = await fetch(url, { headers })
  return (await response.json()) as Record<string, unknown>
}
