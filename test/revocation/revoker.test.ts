import type { Storage } from '@teamcast/oauth-server'
import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import type { Revocation, TokenFamilyStore } from '@teamcast/oauth-server/storage'
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
/** Default lifetime of an access token. */
const TTL_SECONDS = 900
/** For how long a verifier may accept what has expired. */
const TOLERANCE_SECONDS = 300

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

test('an access token that is revoked is in the feed until no verifier accepts it any more', async (t) => {
  const { server, told } = await startWatched(t)
  const response = await requestClientCredentials(server, server.confidential)
  const { access_token: token } = await tokensOf(t, response)
  await revoke(server, server.confidential, token)
  const { jti, exp } = decodeJwt(token, 'payload')
  const expiresAt = Number(exp) + TOLERANCE_SECONDS
  t.deepEqual(await told(), [{ kind: 'access-token', id: jti, expiresAt }])
  server.clock.advance(TTL_SECONDS + TOLERANCE_SECONDS)
  t.deepEqual(await told(), [])
})

test('a family whose refresh token is revoked is in the feed for as long as its access tokens live', async (t) => {
  const { server, told } = await startWatched(t)
  const { refreshToken, familyId } = await issue(t, server)
  await revoke(server, server.confidential, refreshToken)
  const expiresAt = server.clock.now() + TTL_SECONDS + TOLERANCE_SECONDS
  t.deepEqual(await told(), [{ kind: 'family', id: familyId, expiresAt }])
  server.clock.advance(TTL_SECONDS + TOLERANCE_SECONDS)
  t.deepEqual(await told(), [])
})

