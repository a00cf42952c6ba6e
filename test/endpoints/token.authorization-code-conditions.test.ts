/** What may have changed between the user's consent and the redemption of the code. */

import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import test from 'ava'
import { recordEvents } from '../helpers/record-events.ts'
import {
  ADA,
  CONFIDENTIAL_CLIENT,
  PUBLIC_CLIENT,
  startServer,
  TENANT_CLIENT,
} from '../helpers/start-server.ts'
import {
  assertRefused,
  changeClient,
  decodeJwt,
  introspect,
  isActive,
  redeem,
  refresh,
  tokensOf,
} from '../helpers/token-requests.ts'

test('POST /oauth/token authorization_code: a user disabled since gets nothing; enabled again, the code is still good (checklist 44)', async (t) => {
  const server = await startServer(t)
  const { confidential } = server
  const authorization = await server.authorize({
    userId: 'ada',
    clientId: confidential.client.clientId,
  })
  server.users.delete('ada')
  await assertRefused(t, await redeem(server, confidential, authorization), 400, 'invalid_grant')
  server.users.set('ada', ADA)
  await tokensOf(t, await redeem(server, confidential, authorization))
})

for (const name of ['tenant', 'confidential'] as const) {
  test(`POST /oauth/token authorization_code: a user who changed tenant since gets nothing, back in the tenant neither: ${name} client`, async (t) => {
    const server = await startServer(t)
    const client = server[name]
    const { clientId } = client.client
    const authorization = await server.authorize({ userId: 'ada', clientId })
    server.users.set('ada', { ...ADA, tenantId: 'globex' })
    await assertRefused(t, await redeem(server, client, authorization), 400, 'invalid_grant')
    server.users.set('ada', ADA)
    await assertRefused(t, await redeem(server, client, authorization), 400, 'invalid_grant')
  })
}

test('POST /oauth/token authorization_code: scopes the client lost since are left out, and the response says so (OAuth 2.1 §3.2.3)', async (t) => {
  const storage = createMemoryStorage()
  const server = await startServer(t, { storage })
  const { confidential } = server
  const authorization = await server.authorize({
    userId: 'ada',
    clientId: confidential.client.clientId,
  })
  await changeClient(storage, confidential, { scopes: ['candidate:read', 'interview:delete'] })
  const tokens = await tokensOf(t, await redeem(server, confidential, authorization))
  t.is(tokens.scope, 'candidate:read')
  t.is(decodeJwt(tokens.access_token, 'payload')['scope'], 'candidate:read')

  // What the user granted is remembered, for when the client has it again.
  const { scopes } = confidential.client
  await changeClient(storage, confidential, { scopes })
  const refreshed = await tokensOf(t, await refresh(server, confidential, tokens.refresh_token))
  t.is(refreshed.scope, scopes.join(' '))
})

test('POST /oauth/token authorization_code: a client that lost every granted scope gets invalid_scope (RFC 6749 §5.2)', async (t) => {
  const storage = createMemoryStorage()
  const server = await startServer(t, { storage })
  const { confidential } = server
  const authorization = await server.authorize({
    userId: 'ada',
    clientId: confidential.client.clientId,
  })
  await changeClient(storage, confidential, { scopes: ['interview:delete'] })
  await assertRefused(t, await redeem(server, confidential, authorization), 400, 'invalid_scope')
})

test('POST /oauth/token authorization_code: a client that lost the grant type gets unauthorized_client (RFC 6749 §5.2, checklist 32)', async (t) => {
  const storage = createMemoryStorage()
  const server = await startServer(t, { storage })
  const { confidential } = server
  const authorization = await server.authorize({
    userId: 'ada',
    clientId: confidential.client.clientId,
  })
  await changeClient(storage, confidential, { allowedGrantTypes: ['client_credentials'] })
  await assertRefused(
    t,
    await redeem(server, confidential, authorization),
    400,
    'unauthorized_client',
  )
})

