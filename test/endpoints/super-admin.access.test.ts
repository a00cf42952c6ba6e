/** Who is let in, and what is refused whoever asks: bodies, types, methods and paths. */

import { connect } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import {
  type AuditEvent,
  createAuthorizationServer,
  type SuperAdminDecision,
} from '@teamcast/oauth-server'
import test, { type ExecutionContext } from 'ava'
import Koa from 'koa'
import { listen } from '../helpers/listen.ts'
import { recordEvents } from '../helpers/record-events.ts'
import { assertRetryAfter } from '../helpers/retry-after.ts'
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
    t.deepEqual(reasonsOf((await server.events()).slice(seen)), ['no-credentials', 'forbidden'])
  })
}

// ————— guessing —————

const TOO_MANY = 'too many failed attempts from this address, try again later'

test('/super-admin/oauth-clients: the same wrong credentials are tried ten times, then they get 429 with Retry-After, and the hook is not asked (ASVS 6.3)', async (t) => {
  const { asked, send, assertBlocked, events } = await startGuardedHost(t)
  for (let attempt = 0; attempt < 10; attempt += 1) {
    const response = await send('Bearer wrong')
    t.is(response.headers.get('www-authenticate'), 'Bearer')
    await assertProblem(t, response, 401)
  }
  await assertBlocked('Bearer wrong')
  t.is(asked.length, 10)
  t.is((await send('Bearer wrong', { ip: '203.0.113.9' })).status, 401)
  t.is((await send('Bearer root')).status, 200)

  const refused = await events('super-admin.refused')
  const reasons = Array.from({ length: 10 }, () => 'unauthenticated')
  t.deepEqual(reasonsOf(refused), [...reasons, 'too-many-attempts', 'unauthenticated'])
  for (const event of refused.slice(0, 11)) t.like(event, { result: 'failure', ip: ADDRESS })
  t.notRegex(JSON.stringify(refused), /wrong/)
})

test('/super-admin/oauth-clients: 100 wrong credentials from an address block what was not accepted there before, on every path, and nothing else (ASVS 6.3)', async (t) => {
  const { asked, send, assertBlocked } = await startGuardedHost(t)
  t.is((await send('Bearer root')).status, 200)
  for (let attempt = 0; attempt < 100; attempt += 1) {
    t.is((await send(`Bearer ${attempt}`, { path: attempt % 2 === 0 ? '' : '/tc_1' })).status, 401)
  }
  const soFar = asked.length
  await assertBlocked('Bearer another')
  await assertBlocked('Bearer other-root') // nobody can tell before asking
  await assertBlocked('Bearer other-root', { path: '/tc_1/secrets/s1', method: 'DELETE' })
  t.is(asked.length, soFar)

  t.is((await send('Bearer root')).status, 200)
  t.is((await send(undefined)).status, 401)
  t.is((await send('Bearer other-root', { ip: '203.0.113.9' })).status, 200)
  t.is((await send('Bearer other-root')).status, 200) // accepted elsewhere
})

test('/super-admin/oauth-clients: 150 wrong credentials at once are no way around the limit (ASVS 6.3)', async (t) => {
  const { asked, send, answerNobodyBefore } = await startGuardedHost(t)
  answerNobodyBefore(150)
  const responses = await Promise.all(
    Array.from({ length: 150 }, (_, attempt) => send(`Bearer ${attempt}`)),
  )
  t.is(asked.length, 100)
  t.is(responses.filter(({ status }) => status === 429).length, 50)
})

test('/super-admin/oauth-clients: 40 requests at once with credentials that were not seen before are all let in', async (t) => {
  const { send, answerNobodyBefore } = await startGuardedHost(t)
  answerNobodyBefore(40)
  const responses = await Promise.all(Array.from({ length: 40 }, () => send('Bearer root')))
  t.deepEqual([...new Set(responses.map(({ status }) => status))], [200])
})

