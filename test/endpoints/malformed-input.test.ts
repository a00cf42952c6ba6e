import { connect } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { FOUND_REQUESTS } from '../fuzz/found-requests.ts'
import { fuzz } from '../fuzz/fuzz.ts'
import type { FuzzRequest } from '../fuzz/fuzz-request.ts'
import { startFuzzTarget } from '../fuzz/fuzz-target.ts'
import { fuzzRequest } from '../fuzz/mutate.ts'
import { VALID_REQUESTS } from '../fuzz/valid-requests.ts'
import { ANY_CHARACTER } from '../helpers/any-character.ts'
import { PASSWORD } from '../helpers/browser.ts'
import { type RawAnswer, sendRaw } from '../helpers/raw-request.ts'
import { recordEvents } from '../helpers/record-events.ts'
import { ADA, GRACE, type StartedServer, startServer } from '../helpers/start-server.ts'

const PATHS = [
  '/.well-known/oauth-authorization-server',
  '/.well-known/jwks.json',
  '/oauth/authorize',
  '/oauth/authorize/abcdefghijklmnopqrstuvwxyz',
  '/oauth/continue',
  '/oauth/token',
  '/oauth/introspect',
  '/oauth/revoke',
  '/super-admin/oauth-clients',
]
const METHODS = ['GET', 'POST'] as const
const FORM = 'Content-Type: application/x-www-form-urlencoded'
const HOST = 'Host: 127.0.0.1'
const PROTOTYPE_NAMES = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'prototype']

interface RawRequest {
  readonly method: string
  readonly target: string
  readonly headers?: ReadonlyArray<string>
  readonly body?: string
}

function requestText({ method, target, headers = [HOST], body = '' }: RawRequest): string {
  const length = Buffer.byteLength(body, 'latin1')
  const lengthHeader = method === 'POST' ? [`Content-Length: ${length}`] : []
  const lines = [`${method} ${target} HTTP/1.1`, ...headers, ...lengthHeader, 'Connection: close']
  return `${lines.join('\r\n')}\r\n\r\n${method === 'POST' ? body : ''}`
}

/** A server with every endpoint, and what it calls a failure of its own. */
async function start(
  t: ExecutionContext,
): Promise<StartedServer & { failures(): Promise<ReadonlyArray<unknown>> }> {
  const { onEvent, settled } = recordEvents()
  const server = await startServer(t, { onEvent, authorizeSuperAdmin: () => 'allowed' })
  return {
    ...server,
    failures: async () =>
      (await settled()).flatMap((event) => (event.type === 'server.error' ? event.error : [])),
  }
}

/** Sends requests and checks that each gets an answer, that none is a 5xx, and none shows a stack. */
async function assertAllRefused(
  t: ExecutionContext,
  requests: ReadonlyArray<RawRequest>,
): Promise<void> {
  const { issuer, failures } = await start(t)
  const answers = await Promise.all(
    requests.map((request) => sendRaw(issuer, Buffer.from(requestText(request), 'latin1'))),
  )
  for (const [index, answer] of answers.entries()) {
    assertHarmless(t, answer, JSON.stringify(requests[index]).slice(0, 300))
  }
  t.deepEqual(await failures(), [])
}

function assertHarmless(t: ExecutionContext, { status, text }: RawAnswer, request: string): void {
  t.true(status !== undefined && status < 500, `${status} to ${request}`)
  t.notRegex(text, /\n\s+at .+:\d+:\d+|node_modules|TypeError|\.ts:\d/, request)
}

function everywhere(
  request: (path: string, method: string) => Omit<RawRequest, 'method'>,
): ReadonlyArray<RawRequest> {
  return PATHS.flatMap((path) => METHODS.map((method) => ({ method, ...request(path, method) })))
}

const queries = [
  '%',
  '%zz=%',
  'a=%00',
  'a=%ff%fe',
  'state=%ED%A0%80',
  'client_id=a&client_id=b',
  'client_id[]=a&scope[]=b&prt[]=c',
  'prt=a&prt=b',
  PROTOTYPE_NAMES.map((name) => `${name}=1`).join('&'),
  'a[__proto__]=1&a[constructor][prototype]=2',
  ...PROTOTYPE_NAMES.map((name) => `client_id=${name}&prt=${name}&scope=${name}&prompt=${name}`),
  '&&&===&',
  'a'.repeat(12_000),
]
test('every endpoint: a malformed query is refused', async (t) => {
  await assertAllRefused(
    t,
    queries.flatMap((query) => everywhere((path) => ({ target: `${path}?${query}` }))),
  )
})

