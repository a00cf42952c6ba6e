import { connect } from 'node:net'
import { type AuditEvent, type Client, createAuthorizationServer } from '@teamcast/oauth-server'
import {
  startTestServer,
  type TestServer,
  type TestServerOptions,
} from '@teamcast/oauth-server/testing'
import test, { type ExecutionContext } from 'ava'
import Koa from 'koa'
import { listen } from '../helpers/listen.ts'
import { postAs } from '../helpers/requests.ts'
import { CONFIDENTIAL_CLIENT, PUBLIC_CLIENT } from '../helpers/start-server.ts'
import { validOptions } from '../helpers/valid-options.ts'

const PATH = '/super-admin/oauth-clients'
const SUPER_ADMIN = { authorization: 'Bearer of the super admin' }
const JSON_TYPE = { 'content-type': 'application/json' }

async function start(t: ExecutionContext, options: TestServerOptions = {}): Promise<TestServer> {
  const server = await startTestServer({
    authorizeSuperAdmin: (ctx) => {
      const authorization = ctx.get('authorization')
      if (authorization === '') return 'unauthenticated'
      return authorization === SUPER_ADMIN.authorization ? 'allowed' : 'forbidden'
    },
    ...options,
  })
  t.teardown(server.close)
  return server
}

function post(
  { issuer }: TestServer,
  body: object | string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return fetch(issuer + PATH, {
    method: 'POST',
    headers: { ...SUPER_ADMIN, ...JSON_TYPE, ...headers },
    body: typeof body === 'string' || body instanceof Blob ? body : JSON.stringify(body),
  })
}

test('POST /super-admin/oauth-clients: registers a CONFIDENTIAL client and shows its secret once', async (t) => {
  const events: Array<AuditEvent> = []
  const server = await start(t, { onEvent: (event) => void events.push(event) })

  const response = await post(server, CONFIDENTIAL_CLIENT)

  t.is(response.status, 201)
  t.is(response.headers.get('content-type'), 'application/json; charset=utf-8')
  t.is(response.headers.get('cache-control'), 'no-store')
  t.is(response.headers.get('access-control-allow-origin'), null)
  const { clientId, clientSecret, ...fields } = (await response.json()) as Record<string, string>
  t.is(response.headers.get('location'), `${server.issuer}${PATH}/${clientId}`)
  t.regex(String(clientSecret), /^tcs_[A-Za-z0-9]{43}$/)
  t.deepEqual(fields as unknown, {
    ...CONFIDENTIAL_CLIENT,
    audience: 'PLATFORM',
    tokenEndpointAuthMethod: 'client_secret_basic',
    requirePkce: true,
    accessTokenTtlSeconds: 900,
    refreshTokenTtlSeconds: 2_592_000,
    createdAt: server.clock.now(),
    updatedAt: server.clock.now(),
  })
  t.like(events.at(-1), { type: 'client.registered', clientId })
  t.false(JSON.stringify(events).includes(String(clientSecret)))
})

test('POST /super-admin/oauth-clients: the secret that is shown authenticates the client', async (t) => {
  const server = await start(t)
  const registered = await (await post(server, CONFIDENTIAL_CLIENT)).json()
  const { clientSecret, ...client } = registered as Client & { clientSecret: string }

  const response = await postAs({ client, clientSecret }, `${server.issuer}/oauth/token`, {
    grant_type: 'client_credentials',
  })

  t.is(response.status, 200)
})

test('POST /super-admin/oauth-clients: a PUBLIC client gets no secret; null is a field left out', async (t) => {
  const server = await start(t)

  const response = await post(server, { ...PUBLIC_CLIENT, tenantId: null, logoUrl: null })

  t.is(response.status, 201)
  const client = (await response.json()) as Record<string, unknown>
  t.false('clientSecret' in client)
  t.like(client, { clientType: 'PUBLIC', tokenEndpointAuthMethod: 'none' })
})

test('POST /super-admin/oauth-clients: the Location starts with the issuer, path and all', async (t) => {
  const server = await start(t, { issuerPath: '/auth' })

  const response = await post(server, PUBLIC_CLIENT)

  const { clientId } = (await response.json()) as { clientId: string }
  t.is(response.headers.get('location'), `${server.issuer}${PATH}/${clientId}`)
  t.true(server.issuer.endsWith('/auth'))
})

test('POST /super-admin/oauth-clients: 401 with WWW-Authenticate for nobody (RFC 9110 §11.6.1)', async (t) => {
  const server = await start(t)

  const response = await fetch(server.issuer + PATH, { method: 'POST', headers: JSON_TYPE })

  t.is(response.status, 401)
  t.is(response.headers.get('www-authenticate'), 'Bearer')
  t.is(response.headers.get('cache-control'), 'no-store')
  t.deepEqual((await server.authorizationServer.clients.list({ limit: 1 })).items, [])
})

test('POST /super-admin/oauth-clients: 403 for somebody else, and nothing is registered', async (t) => {
  const server = await start(t)

  const response = await post(server, PUBLIC_CLIENT, { authorization: 'Bearer of a user' })

  t.is(response.status, 403)
  t.deepEqual((await server.authorizationServer.clients.list({ limit: 1 })).items, [])
})