test('/super-admin/oauth-clients: 150 requests at once with the same wrong credentials block these, and nobody else', async (t) => {
  const { send, assertBlocked, answerNobodyBefore } = await startGuardedHost(t)
  answerNobodyBefore(150)
  await Promise.all(Array.from({ length: 150 }, () => send('Bearer wrong')))
  await assertBlocked('Bearer wrong')
  t.is((await send('Bearer root')).status, 200)
})

test('/super-admin/oauth-clients: credentials that are not accepted any more are counted like any others', async (t) => {
  const { accepted, send, assertBlocked } = await startGuardedHost(t)
  t.is((await send('Bearer root')).status, 200)
  accepted.delete('Bearer root')
  for (let attempt = 0; attempt < 10; attempt += 1) {
    t.is((await send('Bearer root')).status, 401)
  }
  await assertBlocked('Bearer root')
})

test('/super-admin/oauth-clients: accepted credentials are remembered for a day since they were last used', async (t) => {
  const { clock, send, assertBlocked } = await startGuardedHost(t)
  const day = 24 * 60 * 60
  t.is((await send('Bearer root')).status, 200)
  for (let attempt = 0; attempt < 100; attempt += 1) await send(`Bearer ${attempt}`)
  for (let times = 0; times < 2; times += 1) {
    clock.now += day - 1
    t.is((await send('Bearer root')).status, 200)
  }
  clock.now += day
  await assertBlocked('Bearer root')
})

test('/super-admin/oauth-clients: a cookie is a credential too', async (t) => {
  const { send, assertBlocked } = await startGuardedHost(t)
  for (let attempt = 0; attempt < 10; attempt += 1) {
    t.is((await send(undefined, { cookie: 'session=wrong' })).status, 401)
  }
  await assertBlocked(undefined, { cookie: 'session=wrong' })
  t.is((await send('Bearer root', { cookie: 'session=wrong' })).status, 200)
})

test('/super-admin/oauth-clients: accepted credentials are known by the Authorization header or by any one of the cookies, whatever else is sent', async (t) => {
  const { accepted, send, assertBlocked } = await startGuardedHost(t)
  for (const session of ['session=1', 'session=2', 'session=3']) accepted.set(session, 'allowed')
  t.is((await send('Bearer root', { cookie: 'theme=dark' })).status, 200)
  t.is((await send(undefined, { cookie: 'session=1; csrf=of-root' })).status, 200)
  for (let attempt = 0; attempt < 100; attempt += 1) await send(`Bearer ${attempt}`)
  await assertBlocked('Bearer other-root')

  for (const cookie of [undefined, 'theme=light', 'session=other; theme=dark']) {
    t.is((await send('Bearer root', { cookie })).status, 200, cookie)
  }
  for (const cookie of [
    'session=1',
    'csrf=of-root; session=1',
    'session=1;_ga=GA1.2.3;csrf=another',
    'csrf=of-root; session=2', // a session that goes on with another value
    'session=2; csrf=another',
  ]) {
    t.is((await send(undefined, { cookie })).status, 200, cookie)
  }
  await assertBlocked(undefined, { cookie: 'session=3' }) // nothing of it was accepted before
})

test('/super-admin/oauth-clients: a cookie that everybody has gives ten more guesses in five minutes, at all addresses together, and takes nothing from others (ASVS 6.3)', async (t) => {
  const { asked, send, assertBlocked } = await startGuardedHost(t)
  const cookie = 'lang=en'
  t.is((await send('Bearer root', { cookie })).status, 200)
  for (let attempt = 0; attempt < 100; attempt += 1) await send(`Bearer ${attempt}`)
  asked.length = 0
  for (let attempt = 0; attempt < 20; attempt += 1) {
    t.is((await send(`Bearer ${attempt}`, { cookie })).status, attempt < 10 ? 401 : 429)
  }
  t.is(asked.length, 10)
  t.is((await send('Bearer root', { cookie })).status, 200)
  await assertBlocked('Bearer guess', { cookie })

  const elsewhere = { cookie, ip: '203.0.113.9' }
  for (let attempt = 0; attempt < 100; attempt += 1) {
    t.is((await send(`Bearer ${attempt}`, elsewhere)).status, 401)
  }
  await assertBlocked('Bearer guess', elsewhere)
})

