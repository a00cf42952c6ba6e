/** Who is let in, and what is refused whoever asks: bodies, types, methods and paths. */

import { connect } from 'node:net'
import { createAuthorizationServer, type SuperAdminDecision } from '@teamcast/oauth-server'
import test from 'ava'
import Koa from 'koa'
import { listen } from '../helpers/listen.ts'
import { PUBLIC_CLIENT } from '../helpers/start-server.ts'
import { assertProblem, CLIENTS_PATH, startSuperAdminServer } from '../helpers/super-admin.ts'
import { validOptions } from '../helpers/valid-options.ts'

/** Every operation of the API; `:id` and `:secretId` stand for what exists. */
const OPERATIONS: ReadonlyArray<[method: string, path: string, body?: object]> = [
  ['GET', ''],
  ['HEAD', ''],
  ['POST', '', PUBLIC_CLIENT],
  ['GET', '/:id'],
  ['HEAD', '/:id'],
  ['PATCH', '/:id', { name: 'Another name' }],
  ['DELETE', '/:id'],
  ['POST', '/:id/secrets', {}],
  ['DELETE', '/:id/secrets/:secretId'],
]

const CONFIDENTIAL = { ...PUBLIC_CLIENT, clientType: 'CONFIDENTIAL' } as const

for (const [method, path, body] of OPERATIONS) {
  test(`${method} /super-admin/oauth-clients${path}: 401 for nobody and 403 for somebody else; nothing happens (RFC 9110 §11.6.1)`, async (t) => {
    const server = await startSuperAdminServer(t, { clients: [CONFIDENTIAL] })
    const [before] = (await server.authorizationServer.clients.list({ limit: 2 })).items
    const target = path
      .replace(':id', String(before?.clientId))
      .replace(':secretId', String(before?.secrets[0]?.secretId))
    const seen = (await server.events()).length

    for (const [authorization, status] of [
      ['', 401],
      ['Bearer of a user', 403],
    ] as const) {
      const headers = { authorization }
      const response = await server.send(method, target, { headers, ...(body && { body }) })
      t.is(response.status, status)
      t.is(response.headers.get('www-authenticate'), status === 401 ? 'Bearer' : null)
      if (method === 'HEAD') t.is(await response.text(), '')
      else await assertProblem(t, response, status)
    }

    t.deepEqual((await server.authorizationServer.clients.list({ limit: 2 })).items, [before])
    t.is((await server.events()).length, seen)
  })
}

for (const decision of [
  true,
  false,
  undefined,
  null,
  'allow',
  {},
  { superAdminId: '' },
  { superAdminId: 7 },
  { userId: 'root' },
  ['allowed'],
]) {
  test(`/super-admin/oauth-clients: a hook that says ${JSON.stringify(decision)} is a 500 and lets nobody in`, async (t) => {
    const server = await startSuperAdminServer(t, {
      authorizeSuperAdmin: () => decision as SuperAdminDecision,
    })

    await assertProblem(t, await server.send('POST', '', { body: PUBLIC_CLIENT }), 500)

    t.deepEqual(
      (await server.events()).map(({ type }) => type),
      ['server.error'],
    )
    t.deepEqual((await server.authorizationServer.clients.list({ limit: 1 })).items, [])
  })
}

test('/super-admin/oauth-clients: a hook that fails is a 500 that does not tell why', async (t) => {
  const server = await startSuperAdminServer(t, {
    authorizeSuperAdmin: () => Promise.reject(new Error('the database of administrators')),
  })

  const problem = await assertProblem(t, await server.send('GET', ''), 500)

  t.is(problem.detail, 'the server failed to answer this request')
})

test('/super-admin/oauth-clients: the hook gets the request, and "allowed" is enough', async (t) => {
  const server = await startSuperAdminServer(t, {
    authorizeSuperAdmin: async ({ method, path }) =>
      method === 'POST' && path === CLIENTS_PATH ? 'allowed' : 'forbidden',
  })

  t.is((await server.send('POST', '', { body: PUBLIC_CLIENT })).status, 201)
  t.is((await server.send('GET', '')).status, 403)
  const [registered] = await server.events()
  t.is(registered?.type, 'client.registered')
  t.is((registered as { actorId?: string }).actorId, undefined)
})

const UNREADABLE: ReadonlyArray<[what: string, body: string | Blob]> = [
  ['malformed JSON', '{"name": '],
  ['an array', '[]'],
  ['null', 'null'],
  ['a string', '"client"'],
  ['nothing', ''],
  ['deep nesting', '['.repeat(30_000)],
  ['1 MB', JSON.stringify({ name: 'x'.repeat(1_000_000) })],
  ['UTF-16', new Blob([Buffer.from(JSON.stringify(PUBLIC_CLIENT), 'utf16le')])],
]
const WITH_BODY = OPERATIONS.filter(([, , body]) => body !== undefined)
for (const [method, path] of WITH_BODY) {
  test(`${method} /super-admin/oauth-clients${path}: a body that is no JSON object of at most 64 kB is 400`, async (t) => {
    const server = await startSuperAdminServer(t, { clients: [CONFIDENTIAL] })
    const target = path.replace(':id', String(server.clients[0]?.client.clientId))
    for (const [what, body] of UNREADABLE) {
      const response = await server.send(method, target, {
        body,
        headers: { 'content-type': 'application/json' },
      })
      const { detail } = await assertProblem(t, response, 400)
      t.is(detail, 'the body must be a JSON object of at most 64 kB', what)
    }
  })

  test(`${method} /super-admin/oauth-clients${path}: another Content-Type is 415, and the answer says which are accepted`, async (t) => {
    const server = await startSuperAdminServer(t, { clients: [CONFIDENTIAL] })
    const target = path.replace(':id', String(server.clients[0]?.client.clientId))
    const types = [
      '',
      'text/plain',
      'text/json',
      'application/x-www-form-urlencoded',
      'application/jsonx',
      'application/json-patch+json',
      'multipart/form-data; boundary=x',
      ...(method === 'PATCH' ? [] : ['application/merge-patch+json']),
    ]
    for (const type of types) {
      const headers = { 'content-type': type }
      const response = await server.send(method, target, { body: '{}', headers })
      await assertProblem(t, response, 415)
      const accepted = response.headers.get(method === 'PATCH' ? 'accept-patch' : 'accept')
      t.regex(accepted ?? '', /^application\/json/)
    }
  })
}

