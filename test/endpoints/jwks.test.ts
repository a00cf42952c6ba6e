import { startTestServer } from '@teamcast/oauth-server/testing'
import test from 'ava'
import { calculateJwkThumbprint, createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { startServer } from '../helpers/start-server.ts'
import { newRsaKey, rsaKey } from '../helpers/valid-options.ts'

const JWKS = '/.well-known/jwks.json'

test('GET /.well-known/jwks.json: publishes the public members of RSA keys only (RFC 7517 §4, RFC 7518 §6.3)', async (t) => {
  const key = { ...rsaKey(), kid: 'current' }
  const { issuer, close } = await startTestServer({ signingKeys: [key] })
  t.teardown(close)

  const response = await fetch(issuer + JWKS)

  t.is(response.status, 200)
  t.is(response.headers.get('content-type'), 'application/jwk-set+json')
  t.deepEqual(await response.json(), {
    keys: [{ kty: 'RSA', use: 'sig', alg: 'RS256', kid: 'current', n: key.n, e: 'AQAB' }],
  })
})

test('GET /.well-known/jwks.json: contains no private part of any key', async (t) => {
  const signingKeys = [newRsaKey(2048), newRsaKey(2048)] as const
  const { issuer, close } = await startTestServer({ signingKeys })
  t.teardown(close)

  const published = await (await fetch(issuer + JWKS)).text()

  for (const key of signingKeys) {
    for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi'] as const) {
      t.false(published.includes(String(key[member])), member)
    }
  }
  t.notRegex(published, /"(?:d|p|q|dp|dq|qi|oth|k|key_ops|x5c)"/)
})

test('GET /.well-known/jwks.json: all keys are published, the first signs, and a key without kid gets its thumbprint (RFC 7638)', async (t) => {
  const first = newRsaKey(2048)
  const second = { ...newRsaKey(2048), kid: 'previous' }
  const { issuer, issueAccessToken, close } = await startTestServer({
    signingKeys: [first, second],
  })
  t.teardown(close)
  const thumbprint = await calculateJwkThumbprint(first)

  const jwks = (await (await fetch(issuer + JWKS)).json()) as { keys: Array<{ kid: string }> }
  const accessToken = await issueAccessToken({ clientId: 'any', scopes: ['interview:read'] })

  t.deepEqual(
    jwks.keys.map(({ kid }) => kid),
    [thumbprint, 'previous'],
  )
  t.like(decodeProtectedHeader(accessToken), { alg: 'RS256', typ: 'at+jwt', kid: thumbprint })
  await t.notThrowsAsync(
    jwtVerify(accessToken, createLocalJWKSet(jwks as Parameters<typeof createLocalJWKSet>[0])),
  )
})

test('GET /.well-known/jwks.json: every origin may read it, every cache may keep it', async (t) => {
  const { issuer } = await startServer(t)

  const { headers } = await fetch(issuer + JWKS, { headers: { origin: 'https://any.example' } })

  t.is(headers.get('access-control-allow-origin'), '*')
  t.is(headers.get('cache-control'), 'public, max-age=300')
})

test('HEAD and OPTIONS /.well-known/jwks.json: have no body; POST is not allowed', async (t) => {
  const { issuer } = await startServer(t)

  const head = await fetch(issuer + JWKS, { method: 'HEAD' })
  const options = await fetch(issuer + JWKS, { method: 'OPTIONS' })
  const post = await fetch(issuer + JWKS, { method: 'POST' })

  t.deepEqual([head.status, options.status, post.status], [200, 204, 405])
  t.is(head.headers.get('content-type'), 'application/jwk-set+json')
  t.is(await head.text(), '')
  t.is(options.headers.get('access-control-allow-origin'), '*')
  t.is(post.headers.get('allow'), 'GET, HEAD, OPTIONS')
})
