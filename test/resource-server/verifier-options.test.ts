import {
  type AccessTokenVerifierOptions,
  ConfigurationError,
  createAccessTokenVerifier,
  requireAccessToken,
} from '@teamcast/oauth-server/resource-server'
import test, { type ExecutionContext } from 'ava'
import { MAXIMUM_VERIFIER_TOLERANCE_SECONDS } from '../../lib/lifetimes.ts'
import { MAXIMUM_CLOCK_TOLERANCE_SECONDS } from '../../lib/resource-server/verify/verifier-options.ts'

const VALID: AccessTokenVerifierOptions = { issuer: 'https://issuer.test', audience: 'api' }

function issuesOf(t: ExecutionContext, options: unknown): ReadonlyArray<string> {
  const error = t.throws(() => createAccessTokenVerifier(options as AccessTokenVerifierOptions), {
    instanceOf: ConfigurationError,
    code: 'ERR_CONFIGURATION_INVALID',
  })
  return error?.issues.map(({ path }) => path) ?? []
}

test('createAccessTokenVerifier: reports all problems at once', (t) => {
  const options = {
    issuer: 'http://issuer.test',
    audience: '',
    jwksUri: new URL('http://issuer.test/jwks'),
    jwks: () => undefined,
    clockToleranceSeconds: 301,
    clock: 1,
    algorithms: ['none'],
  }
  t.deepEqual(
    [...issuesOf(t, options)].sort(),
    [
      'algorithms',
      'audience',
      'clockToleranceSeconds',
      'issuer',
      'jwks',
      'jwksUri',
      'clock',
    ].sort(),
  )
})

test('createAccessTokenVerifier: the error says what to change', (t) => {
  t.throws(() => createAccessTokenVerifier({ ...VALID, issuer: 'http://issuer.test' }), {
    message:
      '"issuer" must be a canonical https URL (http for localhost, 127.0.0.1 and [::1] only) without query, fragment, user name or trailing slash',
  })
})

test('createAccessTokenVerifier: issuer and audience are required', (t) => {
  t.deepEqual(issuesOf(t, {}), ['issuer', 'audience'])
})

for (const options of [undefined, null, 'https://issuer.test']) {
  test(`createAccessTokenVerifier: ${options} instead of options is refused`, (t) => {
    t.deepEqual(issuesOf(t, options), ['options'])
  })
}

const badIssuers = [
  'issuer.test',
  'http://issuer.test',
  'http://localhost.issuer.test',
  'https://issuer.test?',
  'https://issuer.test/#',
  'https://issuer.test/',
  'https://issuer.test/tenant/',
  'https://ISSUER.test',
  'https://issuer.test:443',
  'https://user@issuer.test',
  'ftp://localhost',
  'javascript:alert(1)',
  '',
  7,
]
for (const issuer of badIssuers) {
  test(`createAccessTokenVerifier: issuer ${JSON.stringify(issuer)} is refused (RFC 8414 §2)`, (t) => {
    t.deepEqual(issuesOf(t, { ...VALID, issuer }), ['issuer'])
  })
}

for (const origin of ['http://localhost:3000', 'http://127.0.0.1:3000', 'http://[::1]:3000']) {
  test(`createAccessTokenVerifier: ${origin} is accepted as a loopback URL`, (t) => {
    const jwksUri = new URL('/jwks', origin)
    t.is(createAccessTokenVerifier({ ...VALID, issuer: origin, jwksUri }).issuer, origin)
  })
}

const badJwksUris = [new URL('http://issuer.test'), new URL('file:///etc/passwd'), 'https://a.test']
for (const jwksUri of badJwksUris) {
  test(`createAccessTokenVerifier: jwksUri ${typeof jwksUri} ${jwksUri} is refused`, (t) => {
    t.deepEqual(issuesOf(t, { ...VALID, jwksUri }), ['jwksUri'])
  })
}

for (const clockToleranceSeconds of [-1, 0.5, 301, Number.NaN, '5', null]) {
  test(`createAccessTokenVerifier: clockToleranceSeconds ${clockToleranceSeconds} is refused`, (t) => {
    t.deepEqual(issuesOf(t, { ...VALID, clockToleranceSeconds }), ['clockToleranceSeconds'])
  })
}

test('createAccessTokenVerifier: a verifier has issuer and audience, and is frozen', (t) => {
  const verifier = createAccessTokenVerifier(VALID)
  t.is(verifier.issuer, VALID.issuer)
  t.is(verifier.audience, VALID.audience)
  t.true(Object.isFrozen(verifier))
})

test('requireAccessToken: rejects options like createAccessTokenVerifier', (t) => {
  t.throws(() => requireAccessToken({ ...VALID, audience: '' }), { instanceOf: ConfigurationError })
  t.throws(() => requireAccessToken(undefined as never), { instanceOf: ConfigurationError })
})

test('createAccessTokenVerifier: revocations are kept for the maximum clock tolerance', (t) => {
  t.is(MAXIMUM_CLOCK_TOLERANCE_SECONDS, MAXIMUM_VERIFIER_TOLERANCE_SECONDS)
})
