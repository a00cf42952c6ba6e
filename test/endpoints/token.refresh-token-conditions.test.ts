/** What may have changed since the last refresh. */

import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import test from 'ava'
import { recordEvents } from '../helpers/record-events.ts'
import { ADA, CONFIDENTIAL_CLIENT, startServer } from '../helpers/start-server.ts'
import {
  assertRefused,
  changeClient,
  decodeJwt,
  introspect,
  isActive,
  refresh,
  tokensOf,
} from '../helpers/token-requests.ts'

test('POST /oauth/token refresh_token: a disabled user’s token is invalid_grant, and good again once the user is (checklist 44)', async (t) => {
  const server = await startServer(t)
  const { confidential } = server
  const { refresh_token: token } = await server.issueTokens({
    userId: 'ada',
    clientId: confidential.client.clientId,
  })
  server.users.delete('ada')
  await assertRefused(t, await refresh(server, confidential, token), 400, 'invalid_grant')
  await assertRefused(t, await refresh(server, confidential, token), 400, 'invalid_grant')
  server.users.set('ada', ADA)
  await tokensOf(t, await refresh(server, confidential, token))
})

for (const name of ['tenant', 'confidential', 'public'] as const) {
  test(`POST /oauth/token refresh_token: a user who changed tenant is refused, and the connection ends, back in the tenant too: ${name} client`, async (t) => {
    const { onEvent, settled } = recordEvents()
    const server = await startServer(t, { onEvent })
    const client = server[name]
    const { clientId } = client.client
    const tokens = await server.issueTokens({ userId: 'ada', clientId })
    const otherDevice = await server.issueTokens({ userId: 'ada', clientId })
    const seen = (await settled()).length

    server.users.set('ada', { ...ADA, tenantId: 'globex' })
    const refused = await refresh(server, client, tokens.refresh_token)
    await assertRefused(t, refused, 400, 'invalid_grant')

    const [ended, refusal, ...more] = (await settled()).slice(seen)
    const subject = { clientId, userId: 'ada', tenantId: 'acme', ip: refusal?.ip }
    t.like(ended, { type: 'connection.revoked', reason: 'tenant-changed', ...subject })
    t.like(refusal, { type: 'token.refused', reason: 'tenant-changed', ...subject })
    t.regex(refusal?.ip ?? '', /127\.0\.0\.1$/)
    t.deepEqual(more, [])

    server.users.set('ada', ADA)
    for (const { refresh_token: token } of [tokens, otherDevice]) {
      await assertRefused(t, await refresh(server, client, token), 400, 'invalid_grant')
    }
  })
}

test('POST /oauth/token refresh_token: scopes the client lost are left out, also when it names them (OAuth 2.1 §4.3.1, checklist 44)', async (t) => {
  const storage = createMemoryStorage()
  const server = await startServer(t, { storage })
  const { confidential } = server
  const { clientId } = confidential.client
  const { refresh_token: token } = await server.issueTokens({ userId: 'ada', clientId })
  await changeClient(storage, confidential, { scopes: ['candidate:read'] })

  const narrowed = await tokensOf(t, await refresh(server, confidential, token))
  t.is(narrowed.scope, 'candidate:read')
  t.is(decodeJwt(narrowed.access_token, 'payload')['scope'], 'candidate:read')
  const scope = 'interview:read candidate:read'
  const named = await tokensOf(
    t,
    await refresh(server, confidential, narrowed.refresh_token, { scope }),
  )
  t.is(named.scope, 'candidate:read')
  const lost = await refresh(server, confidential, named.refresh_token, { scope: 'interview:read' })
  await assertRefused(t, lost, 400, 'invalid_scope')
  await tokensOf(t, await refresh(server, confidential, named.refresh_token))
})

test('POST /oauth/token refresh_token: a client that lost every scope gets no token, and its refresh token is not used up (OAuth 2.1 §4.3.1)', async (t) => {
  const storage = createMemoryStorage()
  const server = await startServer(t, { storage })
  const { confidential } = server
  const { scopes, clientId } = confidential.client
  const { refresh_token: token } = await server.issueTokens({ userId: 'ada', clientId })
  await changeClient(storage, confidential, { scopes: ['interview:delete'] })
  await assertRefused(t, await refresh(server, confidential, token), 400, 'invalid_scope')
  await changeClient(storage, confidential, { scopes })
  await tokensOf(t, await refresh(server, confidential, token))
})

