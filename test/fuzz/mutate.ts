/**
 * Changes of a valid request, chosen by a seed.
 *
 * @module
 */

import type { FuzzRequest, Parameter } from './fuzz-request.ts'
import { VALID_REQUESTS } from './valid-requests.ts'

/** Chooses: the same seed, the same choices. */
export interface Choices {
  /** A whole number below `count`. */
  below(count: number): number
  one<Item>(items: ReadonlyArray<Item>): Item
}

/** Mulberry32: enough to choose, and the same on every machine. */
export function choicesOf(seed: number): Choices {
  let state = seed >>> 0
  const below = (count: number): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * count)
  }
  return {
    below,
    one(items) {
      const item = items[below(items.length)]
      if (item === undefined) throw new Error('nothing to choose from')
      return item
    },
  }
}

const VALUES = [
  ...[
    '',
    ' ',
    '\0',
    '\r\nSet-Cookie: a=b',
    '\u202E',
    '\uD800',
    'é',
    '😀',
    '%',
    '%00',
    '+',
    '"',
    '\\',
  ],
  ...['null', 'undefined', 'true', '-1', '0', '1e400', '9007199254740993', '[]', '{}', '*', '..'],
  ...[
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    "' OR 1=1 --",
    '<script>',
    '{{7*7}}',
  ],
  ...['code', 'token', 'none', 'login', 'S256', 'plain', 'openid', 'interview:read', 'query'],
  ...['https://evil.example', 'javascript:alert(1)', '//evil.example', '{issuer}', '{clientId}'],
  ...['{publicClientId}', '{code}', '{refreshToken}', '{usedRefreshToken}', '{accessToken}'],
  ...['{idToken}', '{pendingRequestToken}', '{pageCsrf}', '{x300}', '{x5000}', '{x70000}'],
]
const RAW_VALUES = [
  '%',
  '%zz',
  '%00',
  '%ff%fe',
  '%ED%A0%80',
  '%0d%0aX: y',
  '%25',
  '+',
  '=',
  ';',
  '',
]
const NAMES = [
  ...[
    'client_id',
    'client_secret',
    'redirect_uri',
    'scope',
    'state',
    'resource',
    'prompt',
    'nonce',
  ],
  ...['code', 'token', 'refresh_token', 'grant_type', 'prt', 'action', 'csrf', 'request', 'claims'],
  ...['request_uri', 'id_token_hint', 'max_age', 'response_mode', 'client_assertion', '__proto__'],
]
const HEADERS: ReadonlyArray<readonly [string, string]> = [
  ...['text/html', 'application/json', '*/*;q=0', 'text/*, application/json', '\u00ff', ','].map(
    (value) => ['Accept', value] as const,
  ),
  ...['Basic', 'Basic Og==', 'Basic ====', 'Bearer', 'Bearer {x9000}', 'Digest a', '{basic}'].map(
    (value) => ['Authorization', value] as const,
  ),
  ...['application/json', 'multipart/form-data; boundary=a', 'text/plain; charset=utf-16', '/'].map(
    (value) => ['Content-Type', value] as const,
  ),
  ...[
    'a=b',
    '{sessionCookies}',
    '{pageCookies}',
    'oauth_session={x4000}',
    '=;=;',
    '__proto__=1',
  ].map((value) => ['Cookie', value] as const),
  ...['null', 'https://evil.example', 'https://spa.example', 'http://', '{issuer}'].map(
    (value) => ['Origin', value] as const,
  ),
  ['Content-Length', '0'],
  ['Content-Length', '5000'],
  ['Content-Length', '-1'],
  ['Transfer-Encoding', 'chunked'],
  ['Content-Encoding', 'gzip'],
  ['Content-Encoding', 'br'],
  ['Expect', '100-continue'],
  ['Upgrade', 'websocket'],
  ['If-Match', '"{x2000}"'],
  ['If-None-Match', '*'],
  ['Range', 'bytes=0-1'],
  ['X-Forwarded-For', '1.2.3.4, \u00ff'],
  ['X-HTTP-Method-Override', 'DELETE'],
  ['Sec-Fetch-Site', 'cross-site'],
  ['Host', 'evil.example'],
]
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT']
const BODIES = [
  ...['', '{', '[]', 'null', '"text"', '[[[[', '{"a":1e999}', '{"__proto__":{"a":1}}', '&&&===&'],
  ...[
    'a=1\0',
    '{x60000}',
    '{x200000}',
    '\uFEFF{}',
    '{"name":"\\ud800"}',
    '{"scopes":{"length":9}}',
  ],
]

type Parameters = ReadonlyArray<Parameter>
type Mutation = (request: FuzzRequest, choices: Choices) => FuzzRequest

