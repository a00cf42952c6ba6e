import { randomBytes } from 'node:crypto'
import type { RegisteredClient } from '@teamcast/oauth-server'
import test, { type ExecutionContext } from 'ava'
import { createRefreshToken } from '../../lib/tokens/refresh-token.ts'
import { postAs } from '../helpers/requests.ts'
import { type StartedServer, startServer } from '../helpers/start-server.ts'
import {
  assertRefused,
  decodeJwt,
  isActive,
  refresh,
  refreshableTokensOf,
  tokensOf,
} from '../helpers/token-requests.ts'

interface Family {
  /** From first to current. */
  readonly refreshTokens: ReadonlyArray<string>
  readonly accessTokens: ReadonlyArray<string>
  readonly current: string
}

async function rotatedFamily(
  t: ExecutionContext,
  server: StartedServer,
  client: RegisteredClient,
  rotations: number,
): Promise<Family> {
  const first = await server.issueTokens({ userId: 'ada', clientId: client.client.clientId })
  let current = first.refresh_token ?? ''
  const refreshTokens = [current]
  const accessTokens = [first.access_token]
  for (let rotation = 0; rotation < rotations; rotation += 1) {
    const tokens = await refreshableTokensOf(t, await refresh(server, client, current))
    current = tokens.refresh_token
    refreshTokens.push(current)
    accessTokens.push(tokens.access_token)
  }
  return { refreshTokens, accessTokens, current }
}

async function assertRevoked(
  t: ExecutionContext,
  server: StartedServer,
  client: RegisteredClient,
  { current, accessTokens }: Family,
): Promise<void> {
  t.false(await isActive(server, client, current))
  for (const token of accessTokens.slice(-3)) t.false(await isActive(server, client, token))
  await assertRefused(t, await refresh(server, client, current), 400, 'invalid_grant')
}

for (const rotations of [1, 5, 50]) {
  const usedTokens = [...new Set([0, Math.floor(rotations / 2), rotations - 1])]
  for (const index of usedTokens) {
    test(`POST /oauth/token refresh_token: reuse of token ${index} after ${rotations} rotations revokes the family (RFC 9700 §4.14.2, checklist 37)`, async (t) => {
      const server = await startServer(t)
      const { confidential } = server
      const family = await rotatedFamily(t, server, confidential, rotations)
      await assertRefused(
        t,
        await refresh(server, confidential, family.refreshTokens[index]),
        400,
        'invalid_grant',
      )
      await assertRevoked(t, server, confidential, family)
    })
  }
}

test('POST /oauth/token refresh_token: reuse hours later still revokes the family (RFC 9700 §4.14.2)', async (t) => {
  const server = await startServer(t)
  const family = await rotatedFamily(t, server, server.public, 2)
  server.clock.advance(20 * 24 * 3600)
  await assertRefused(
    t,
    await refresh(server, server.public, family.refreshTokens[0]),
    400,
    'invalid_grant',
  )
  await assertRefused(t, await refresh(server, server.public, family.current), 400, 'invalid_grant')
})

const OTHERWISE_WRONG = {
  'a scope too wide': { scope: 'interview:delete' },
  'an unknown scope': { scope: 'unknown:scope' },
  'a malformed scope': { scope: 'interview:read\tcandidate:read' },
  'a scope with forbidden characters': { scope: '"é"' },
  'an unknown resource': { resource: 'https://other.example' },
  'a resource that is no URI': { resource: '\u0000' },
}
for (const [name, changes] of Object.entries(OTHERWISE_WRONG)) {
  test(`POST /oauth/token refresh_token: reuse is reuse, also with ${name} (RFC 9700 §4.14.2, checklist 37)`, async (t) => {
    const server = await startServer(t)
    const { confidential } = server
    const family = await rotatedFamily(t, server, confidential, 1)
    const [spent] = family.refreshTokens
    await assertRefused(
      t,
      await refresh(server, confidential, spent, changes),
      400,
      'invalid_grant',
    )
    await assertRevoked(t, server, confidential, family)
  })
}

test('POST /oauth/token refresh_token: reuse is reuse, also when the user was disabled since (RFC 9700 §4.14.2)', async (t) => {
  const server = await startServer(t)
  const { confidential } = server
  const family = await rotatedFamily(t, server, confidential, 1)
  const ada = server.users.get('ada')
  server.users.delete('ada')
  const [spent] = family.refreshTokens
  await assertRefused(t, await refresh(server, confidential, spent), 400, 'invalid_grant')
  if (ada !== undefined) server.users.set('ada', ada)
  await assertRevoked(t, server, confidential, family)
})

test('POST /oauth/token refresh_token: reuse ends one family, not the user’s other device nor the consent (ADR 0002)', async (t) => {
  const server = await startServer(t)
  const { confidential } = server
  const family = await rotatedFamily(t, server, confidential, 1)
  const otherDevice = await rotatedFamily(t, server, confidential, 1)
  await refresh(server, confidential, family.refreshTokens[0])
  await assertRevoked(t, server, confidential, family)
  await tokensOf(t, await refresh(server, confidential, otherDevice.current))
})