const bodies = [
  '%',
  '%zz=%',
  'token=%00&grant_type=%00&client_id=%00',
  'token=%ED%A0%80&grant_type=refresh_token&refresh_token=%ff',
  'grant_type=a&grant_type=b',
  'token=a&token=b&token_type_hint[]=c',
  'grant_type[]=a&client_id[]=b',
  PROTOTYPE_NAMES.map((name) => `${name}=1`).join('&'),
  ...PROTOTYPE_NAMES.map((name) => `client_id=${name}&grant_type=client_credentials&token=a`),
  'client_id=a&client_assertion=b&client_assertion_type=c',
  'client_assertion=b',
  'a&'.repeat(25_000),
]
test('every endpoint: a malformed form is refused', async (t) => {
  await assertAllRefused(
    t,
    bodies.flatMap((body) => everywhere((path) => ({ target: path, headers: [HOST, FORM], body }))),
  )
})

test('POST /oauth/token, introspect, revoke: prototype names and garbage are no tokens', async (t) => {
  const server = await start(t)
  const values = [
    ...PROTOTYPE_NAMES,
    '%00',
    '%ED%A0%80',
    'a.b.c',
    '..',
    'e30.e30.',
    'x'.repeat(50_000),
  ]
  const clientId = server.public.client.clientId
  const bodiesOf = (value: string): ReadonlyArray<[path: string, body: string]> => [
    ['/oauth/token', `grant_type=${value}`],
    ['/oauth/token', `grant_type=authorization_code&code_verifier=a&code=${value}`],
    ['/oauth/token', `grant_type=authorization_code&code=a&code_verifier=${value}`],
    ['/oauth/token', `grant_type=refresh_token&refresh_token=${value}`],
    ['/oauth/token', `grant_type=refresh_token&refresh_token=a&scope=${value}`],
    ['/oauth/token', `grant_type=refresh_token&refresh_token=a&resource=${value}`],
    ['/oauth/revoke', `token_type_hint=a&token=${value}`],
    ['/oauth/introspect', `token_type_hint=a&token=${value}`],
  ]
  for (const [path, body] of values.flatMap(bodiesOf)) {
    const headers = [HOST, FORM]
    const request = { method: 'POST', target: path, headers, body: `client_id=${clientId}&${body}` }
    const answer = await sendRaw(server.issuer, requestText(request))
    assertHarmless(t, answer, JSON.stringify(request).slice(0, 300))
    const isFine = path === '/oauth/revoke' // RFC 7009 §2.2
    t.true(isFine ? answer.status === 200 : Number(answer.status) >= 400, body.slice(0, 100))
  }
  t.deepEqual(await server.failures(), [])
})

test('GET /oauth/authorize: nothing in a parameter adds a header or breaks the redirect', async (t) => {
  const server = await start(t)
  const { clientId, redirectUris } = server.public.client
  const valid = {
    response_type: 'code',
    client_id: clientId,
    redirect_uri: String(redirectUris[0]),
    scope: 'interview:read',
    state: 'a',
    code_challenge: 'a'.repeat(43),
    code_challenge_method: 'S256',
  }
  const values = [
    '%0d%0aSet-Cookie:%20a=b',
    '%00',
    '%ED%A0%80',
    '%F0%9F%92%A9',
    '%',
    '{',
    '[',
    ...PROTOTYPE_NAMES,
  ]
  const names = [
    'state',
    'scope',
    'prompt',
    'resource',
    'login_hint',
    'claims',
    'max_age',
    'request',
    'request_uri',
    'registration',
    'id_token_hint',
    'response_mode',
    'ui_locales',
    'nonce',
    'code_challenge',
    'redirect_uri',
  ]
  const targets = names.flatMap((name) =>
    values.map((value) => {
      const { [name]: _replaced, ...others } = valid as Record<string, string>
      return `/oauth/authorize?${new URLSearchParams(others)}&${name}=${value}`
    }),
  )

  const answers = await Promise.all(
    targets.map((target) => sendRaw(server.issuer, requestText({ method: 'GET', target }))),
  )

  for (const [index, answer] of answers.entries()) {
    assertHarmless(t, answer, String(targets[index]))
    t.notRegex(answer.text, /^Set-Cookie: a=b/im)
  }
  t.deepEqual(await server.failures(), [])
})