/** Changes the parameters of the form or, without one, of the query. */
const onParameters =
  (change: (parameters: Parameters, choices: Choices) => Parameters): Mutation =>
  (request, choices) => {
    const { body, query } = request
    return typeof body === 'object' && (query.length === 0 || choices.below(4) > 0)
      ? { ...request, body: change(body, choices) }
      : { ...request, query: change(query, choices) }
  }

/** Changes one parameter, if there is one: into none, one or several. */
const onParameter = (change: (parameter: Parameter, choices: Choices) => Parameters): Mutation =>
  onParameters((parameters, choices) => {
    const chosen = choices.below(parameters.length)
    return parameters.flatMap((parameter, index) =>
      index === chosen ? change(parameter, choices) : [parameter],
    )
  })

/** Changes the text of a body that is no form, in a place. */
const onText =
  (change: (text: string, at: number, choices: Choices) => string): Mutation =>
  (request, choices) =>
    typeof request.body === 'string'
      ? { ...request, body: change(request.body, choices.below(request.body.length + 1), choices) }
      : request

const onPath =
  (change: (path: string, choices: Choices) => string): Mutation =>
  (request, choices) => ({ ...request, path: change(request.path, choices) })

const MUTATIONS: ReadonlyArray<Mutation> = [
  onParameter(() => []),
  onParameter((parameter) => [parameter, parameter]),
  onParameter((parameter, { one }) => [parameter, { ...parameter, value: one(VALUES) }]),
  onParameter(({ name }, { one }) => [{ name, value: one(VALUES) }]),
  onParameter(({ name }, { one }) => [{ name, value: one(VALUES) }]),
  onParameter(({ name, value }, { one }) => [{ name, value: value + one(VALUES) }]),
  onParameter(({ name }, { one }) => [{ name, value: one(RAW_VALUES), isRaw: true }]),
  onParameter(({ value }, { one }) => [{ name: one(NAMES), value }]),
  onParameter(({ name, value }) => [{ name: `${name}[]`, value }]),
  onParameter(({ name, value }) => [{ name: `${name}[__proto__]`, value }]),
  onParameter(({ name, value }) => [{ name: name.toUpperCase(), value }]),
  onParameters((parameters, { one }) => [...parameters, { name: one(NAMES), value: one(VALUES) }]),
  onParameters((parameters) => parameters.toReversed()),
  onParameters((parameters) =>
    Array.from({ length: 300 }, () => parameters)
      .flat()
      .slice(0, 2000),
  ),
  onText((text, at) => text.slice(0, at)),
  onText((text, at, { one }) => text.slice(0, at) + one(VALUES) + text.slice(at)),
  onText((text, at, { below }) => text.slice(0, at) + text.slice(at + 1 + below(9))),
  onText((text, at, { one }) =>
    text.replaceAll(/"[^"]*"|\d+|null|\[[^[\]]*\]/g, (value, offset: number) =>
      offset < at && at < offset + value.length + 8
        ? one(['null', '{}', '[]', '1e9', '""', 'true', '["a","a"]', '"\\u0000"', '-1', '0.5'])
        : value,
    ),
  ),
  (request, { one }) => ({ ...request, body: one(BODIES) }),
  (request, { below }) => ({ ...request, sentPart: below(100) / 100 }),
  (request, { one }) => ({ ...request, method: one(METHODS) }),
  (request, { one }) => ({ ...request, headers: [...request.headers, one(HEADERS)] }),
  (request, { one }) => {
    const added = one(HEADERS)
    const others = request.headers.filter(([name]) => name !== added[0])
    return { ...request, headers: [...others, added] }
  },
  (request, { below }) => {
    const dropped = below(request.headers.length)
    return { ...request, headers: request.headers.filter((_header, index) => index !== dropped) }
  },
  (request, { below, one }) => {
    const changed = below(request.headers.length)
    const suffix = one([' ', 'x', '{x9000}', '\t', ', a', '; a=b', '\u00e9'])
    const headers = request.headers.map(
      ([name, value], index) => [name, index === changed ? value + suffix : value] as const,
    )
    return { ...request, headers }
  },
  onPath((path) => `${path}/`),
  onPath((path) => path.toUpperCase()),
  onPath((path) => path.replace('/', '//')),
  onPath(
    (path, { one }) =>
      path + one(['%00', '%2f..', ';a', '/../token', '%', '/{x3000}', '/__proto__']),
  ),
  onPath((path, { one }) =>
    path.replace(/\{\w+\}/, () => one(['', 'a', '{x200}', '__proto__', '%00', '{code}'])),
  ),
]

/** The request with this number of a run: a valid one, with one change to four. */
export function fuzzRequest(seed: number, index: number): FuzzRequest {
  const choices = choicesOf(Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b))
  let request = choices.one(VALID_REQUESTS)
  for (let count = choices.below(4); count >= 0; count -= 1) {
    request = choices.one(MUTATIONS)(request, choices)
  }
  return request
}