test('POST /oauth/token refresh_token: scopes the client gained since are not the user’s consent (OAuth 2.1 §4.3.1, checklist 11)', async (t) => {
  const storage = createMemoryStorage()
  const server = await startServer(t, { storage })
  const { confidential } = server
  const { clientId } = confidential.client
  const scopes = ['interview:read']
  const { refresh_token: token } = await server.issueTokens({ userId: 'ada', clientId, scopes })
  await changeClient(storage, confidential, { scopes: ['interview:read', 'interview:delete'] })
  for (const scope of ['interview:delete', 'interview:read interview:delete']) {
    const response = await refresh(server, confidential, token, { scope })
    await assertRefused(t, response, 400, 'invalid_scope')
  }
  const tokens = await tokensOf(t, await refresh(server, confidential, token))
  t.is(tokens.scope, 'interview:read')
})

test('POST /oauth/token refresh_token: a later consent to more scopes does not widen an earlier family (ADR 0002)', async (t) => {
  const server = await startServer(t)
  const { confidential } = server
  const { clientId } = confidential.client
  const narrow = await server.issueTokens({ userId: 'ada', clientId, scopes: ['interview:read'] })
  await server.issueTokens({ userId: 'ada', clientId, scopes: ['candidate:read'] })
  const scope = 'interview:read candidate:read'
  const wider = await refresh(server, confidential, narrow.refresh_token, { scope })
  await assertRefused(t, wider, 400, 'invalid_scope')
  const tokens = await tokensOf(t, await refresh(server, confidential, narrow.refresh_token))
  t.is(tokens.scope, 'interview:read')
})

test('POST /oauth/token refresh_token: a client that lost the grant type gets unauthorized_client, and its token is not used up (RFC 6749 §5.2)', async (t) => {
  const storage = createMemoryStorage()
  const server = await startServer(t, { storage })
  const { confidential } = server
  const { allowedGrantTypes, clientId } = confidential.client
  const { refresh_token: token } = await server.issueTokens({ userId: 'ada', clientId })
  await changeClient(storage, confidential, { allowedGrantTypes: ['authorization_code'] })
  await assertRefused(t, await refresh(server, confidential, token), 400, 'unauthorized_client')
  await changeClient(storage, confidential, { allowedGrantTypes })
  await tokensOf(t, await refresh(server, confidential, token))
})

test('POST /oauth/token refresh_token: a deleted client is invalid_client (checklist 44)', async (t) => {
  const server = await startServer(t)
  for (const client of [server.confidential, server.public]) {
    const { clientId } = client.client
    const { refresh_token: token } = await server.issueTokens({ userId: 'ada', clientId })
    await server.authorizationServer.clients.delete(clientId)
    await assertRefused(t, await refresh(server, client, token), 401, 'invalid_client')
  }
})

test('POST /oauth/token refresh_token: revoking a consent ends every family under it; a new consent is another connection (ADR 0011, checklist 58)', async (t) => {
  const storage = createMemoryStorage()
  const server = await startServer(t, { storage })
  const { confidential } = server
  const { clientId } = confidential.client
  const devices = [
    await server.issueTokens({ userId: 'ada', clientId }),
    await server.issueTokens({ userId: 'ada', clientId }),
  ]
  const otherUser = await server.issueTokens({ userId: 'grace', clientId })
  await storage.consents.delete('ada', clientId)
  const later = await server.issueTokens({ userId: 'ada', clientId })
  for (const { access_token: accessToken, refresh_token: token } of devices) {
    t.false(await isActive(server, confidential, accessToken))
    t.false(await isActive(server, confidential, token))
    await assertRefused(t, await refresh(server, confidential, token), 400, 'invalid_grant')
  }
  await tokensOf(t, await refresh(server, confidential, later.refresh_token))
  await tokensOf(t, await refresh(server, confidential, otherUser.refresh_token))
})

test('POST /oauth/token refresh_token: subject, tenant and audience cannot be chosen by parameters (checklist 57)', async (t) => {
  const server = await startServer(t)
  const { confidential } = server
  const { clientId } = confidential.client
  const { refresh_token: token } = await server.issueTokens({ userId: 'ada', clientId })
  const tokens = await tokensOf(
    t,
    await refresh(server, confidential, token, {
      tenant_id: 'globex',
      sub: 'grace',
      audience: 'https://other.example',
      grant_id: 'other',
    }),
  )
  const claims = await (await introspect(server, confidential, tokens.access_token)).json()
  t.like(claims, { sub: 'ada', tenant_id: 'acme', aud: server.issuer, client_id: clientId })
})