test('POST /oauth/token authorization_code: a client deleted since is invalid_client (checklist 44)', async (t) => {
  const server = await startServer(t)
  for (const client of [server.confidential, server.public]) {
    const { clientId } = client.client
    const authorization = await server.authorize({ userId: 'ada', clientId })
    await server.authorizationServer.clients.delete(clientId)
    await assertRefused(t, await redeem(server, client, authorization), 401, 'invalid_client')
  }
})

test('POST /oauth/token authorization_code: a code whose consent was revoked cannot be redeemed (ADR 0011)', async (t) => {
  const storage = createMemoryStorage()
  const server = await startServer(t, { storage })
  const { confidential } = server
  const { clientId } = confidential.client
  const authorization = await server.authorize({ userId: 'ada', clientId })
  await storage.consents.delete('ada', clientId)
  await assertRefused(t, await redeem(server, confidential, authorization), 400, 'invalid_grant')
})

test('POST /oauth/token authorization_code: a connection revoked while its code is redeemed leaves no active token (ADR 0011, checklist 39)', async (t) => {
  const storage = createMemoryStorage()
  let revoke = async (): Promise<void> => undefined
  const families: typeof storage.families = {
    ...storage.families,
    async create(...parameters) {
      await revoke()
      return await storage.families.create(...parameters)
    },
  }
  const server = await startServer(t, { storage: { ...storage, families } })
  const { confidential } = server
  const { clientId } = confidential.client
  const authorization = await server.authorize({ userId: 'ada', clientId })
  revoke = async () => {
    t.true(await storage.consents.delete('ada', clientId))
  }
  await assertRefused(t, await redeem(server, confidential, authorization), 400, 'invalid_grant')
})

test('POST /oauth/token authorization_code: a connection revoked just after its code was redeemed leaves no active token (ADR 0011, checklist 39)', async (t) => {
  const storage = createMemoryStorage()
  const server = await startServer(t, { storage })
  const { confidential } = server
  const { clientId } = confidential.client
  const tokens = await server.issueTokens({ userId: 'ada', clientId })
  t.true(await storage.consents.delete('ada', clientId))
  t.false(await isActive(server, confidential, tokens.access_token))
  t.false(await isActive(server, confidential, tokens.refresh_token ?? ''))
  const response = await refresh(server, confidential, tokens.refresh_token ?? '')
  await assertRefused(t, response, 400, 'invalid_grant')
})

test('POST /oauth/token authorization_code: a client without the refresh_token grant gets no refresh token, and a replay still revokes its access token (OAuth 2.1 §4.1.3)', async (t) => {
  const server = await startServer(t)
  const client = await server.registerClient({
    ...CONFIDENTIAL_CLIENT,
    allowedGrantTypes: ['authorization_code'],
    accessTokenTtlSeconds: 60,
  })
  const { clientId } = client.client
  const authorization = await server.authorize({ userId: 'ada', clientId })
  const tokens = await tokensOf(t, await redeem(server, client, authorization))
  t.false('refresh_token' in tokens)
  t.true(await isActive(server, client, tokens.access_token))

  server.clock.advance(59)
  await assertRefused(t, await redeem(server, client, authorization), 400, 'invalid_grant')
  t.false(await isActive(server, client, tokens.access_token))
})

test('POST /oauth/token authorization_code: an access token is active until it expires, also if the user’s data came late (RFC 7662 §2.2)', async (t) => {
  let secondsUntilAnswer = 0
  const server = await startServer(t, {
    async authorizeClient() {
      server.clock.advance(secondsUntilAnswer)
      return true
    },
  })
  const client = await server.registerClient({
    ...CONFIDENTIAL_CLIENT,
    allowedGrantTypes: ['authorization_code'],
  })
  const { clientId } = client.client
  const authorization = await server.authorize({ userId: 'ada', clientId })
  secondsUntilAnswer = 29
  const { access_token: token } = await tokensOf(t, await redeem(server, client, authorization))
  server.clock.set(Number(decodeJwt(token, 'payload')['exp']) - 1)
  t.true(await isActive(server, client, token))
  server.clock.advance(1)
  t.false(await isActive(server, client, token))
})

