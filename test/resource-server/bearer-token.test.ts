import { parseBearerToken } from '@teamcast/oauth-server/resource-server'
import test from 'ava'
import fc from 'fast-check'
import { ANY_CHARACTER } from '../helpers/any-character.ts'

const B64TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/

for (const header of [
  'Bearer a.b-c_d~e+f/g==',
  'bearer a.b-c_d~e+f/g==',
  'BEARER a.b-c_d~e+f/g==',
]) {
  test(`parseBearerToken: reads "${header}" (RFC 6750 §2.1, RFC 9110 §11.1)`, (t) => {
    t.deepEqual(parseBearerToken(header), { kind: 'token', token: 'a.b-c_d~e+f/g==' })
  })
}

test('parseBearerToken: any number of spaces separates scheme and token (RFC 6750 §2.1 1*SP)', (t) => {
  t.deepEqual(parseBearerToken('Bearer   abc'), { kind: 'token', token: 'abc' })
})

const missing = [undefined, '', 'Basic YTpi', 'BearerX abc', 'Bearer-2 abc', 'Be arer abc', 'abc']
for (const header of missing) {
  test(`parseBearerToken: ${JSON.stringify(header)} has no Bearer credentials`, (t) => {
    t.deepEqual(parseBearerToken(header), { kind: 'missing' })
  })
}

const malformed = [
  'Bearer',
  'Bearer ',
  'Bearer a b',
  'Bearer a b c',
  'Bearer abc ',
  'Bearer\tabc',
  'Bearer \tabc',
  'Bearer,abc',
  'Bearer a=b',
  'Bearer =',
  'Bearer "abc"',
  'Bearer abc\n',
  'Bearer a, Bearer b',
  'Bearer tökén',
  'Bearer token="abc"',
]
for (const header of malformed) {
  test(`parseBearerToken: ${JSON.stringify(header)} is malformed`, (t) => {
    t.deepEqual(parseBearerToken(header), { kind: 'malformed' })
  })
}

const bytes = fc.uint8Array({ maxLength: 64 }).map((array) => Buffer.from(array).toString('latin1'))
const nearMiss = fc
  .tuple(
    fc.constantFrom('Bearer', 'bearer', 'Basic', ''),
    fc.constantFrom(' ', '  ', '\t', ''),
    bytes,
  )
  .map((parts) => parts.join(''))

test('parseBearerToken: never throws, and a token holds only b64token characters', (t) => {
  fc.assert(
    fc.property(fc.oneof(bytes, nearMiss, fc.string({ unit: ANY_CHARACTER })), (header) => {
      const credentials = parseBearerToken(header)
      if (credentials.kind !== 'token') return
      t.regex(credentials.token, B64TOKEN)
      t.regex(header.slice(0, -credentials.token.length), /^bearer +$/i)
    }),
    { numRuns: 2_000 },
  )
  t.pass()
})

test('parseBearerToken: returns every b64token unchanged', (t) => {
  fc.assert(
    fc.property(fc.stringMatching(B64TOKEN), (token) => {
      t.deepEqual(parseBearerToken(`Bearer ${token}`), { kind: 'token', token })
    }),
  )
})

test('parseBearerToken: takes linear time', (t) => {
  const started = process.threadCpuUsage()
  t.is(parseBearerToken(`Bearer ${' '.repeat(1_000_000)}!`).kind, 'malformed')
  t.is(parseBearerToken(`Bearer ${'='.repeat(1_000_000)}!`).kind, 'malformed')
  t.is(parseBearerToken(`Bearer ${'a'.repeat(1_000_000)}!`).kind, 'malformed')
  t.true(process.threadCpuUsage(started).user < 2_000_000)
})
