import {
  type AccessTokenVerifier,
  type AccessTokenVerifierOptions,
  BearerTokenError,
  createAccessTokenVerifier,
  InvalidAccessTokenError,
  type InvalidAccessTokenReason,
  JwksUnavailableError,
} from '@teamcast/oauth-server/resource-server'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { createLocalJWKSet } from 'jose'
import { ANY_CHARACTER } from '../helpers/any-character.ts'
import {
  AUDIENCE,
  claims,
  generateTestKey,
  ISSUER,
  NOW,
  signToken,
} from './resource-server-fixture.ts'

const key = generateTestKey('key-1')
const other = generateTestKey('key-2')
const jwks = createLocalJWKSet({ keys: [key.publicJwk] })

const verifierWith = (options: Partial<AccessTokenVerifierOptions> = {}): AccessTokenVerifier =>
  createAccessTokenVerifier({
    issuer: ISSUER,
    audience: AUDIENCE,
    clock: () => NOW,
    jwks,
    ...options,
  })

async function rejects(
  t: ExecutionContext,
  jwt: string,
  reason: InvalidAccessTokenReason,
  options: Partial<AccessTokenVerifierOptions> = {},
): Promise<void> {
  const error = await t.throwsAsync(verifierWith(options).verify(jwt), {
    instanceOf: InvalidAccessTokenError,
    code: 'ERR_ACCESS_TOKEN_INVALID',
    message: 'the access token is expired, revoked, malformed or otherwise invalid',
  })
  t.is(error?.reason, reason)
}

test('verify: returns the claims of a token of a user (RFC 9068 §2.2)', async (t) => {
  const token = await verifierWith().verify(signToken(key))
  t.deepEqual(token, {
    clientId: 'client-1',
    userId: 'user-1',
    subject: 'user-1',
    scopes: new Set(['interview:read', 'candidate:read']),
    tenantId: 'tenant-1',
    familyId: 'family-1',
    tokenId: 'token-1',
    keyId: 'key-1',
    issuedAt: NOW - 10,
    expiresAt: NOW + 890,
  })
  t.true(Object.isFrozen(token))
})

test('verify: a token of the client itself has no user (RFC 9068 §5)', async (t) => {
  const jwt = signToken(
    key,
    claims({ sub: 'client-1', grant_id: undefined, tenant_id: undefined, scope: undefined }),
  )
  const token = await verifierWith().verify(jwt)
  t.is(token.userId, undefined)
  t.is(token.subject, 'client-1')
  t.is(token.tenantId, undefined)
  t.is(token.familyId, undefined)
  t.is(token.scopes.size, 0)
})

test('verify: the user of any other token is its sub (RFC 9068 §2.2)', async (t) => {
  const withoutFamily = claims({ grant_id: undefined })
  t.is((await verifierWith().verify(signToken(key, withoutFamily))).userId, 'user-1')
  const sameIdentifier = claims({ sub: 'client-1' })
  t.is((await verifierWith().verify(signToken(key, sameIdentifier))).userId, 'client-1')
})

test('verify: extra spaces in scope are ignored (RFC 6749 §3.3)', async (t) => {
  const { scopes } = await verifierWith().verify(signToken(key, claims({ scope: ' a:b  c:d ' })))
  t.deepEqual([...scopes], ['a:b', 'c:d'])
})

test('verify: typ application/at+jwt equals at+jwt (RFC 9068 §4)', async (t) => {
  await t.notThrowsAsync(
    verifierWith().verify(signToken(key, claims(), { typ: 'application/at+jwt' })),
  )
})

test('verify: aud may name other resource servers too (RFC 7519 §4.1.3)', async (t) => {
  const jwt = signToken(key, claims({ aud: ['https://other.test', AUDIENCE] }))
  await t.notThrowsAsync(verifierWith().verify(jwt))
})

test('verify: a token is valid until the second before exp, and not at it (RFC 7519 §4.1.4)', async (t) => {
  const jwt = signToken(key, claims({ exp: NOW }))
  await t.notThrowsAsync(verifierWith({ clock: () => NOW - 1 }).verify(jwt))
  await rejects(t, jwt, 'expired')
})

test('verify: clockToleranceSeconds extends exp and nbf by that much (RFC 9068 §4)', async (t) => {
  const tolerant = { clockToleranceSeconds: 30 }
  const verifier = verifierWith(tolerant)
  await t.notThrowsAsync(verifier.verify(signToken(key, claims({ exp: NOW - 29 }))))
  await rejects(t, signToken(key, claims({ exp: NOW - 30 })), 'expired', tolerant)
  await t.notThrowsAsync(verifier.verify(signToken(key, claims({ nbf: NOW + 30 }))))
  await rejects(t, signToken(key, claims({ nbf: NOW + 31 })), 'claim_rejected', tolerant)
})