const contentTypes: ReadonlyArray<[type: string, body: string]> = [
  ['', 'a=b'],
  ['text/plain', 'a=b'],
  ['application/json', '{"grant_type":"refresh_token"}'],
  ['application/json', '{'],
  ['application/json', '{"__proto__":{"name":"Acme"}}'],
  ['multipart/form-data; boundary=a', '--a'],
  ['multipart/form-data', '--a'],
  ['application/x-www-form-urlencoded; charset=utf-16', 'a=b'],
  ['application/x-www-form-urlencoded; charset=nonsense', 'a=b'],
  ['application/x-www-form-urlencoded; charset=', 'a=b'],
  ['application/json; charset=utf-16', '{}'],
  [';;;', 'a=b'],
  ['/', 'a=b'],
]
test('every endpoint: a body of another type or charset is refused', async (t) => {
  await assertAllRefused(
    t,
    contentTypes.flatMap(([type, body]) =>
      everywhere((path) => ({ target: path, headers: [HOST, `Content-Type: ${type}`], body })),
    ),
  )
})

test('every endpoint: garbage that claims to be compressed is refused', async (t) => {
  await assertAllRefused(
    t,
    ['gzip', 'deflate', 'br', 'identity, gzip', '%'].flatMap((encoding) =>
      everywhere((path) => ({
        target: path,
        headers: [HOST, FORM, `Content-Encoding: ${encoding}`],
        body: 'not compressed',
      })),
    ),
  )
})

test('every endpoint: a query of 100 kB and a body of 1 MB are refused', async (t) => {
  const large = 'x'.repeat(1_000_000)
  await assertAllRefused(t, [
    ...everywhere((path) => ({ target: `${path}?state=${'x'.repeat(100_000)}` })),
    ...PATHS.flatMap((path) => [
      { method: 'POST', target: path, headers: [HOST, FORM], body: `token=${large}` },
      {
        method: 'POST',
        target: path,
        headers: [HOST, 'Content-Type: application/json'],
        body: `{"name":"${large}"}`,
      },
    ]),
  ])
})

const hostHeaders: ReadonlyArray<ReadonlyArray<string>> = [
  [],
  ['Host: evil.example'],
  ['Host: a', 'Host: b'],
  ['Host: evil.example/path?query'],
  ['Host: a\0b'],
  ['Host: '],
  ['Host: ['],
  ['Host: @'],
  ['Host: a b'],
  ['Host: a:99999999'],
  [`Host: ${'x'.repeat(10_000)}`],
  [HOST, 'X-Forwarded-Host: [', 'X-Forwarded-Proto: %', 'X-Forwarded-For: ,,'],
]
test('every endpoint: a hostile Host header is harmless, and shows nowhere', async (t) => {
  await assertAllRefused(
    t,
    hostHeaders.flatMap((headers) => everywhere((path) => ({ target: path, headers }))),
  )
  const { issuer } = await start(t)
  for (const target of PATHS) {
    const answer = await sendRaw(
      issuer,
      requestText({ method: 'GET', target, headers: ['Host: evil.example'] }),
    )
    t.false(answer.text.includes('evil.example'), target)
  }
})

test('every endpoint: a request target in any form is harmless (RFC 9112 §3.2)', async (t) => {
  const targetsOf = (path: string): ReadonlyArray<string> => [
    'http://[/',
    `http://[${path}`,
    `http://evil.example${path}`,
    `https://evil.example:99999${path}?a=b`,
    `http://a@b${path}`,
    `//evil.example${path}`,
    `/${path}`,
    `${path}/`,
    `${path}%`,
    `${path}%00`,
    `${path}/..%2f`,
    `${path}#fragment`,
    `\\${path}`,
    '*',
    '?',
    'foo:bar',
  ]
  await assertAllRefused(
    t,
    PATHS.flatMap(targetsOf).flatMap((target) => METHODS.map((method) => ({ method, target }))),
  )
})