test('POST /oauth/token authorization_code: a TENANT client’s users and a PUBLIC client’s get their own tenant_id (checklist 57)', async (t) => {
  const server = await startServer(t, {
    clients: [CONFIDENTIAL_CLIENT, PUBLIC_CLIENT, { ...TENANT_CLIENT, tenantId: 'globex' }],
  })
  const people = [
    { userId: 'ada', clientId: server.public.client.clientId, tenantId: 'acme' },
    { userId: 'grace', clientId: server.public.client.clientId, tenantId: 'globex' },
    { userId: 'grace', clientId: server.tenant.client.clientId, tenantId: 'globex' },
  ]
  for (const { userId, clientId, tenantId } of people) {
    const { access_token: token } = await server.issueTokens({ userId, clientId })
    t.like(decodeJwt(token, 'payload'), { sub: userId, tenant_id: tenantId })
  }
})

test('POST /oauth/token authorization_code: tenant, subject and client cannot be chosen by parameters (checklist 57)', async (t) => {
  const server = await startServer(t)
  const { confidential } = server
  const { clientId } = confidential.client
  const authorization = await server.authorize({ userId: 'ada', clientId })
  const tokens = await tokensOf(
    t,
    await redeem(server, confidential, authorization, {
      tenant_id: 'globex',
      sub: 'grace',
      user_id: 'grace',
      scope: 'interview:delete',
      audience: 'https://other.example',
    }),
  )
  t.like(decodeJwt(tokens.access_token, 'payload'), {
    sub: 'ada',
    tenant_id: 'acme',
    client_id: clientId,
    aud: server.issuer,
    scope: confidential.client.scopes.join(' '),
  })
  await tokensOf(t, await refresh(server, confidential, tokens.refresh_token))
  t.like(await (await introspect(server, confidential, tokens.access_token)).json(), { sub: 'ada' })
})

test('POST /oauth/token authorization_code: a client that authorizeClient refuses since gets nothing; allowed again, the code is still good', async (t) => {
  const { onEvent, settled } = recordEvents()
  let isAllowed = true
  const server = await startServer(t, { authorizeClient: () => isAllowed, onEvent })
  const { confidential } = server
  const { clientId } = confidential.client
  const authorization = await server.authorize({ userId: 'ada', clientId })
  isAllowed = false
  await assertRefused(t, await redeem(server, confidential, authorization), 400, 'invalid_grant')
  const subject = { clientId, userId: 'ada', tenantId: 'acme' }
  t.like((await settled()).at(-1), { type: 'token.refused', reason: 'client-refused', ...subject })
  isAllowed = true
  await tokensOf(t, await redeem(server, confidential, authorization))
})

test('POST /oauth/token authorization_code: a client that belongs to another tenant since gets nothing', async (t) => {
  const { onEvent, settled } = recordEvents()
  const storage = createMemoryStorage()
  const server = await startServer(t, { storage, onEvent })
  const { tenant } = server
  const { clientId } = tenant.client
  const authorization = await server.authorize({ userId: 'ada', clientId })
  await changeClient(storage, tenant, { tenantId: 'globex' })
  await assertRefused(t, await redeem(server, tenant, authorization), 400, 'invalid_grant')
  t.like((await settled()).at(-1), { type: 'token.refused', reason: 'tenant-refused', clientId })
})

test('POST /oauth/token authorization_code: authorizeClient that fails is a 503, and the code is still good', async (t) => {
  const { onEvent, settled } = recordEvents()
  let mustFail = false
  const server = await startServer(t, {
    authorizeClient() {
      if (mustFail) throw new Error('the tenants’ settings are down')
      return true
    },
    onEvent,
  })
  const { confidential } = server
  const { clientId } = confidential.client
  const authorization = await server.authorize({ userId: 'ada', clientId })
  mustFail = true
  const response = await redeem(server, confidential, authorization)
  await assertRefused(t, response, 503, 'temporarily_unavailable')
  t.is(response.headers.get('retry-after'), '5')
  t.like((await settled()).at(-1), {
    type: 'server.error',
    error: {
      code: 'ERR_CLIENT_AUTHORIZATION',
      operation: 'authorizeClient()',
      cause: { message: 'the tenants’ settings are down' },
    },
  })
  mustFail = false
  await tokensOf(t, await redeem(server, confidential, authorization))
})
