/** What the host learns of the endpoints for clients, and what it never does (checklist 59). */

import type { AuditEvent } from '@teamcast/oauth-server'
import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import test from 'ava'
import { sha256 } from '../../lib/util/sha256.ts'
import { catchWarnings } from '../helpers/catch-warnings.ts'
import { recordEvents, responsesEnded } from '../helpers/record-events.ts'
import { ADA, startServer } from '../helpers/start-server.ts'
import {
  changeClient,
  decodeJwt,
  introspect,
  redeem,
  refresh,
  requestClientCredentials,
  revoke,
  tokensOf,
} from '../helpers/token-requests.ts'

const typesOf = (events: ReadonlyArray<AuditEvent>): ReadonlyArray<string> =>
  events.map(({ type }) => type)

test('audit: every issued token is reported with client, user, tenant, family, grant and address (checklist 59)', async (t) => {
  const { onEvent, settled } = recordEvents()
  const server = await startServer(t, { onEvent })
  const { confidential, tenant } = server
  const { clientId } = confidential.client
  const authorization = await server.authorize({ userId: 'ada', clientId })
  const seen = (await settled()).length
  const first = await tokensOf(t, await redeem(server, confidential, authorization))
  await tokensOf(t, await refresh(server, confidential, first.refresh_token))
  await tokensOf(t, await requestClientCredentials(server, tenant))

  const familyId = decodeJwt(first.access_token, 'payload')['grant_id']
  const events = (await settled()).slice(seen)
  const ofUser = { clientId, userId: 'ada', tenantId: 'acme', familyId }
  t.is(events.length, 3)
  t.like(events[0], { type: 'token.issued', grantType: 'authorization_code', ...ofUser })
  t.like(events[1], { type: 'token.issued', grantType: 'refresh_token', ...ofUser })
  t.like(events[2], {
    type: 'token.issued',
    grantType: 'client_credentials',
    clientId: tenant.client.clientId,
    userId: undefined,
    tenantId: 'acme',
    familyId: undefined,
  })
  for (const event of events) {
    t.like(event, { version: 1, at: server.clock.now() })
    t.regex(event.ip ?? '', /127\.0\.0\.1$/)
  }
})

test('audit: a refusal is reported with the reason that the response does not give (OAuth 2.1 §3.2.4, checklist 59)', async (t) => {
  const { onEvent, settled } = recordEvents()
  const storage = createMemoryStorage()
  const server = await startServer(t, { onEvent, storage })
  const { confidential, tenant } = server
  const { clientId } = confidential.client
  const authorization = await server.authorize({ userId: 'ada', clientId })
  const tokens = await server.issueTokens({ userId: 'ada', clientId })
  const ofTenant = await server.issueTokens({ userId: 'ada', clientId: tenant.client.clientId })
  const seen = (await settled()).length

  const wrongVerifier = { code_verifier: 'w'.repeat(43) }
  const wrongRedirect = { redirect_uri: 'https://recruiter.example/other' }
  await redeem(server, tenant, authorization)
  await redeem(server, confidential, authorization, wrongVerifier)
  await redeem(server, confidential, authorization, wrongRedirect)
  await redeem(server, confidential, { ...authorization, code: 'unknown' })
  await refresh(server, confidential, 'unknown')
  await refresh(server, tenant, tokens.refresh_token)
  await refresh(server, confidential, tokens.refresh_token, { scope: 'unknown:scope' })
  await refresh(server, confidential, tokens.refresh_token, { resource: 'https://other.example' })
  server.users.set('ada', { ...ADA, tenantId: 'globex' })
  await refresh(server, tenant, ofTenant.refresh_token)
  server.users.delete('ada')
  await refresh(server, confidential, tokens.refresh_token)
  await changeClient(storage, confidential, { allowedGrantTypes: ['authorization_code'] })
  await refresh(server, confidential, tokens.refresh_token)

  const events = (await settled()).slice(seen)
  t.deepEqual([...new Set(typesOf(events))], ['token.refused', 'connection.revoked'])
  t.deepEqual(
    events.flatMap((event) =>
      event.type === 'token.refused' ? `${event.reason} ${event.error}` : [],
    ),
    [
      'client-mismatch invalid_grant',
      'pkce-failed invalid_grant',
      'redirect-uri-mismatch invalid_grant',
      'code-unknown invalid_grant',
      'refresh-token-unknown invalid_grant',
      'client-mismatch invalid_grant',
      'scope-exceeded invalid_scope',
      'target-unknown invalid_target',
      'tenant-changed invalid_grant',
      'user-unavailable invalid_grant',
      'grant-type-not-allowed unauthorized_client',
    ],
  )
})