test('every request: a target without a path is 400, at the root and under a prefix', async (t) => {
  for (const issuerPath of ['', '/auth']) {
    const { issuer } = await startServer(t, { issuerPath })
    const answer = await sendRaw(issuer, requestText({ method: 'GET', target: 'http://[/' }))
    t.is(answer.status, 400)
  }
})

const base64 = (text: string): string => Buffer.from(text, 'latin1').toString('base64')
const credentials = [
  'Basic',
  'Basic ',
  'Basic %%%',
  'Basic AAAA',
  `Basic ${base64('no colon')}`,
  `Basic ${base64(':')}`,
  `Basic ${base64('%zz:%')}`,
  `Basic ${base64('\0:\0')}`,
  `Basic ${base64('\xff\xfe:\xff')}`,
  ...PROTOTYPE_NAMES.map((name) => `Basic ${base64(`${name}:secret`)}`),
  `Basic ${'A'.repeat(12_000)}`,
  'Basic a b c',
  'Bearer a',
  'Digest',
]
test('every endpoint: broken credentials are refused (RFC 6749 §5.2)', async (t) => {
  await assertAllRefused(
    t,
    credentials.flatMap((authorization) =>
      everywhere((path) => ({
        target: path,
        headers: [HOST, FORM, `Authorization: ${authorization}`],
        body: 'grant_type=client_credentials&token=a',
      })),
    ),
  )
})

const cookies = [
  'a',
  '=',
  '=;=;;',
  '__proto__=1; constructor=2',
  'oauth_session=%; oauth_session.sig=%%',
  'oauth_session=__proto__; oauth_session.sig=a',
  'oauth_session=%00; oauth_interaction="a',
  'oauth_prt_aaaaaaaaaaaaaaaa=%E0%A4%A',
  'oauth_prt_a; '.repeat(100),
  '\xff=\xff',
  `a=${'x'.repeat(10_000)}`,
]
test('every endpoint: broken cookies are harmless', async (t) => {
  const server = await startServer(t)
  const { clientId, redirectUris } = server.public.client
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: String(redirectUris[0]),
    scope: 'interview:read',
    state: 'a',
    code_challenge: 'a'.repeat(43),
    code_challenge_method: 'S256',
    prt: 'abcdefghijklmnopqrstuvwxyz',
  })
  for (const cookie of cookies) {
    const headers = [HOST, `Cookie: ${cookie}`]
    const answers = await Promise.all(
      everywhere((path) => ({ target: `${path}?${query}`, headers })).map((request) =>
        sendRaw(server.issuer, Buffer.from(requestText(request), 'latin1')),
      ),
    )
    for (const answer of answers) assertHarmless(t, answer, cookie.slice(0, 100))
  }
})

test('every endpoint: a chunked body is read, a broken one refused', async (t) => {
  const { issuer, failures } = await start(t)
  const head = (path: string): string =>
    `POST ${path} HTTP/1.1\r\n${HOST}\r\n${FORM}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n`

  for (const path of PATHS) {
    const whole = await sendRaw(issuer, `${head(path)}3\r\na=b\r\n0\r\n\r\n`)
    const broken = await sendRaw(issuer, `${head(path)}zz\r\na=b\r\n0\r\n\r\n`)
    assertHarmless(t, whole, path)
    assertHarmless(t, broken, path)
  }
  t.deepEqual(await failures(), [])
})

test('every endpoint: a body that ends too early ends the request, and the server goes on', async (t) => {
  const { issuer, failures } = await start(t)

  for (const path of PATHS) {
    for (const type of [FORM, 'Content-Type: application/json']) {
      await sendAndLeave(
        issuer,
        `POST ${path} HTTP/1.1\r\n${HOST}\r\n${type}\r\nContent-Length: 1000\r\n\r\n{"a":`,
      )
    }
  }

  const { status } = await fetch(`${issuer}/.well-known/jwks.json`)
  t.is(status, 200)
  t.deepEqual(await failures(), [])
})

test('every endpoint: any method gets a response', async (t) => {
  const methods = ['HEAD', 'OPTIONS', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'PROPFIND']
  await assertAllRefused(
    t,
    methods.flatMap((method) =>
      PATHS.map((target) => ({
        method,
        target,
        headers: [HOST, 'Origin: null', 'Access-Control-Request-Method: %'],
      })),
    ),
  )
})