test('POST /super-admin/oauth-clients: parameters and case of the Content-Type do not matter', async (t) => {
  const server = await startSuperAdminServer(t)

  const headers = { 'content-type': 'Application/JSON; charset=utf-8' }
  const response = await server.send('POST', '', { body: PUBLIC_CLIENT, headers })

  t.is(response.status, 201)
})

test('POST /super-admin/oauth-clients: the connection lives on after a body that is too large', async (t) => {
  const { issuer } = await startSuperAdminServer(t, { authorizeSuperAdmin: () => 'allowed' })
  const socket = connect(Number(new URL(issuer).port), '127.0.0.1')
  t.teardown(() => socket.destroy())
  const length = 5_000_000

  socket.write(
    `POST ${CLIENTS_PATH} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`,
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

const METHODS: ReadonlyArray<[path: string, allowed: string]> = [
  ['', 'GET, POST, HEAD'],
  ['/:id', 'GET, PATCH, DELETE, HEAD'],
  ['/:id/secrets', 'POST'],
  ['/:id/secrets/:secretId', 'DELETE'],
]
for (const [path, allowed] of METHODS) {
  test(`/super-admin/oauth-clients${path}: any other method is 405, and Allow says which there are (RFC 9110 §15.5.6)`, async (t) => {
    const server = await startSuperAdminServer(t)
    const target = path.replace(':id', 'tc_1').replace(':secretId', 's1')
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      if (allowed.includes(method)) continue
      const response = await server.send(method, target)
      await assertProblem(t, response, 405)
      t.is(response.headers.get('allow'), allowed)
    }
  })
}

for (const path of [
  '/',
  '/tc_1/',
  '/a%20b',
  '/a.b',
  '/%74c_1',
  '/tc_1%0a',
  `/${'x'.repeat(129)}`,
  '/tc_1/secret',
  '/tc_1/secrets/',
  '/tc_1/secrets/a.b',
  '/tc_1/secrets/s1/more',
  '//tc_1',
]) {
  test(`/super-admin/oauth-clients${path}: is not the server’s own`, async (t) => {
    const server = await startSuperAdminServer(t)

    const response = await server.send('GET', path)

    t.is(response.status, 404)
    t.is(await response.text(), 'Not Found') // Koa’s
  })
}

test('/super-admin/oauth-clients: are the host’s paths without authorizeSuperAdmin', async (t) => {
  const listener = await listen(t)
  const host = new Koa()
  host.use(createAuthorizationServer({ ...validOptions(), issuer: listener.origin }).middleware())
  host.use((ctx) => {
    ctx.body = 'host'
  })
  listener.serve(host)

  for (const path of ['', '/tc_1', '/tc_1/secrets', '/tc_1/secrets/s1']) {
    const response = await fetch(listener.origin + CLIENTS_PATH + path, { method: 'POST' })
    t.is(await response.text(), 'host')
  }
})

test('/super-admin/oauth-clients: other origins stay out, whatever a middleware of the host allows', async (t) => {
  const listener = await listen(t)
  const host = new Koa()
  host.use(async (ctx, next) => {
    ctx.set({
      'Access-Control-Allow-Origin': ctx.get('origin'),
      'Access-Control-Allow-Credentials': 'true',
    })
    await next()
  })
  host.use(
    createAuthorizationServer({
      ...validOptions(),
      issuer: listener.origin,
      authorizeSuperAdmin: () => 'allowed',
    }).middleware(),
  )
  listener.serve(host)

  const headers = { origin: 'https://evil.example' }
  const response = await fetch(listener.origin + CLIENTS_PATH, { headers })

  t.is(response.status, 200)
  t.is(response.headers.get('access-control-allow-origin'), null)
  t.is(response.headers.get('access-control-allow-credentials'), null)
})

test('PATCH /super-admin/oauth-clients/:id: behind a body parser that does not know the type, the change is made', async (t) => {
  const listener = await listen(t)
  const host = new Koa()
  host.use(async (ctx, next) => {
    // What koa-bodyparser leaves behind when it has read nothing.
    Object.assign(ctx.request, { body: {} })
    await next()
  })
  const server = createAuthorizationServer({
    ...validOptions(),
    issuer: listener.origin,
    authorizeSuperAdmin: () => 'allowed',
  })
  host.use(server.middleware())
  listener.serve(host)
  const { client } = await server.clients.register(PUBLIC_CLIENT)

  const response = await fetch(`${listener.origin}${CLIENTS_PATH}/${client.clientId}`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/merge-patch+json' },
    body: '{"name": "Another name"}',
  })

  t.is((await response.json()).name, 'Another name')
})
