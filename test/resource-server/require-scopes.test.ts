import {
  ConfigurationError,
  InsufficientScopeError,
  requireScopes,
} from '@teamcast/oauth-server/resource-server'
import test from 'ava'
import { createLocalJWKSet } from 'jose'
import {
  claims,
  generateTestKey,
  signToken,
  startKoa,
  startResourceServer,
} from './resource-server-fixture.ts'

const key = generateTestKey('key-1')
const jwks = createLocalJWKSet({ keys: [key.publicJwk] })
const bearer = (scope: string): string => `Bearer ${signToken(key, claims({ scope }))}`

test('requireScopes: a token with all of the scopes passes', async (t) => {
  const resourceServer = await startResourceServer(
    t,
    { jwks },
    requireScopes('interview:read', 'candidate:read'),
  )
  const response = await resourceServer.get(
    bearer('candidate:read interview:create interview:read'),
  )
  t.is(response.status, 200)
  t.is(resourceServer.emitted.length, 0)
})

for (const scope of ['', 'candidate:read', 'INTERVIEW:READ candidate:read', 'interview:readx']) {
  test(`requireScopes: scope "${scope}" gets 403 and the required scopes (RFC 6750 §3.1)`, async (t) => {
    const resourceServer = await startResourceServer(
      t,
      { jwks },
      requireScopes('interview:read', 'candidate:read', 'interview:read'),
    )
    const response = await resourceServer.get(bearer(scope))
    t.is(response.status, 403)
    t.is(
      response.headers.get('www-authenticate'),
      'Bearer error="insufficient_scope", error_description="the request needs more scope than the access token has", scope="interview:read candidate:read"',
    )
    t.is(response.headers.get('cache-control'), 'no-store')
    t.is(response.headers.get('content-type'), 'application/json; charset=utf-8')
    t.deepEqual(await response.json(), {
      error: 'insufficient_scope',
      error_description: 'the request needs more scope than the access token has',
    })
    t.is(resourceServer.passed.length, 0)
    const [error] = resourceServer.emitted
    t.true(error instanceof InsufficientScopeError)
    t.deepEqual((error as InsufficientScopeError).requiredScopes, [
      'interview:read',
      'candidate:read',
    ])
  })
}

test('requireScopes: without requireAccessToken before it the response is 500', async (t) => {
  const resourceServer = await startKoa(t, requireScopes('interview:read'))
  const response = await resourceServer.get(bearer('interview:read'))
  t.is(response.status, 500)
  t.is(await response.text(), 'Internal Server Error')
  t.is(resourceServer.passed.length, 0)
  const [error] = resourceServer.emitted as ReadonlyArray<unknown>
  t.true(error instanceof ConfigurationError)
  t.is(
    (error as Error).message,
    '"requireScopes" must be used behind requireAccessToken or requireCaller',
  )
})

for (const scopes of [[], [''], ['a b'], ['interview:read', 'a"b'], [['interview:read']], [7]]) {
  test(`requireScopes: ${JSON.stringify(scopes)} is refused at start-up`, (t) => {
    t.throws(() => requireScopes(...(scopes as unknown as [string])), {
      instanceOf: ConfigurationError,
      code: 'ERR_CONFIGURATION_INVALID',
    })
  })
}