test('every endpoint: random requests get responses, and none is a 5xx', async (t) => {
  const { issuer, failures, public: client } = await start(t)
  const name = fc.constantFrom(
    'client_id',
    'grant_type',
    'code',
    'refresh_token',
    'token',
    'scope',
    'state',
    'prt',
    'prompt',
    'redirect_uri',
    'response_type',
    'code_challenge',
    ...PROTOTYPE_NAMES,
  )
  const value = fc.oneof(
    fc.constantFrom(
      client.client.clientId,
      'authorization_code',
      'refresh_token',
      'S256',
      'code',
      '%',
      '%00',
      '%ED%A0%80',
      ...PROTOTYPE_NAMES,
    ),
    fc
      .string({ unit: ANY_CHARACTER, maxLength: 30 })
      .map((text) => encodeURIComponent(text.toWellFormed())),
    fc.stringMatching(/^[!-~]{0,20}$/).map((text) => text.replaceAll('#', '')),
  )
  const parameters = fc
    .array(fc.tuple(name, fc.constantFrom('=', '[]=', ''), value), { maxLength: 8 })
    .map((all) => all.map((parts) => parts.join('')).join('&'))
  const header = fc
    .tuple(
      fc.constantFrom(
        'Accept',
        'Authorization',
        'Content-Type',
        'Cookie',
        'Origin',
        'X-Forwarded-For',
      ),
      fc.oneof(
        fc.stringMatching(/^[ -~]{0,40}$/),
        fc.constantFrom('text/html', 'Basic Og==', FORM.slice(14)),
      ),
    )
    .map((parts) => parts.join(': '))
  const request = fc.record({
    method: fc.constantFrom('GET', 'POST'),
    target: fc
      .tuple(fc.constantFrom(...PATHS), parameters)
      .map(([path, query]) => `${path}?${query}`),
    headers: fc.array(header, { maxLength: 3 }).map((headers) => [HOST, ...headers]),
    body: parameters,
  })

  await fc.assert(
    fc.asyncProperty(request, async (random) => {
      const { status } = await sendRaw(issuer, Buffer.from(requestText(random), 'latin1'))
      return status !== undefined && status < 500
    }),
    { numRuns: 300 },
  )
  t.deepEqual(await failures(), [])
})

const FUZZED_REQUESTS = 200
const FUZZ_SEED = 1

test('every endpoint: valid requests that were changed get no 5xx, and no secret reaches an event (npm run fuzz)', async (t) => {
  const target = await startFuzzTarget()
  t.teardown(() => target.close())
  const requestOf = (index: number): FuzzRequest => fuzzRequest(FUZZ_SEED, index)
  t.deepEqual(await fuzz(target, requestOf, { count: FUZZED_REQUESTS }), [])
})

test('every endpoint: the fuzzer notices a 500, a failure, and a secret in an event or in what is printed', async (t) => {
  let isLeaking = false
  let output = ''
  const target = await startFuzzTarget(() => output, {
    async findUser(userId) {
      if (isLeaking) throw new Error(`no user for ${PASSWORD}`)
      return [ADA, GRACE].find((user) => user.userId === userId)
    },
  })
  t.teardown(() => target.close())
  t.deepEqual(await target.renew(), [])
  isLeaking = true
  const userinfo = VALID_REQUESTS.find(({ path }) => path === '/oauth/userinfo')
  const sent = userinfo === undefined ? [] : await target.send(userinfo)
  isLeaking = false
  output = `debug: ${PASSWORD}`
  const found = [...sent, ...(await target.renew())].join('\n')
  for (const problem of [
    /^status 500/m,
    /^a failure of its own/m,
    /^an event holds a secret/m,
    /^a secret was printed/m,
  ]) {
    t.regex(found, problem)
  }
})

test('every endpoint: what the fuzzer ever found is found no more', async (t) => {
  const target = await startFuzzTarget()
  t.teardown(() => target.close())
  const requestOf = (index: number): FuzzRequest => FOUND_REQUESTS[index] ?? fuzzRequest(0, index)
  t.deepEqual(await fuzz(target, requestOf, { count: FOUND_REQUESTS.length }), [])
})

/** Sends the beginning of a request and closes the connection. */
function sendAndLeave(issuer: string, text: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(issuer).port), '127.0.0.1')
    socket.on('error', () => undefined)
    socket.on('close', () => resolve())
    socket.on('data', () => undefined)
    socket.end(text)
  })
}