test('/super-admin/oauth-clients: 150 guesses at once beside a cookie that was accepted are counted before the hook is asked (ASVS 6.3)', async (t) => {
  const { asked, send, answerNobodyBefore } = await startGuardedHost(t)
  const cookie = 'lang=en'
  t.is((await send('Bearer root', { cookie })).status, 200)
  asked.length = 0
  answerNobodyBefore(150)
  await Promise.all(
    Array.from({ length: 150 }, (_, attempt) => send(`Bearer ${attempt}`, { cookie })),
  )
  t.true(asked.length >= 100 && asked.length <= 110, String(asked.length))
})

test('/super-admin/oauth-clients: without credentials there is nothing to guess: 401 however often, and audited as such', async (t) => {
  const { send, assertBlocked, events } = await startGuardedHost(t)
  for (let attempt = 0; attempt < 101; attempt += 1) t.is((await send(undefined)).status, 401)
  t.is((await send('Bearer root')).status, 200)
  t.deepEqual([...new Set(reasonsOf(await events('super-admin.refused')))], ['no-credentials'])

  for (let attempt = 0; attempt < 100; attempt += 1) await send(`Bearer ${attempt}`)
  await assertBlocked('Bearer another')
  t.is((await send(undefined)).status, 401)
})

test('/super-admin/oauth-clients: who is known but no SuperAdmin is audited, and guesses nothing', async (t) => {
  const { accepted, send, events } = await startGuardedHost(t)
  accepted.set('Bearer of a user', 'forbidden')
  for (let attempt = 0; attempt < 11; attempt += 1) {
    t.is((await send('Bearer of a user')).status, 403)
  }
  t.deepEqual([...new Set(reasonsOf(await events('super-admin.refused')))], ['forbidden'])
})

test('/super-admin/oauth-clients: a failure of the hook is nobody’s guess', async (t) => {
  const { accepted, send } = await startGuardedHost(t)
  accepted.set('Bearer new', 'fail')
  for (let attempt = 0; attempt < 11; attempt += 1) t.is((await send('Bearer new')).status, 500)
  accepted.set('Bearer new', 'allowed')
  t.is((await send('Bearer new')).status, 200)
})

test('/super-admin/oauth-clients: from what is no address no credentials are tried', async (t) => {
  const { asked, send, events } = await startGuardedHost(t)
  for (const ip of ['unknown', '203.0.113.8:x', '[::1']) {
    const { detail } = await assertProblem(t, await send('Bearer root', { ip }), 429)
    t.regex(detail, /unknown address/)
  }
  t.deepEqual(asked, [])
  const refused = await events('super-admin.refused')
  t.deepEqual([...new Set(reasonsOf(refused))], ['address-unknown'])
  for (const event of refused) t.is(event.ip, undefined)
})