test('POST /oauth/token refresh_token: a token forged from grant_id is invalid_grant and does no harm (ADR 0004)', async (t) => {
  const server = await startServer(t)
  const family = await rotatedFamily(t, server, server.public, 1)
  const grantId = String(decodeJwt(family.accessTokens[0] ?? '', 'payload')['grant_id'])
  const consentId = grantId.slice(0, 22)
  const fromId = Buffer.from(grantId.slice(22), 'base64url')
  const forgeries = [
    grantId,
    createRefreshToken(consentId, fromId),
    `tcr_${consentId}${randomBytes(74).toString('base64url').slice(0, 98)}`,
    createRefreshToken(consentId, randomBytes(32)),
  ]
  for (const forged of forgeries) {
    await assertRefused(t, await refresh(server, server.public, forged), 400, 'invalid_grant')
  }
  await tokensOf(t, await refresh(server, server.public, family.current))
})

test('POST /oauth/token refresh_token: a token damaged on its way is invalid_grant and does no harm (ADR 0004)', async (t) => {
  const server = await startServer(t)
  const { current } = await rotatedFamily(t, server, server.public, 1)
  const flip = (index: number) =>
    current.slice(0, index) + (current[index] === 'A' ? 'B' : 'A') + current.slice(index + 1)
  const damaged = [
    ...[4, 30, 47, 60, 80, 99].map(flip),
    current.slice(0, -1),
    `${current}A`,
    `${current} `,
    current.toLowerCase(),
    'x'.repeat(40_000),
    '\u0000',
  ]
  for (const token of damaged) {
    await assertRefused(t, await refresh(server, server.public, token), 400, 'invalid_grant')
  }
  await tokensOf(t, await refresh(server, server.public, current))
})

test('POST /oauth/token refresh_token: another client’s token, current or used, is invalid_grant and does no harm (OAuth 2.1 §4.3, checklist 41)', async (t) => {
  const server = await startServer(t)
  const { confidential } = server
  const family = await rotatedFamily(t, server, confidential, 1)
  for (const thief of [server.public, server.tenant]) {
    for (const token of family.refreshTokens) {
      await assertRefused(t, await refresh(server, thief, token), 400, 'invalid_grant')
    }
  }
  t.true(await isActive(server, confidential, family.accessTokens[1]))
  await tokensOf(t, await refresh(server, confidential, family.current))
})

test('POST /oauth/token refresh_token: a request that was not authenticated does no harm to the family (OAuth 2.1 §4.3.1)', async (t) => {
  const server = await startServer(t)
  const { confidential } = server
  const family = await rotatedFamily(t, server, confidential, 1)
  const impostor = { client: confidential.client, clientSecret: 'wrong' }
  for (const token of family.refreshTokens) {
    await assertRefused(t, await refresh(server, impostor, token), 401, 'invalid_client')
  }
  await tokensOf(t, await refresh(server, confidential, family.current))
})

test('POST /oauth/token refresh_token: an access token or a code is no refresh token (RFC 6749 §5.2)', async (t) => {
  const server = await startServer(t)
  const { confidential } = server
  const { clientId } = confidential.client
  const { access_token: accessToken } = await server.issueTokens({ userId: 'ada', clientId })
  const { code } = await server.authorize({ userId: 'ada', clientId })
  for (const token of [accessToken, code]) {
    await assertRefused(t, await refresh(server, confidential, token), 400, 'invalid_grant')
  }
})

test('POST /oauth/token refresh_token: of 50 parallel uses exactly one succeeds, and its tokens are revoked (RFC 9700 §4.14.2, checklist 38)', async (t) => {
  const server = await startServer(t)
  const { confidential } = server
  const { refresh_token: token = '' } = await server.issueTokens({
    userId: 'ada',
    clientId: confidential.client.clientId,
  })
  const responses = await Promise.all(
    Array.from({ length: 50 }, () => refresh(server, confidential, token)),
  )
  const winners = responses.filter(({ status }) => status === 200)
  t.is(winners.length, 1)
  for (const loser of responses.filter(({ status }) => status !== 200)) {
    await assertRefused(t, loser, 400, 'invalid_grant')
  }
  const tokens = await winners[0]?.json()
  await assertRevoked(t, server, confidential, {
    refreshTokens: [],
    accessTokens: [tokens.access_token],
    current: tokens.refresh_token,
  })
})

test('POST /oauth/token refresh_token: a parameter given twice is refused before anything happens (OAuth 2.1 §3.2, checklist 10)', async (t) => {
  const server = await startServer(t)
  const { client } = server.public
  const { current } = await rotatedFamily(t, server, server.public, 1)
  for (const name of ['refresh_token', 'client_id', 'grant_type', 'scope']) {
    const body = new URLSearchParams({
      client_id: client.clientId,
      grant_type: 'refresh_token',
      refresh_token: current,
      scope: 'interview:read',
    })
    body.append(name, body.get(name) ?? '')
    const response = await fetch(`${server.issuer}/oauth/token`, { method: 'POST', body })
    await assertRefused(t, response, 400, 'invalid_request')
  }
  const sent = await postAs(server.public, `${server.issuer}/oauth/token`, {
    grant_type: 'refresh_token',
    refresh_token: current,
  })
  await tokensOf(t, sent)
})
