import {
  type AccessTokenVerifier,
  createAccessTokenVerifier,
  InvalidAccessTokenError,
  type RevocationChecker,
  RevocationsUnavailableError,
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
  startResourceServer,
} from './resource-server-fixture.ts'

const key = generateTestKey('key-1')
const jwks = createLocalJWKSet({ keys: [key.publicJwk] })

const verifierWith = (revocations: RevocationChecker): AccessTokenVerifier =>
  createAccessTokenVerifier({
    ...{ issuer: ISSUER, audience: AUDIENCE, clock: () => NOW, jwks, revocations },
  })

const refusing = [true, Promise.resolve(true)]
for (const answer of refusing) {
  test(`revocations: when the checker returns ${String(answer)} the response is 401 invalid_token`, async (t) => {
    const resourceServer = await startResourceServer(t, verifierWith({ isRevoked: () => answer }))
    const response = await resourceServer.get(`Bearer ${signToken(key)}`)
    t.is(response.status, 401)
    t.regex(response.headers.get('www-authenticate') ?? '', /^Bearer error="invalid_token"/)
    t.is((resourceServer.emitted[0] as InvalidAccessTokenError).reason, 'revoked')
    t.is(resourceServer.passed.length, 0)
  })
}

for (const answer of [false, Promise.resolve(false)]) {
  test(`revocations: when the checker returns ${String(answer)} the token is accepted`, async (t) => {
    const resourceServer = await startResourceServer(t, verifierWith({ isRevoked: () => answer }))
    t.is((await resourceServer.get(`Bearer ${signToken(key)}`)).status, 200)
  })
}

const failing: Readonly<Record<string, RevocationChecker>> = {
  throws: {
    isRevoked: () => {
      throw new Error('store is down')
    },
  },
  rejects: { isRevoked: () => Promise.reject(new Error('store is down')) },
}
for (const [name, revocations] of Object.entries(failing)) {
  test(`revocations: when the checker ${name} the response is 503`, async (t) => {
    const resourceServer = await startResourceServer(t, verifierWith(revocations))
    const response = await resourceServer.get(`Bearer ${signToken(key)}`)
    t.is(response.status, 503)
    t.is(response.headers.get('retry-after'), '5')
    t.is(response.headers.get('cache-control'), 'no-store')
    t.is(response.headers.get('www-authenticate'), null)
    t.deepEqual(await response.json(), {
      error: 'temporarily_unavailable',
      error_description: 'access tokens cannot be verified at the moment',
    })
    const [error] = resourceServer.emitted
    t.true(error instanceof RevocationsUnavailableError)
    t.false(error?.expose)
    t.regex(String(error?.cause), /store is down/)
    t.is(resourceServer.passed.length, 0)
  })
}

test('revocations: the checker gets valid tokens only, verified and as sent', async (t) => {
  const asked: Array<unknown> = []
  const verifier = verifierWith({
    isRevoked(token, jwt) {
      asked.push([token.tokenId, token.familyId, token.clientId, token.keyId, jwt])
      return false
    },
  })
  const expired = signToken(key, claims({ exp: NOW }))
  await t.throwsAsync(verifier.verify(expired), { instanceOf: InvalidAccessTokenError })
  t.deepEqual(asked, [])
  await verifier.verify(signToken(key))
  t.deepEqual(asked, [['token-1', 'family-1', 'client-1', 'key-1', signToken(key)]])
})
