import { createHash } from 'node:crypto'
import test from 'ava'
import { createConsentId } from '../../lib/consent/consent.ts'
import { createRefreshToken } from '../../lib/tokens/refresh-token.ts'
import { startServer } from '../helpers/start-server.ts'
import { assertRefused, isActive, redeem, refresh, tokensOf } from '../helpers/token-requests.ts'

const WRONG_ATTEMPTS = {
  'without code_verifier (OAuth 2.1 §4.1.3)': { code_verifier: undefined },
  'with an empty code_verifier (OAuth 2.1 §3.2)': { code_verifier: '' },
  'with a wrong code_verifier (OAuth 2.1 §4.1.3)': { code_verifier: 'w'.repeat(43) },
  'with a code_verifier of 42 characters (RFC 7636 §4.1)': { code_verifier: 'w'.repeat(42) },
  'with a code_verifier of 129 characters (RFC 7636 §4.1)': { code_verifier: 'w'.repeat(129) },
  'with another redirect_uri (OAuth 2.1 §10.2)': {
    redirect_uri: 'https://recruiter.example/callback/',
  },
}

for (const [name, changes] of Object.entries(WRONG_ATTEMPTS)) {
  test(`POST /oauth/token authorization_code: ${name} is invalid_grant, and the code stays valid for its owner`, async (t) => {
    const server = await startServer(t)
    const { confidential } = server
    const authorization = await server.authorize({
      userId: 'ada',
      clientId: confidential.client.clientId,
    })
    await assertRefused(
      t,
      await redeem(server, confidential, authorization, changes),
      400,
      'invalid_grant',
    )
    await tokensOf(t, await redeem(server, confidential, authorization))
  })

  test(`POST /oauth/token authorization_code: a replay ${name} is invalid_grant and revokes nothing (OAuth 2.1 §7.5.3, checklist 23)`, async (t) => {
    const server = await startServer(t)
    const { confidential } = server
    const authorization = await server.authorize({
      userId: 'ada',
      clientId: confidential.client.clientId,
    })
    const tokens = await tokensOf(t, await redeem(server, confidential, authorization))
    await assertRefused(
      t,
      await redeem(server, confidential, authorization, changes),
      400,
      'invalid_grant',
    )
    t.true(await isActive(server, confidential, tokens.access_token))
    await tokensOf(t, await refresh(server, confidential, tokens.refresh_token))
  })
}

test('POST /oauth/token authorization_code: another client gets invalid_grant, before and after the owner redeemed the code, and does no harm (OAuth 2.1 §4.1.3, §7.5.3, checklist 23, 27)', async (t) => {
  const server = await startServer(t)
  const { confidential, tenant } = server
  const authorization = await server.authorize({
    userId: 'ada',
    clientId: confidential.client.clientId,
  })
  for (const thief of [tenant, server.public]) {
    await assertRefused(t, await redeem(server, thief, authorization), 400, 'invalid_grant')
  }
  const tokens = await tokensOf(t, await redeem(server, confidential, authorization))
  for (const thief of [tenant, server.public]) {
    await assertRefused(t, await redeem(server, thief, authorization), 400, 'invalid_grant')
  }
  t.true(await isActive(server, confidential, tokens.access_token))
  t.true(await isActive(server, confidential, tokens.refresh_token))
})

test('POST /oauth/token authorization_code: redirect_uri may be left out or empty (OAuth 2.1 §10.2, checklist 26)', async (t) => {
  const server = await startServer(t)
  const { confidential } = server
  const { clientId } = confidential.client
  for (const redirectUri of [undefined, '']) {
    const authorization = await server.authorize({ userId: 'ada', clientId })
    await tokensOf(
      t,
      await redeem(server, confidential, authorization, { redirect_uri: redirectUri }),
    )
  }
})

test('POST /oauth/token authorization_code: another registered redirect_uri than the one of the request is invalid_grant (OAuth 2.1 §10.2)', async (t) => {
  const server = await startServer(t)
  const client = await server.registerClient({
    name: 'Two callbacks',
    clientType: 'PUBLIC',
    scopes: ['interview:read'],
    redirectUris: ['https://spa.example/one', 'https://spa.example/two'],
  })
  const authorization = await server.authorize({
    userId: 'ada',
    clientId: client.client.clientId,
  })
  const changes = { redirect_uri: 'https://spa.example/two' }
  await assertRefused(t, await redeem(server, client, authorization, changes), 400, 'invalid_grant')
})

test('POST /oauth/token authorization_code: a code lives for less than 60 seconds (ASVS 10.4.3, checklist 24)', async (t) => {
  const server = await startServer(t)
  const { confidential } = server
  const { clientId } = confidential.client
  const inTime = await server.authorize({ userId: 'ada', clientId })
  server.clock.advance(59)
  await tokensOf(t, await redeem(server, confidential, inTime))

  const late = await server.authorize({ userId: 'ada', clientId })
  server.clock.advance(60)
  await assertRefused(t, await redeem(server, confidential, late), 400, 'invalid_grant')
})

test('POST /oauth/token authorization_code: a code that was never issued is invalid_grant, a missing one invalid_request (RFC 6749 §5.2)', async (t) => {
  const server = await startServer(t)
  const { confidential } = server
  const authorization = await server.authorize({
    userId: 'ada',
    clientId: confidential.client.clientId,
  })
  const answers = [
    { code: 'A'.repeat(43), status: 400, error: 'invalid_grant' },
    { code: `${authorization.code}A`, status: 400, error: 'invalid_grant' },
    { code: 'x'.repeat(20_000), status: 400, error: 'invalid_grant' },
    { code: '\u0000’', status: 400, error: 'invalid_grant' },
    { code: '', status: 400, error: 'invalid_request' },
    { code: undefined, status: 400, error: 'invalid_request' },
  ]
  for (const { code, status, error } of answers) {
    const response = await redeem(server, confidential, authorization, { code })
    await assertRefused(t, response, status, error)
  }
})

test('POST /oauth/token authorization_code: a wrong resource is invalid_target and costs neither code nor tokens; the right one is fine (RFC 8707 §2)', async (t) => {
  const server = await startServer(t)
  const { confidential } = server
  const authorization = await server.authorize({
    userId: 'ada',
    clientId: confidential.client.clientId,
  })
  const wrong = { resource: 'https://other.example' }
  await assertRefused(
    t,
    await redeem(server, confidential, authorization, wrong),
    400,
    'invalid_target',
  )
  const right = { resource: server.issuer }
  const tokens = await tokensOf(t, await redeem(server, confidential, authorization, right))
  await assertRefused(
    t,
    await redeem(server, confidential, authorization, wrong),
    400,
    'invalid_target',
  )
  t.true(await isActive(server, confidential, tokens.access_token))
})

test('POST /oauth/token authorization_code: knowing only the code is not enough to forge a used refresh token and revoke the family (OAuth 2.1 §7.5.3)', async (t) => {
  const server = await startServer(t)
  const authorization = await server.authorize({
    userId: 'ada',
    clientId: server.public.client.clientId,
  })
  const tokens = await tokensOf(t, await redeem(server, server.public, authorization))

  const fromTheCode = createHash('sha256').update(`token-family\0${authorization.code}`).digest()
  const forged = createRefreshToken(createConsentId(), fromTheCode)
  await assertRefused(t, await refresh(server, server.public, forged), 400, 'invalid_grant')
  await tokensOf(t, await refresh(server, server.public, tokens.refresh_token))
})