// ————— the hook —————

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

  t.is(problem.detail, 'the server failed to handle this request')
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

  test(`${method} /super-admin/oauth-clients${path}: another Content-Type is 415, and the response says which are accepted`, async (t) => {
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

// ————— fixture —————

const ADDRESS = '203.0.113.8'

/** Where a request to a guarded host goes and comes from. */
interface GuardedRequest {
  readonly method?: string
  /** Below `/super-admin/oauth-clients`. */
  readonly path?: string
  readonly ip?: string
  readonly cookie?: string | undefined
}

test('SuperAdmin API: a page of another origin changes nothing, whatever CORS the host allows (RFC 9700 §4.7)', async (t) => {
  const { send, events } = await startSuperAdminServer(t)
  const origins: ReadonlyArray<Readonly<Record<string, string>>> = [
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ]
  for (const headers of origins) {
    for (const [method, path] of [
      ['POST', ''],
      ['PATCH', '/tc_unknown'],
      ['DELETE', '/tc_unknown'],
    ] as const) {
      await assertProblem(t, await send(method, path, { body: {}, headers }), 403)
    }
    t.is((await send('GET', '', { headers })).status, 200)
  }
  const refused = (await events()).filter(({ type }) => type === 'super-admin.refused')
  t.deepEqual(new Set(reasonsOf(refused)), new Set(['other-origin']))
  t.is(refused.length, origins.length * 3)
})

/** A host behind a proxy, whose hook knows credentials and remembers what it was asked. */
async function startGuardedHost(t: ExecutionContext): Promise<{
  /** What the hook says to an `Authorization` header or a cookie `session`; `unauthenticated` to any other. */
  readonly accepted: Map<string, SuperAdminDecision | 'fail'>
  readonly asked: Array<string>
  /** Seconds since the Unix epoch. */
  readonly clock: { now: number }
  /** Has the hook wait until so many requests have arrived. */
  answerNobodyBefore(requests: number): void
  send(authorization: string | undefined, request?: GuardedRequest): Promise<Response>
  assertBlocked(authorization: string | undefined, request?: GuardedRequest): Promise<void>
  events(type: AuditEvent['type']): Promise<ReadonlyArray<AuditEvent>>
}> {
  const listener = await listen(t)
  const { onEvent, settled } = recordEvents()
  const asked: Array<string> = []
  const clock = { now: 1_800_000_000 }
  const accepted = new Map<string, SuperAdminDecision | 'fail'>([
    ['Bearer root', { superAdminId: 'root' }],
    ['Bearer other-root', 'allowed'],
  ])
  let missing = 0
  const complete = Promise.withResolvers<void>()
  const host = new Koa()
  host.silent = true
  host.proxy = true
  host.use(async (_, next) => {
    missing -= 1
    if (missing <= 0) complete.resolve()
    await next()
  })
  host.use(
    createAuthorizationServer({
      ...validOptions(),
      issuer: listener.origin,
      clock: () => clock.now,
      onEvent,
      async authorizeSuperAdmin(ctx) {
        const authorization = ctx.get('authorization')
        asked.push(authorization)
        await complete.promise
        await nextTurn()
        const [session = ''] = /session=[^;]*/.exec(ctx.get('cookie')) ?? []
        const decision = accepted.get(authorization) ?? accepted.get(session) ?? 'unauthenticated'
        if (decision === 'fail') throw new Error('the database of administrators')
        return decision
      },
    }).middleware(),
  )
  listener.serve(host)

  const send = (
    authorization: string | undefined,
    { method = 'GET', path = '', ip = ADDRESS, cookie }: GuardedRequest = {},
  ): Promise<Response> =>
    fetch(listener.origin + CLIENTS_PATH + path, {
      method,
      headers: {
        'x-forwarded-for': ip,
        ...(authorization === undefined ? {} : { authorization }),
        ...(cookie === undefined ? {} : { cookie }),
      },
    })
  return {
    accepted,
    asked,
    clock,
    answerNobodyBefore(requests) {
      missing = requests
    },
    send,
    async assertBlocked(authorization, request) {
      const response = await send(authorization, request)
      assertRetryAfter(t, response)
      t.is(response.headers.get('www-authenticate'), null)
      t.is((await assertProblem(t, response, 429)).detail, TOO_MANY)
    },
    events: async (wanted) => (await settled()).filter(({ type }) => type === wanted),
  }
}

function reasonsOf(events: ReadonlyArray<AuditEvent>): ReadonlyArray<string | undefined> {
  return events.map((event) => (event as { readonly reason?: string }).reason)
}
