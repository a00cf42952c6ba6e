import {
  type ChallengeOptions,
  ConfigurationError,
  type ProtectedResourceMetadataOptions,
  protectedResourceMetadata,
  requireAccessToken,
  requireCaller,
  requireScopes,
} from '@teamcast/oauth-server/resource-server'
import test from 'ava'
import { createLocalJWKSet } from 'jose'
import {
  AUDIENCE,
  claims,
  generateTestKey,
  ISSUER,
  NOW,
  signToken,
  startKoa,
} from './resource-server-fixture.ts'

const key = generateTestKey('key-1')
const jwks = createLocalJWKSet({ keys: [key.publicJwk] })
const VERIFIER = { issuer: ISSUER, audience: AUDIENCE, jwks, clock: () => NOW }
const OPTIONS: ProtectedResourceMetadataOptions = {
  resource: AUDIENCE,
  authorizationServers: [ISSUER],
}

const places = {
  'https://api.test': '/.well-known/oauth-protected-resource',
  'https://api.test/': '/.well-known/oauth-protected-resource',
  'https://api.test/mcp': '/.well-known/oauth-protected-resource/mcp',
  'https://api.test/a/b/': '/.well-known/oauth-protected-resource/a/b/',
  'http://localhost:3000/mcp': '/.well-known/oauth-protected-resource/mcp',
}
for (const [resource, path] of Object.entries(places)) {
  test(`metadata: for ${resource} it is at ${path} (RFC 9728 §3.1)`, async (t) => {
    const { origin } = await startKoa(t, protectedResourceMetadata({ ...OPTIONS, resource }))
    const response = await fetch(origin + path)
    t.is(response.status, 200)
    t.like(await response.json(), { resource })
    const elsewhere = await fetch(`${origin}${path}x`)
    t.is(await elsewhere.text(), 'passed')
  })
}

test('metadata: the document has every member, for every origin (RFC 9728 §3.2)', async (t) => {
  const { origin } = await startKoa(
    t,
    protectedResourceMetadata({
      ...OPTIONS,
      scopesSupported: ['interview:read', 'candidate:read'],
      resourceName: 'Interviews',
      resourceDocumentation: new URL('https://api.test/docs'),
    }),
  )
  const response = await fetch(`${origin}/.well-known/oauth-protected-resource`)
  t.deepEqual(await response.json(), {
    resource: AUDIENCE,
    authorization_servers: [ISSUER],
    scopes_supported: ['interview:read', 'candidate:read'],
    bearer_methods_supported: ['header'],
    resource_name: 'Interviews',
    resource_documentation: 'https://api.test/docs',
  })
  t.is(response.headers.get('content-type'), 'application/json; charset=utf-8')
  t.is(response.headers.get('access-control-allow-origin'), '*')
  t.is(response.headers.get('cache-control'), 'public, max-age=300')
  t.is(response.headers.get('x-content-type-options'), 'nosniff')
})

test('metadata: who has the document is not sent it again (RFC 9110 §13.1.2)', async (t) => {
  const { origin } = await startKoa(t, protectedResourceMetadata(OPTIONS))
  const url = `${origin}/.well-known/oauth-protected-resource`
  const tag = (await fetch(url)).headers.get('etag') ?? ''
  const again = await fetch(url, { headers: { 'if-none-match': tag } })
  t.is(again.status, 304)
  t.is(again.headers.get('etag'), tag)
  t.is(await again.text(), '')
  t.is((await fetch(url, { headers: { 'if-none-match': '"another"' } })).status, 200)
})

test('metadata: members without option are left out', async (t) => {
  const { origin } = await startKoa(t, protectedResourceMetadata(OPTIONS))
  const response = await fetch(`${origin}/.well-known/oauth-protected-resource`)
  t.deepEqual(Object.keys((await response.json()) as object), [
    'resource',
    'authorization_servers',
    'bearer_methods_supported',
  ])
})

test('metadata: HEAD and preflight requests are served, other methods get 405', async (t) => {
  const { origin } = await startKoa(t, protectedResourceMetadata(OPTIONS))
  const send = (method: string): Promise<Response> =>
    fetch(`${origin}/.well-known/oauth-protected-resource`, { method })
  const head = await send('HEAD')
  t.is(head.status, 200)
  t.is(await head.text(), '')
  const preflight = await send('OPTIONS')
  t.is(preflight.status, 204)
  t.is(preflight.headers.get('access-control-allow-origin'), '*')
  // MCP clients send MCP-Protocol-Version.
  t.is(preflight.headers.get('access-control-allow-headers'), '*')
  const post = await send('POST')
  t.is(post.status, 405)
  t.is(post.headers.get('allow'), 'GET, HEAD, OPTIONS')
})