test('verify: the age of a token does not matter, only exp', async (t) => {
  const year = 365 * 86_400
  await t.notThrowsAsync(verifierWith().verify(signToken(key, claims({ iat: NOW - year }))))
})

test('verify: the default clock is the system clock', async (t) => {
  const verifier = createAccessTokenVerifier({ issuer: ISSUER, audience: AUDIENCE, jwks })
  const now = Math.floor(Date.now() / 1000)
  await t.notThrowsAsync(verifier.verify(signToken(key, claims({ exp: now + 60 }))))
  await t.throwsAsync(verifier.verify(signToken(key, claims({ exp: now - 60 }))), {
    instanceOf: InvalidAccessTokenError,
  })
})

test('verify: a token without kid is refused when several keys match', async (t) => {
  const two = createLocalJWKSet({ keys: [key.publicJwk, other.publicJwk] })
  await rejects(t, signToken(key, claims(), { kid: undefined }), 'key_unknown', { jwks: two })
})

const mistyped = {
  sub: '',
  client_id: 7,
  jti: null,
  iat: 'yesterday',
  exp: 'never',
  nbf: 'never',
  scope: ['interview:read'],
  tenant_id: { id: 1 },
  grant_id: '',
  iss: [ISSUER],
  aud: { [AUDIENCE]: true },
}
for (const [name, value] of Object.entries(mistyped)) {
  test(`verify: ${name} of the wrong type is refused (RFC 9068 §2.2)`, async (t) => {
    await rejects(t, signToken(key, claims({ [name]: value })), 'claim_rejected')
  })
}

test('verify: an infinite exp is refused', async (t) => {
  // JSON.parse reads 1e999 as Infinity.
  const payload = JSON.stringify(claims()).replace(String(NOW + 890), '1e999')
  await rejects(t, signToken(key, payload), 'claim_rejected')
})

test('verify: the error names the claim, and contains neither token nor claims', async (t) => {
  const jwt = signToken(key, claims({ aud: 'https://other.test' }))
  const error = await t.throwsAsync(verifierWith().verify(jwt), {
    instanceOf: InvalidAccessTokenError,
  })
  t.is(error?.detail, 'unexpected "aud" claim value')
  t.is(error?.cause, undefined)
  t.notRegex(JSON.stringify(error), /user-1|token-1|other\.test|eyJ/)
})

for (const name of ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti']) {
  test(`verify: a token without ${name} is refused (RFC 9068 §2.2)`, async (t) => {
    const jwt = signToken(key, claims({ [name]: undefined }))
    const error = await t.throwsAsync(verifierWith().verify(jwt), {
      instanceOf: InvalidAccessTokenError,
      code: 'ERR_ACCESS_TOKEN_INVALID',
    })
    t.is(error?.reason, 'claim_rejected')
    t.is(error?.detail, `missing required "${name}" claim`)
  })
}

test('verify: when the key resolver fails the token is not called invalid', async (t) => {
  const verifier = verifierWith({ jwks: () => Promise.reject(new Error('store is down')) })
  const error = await t.throwsAsync(verifier.verify(signToken(key)), {
    instanceOf: JwksUnavailableError,
    code: 'ERR_JWKS_UNAVAILABLE',
  })
  t.regex(String(error?.cause), /store is down/)
})

test('verify: the key resolver is not called for a refused header', async (t) => {
  const verifier = verifierWith({ jwks: () => t.fail('asked') as never })
  await t.throwsAsync(verifier.verify(signToken(key, claims(), { jku: 'https://evil.test' })))
  await t.throwsAsync(verifier.verify(signToken(key, claims(), { alg: 'PS256' })))
  t.pass()
})

test('verify: any other string is refused with InvalidAccessTokenError', async (t) => {
  const verifier = verifierWith()
  const segment = fc.oneof(
    fc.string({ unit: ANY_CHARACTER }),
    fc.json().map((json) => Buffer.from(json).toString('base64url')),
    fc.constantFrom(...signToken(key).split('.')),
  )
  const jwt = fc.oneof(
    fc.string({ unit: ANY_CHARACTER }),
    fc.array(segment, { minLength: 1, maxLength: 5 }).map((segments) => segments.join('.')),
  )
  await fc.assert(
    fc.asyncProperty(jwt, async (value) => {
      fc.pre(value !== signToken(key))
      const error: unknown = await verifier.verify(value).catch((reason: unknown) => reason)
      t.true(error instanceof BearerTokenError, String(error))
    }),
    { numRuns: 500 },
  )
})