test('a family whose used refresh token is presented again is in the feed (RFC 9700 §4.14.2)', async (t) => {
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

test('a family whose refresh token is used twice at once is in the feed', async (t) => {
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

test('a token that a client may not revoke, or that is none, adds nothing to the feed', async (t) => {
  const { server, told } = await startWatched(t)
  const { accessToken, refreshToken } = await issue(t, server)
  for (const token of [accessToken, refreshToken, 'none', `${refreshToken}x`]) {
    await revoke(server, server.tenant, token)
  }
  t.deepEqual(await told(), [])
})

/** A storage that revokes no family and adds nothing to the feed while `isDown()`. */
function withoutFeed(storage: Storage, isDown: () => boolean): Storage {
  const { families } = storage
  const revoke: TokenFamilyStore['revoke'] = async (...parameters) => {
    if (isDown()) throw new StorageError('down')
    return await families.revoke(...parameters)
  }
  return { ...storage, families: { ...families, revoke } }
}

test('a family that cannot be put into the feed is not revoked: its client gets an error and tries again', async (t) => {
  let isDown = true
  const { server, told } = await startWatched(t, (storage) => withoutFeed(storage, () => isDown))
  const { accessToken, refreshToken, familyId } = await issue(t, server)
  t.is((await revoke(server, server.confidential, refreshToken)).status, 503)
  t.true(await isActive(server, server.confidential, accessToken))
  isDown = false
  t.is((await revoke(server, server.confidential, refreshToken)).status, 200)
  t.false(await isActive(server, server.confidential, accessToken))
  t.like(await told(), [{ kind: 'family', id: familyId }])
})

/** How long what is told still matters, in seconds. */
function lifetimesOf(
  { server }: Watched,
  revocations: ReadonlyArray<Revocation>,
): ReadonlyArray<number> {
  return revocations.map(({ expiresAt }) => expiresAt - server.clock.now() - TOLERANCE_SECONDS)
}

for (const accessTokenTtlSeconds of [60, 86_400]) {
  test(`what is revoked of a client whose access tokens live ${accessTokenTtlSeconds} seconds is in the feed for as long`, async (t) => {
    const watched = await startWatched(t)
    const { server, told } = watched
    const { clients, connections } = server.authorizationServer
    const { clientId } = server.confidential.client
    await clients.update(clientId, { accessTokenTtlSeconds: 86_400 })
    await clients.update(clientId, { accessTokenTtlSeconds })
    server.clock.advance(DAY_SECONDS + 60) // what was issued before has expired
    const { refreshToken } = await issue(t, server)
    await revoke(server, server.confidential, refreshToken)
    await connections.revoke('ada', clientId)
    await clients.delete(clientId)
    const revocations = await told()
    t.deepEqual(
      revocations.map(({ kind }) => kind),
      ['family', 'consent', 'client'],
    )
    t.deepEqual([...new Set(lifetimesOf(watched, revocations))], [accessTokenTtlSeconds])
  })
}

test('after a client’s access token lifetime became shorter, a revoked consent stays in the feed until the older tokens have expired', async (t) => {
  const watched = await startWatched(t)
  const { server, told } = watched
  const { clients, connections } = server.authorizationServer
  const { clientId } = server.confidential.client
  const lifetimeOfNext = async (): Promise<number | undefined> => {
    await issue(t, server)
    await connections.revoke('ada', clientId)
    return lifetimesOf(watched, await told()).at(-1)
  }
  const change = (accessTokenTtlSeconds: number): Promise<unknown> =>
    clients.update(clientId, { accessTokenTtlSeconds })

  await change(36_000)
  t.is(await lifetimeOfNext(), 36_000)
  await change(7200)
  // Another instance may have remembered the client for a minute.
  t.is(await lifetimeOfNext(), 36_060)
  server.clock.advance(600)
  await change(60)
  t.is(await lifetimeOfNext(), 35_520) // never less than what the changes before had left
  await clients.update(clientId, { name: 'Another name' })
  t.is(await lifetimeOfNext(), 35_520)
  await change(86_400)
  t.is(await lifetimeOfNext(), 86_400)
})

test('a revoked family stays in the feed for as long as its own access tokens live, however the client changes', async (t) => {
  const watched = await startWatched(t)
  const { server, told } = watched
  const { clients } = server.authorizationServer
  const { clientId } = server.confidential.client
  await clients.update(clientId, { accessTokenTtlSeconds: 36_000 })
  const long = await issue(t, server)
  await clients.update(clientId, { accessTokenTtlSeconds: 60 })
  const short = await issue(t, server)
  await revoke(server, server.confidential, short.refreshToken)
  await revoke(server, server.confidential, long.refreshToken)
  t.deepEqual(lifetimesOf(watched, await told()), [60, 36_000])
})

test('a family that is rotated while it is revoked stays in the feed until its last access token has expired', async (t) => {
  const watched = await startWatched(t, (storage) => {
    const { families } = storage
    const revokeRotated: TokenFamilyStore['revoke'] = async (familyId, revocation, now) => {
      const { clientId } = watched.server.confidential.client
      const found = await families.find(familyId, clientId, now)
      const presented = found?.refreshToken
      if (presented === undefined) throw new Error('the family must exist')
      await families.rotate(
        familyId,
        {
          presentedTokenHash: presented.hash,
          requestHash: 'another instance',
          refreshToken: { ...presented, hash: 'successor' },
          replay: undefined,
          accessTokensExpireAt: now + DAY_SECONDS,
          expiresAt: now + DAY_SECONDS,
          deadlineMilliseconds: Number.MAX_SAFE_INTEGER,
        },
        now,
      )
      return await families.revoke(familyId, revocation, now)
    }
    return { ...storage, families: { ...families, revoke: revokeRotated } }
  })
  const { refreshToken } = await issue(t, watched.server)
  await revoke(watched.server, watched.server.confidential, refreshToken)
  t.is(Math.max(...lifetimesOf(watched, await watched.told())), DAY_SECONDS)
})

test('a token that is used twice at once while the feed cannot be written: the family ends when the request is repeated', async (t) => {
  let isDown = true
  const { server, told } = await startWatched(t, (storage) =>
    withRendezvous(withoutFeed(storage, () => isDown)),
  )
  const { accessToken, refreshToken, familyId } = await issue(t, server)
  const responses = await Promise.all([
    refresh(server, server.confidential, refreshToken),
    refresh(server, server.confidential, refreshToken),
  ])
  t.deepEqual(responses.map(({ status }) => status).sort(), [200, 503])
  t.true(await isActive(server, server.confidential, accessToken))
  isDown = false
  t.is((await refresh(server, server.confidential, refreshToken)).status, 400)
  t.false(await isActive(server, server.confidential, accessToken))
  t.like(await told(), [{ kind: 'family', id: familyId }])
})

test('a client is put into the feed right after its deletion: if that fails, deleting it again does', async (t) => {
  let isDown = true
  const watched = await startWatched(t, (memory) => ({
    ...memory,
    revocations: {
      ...memory.revocations,
      async add(revocation) {
        if (isDown) throw new StorageError('down')
        await memory.revocations.add(revocation)
      },
    },
  }))
  const { server, storage, told } = watched
  const { clients } = server.authorizationServer
  const { clientId } = server.confidential.client
  await issue(t, server)
  await t.throwsAsync(clients.delete(clientId), { code: 'ERR_STORAGE' })
  t.is(await clients.find(clientId), undefined)
  t.deepEqual(await told(), [])

  isDown = false
  await t.throwsAsync(clients.delete(clientId), { code: 'ERR_CLIENT_NOT_FOUND' })
  t.like(await told(), [{ kind: 'client', id: clientId }])
  // The lifetime of its access tokens is not known any more.
  t.deepEqual(lifetimesOf(watched, await told()), [DAY_SECONDS])
  t.deepEqual(await storage.consents.listBatch({ clientId }, 10), [])
})

/** What the deletion of a client changes; its version aside, which others change. */
async function stateOf({ server, storage, told }: Watched): Promise<unknown> {
  const { clientId } = server.confidential.client
  return {
    client: { ...(await storage.clients.find(clientId)), version: undefined },
    consents: await storage.consents.listBatch({ clientId }, 10),
    revocations: await told(),
  }
}

const REFUSED_DELETIONS: ReadonlyArray<{
  readonly why: string
  /** What the store does instead of deleting. */
  readonly deleteInStore: (storage: Storage, clientId: string) => Promise<boolean>
  readonly expectedVersion?: number
  readonly code: string
}> = [
  {
    why: 'has another version (412)',
    deleteInStore: async () => false,
    expectedVersion: 7,
    code: 'ERR_PRECONDITION_FAILED',
  },
  {
    why: 'gets another version at that moment (412)',
    async deleteInStore({ clients }, clientId) {
      const client = await clients.find(clientId)
      if (client?.version === 1) await clients.update({ ...client, version: 2 }, 1)
      return await clients.delete(clientId, 1)
    },
    expectedVersion: 1,
    code: 'ERR_PRECONDITION_FAILED',
  },
  {
    why: 'changes whenever it is about to be deleted (409)',
    deleteInStore: async () => false,
    code: 'ERR_CONFLICT',
  },
  {
    why: 'cannot be deleted by the store (503)',
    async deleteInStore() {
      throw new StorageError('down')
    },
    code: 'ERR_STORAGE',
  },
]
for (const { why, deleteInStore, expectedVersion, code } of REFUSED_DELETIONS) {
  test(`the deletion of a client that ${why} changes nothing at all`, async (t) => {
    const watched = await startWatched(t, (memory) => ({
      ...memory,
      clients: { ...memory.clients, delete: (clientId) => deleteInStore(memory, clientId) },
    }))
    const { server } = watched
    const { clientId } = server.confidential.client
    const { accessToken } = await issue(t, server)
    const before = await stateOf(watched)

    const options = expectedVersion === undefined ? {} : { expectedVersion }
    await t.throwsAsync(server.authorizationServer.clients.delete(clientId, options), { code })

    t.deepEqual(await stateOf(watched), before)
    t.deepEqual(await watched.told(), [])
    t.true(await isActive(server, server.confidential, accessToken))
  })
}

test('deleting what cannot be the id of a client adds nothing to the feed', async (t) => {
  const { server, told } = await startWatched(t)
  for (const clientId of ['', 'x'.repeat(300), 'a client\n']) {
    await t.throwsAsync(server.authorizationServer.clients.delete(clientId), {
      code: 'ERR_CLIENT_NOT_FOUND',
    })
  }
  t.deepEqual(await told(), [])
})

test('what a client remembers of an earlier lifetime is not shown', async (t) => {
  const { server, storage } = await startWatched(t)
  const { clients } = server.authorizationServer
  const { clientId } = server.confidential.client
  const changed = await clients.update(clientId, { accessTokenTtlSeconds: 60 })
  const seen = [
    changed,
    await clients.find(clientId),
    ...(await clients.list({ limit: 100 })).items,
  ]
  for (const client of seen) t.false('earlierAccessTokensExpireAt' in (client ?? {}))
  t.is(
    (await storage.clients.find(clientId))?.earlierAccessTokensExpireAt,
    server.clock.now() + 960,
  )
})

test('a lifetime that becomes longer while a connection or the client itself is revoked is that of its entry', async (t) => {
  let isArmed = false
  const lengthen = async ({ clients }: Storage, clientId: string): Promise<void> => {
    const client = await clients.find(clientId)
    if (!isArmed || client === undefined) return
    isArmed = false
    const { version } = client
    await clients.update(
      { ...client, accessTokenTtlSeconds: 86_400, version: version + 1 },
      version,
    )
  }
  for (const kind of ['consent', 'client'] as const) {
    let clientId = ''
    const watched = await startWatched(t, (storage) => ({
      ...storage,
      consents: {
        ...storage.consents,
        async delete(...parameters) {
          await lengthen(storage, clientId)
          return await storage.consents.delete(...parameters)
        },
      },
      clients: {
        ...storage.clients,
        async delete(...parameters) {
          await lengthen(storage, clientId)
          return await storage.clients.delete(...parameters)
        },
      },
    }))
    const { server, told } = watched
    clientId = server.confidential.client.clientId
    const { clients, connections } = server.authorizationServer
    await issue(t, server)
    isArmed = true
    if (kind === 'consent') t.true(await connections.revoke('ada', clientId))
    if (kind === 'client') await clients.delete(clientId)

    const [longest] = (await told()).toSorted((left, right) => right.expiresAt - left.expiresAt)
    t.is(longest?.kind, kind)
    t.is(longest?.expiresAt, server.clock.now() + 86_400 + TOLERANCE_SECONDS)
  }
})
