/**
 * Every way in which a token can be invalid, as clients see it: the response is always the same, no
 * request passes, and nothing in a token causes a fetch.
 */

import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import {
  InvalidAccessTokenError,
  type InvalidAccessTokenReason,
} from '@teamcast/oauth-server/resource-server'
import test, { type ExecutionContext } from 'ava'
import { CompactEncrypt, exportJWK, SignJWT } from 'jose'
import {
  claims,
  generateTestKey,
  hmacToken,
  ISSUER,
  type JwksServer,
  keysFrom,
  NOW,
  type ResourceServer,
  serveKeys,
  signToken,
  startJwksServer,
  startResourceServer,
  unsignedToken,
} from './resource-server-fixture.ts'

const key = generateTestKey('key-1')
const evil = generateTestKey('key-1')
const evilJwk = await exportJWK(evil.privateKey).then(({ kty, n, e }) => ({ kty, n, e }))
const valid = signToken(key)

async function start(
  t: ExecutionContext,
): Promise<{ readonly resourceServer: ResourceServer; readonly jwks: JwksServer }> {
  const jwks = await startJwksServer(t, serveKeys(key))
  return { resourceServer: await startResourceServer(t, { jwks: keysFrom(jwks.uri) }), jwks }
}

const DESCRIPTION = 'the access token is expired, revoked, malformed or otherwise invalid'

async function assertRefused(t: ExecutionContext, response: Response): Promise<void> {
  t.is(response.status, 401)
  t.is(
    response.headers.get('www-authenticate'),
    `Bearer error="invalid_token", error_description="${DESCRIPTION}"`,
  )
  t.is(response.headers.get('cache-control'), 'no-store')
  t.deepEqual(await response.json(), { error: 'invalid_token', error_description: DESCRIPTION })
}

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const es256Token = await new SignJWT({ ...claims() })
  .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: 'key-1' })
  .sign(ec.privateKey)
const ps256Token = await new SignJWT({ ...claims() })
  .setProtectedHeader({ alg: 'PS256', typ: 'at+jwt', kid: 'key-1' })
  .sign(key.privateKey)
const encryptedToken = await new CompactEncrypt(Buffer.from(valid))
  .setProtectedHeader({ alg: 'RSA-OAEP-256', enc: 'A256GCM', typ: 'at+jwt', kid: 'key-1' })
  .encrypt(createPublicKey(key.publicPem))

const idTokenClaims = claims({ aud: 'client-1', client_id: undefined, scope: undefined })
const withHeader = (header: Record<string, unknown>): string => signToken(key, claims(), header)
const byEvil = (header: Record<string, unknown>): string => signToken(evil, claims(), header)

const forged = signToken(evil, claims({ tenant_id: 'tenant-2' }))