test('POST /oauth/token refresh_token: a client that authorizeClient refuses ends the family; others of the user stay, and introspection does not ask', async (t) => {
  const { onEvent, settled } = recordEvents()
  const storage = createMemoryStorage()
  const refused = new Set<string>()
  const server = await startServer(t, {
    storage,
    authorizeClient: ({ clientId }) => !refused.has(clientId),
    onEvent,
  })
  const { confidential } = server
  const { clientId } = confidential.client
  const tokens = await server.issueTokens({ userId: 'ada', clientId })
  const onOtherDevice = await server.issueTokens({ userId: 'ada', clientId })
  refused.add(clientId)
  t.true(await isActive(server, confidential, tokens.access_token))
  t.true(await isActive(server, confidential, tokens.refresh_token))

  const response = await refresh(server, confidential, tokens.refresh_token)
  await assertRefused(t, response, 400, 'invalid_grant')
  const familyId = String(decodeJwt(tokens.access_token, 'payload')['grant_id'])
  const subject = { clientId, userId: 'ada', tenantId: 'acme', familyId }
  const refusal = (await settled()).findLast(({ type }) => type === 'token.refused')
  t.like(refusal, { reason: 'client-refused', error: 'invalid_grant', ...subject })
  t.true(await storage.revocations.has('family', familyId, server.clock.now()))

  refused.clear()
  t.false(await isActive(server, confidential, tokens.access_token))
  const again = await refresh(server, confidential, tokens.refresh_token)
  await assertRefused(t, again, 400, 'invalid_grant')
  await tokensOf(t, await refresh(server, confidential, onOtherDevice.refresh_token))
})

test('POST /oauth/token refresh_token: a client that belongs to another tenant since ends the family', async (t) => {
  const { onEvent, settled } = recordEvents()
  const storage = createMemoryStorage()
  const server = await startServer(t, { storage, onEvent })
  const { tenant } = server
  const { clientId } = tenant.client
  const tokens = await server.issueTokens({ userId: 'ada', clientId })
  await changeClient(storage, tenant, { tenantId: 'globex' })
  const response = await refresh(server, tenant, tokens.refresh_token)
  await assertRefused(t, response, 400, 'invalid_grant')
  t.like((await settled()).at(-1), { type: 'token.refused', reason: 'tenant-refused', clientId })
  t.false(await isActive(server, tenant, tokens.access_token))
})

test('POST /oauth/token refresh_token: authorizeClient that fails is a 503, and the refresh token is not used up', async (t) => {
  let mustFail = false
  const server = await startServer(t, {
    async authorizeClient() {
      if (mustFail) throw new Error('the tenants’ settings are down')
      return true
    },
  })
  const { confidential } = server
  const { clientId } = confidential.client
  const { refresh_token: token } = await server.issueTokens({ userId: 'ada', clientId })
  mustFail = true
  const response = await refresh(server, confidential, token)
  await assertRefused(t, response, 503, 'temporarily_unavailable')
  mustFail = false
  await tokensOf(t, await refresh(server, confidential, token))
})

test('POST /oauth/token refresh_token: an access token is active until it expires, also if the user’s data came late and the refresh token has expired (RFC 7662 §2.2)', async (t) => {
  let secondsUntilAnswer = 0
  const server = await startServer(t, {
    async authorizeClient() {
      server.clock.advance(secondsUntilAnswer)
      return true
    },
  })
  const api = await server.registerClient({
    ...CONFIDENTIAL_CLIENT,
    resourceServerAudiences: [server.issuer],
  })
  const { clientId, refreshTokenTtlSeconds } = server.public.client
  const { refresh_token: first } = await server.issueTokens({ userId: 'ada', clientId })
  server.clock.advance(refreshTokenTtlSeconds - 1)
  secondsUntilAnswer = 29
  const { access_token: token } = await tokensOf(t, await refresh(server, server.public, first))
  server.clock.set(Number(decodeJwt(token, 'payload')['exp']) - 1)
  t.true(await isActive(server, api, token))
})

test('POST /oauth/token refresh_token: of two refreshes at once, one allowed and one refused by authorizeClient, nothing is active afterwards', async (t) => {
  for (const isAllowedFirst of [true, false]) {
    const answers: Array<(isAllowed: boolean) => void> = []
    const bothAsked = Promise.withResolvers<void>()
    let isRacing = false
    const server = await startServer(t, {
      authorizeClient: () => {
        if (!isRacing) return true
        const { promise, resolve } = Promise.withResolvers<boolean>()
        if (answers.push(resolve) === 2) bothAsked.resolve()
        return promise
      },
    })
    const { confidential } = server
    const { clientId } = confidential.client
    const tokens = await server.issueTokens({ userId: 'ada', clientId })
    isRacing = true
    const requests = [0, 1].map(() => refresh(server, confidential, tokens.refresh_token))
    await bothAsked.promise
    const [first, second] = answers
    first?.(isAllowedFirst)
    const response = await Promise.race(requests)
    second?.(!isAllowedFirst)
    await Promise.all(requests)

    t.is(response.status, isAllowedFirst ? 200 : 400)
    const { refresh_token: successor } = await response.json()
    isRacing = false
    for (const token of [tokens.access_token, tokens.refresh_token, successor ?? 'none']) {
      t.false(await isActive(server, confidential, token))
    }
  }
})