for (const decision of [true, false, undefined, null, 'allow', {}]) {
  test(`POST /super-admin/oauth-clients: a hook that says ${JSON.stringify(decision)} lets nobody in`, async (t) => {
    const events: Array<AuditEvent> = []
    const server = await start(t, {
      authorizeSuperAdmin: () => decision as never,
      onEvent: (event) => void events.push(event),
    })

    const response = await post(server, PUBLIC_CLIENT)

    t.is(response.status, 500)
    t.like(await response.json(), { error: 'server_error' })
    t.like(events.at(-1), { type: 'server.error' })
    t.deepEqual((await server.authorizationServer.clients.list({ limit: 1 })).items, [])
  })
}

test('POST /super-admin/oauth-clients: 422 lists every problem (RFC 9457)', async (t) => {
  const server = await start(t)

  const response = await post(server, { ...PUBLIC_CLIENT, name: 'ab', requirePkce: false })

  t.is(response.status, 422)
  t.is(response.headers.get('content-type'), 'application/problem+json')
  t.deepEqual(await response.json(), {
    type: 'about:blank',
    title: 'The client cannot be registered',
    status: 422,
    detail:
      '"name" must have at least 3 characters; "requirePkce" must be true: PKCE is mandatory for every client',
    errors: [
      { path: 'name', message: 'must have at least 3 characters' },
      { path: 'requirePkce', message: 'must be true: PKCE is mandatory for every client' },
    ],
  })
})

test('POST /super-admin/oauth-clients: a member named __proto__ or constructor is an unknown field', async (t) => {
  const server = await start(t)
  const body = `{"__proto__": {"name": "Acme"}, "constructor": 1, ${JSON.stringify(PUBLIC_CLIENT).slice(1)}`

  const response = await post(server, body)

  t.is(response.status, 422)
  const { errors } = (await response.json()) as { errors: Array<{ path: string }> }
  t.deepEqual(errors.map(({ path }) => path).sort(), ['__proto__', 'constructor'])
})

const unreadable: ReadonlyArray<[what: string, body: string | Blob, headers?: object]> = [
  ['malformed JSON', '{"name": '],
  ['an array', '[]'],
  ['null', 'null'],
  ['a string', '"client"'],
  ['nothing', ''],
  ['deep nesting', '['.repeat(30_000)],
  ['1 MB', JSON.stringify({ name: 'x'.repeat(1_000_000) })],
  ['a form', 'name=Acme', { 'content-type': 'application/x-www-form-urlencoded' }],
  ['plain text', JSON.stringify(PUBLIC_CLIENT), { 'content-type': 'text/plain' }],
  ['no type', JSON.stringify(PUBLIC_CLIENT), { 'content-type': '' }],
  ['gzip', 'not gzip at all', { 'content-encoding': 'gzip' }],
  ['UTF-16', new Blob([Buffer.from(JSON.stringify(PUBLIC_CLIENT), 'utf16le')])],
]
for (const [what, body, headers] of unreadable) {
  test(`POST /super-admin/oauth-clients: a body of ${what} is answered 400`, async (t) => {
    const server = await start(t)

    const response = await post(server, body, headers as Record<string, string>)

    t.is(response.status, 400)
    t.like(await response.json(), { error: 'invalid_request' })
  })
}

test('POST /super-admin/oauth-clients: the connection lives on after a body that is too large', async (t) => {
  const { issuer } = await start(t, { authorizeSuperAdmin: () => 'allowed' })
  const socket = connect(Number(new URL(issuer).port), '127.0.0.1')
  t.teardown(() => socket.destroy())
  const length = 5_000_000

  socket.write(
    `POST ${PATH} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`,
  )
  socket.write('x'.repeat(length))
  socket.write('GET /.well-known/jwks.json HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')

  const answers = await new Promise<string>((resolve, reject) => {
    let received = ''
    socket.on('data', (chunk) => {
      received += chunk
    })
    socket.on('end', () => resolve(received))
    socket.on('error', reject)
  })
  t.deepEqual(answers.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 400', 'HTTP/1.1 200'])
})

for (const method of ['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
  test(`${method} /super-admin/oauth-clients: is answered 405`, async (t) => {
    const { issuer } = await start(t)

    const response = await fetch(issuer + PATH, { method, headers: SUPER_ADMIN })

    t.is(response.status, 405)
    t.is(response.headers.get('allow'), 'POST')
    t.is(response.headers.get('access-control-allow-origin'), null)
  })
}

test('POST /super-admin/oauth-clients: is the host’s path without authorizeSuperAdmin', async (t) => {
  const listener = await listen(t)
  const host = new Koa()
  host.use(createAuthorizationServer({ ...validOptions(), issuer: listener.origin }).middleware())
  host.use((ctx) => {
    ctx.body = 'host'
  })
  listener.serve(host)

  const response = await fetch(listener.origin + PATH, { method: 'POST' })

  t.is(await response.text(), 'host')
})
