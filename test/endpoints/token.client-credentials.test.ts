import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import test from 'ava'
import { recordEvents } from '../helpers/record-events.ts'
import { CONFIDENTIAL_CLIENT, startServer } from '../helpers/start-server.ts'
import {
  assertRefused,
  changeClient,
  decodeJwt,
  introspect,
  requestClientCredentials,
  tokensOf,
} from '../helpers/token-requests.ts'

test('POST /oauth/token client_credentials: a PLATFORM client’s token is the client’s own: sub is client_id, no tenant, no family (RFC 9068 §2.2, checklist 35)', async (t) => {
  const server = await startServer(t)
  const { confidential } = server
  const { clientId, scopes } = confidential.client
  const response = await requestClientCredentials(server, confidential)
  t.is(response.headers.get('cache-control'), 'no-store')
  const { access_token: token, ...rest } = await tokensOf(t, response)
  t.deepEqual(rest, { token_type: 'Bearer', expires_in: 900, scope: scopes.join(' ') })
  t.like(decodeJwt(token, 'header'), { alg: 'RS256', typ: 'at+jwt' })
  const { jti, ...claims } = decodeJwt(token, 'payload')
  t.is(typeof jti, 'string')
  t.deepEqual(claims, {
    iss: server.issuer,
    sub: clientId,
    aud: server.issuer,
    client_id: clientId,
    scope: scopes.join(' '),
    iat: server.clock.now(),
    exp: server.clock.now() + 900,
  })
})

test('POST /oauth/token client_credentials: a TENANT client’s token carries its tenant (ADR 0005, checklist 57)', async (t) => {
  const server = await startServer(t)
  const { tenant } = server
  for (const changes of [{}, { tenant_id: 'globex' }]) {
    const { access_token: token } = await tokensOf(
      t,
      await requestClientCredentials(server, tenant, changes),
    )
    const claims = decodeJwt(token, 'payload')
    t.like(claims, { sub: tenant.client.clientId, tenant_id: 'acme' })
    t.false('grant_id' in claims)
  }
})

test('POST /oauth/token client_credentials: scope narrows; missing, empty or of spaces only it means all of the client’s (RFC 6749 §3.3)', async (t) => {
  const server = await startServer(t)
  const { confidential } = server
  const all = confidential.client.scopes.join(' ')
  const cases = [
    [undefined, all],
    ['', all],
    [' ', all],
    ['   ', all],
    ['candidate:read', 'candidate:read'],
    ['candidate:read interview:read', 'candidate:read interview:read'],
    ['candidate:read candidate:read', 'candidate:read'],
    [' candidate:read  interview:read ', 'candidate:read interview:read'],
  ] as const
  for (const [scope, granted] of cases) {
    const tokens = await tokensOf(
      t,
      await requestClientCredentials(server, confidential, { scope }),
    )
    t.is(tokens.scope, granted)
    t.is(decodeJwt(tokens.access_token, 'payload')['scope'], granted)
  }
})

test('POST /oauth/token client_credentials: a scope that is unknown, not the client’s or malformed is invalid_scope (RFC 6749 §5.2, checklist 11)', async (t) => {
  const server = await startServer(t)
  const scopes = [
    'interview:delete',
    'unknown:scope',
    'openid',
    'interview:read interview:delete',
    'Interview:read',
    '\t',
    'interview:read\tcandidate:read',
    '"interview:read"',
    'é',
    '\u0000',
  ]
  for (const scope of scopes) {
    const response = await requestClientCredentials(server, server.confidential, { scope })
    await assertRefused(t, response, 400, 'invalid_scope')
  }
})

test('POST /oauth/token client_credentials: resource may name the audience and nothing else (RFC 8707 §2)', async (t) => {
  const server = await startServer(t, { audience: 'https://api.example/v1' })
  const { confidential } = server
  const right = await tokensOf(
    t,
    await requestClientCredentials(server, confidential, { resource: 'https://api.example/v1' }),
  )
  t.is(decodeJwt(right.access_token, 'payload')['aud'], 'https://api.example/v1')
  for (const resource of [server.issuer, 'https://api.example/v1/', 'api', 'https://[']) {
    const response = await requestClientCredentials(server, confidential, { resource })
    await assertRefused(t, response, 400, 'invalid_target')
  }
})

test('POST /oauth/token client_credentials: a PUBLIC client is refused, even if its record allows the grant (OAuth 2.1 §4.2, checklist 32)', async (t) => {
  const storage = createMemoryStorage()
  const server = await startServer(t, { storage })
  await assertRefused(
    t,
    await requestClientCredentials(server, server.public),
    400,
    'unauthorized_client',
  )
  await changeClient(storage, server.public, { allowedGrantTypes: ['client_credentials'] })
  await assertRefused(
    t,
    await requestClientCredentials(server, server.public),
    400,
    'unauthorized_client',
  )
})

test('POST /oauth/token client_credentials: a client not registered for the grant is unauthorized_client (RFC 6749 §5.2, checklist 32)', async (t) => {
  const server = await startServer(t)
  const client = await server.registerClient({
    ...CONFIDENTIAL_CLIENT,
    allowedGrantTypes: ['authorization_code', 'refresh_token'],
  })
  const response = await requestClientCredentials(server, client)
  await assertRefused(t, response, 400, 'unauthorized_client')
})

test('POST /oauth/token client_credentials: a stored TENANT client that lost its tenant gets an error, not the token of a PLATFORM client', async (t) => {
  const storage = createMemoryStorage()
  const { onEvent, settled } = recordEvents()
  const server = await startServer(t, {
    onEvent,
    storage: {
      ...storage,
      clients: {
        ...storage.clients,
        async find(clientId) {
          const found = await storage.clients.find(clientId)
          return found && { ...found, tenantId: undefined }
        },
      },
    },
  })
  const response = await requestClientCredentials(server, server.tenant)
  await assertRefused(t, response, 500, 'server_error')
  const events = await settled()
  const [failure] = events.flatMap((event) => (event.type === 'server.error' ? event : []))
  t.regex(String(failure?.error.message), /has the audience TENANT and no tenantId$/)
})

test('POST /oauth/token client_credentials: a client of this grant alone needs no redirect URI; its lifetimes hold (checklist 49)', async (t) => {
  const server = await startServer(t)
  const client = await server.registerClient({
    name: 'Nightly export',
    clientType: 'CONFIDENTIAL',
    scopes: ['candidate:read'],
    allowedGrantTypes: ['client_credentials'],
    accessTokenTtlSeconds: 61,
  })
  const tokens = await tokensOf(t, await requestClientCredentials(server, client))
  t.is(tokens.expires_in, 61)
  const about = await (await introspect(server, client, tokens.access_token)).json()
  t.is(about.exp - about.iat, 61)
})

test('POST /oauth/token: a grant type that is missing, unknown or not in OAuth 2.1 is refused (RFC 6749 §5.2, checklist 1)', async (t) => {
  const server = await startServer(t)
  const refuse = async (grantType: string | undefined, error: string) => {
    const changes = { grant_type: grantType, username: 'ada@acme.test', password: 'x' }
    const response = await requestClientCredentials(server, server.confidential, changes)
    await assertRefused(t, response, 400, error)
  }
  await refuse(undefined, 'invalid_request')
  await refuse('', 'invalid_request')
  const unsupported = [
    'password',
    'implicit',
    'urn:ietf:params:oauth:grant-type:device_code',
    'urn:ietf:params:oauth:grant-type:jwt-bearer',
    'Client_Credentials',
    '__proto__',
    'constructor',
  ]
  for (const grantType of unsupported) await refuse(grantType, 'unsupported_grant_type')
})