test('protectedResourceMetadata: reports all problems at once', (t) => {
  const options = {
    resource: 'http://api.test',
    authorizationServers: [],
    scopesSupported: ['a b'],
    resourceName: '',
    resourceDocumentation: 'https://api.test',
    nonsense: 1,
  }
  const error = t.throws(() => protectedResourceMetadata(options as never), {
    instanceOf: ConfigurationError,
  })
  t.deepEqual(
    error?.issues.map(({ path }) => path.split('.')[0]),
    Object.keys(options),
  )
})

for (const resource of [
  'api.test',
  'https://api.test#a',
  'https://api.test?a',
  'https://a@b.c',
  7,
]) {
  test(`protectedResourceMetadata: resource ${resource} is refused (RFC 9728 §1.2)`, (t) => {
    t.throws(() => protectedResourceMetadata({ ...OPTIONS, resource: resource as string }), {
      message:
        '"resource" must be an https URL (http for localhost, 127.0.0.1 and [::1] only) without query, fragment or user name',
    })
  })
}

const FROM_AUDIENCE = 'resource_metadata="https://api.test/.well-known/oauth-protected-resource"'
const DESCRIPTION = 'the access token is expired, revoked, malformed or otherwise invalid'
const challenges: Readonly<Record<string, readonly [ChallengeOptions, string, string]>> = {
  'of a request without token': [{ resourceMetadata: true }, '', `realm="${AUDIENCE}"`],
  'of a token that is not accepted': [
    { resourceMetadata: true },
    'Bearer x',
    `error="invalid_token", error_description="${DESCRIPTION}"`,
  ],
  'of a malformed header': [
    { resourceMetadata: true, scopes: ['interview:read'] },
    'Bearer',
    'error="invalid_request", error_description="the Authorization header must be Bearer followed by one access token"',
  ],
  'of a request without token, with scopes': [
    { resourceMetadata: true, scopes: ['interview:read', 'candidate:read'] },
    '',
    `realm="${AUDIENCE}", scope="interview:read candidate:read"`,
  ],
  'of a token without scope': [
    { resourceMetadata: true, scopes: ['interview:read'] },
    `Bearer ${signToken(key, claims({ scope: '' }))}`,
    'error="insufficient_scope", error_description="the request needs more scope than the access token has", scope="candidate:read"',
  ],
}
for (const [name, [options, authorization, challenge]] of Object.entries(challenges)) {
  for (const [middleware, create] of Object.entries({ requireAccessToken, requireCaller })) {
    test(`${middleware}: the challenge ${name} has the URL of the metadata (RFC 9728 §5.1)`, async (t) => {
      const { get } = await startKoa(
        t,
        create(VERIFIER, options) as ReturnType<typeof requireAccessToken>,
        requireScopes('candidate:read'),
      )
      const response = await get(authorization || undefined)
      t.is(response.headers.get('www-authenticate'), `Bearer ${challenge}, ${FROM_AUDIENCE}`)
    })
  }
}

test('requireAccessToken: resourceMetadata may be any secure URL', async (t) => {
  const resourceMetadata = new URL('https://meta.test/resource')
  const { get } = await startKoa(t, requireAccessToken(VERIFIER, { resourceMetadata }))
  t.is(
    (await get()).headers.get('www-authenticate'),
    `Bearer realm="${AUDIENCE}", resource_metadata="https://meta.test/resource"`,
  )
})

test('requireAccessToken: challenge parameters of one application do not reach another', async (t) => {
  const first = await startKoa(t, requireAccessToken(VERIFIER, { resourceMetadata: true }))
  const second = await startKoa(t, requireAccessToken(VERIFIER))
  await first.get()
  t.is((await second.get()).headers.get('www-authenticate'), `Bearer realm="${AUDIENCE}"`)
})

test('requireAccessToken: resourceMetadata true needs an audience that is a URL', (t) => {
  const options = { resourceMetadata: true } as const
  t.throws(() => requireAccessToken({ ...VERIFIER, audience: 'interviews' }, options), {
    instanceOf: ConfigurationError,
    message:
      '"resourceMetadata" must be a URL object here: it does not follow from an audience that is no URL',
  })
})

const badOptions = {
  resourceMetadata: [false, 'https://a.test', new URL('http://a.test')],
  scopes: [[], ['a b'], 'interview:read', [7]],
  nonsense: [1],
}
for (const [name, values] of Object.entries(badOptions)) {
  for (const value of values) {
    test(`requireAccessToken: ${name} ${JSON.stringify(value)} is refused at start-up`, (t) => {
      const error = t.throws(() => requireAccessToken(VERIFIER, { [name]: value } as never), {
        instanceOf: ConfigurationError,
      })
      t.is(error?.issues[0]?.path.split('.')[0], name)
    })
  }
}