const refused: Record<string, readonly [string, InvalidAccessTokenReason]> = {
  'alg none': [unsignedToken(), 'header_rejected'],
  'alg None': [withHeader({ alg: 'None' }), 'header_rejected'],
  'HS256 with the public key as secret': [hmacToken(key), 'header_rejected'],
  'RS512 in the header only': [withHeader({ alg: 'RS512' }), 'header_rejected'],
  'PS256 with the right key': [ps256Token, 'header_rejected'],
  'ES256 with another key': [es256Token, 'header_rejected'],
  'encrypted to the public key': [encryptedToken, 'malformed'],
  'no alg': [withHeader({ alg: undefined }), 'malformed'],
  'another issuer': [signToken(key, claims({ iss: 'https://evil.test' })), 'claim_rejected'],
  'an issuer that has a slash more': [
    signToken(key, claims({ iss: `${ISSUER}/` })),
    'claim_rejected',
  ],
  'another audience': [signToken(key, claims({ aud: 'https://other.test' })), 'claim_rejected'],
  'no audience in the list': [signToken(key, claims({ aud: [] })), 'claim_rejected'],
  'exp now': [signToken(key, claims({ exp: NOW })), 'expired'],
  'nbf in the future': [signToken(key, claims({ nbf: NOW + 1 })), 'claim_rejected'],
  'an ID token': [signToken(key, idTokenClaims, { typ: 'JWT' }), 'claim_rejected'],
  'typ JWT': [withHeader({ typ: 'JWT' }), 'claim_rejected'],
  'no typ': [withHeader({ typ: undefined }), 'claim_rejected'],
  ...Object.fromEntries(
    ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'].map((name) => [
      `no ${name}`,
      [signToken(key, claims({ [name]: undefined })), 'claim_rejected'] as const,
    ]),
  ),
  'a refresh token': [`tcr_${'aB3-_'.repeat(20).slice(0, 96)}`, 'malformed'],
  'an opaque token': ['2YotnFZFEjr1zCsicMWpAA', 'malformed'],
  'an opaque token in three parts': ['2YotnFZ.FEjr1zC.sicMWpAA', 'malformed'],
  'cut short by 10 characters': [valid.slice(0, -10), 'signature_invalid'],
  'cut in half': [valid.slice(0, valid.length / 2), 'malformed'],
  'without signature': [valid.slice(0, valid.lastIndexOf('.') + 1), 'signature_invalid'],
  'one segment short': [valid.slice(0, valid.lastIndexOf('.')), 'malformed'],
  'dots only': ['..', 'malformed'],
  'five segments': ['a.b.c.d.e', 'malformed'],
  'a claim changed under the old signature': [
    [valid.split('.')[0], forged.split('.')[1], valid.split('.')[2]].join('.'),
    'signature_invalid',
  ],
  'signed by another key': [byEvil({}), 'signature_invalid'],
  'jwk header': [byEvil({ jwk: evilJwk }), 'header_rejected'],
  'jku header': [byEvil({ jku: 'https://evil.test/jwks.json' }), 'header_rejected'],
  'x5u header': [byEvil({ x5u: 'https://evil.test/cert.pem' }), 'header_rejected'],
  'x5c header': [byEvil({ x5c: ['MIIB'] }), 'header_rejected'],
  'jwk header on a token of the issuer': [withHeader({ jwk: key.publicJwk }), 'header_rejected'],
  'a crit header jose knows': [withHeader({ crit: ['b64'], b64: true }), 'header_rejected'],
  'a crit header nobody knows': [withHeader({ crit: ['x'], x: 1 }), 'malformed'],
  'unknown kid': [withHeader({ kid: 'key-9' }), 'key_unknown'],
  'kid that is no string': [withHeader({ kid: { $ne: '' } }), 'key_unknown'],
}

for (const [name, [jwt, reason]] of Object.entries(refused)) {
  test(`a token with ${name} gets 401 invalid_token (RFC 9068 §4, RFC 6750 §3.1)`, async (t) => {
    const { resourceServer, jwks } = await start(t)

    await assertRefused(t, await resourceServer.get(`Bearer ${jwt}`))

    t.is(resourceServer.passed.length, 0)
    const [error] = resourceServer.emitted
    t.true(error instanceof InvalidAccessTokenError)
    // Koa's own error listener does not log errors with `expose`.
    t.true(error?.expose)
    t.is((error as InvalidAccessTokenError).reason, reason)
    t.true(jwks.requests.length <= 1, 'the key set is fetched on first use, at most')
  })
}

test('the token that all of these were made from is accepted', async (t) => {
  const { resourceServer } = await start(t)

  t.is((await resourceServer.get(`Bearer ${valid}`)).status, 200)
})

for (const name of ['jku', 'x5u']) {
  test(`the URL in a ${name} header is never fetched (RFC 8725 §3.10)`, async (t) => {
    const { resourceServer } = await start(t)
    const evilServer = await startJwksServer(t, serveKeys(evil))

    await assertRefused(t, await resourceServer.get(`Bearer ${byEvil({ [name]: evilServer.uri })}`))

    t.deepEqual(evilServer.requests, [])
  })
}

test('500 unknown kids, concurrently and one by one, get 401 and cause no flood of fetches', async (t) => {
  const { resourceServer, jwks } = await start(t)
  const send = (index: number): Promise<Response> =>
    resourceServer.get(`Bearer ${withHeader({ kid: `invented-${index}` })}`)

  const answers = await Promise.all(Array.from({ length: 250 }, (_, index) => send(index)))
  for (let index = 250; index < 500; index += 1) answers.push(await send(index))

  for (const answer of answers) await assertRefused(t, answer)
  t.is(jwks.requests.length, 1)
})