test('audit: reuse of a refresh token and replay of a code are reported once each, with the family (RFC 9700 §4.14.2, checklist 59)', async (t) => {
  const { onEvent, settled } = recordEvents()
  const server = await startServer(t, { onEvent })
  const { confidential } = server
  const { clientId } = confidential.client
  const first = await server.issueTokens({ userId: 'ada', clientId })
  await refresh(server, confidential, first.refresh_token)
  const authorization = await server.authorize({ userId: 'ada', clientId })
  const redeemed = await tokensOf(t, await redeem(server, confidential, authorization))
  const seen = (await settled()).length
  await refresh(server, confidential, first.refresh_token)
  await redeem(server, confidential, authorization)

  const events = (await settled()).slice(seen)
  t.deepEqual(typesOf(events), [
    'token.reuse-detected',
    'token.refused',
    'token.reuse-detected',
    'token.refused',
  ])
  const familyOf = (token: string) => decodeJwt(token, 'payload')['grant_id']
  t.like(events[0], {
    clientId,
    userId: 'ada',
    tenantId: 'acme',
    familyId: familyOf(first.access_token),
    reason: 'refresh-token-reused',
  })
  t.like(events[2], {
    userId: 'ada',
    familyId: familyOf(redeemed.access_token),
    reason: 'code-replayed',
  })
})

test('audit: introspection is reported with its outcome (checklist 59)', async (t) => {
  const { onEvent, settled } = recordEvents()
  const server = await startServer(t, { onEvent })
  const { confidential } = server
  const { clientId } = confidential.client
  const tokens = await server.issueTokens({ userId: 'ada', clientId })
  const seen = (await settled()).length
  await introspect(server, confidential, tokens.access_token)
  await introspect(server, confidential, tokens.refresh_token)
  await introspect(server, confidential, 'garbage')
  await introspect(server, server.public, tokens.access_token)

  const events = (await settled()).slice(seen)
  t.deepEqual(
    events.map((event) => ('isActive' in event ? event.isActive : event.type)),
    [true, true, false, 'client.authentication-failed'],
  )
  for (const event of events.slice(0, 3)) t.like(event, { type: 'token.introspected', clientId })
})

test('audit: no event of a busy run holds a token, a code, a verifier, a secret, or a hash of one (ASVS V16, checklist 59)', async (t) => {
  const { onEvent, settled } = recordEvents()
  const server = await startServer(t, { onEvent, refreshTokenGraceSeconds: 30 })
  const secrets: Array<string> = []
  const remember = <Answer extends object>(answer: Answer): Answer => {
    for (const name of ['access_token', 'refresh_token', 'code', 'codeVerifier', 'clientSecret']) {
      const value = (answer as Readonly<Record<string, unknown>>)[name]
      if (typeof value === 'string') secrets.push(value)
    }
    return answer
  }
  for (const client of [server.confidential, server.public, server.tenant]) {
    remember(client)
    const { clientId } = client.client
    const authorization = remember(await server.authorize({ userId: 'ada', clientId }))
    const first = remember(await tokensOf(t, await redeem(server, client, authorization)))
    const second = remember(await tokensOf(t, await refresh(server, client, first.refresh_token)))
    await introspect(server, client, second.access_token)
    await introspect(server, client, second.refresh_token)
    await revoke(server, client, second.access_token)
    // Tokens where they do not belong, so that nothing quotes what it refuses.
    const misplaced = [first.access_token, second.refresh_token ?? '', authorization.code]
    for (const secret of misplaced) {
      const impostor = { client: client.client, clientSecret: secret }
      await requestClientCredentials(server, impostor)
      await requestClientCredentials(server, client, { scope: secret, resource: secret })
      await requestClientCredentials(server, client, { grant_type: secret })
      await redeem(server, client, authorization, { code: secret, redirect_uri: secret })
      await refresh(server, client, secret, { scope: secret, resource: secret })
      await revoke(server, client, secret, { token_type_hint: secret })
      const renamed = { client: { ...client.client, clientId: secret }, clientSecret: 'x' }
      await introspect(server, renamed, secret)
    }
    await redeem(server, client, authorization)
    await refresh(server, client, first.refresh_token)
    await refresh(server, client, second.refresh_token)
  }

  const events = await settled()
  t.true(events.length > 60)
  t.true(new Set(typesOf(events)).size >= 8, String([...new Set(typesOf(events))]))
  t.true(secrets.length >= 15)
  const text = JSON.stringify(events)
  for (const secret of secrets) {
    const parts = secret.startsWith('ey') ? [secret, secret.split('.')[2] ?? ''] : [secret]
    for (const part of parts) {
      t.false(text.includes(part), part)
      t.false(text.includes(sha256(part)), `the hash of ${part}`)
      t.false(text.includes(part.slice(-24)), `the end of ${part}`)
    }
  }
})

test.serial(
  'audit: a listener that throws, rejects or never ends breaks and delays nothing (ASVS V16)',
  async (t) => {
    const warnings = catchWarnings(t, /^onEvent for .+ failed: Error: the listener is broken$/)
    const listeners = {
      throws: () => {
        throw new Error('the listener is broken')
      },
      rejects: () => Promise.reject(new Error('the listener is broken')),
      'never ends': () => new Promise<void>(() => undefined),
    }
    for (const [name, onEvent] of Object.entries(listeners)) {
      const server = await startServer(t, { onEvent })
      const { confidential } = server
      const { clientId } = confidential.client
      const first = await server.issueTokens({ userId: 'ada', clientId })
      const second = await tokensOf(t, await refresh(server, confidential, first.refresh_token))
      t.is((await refresh(server, confidential, 'garbage')).status, 400, name)
      t.is((await introspect(server, confidential, second.access_token)).status, 200, name)
      t.is((await revoke(server, confidential, second.access_token)).status, 200, name)
    }
    await responsesEnded()
    t.true(warnings.length > 0)
  },
)
