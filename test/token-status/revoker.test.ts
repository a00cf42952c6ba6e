import type { Revocation, Storage, TokenFamilyStore } from '@teamcast/oauth-server'
import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import test, { type ExecutionContext } from 'ava'
import { StorageError } from '../../lib/errors.ts'
import { type StartedServer, startServer } from '../helpers/start-server.ts'
import {
  assertRefused,
  decodeJwt,
  isActive,
  redeem,
  refresh,
  refreshableTokensOf,
  requestClientCredentials,
  revoke,
  tokensOf,
} from '../helpers/token-requests.ts'

const DAY_SECONDS = 86_400

interface Watched {
  readonly server: StartedServer
  readonly storage: Storage
  /** Everything that was revoked and may still matter. */
  readonly told: () => Promise<ReadonlyArray<Revocation>>
}

async function startWatched(
  t: ExecutionContext,
  change: (storage: Storage) => Storage = (storage) => storage,
): Promise<Watched> {
  const storage = createMemoryStorage()
  const server = await startServer(t, { storage: change(storage) })
  const told = async (): Promise<ReadonlyArray<Revocation>> =>
    (await storage.revocations.list({ limit: 100 }, server.clock.now())).items
  return { server, storage, told }
}

async function issue(
  t: ExecutionContext,
  { confidential, issueTokens }: StartedServer,
): Promise<{ accessToken: string; refreshToken: string; familyId: string }> {
  const { clientId } = confidential.client
  const tokens = await issueTokens({ userId: 'ada', clientId })
  const { grant_id: familyId } = decodeJwt(tokens.access_token, 'payload')
  t.truthy(tokens.refresh_token)
  return {
    accessToken: tokens.access_token,
    refreshToken: tokens.refresh_token ?? '',
    familyId: String(familyId),
  }
}

test('an access token that is revoked is in the feed until it expires', async (t) => {
  const { server, told } = await startWatched(t)
  const response = await requestClientCredentials(server, server.confidential)
  const { access_token: token } = await tokensOf(t, response)
  await revoke(server, server.confidential, token)
  const { jti, exp } = decodeJwt(token, 'payload')
  t.deepEqual(await told(), [{ kind: 'access-token', id: jti, expiresAt: exp }])
  server.clock.advance(900)
  t.deepEqual(await told(), [])
})

test('a family whose refresh token is revoked is in the feed for as long as an access token can live', async (t) => {
  const { server, told } = await startWatched(t)
  const { refreshToken, familyId } = await issue(t, server)
  await revoke(server, server.confidential, refreshToken)
  const expiresAt = server.clock.now() + DAY_SECONDS
  t.deepEqual(await told(), [{ kind: 'family', id: familyId, expiresAt }])
  server.clock.advance(DAY_SECONDS)
  t.deepEqual(await told(), [])
})

test('a family whose spent refresh token comes back is in the feed (RFC 9700 §4.14.2)', async (t) => {
  const { server, told } = await startWatched(t)
  const { refreshToken, familyId } = await issue(t, server)
  await tokensOf(t, await refresh(server, server.confidential, refreshToken))
  t.deepEqual(await told(), [])
  await assertRefused(
    t,
    await refresh(server, server.confidential, refreshToken),
    400,
    'invalid_grant',
  )
  t.like(await told(), [{ kind: 'family', id: familyId }])
})

test('a family that the store itself finds reused is in the feed: of two refreshes at once, one is', async (t) => {
  const { server, told } = await startWatched(t, withRendezvous)
  const { refreshToken, familyId } = await issue(t, server)
  const responses = await Promise.all([
    refresh(server, server.confidential, refreshToken),
    refresh(server, server.confidential, refreshToken),
  ])
  t.deepEqual(responses.map(({ status }) => status).sort(), [200, 400])
  t.like(await told(), [{ kind: 'family', id: familyId }])
})

/** Two rotations wait for each other, so that both found the token current. */
function withRendezvous(storage: Storage): Storage {
  const { promise: both, resolve } = Promise.withResolvers<void>()
  let waiting = 0
  const rotate: TokenFamilyStore['rotate'] = async (...parameters) => {
    waiting += 1
    if (waiting === 2) resolve()
    await both
    return await storage.families.rotate(...parameters)
  }
  return { ...storage, families: { ...storage.families, rotate } }
}

test('a family whose code is used again is in the feed (OAuth 2.1 §4.1.3)', async (t) => {
  const { server, told } = await startWatched(t)
  const { confidential } = server
  const { clientId } = confidential.client
  const authorization = await server.authorize({ userId: 'ada', clientId })
  const tokens = await refreshableTokensOf(t, await redeem(server, confidential, authorization))
  t.deepEqual(await told(), [])
  await assertRefused(t, await redeem(server, confidential, authorization), 400, 'invalid_grant')
  const { grant_id: familyId } = decodeJwt(tokens.access_token, 'payload')
  t.like(await told(), [{ kind: 'family', id: familyId }])
})

test('what a client may not revoke, or is none, leaves nothing in the feed', async (t) => {
  const { server, told } = await startWatched(t)
  const { accessToken, refreshToken } = await issue(t, server)
  for (const token of [accessToken, refreshToken, 'none', `${refreshToken}x`]) {
    await revoke(server, server.tenant, token)
  }
  t.deepEqual(await told(), [])
})

test('a family is in the feed before it is revoked: if that fails, resource servers refuse its tokens', async (t) => {
  const { server, told } = await startWatched(t, (storage) => ({
    ...storage,
    families: {
      ...storage.families,
      revoke: async () => {
        throw new StorageError('down')
      },
    },
  }))
  const { refreshToken, familyId } = await issue(t, server)
  t.is((await revoke(server, server.confidential, refreshToken)).status, 503)
  t.like(await told(), [{ kind: 'family', id: familyId }])
})

test('a family that cannot be put into the feed is not revoked: its client is told and tries again', async (t) => {
  let isDown = true
  const { server, told } = await startWatched(t, (storage) => ({
    ...storage,
    revocations: {
      ...storage.revocations,
      async add(revocation) {
        if (isDown) throw new StorageError('down')
        await storage.revocations.add(revocation)
      },
    },
  }))
  const { accessToken, refreshToken, familyId } = await issue(t, server)
  t.is((await revoke(server, server.confidential, refreshToken)).status, 503)
  t.true(await isActive(server, server.confidential, accessToken))
  isDown = false
  t.is((await revoke(server, server.confidential, refreshToken)).status, 200)
  t.false(await isActive(server, server.confidential, accessToken))
  t.like(await told(), [{ kind: 'family', id: familyId }])
})
