import {
  createAuthorizationServer,
  type Storage,
  type TokenRevocations,
} from '@teamcast/oauth-server'
import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import { createAccessTokenVerifier } from '@teamcast/oauth-server/resource-server'
import test, { type ExecutionContext } from 'ava'
import { StorageError } from '../../lib/errors.ts'
import { type StartedServer, startServer } from '../helpers/start-server.ts'
import { requestClientCredentials, revoke, tokensOf } from '../helpers/token-requests.ts'
import { validOptions } from '../helpers/valid-options.ts'

interface Checked {
  readonly server: StartedServer
  readonly storage: Storage
  /** Whether the server says that a token was revoked. */
  readonly isRevoked: (token: string) => Promise<boolean>
}

async function start(t: ExecutionContext, revocationCacheMilliseconds = 0): Promise<Checked> {
  const storage = createMemoryStorage()
  const server = await startServer(t, { storage, revocationCacheMilliseconds })
  const { issuer, clock, authorizationServer } = server
  const verifier = createAccessTokenVerifier({ issuer, audience: issuer, clock: clock.now })
  const isRevoked = async (token: string): Promise<boolean> =>
    await authorizationServer.revocations.isRevoked(await verifier.verify(token))
  return { server, storage, isRevoked }
}

const endings: Readonly<
  Record<string, (checked: Checked, tokens: Tokens, clientId: string) => Promise<unknown>>
> = {
  'by itself': async ({ server }, tokens) =>
    await revoke(server, server.confidential, tokens.access_token),
  'with its family': async ({ server }, tokens) =>
    await revoke(server, server.confidential, tokens.refresh_token),
  'with its consent': async ({ storage }, _tokens, clientId) =>
    await storage.consents.delete('ada', clientId),
  'with its client': async ({ server }, _tokens, clientId) =>
    await server.authorizationServer.clients.delete(clientId),
}
type Tokens = Awaited<ReturnType<StartedServer['issueTokens']>>

for (const [how, end] of Object.entries(endings)) {
  test(`server.revocations: a token that was revoked ${how} is`, async (t) => {
    const checked = await start(t)
    const { clientId } = checked.server.confidential.client
    const tokens = await checked.server.issueTokens({ userId: 'ada', clientId })
    t.false(await checked.isRevoked(tokens.access_token))
    await end(checked, tokens, clientId)
    t.true(await checked.isRevoked(tokens.access_token))
  })
}

test('server.revocations: a client’s own token is revoked with its client', async (t) => {
  const { server, isRevoked } = await start(t)
  const { confidential } = server
  const { access_token: token } = await tokensOf(
    t,
    await requestClientCredentials(server, confidential),
  )
  t.false(await isRevoked(token))
  await server.authorizationServer.clients.delete(confidential.client.clientId)
  t.true(await isRevoked(token))
})

test('server.revocations: a token whose key was revoked is revoked', async (t) => {
  const storage = createMemoryStorage()
  const server = await startServer(t, { storage, revocationCacheMilliseconds: 0 })
  const { clientId } = server.confidential.client
  const { revocations } = server.authorizationServer
  const token = { tokenId: 'jti-1', familyId: undefined, clientId, keyId: 'key-1' }
  t.false(await revocations.isRevoked(token))
  const expiresAt = server.clock.now() + 60
  await storage.revocations.add({ kind: 'signing-key', id: 'key-1', expiresAt })
  t.true(await revocations.isRevoked(token))
  t.false(await revocations.isRevoked({ ...token, tokenId: 'jti-2', keyId: 'key-2' }))
})

test('server.revocations: a token that was not revoked a moment ago is not looked up again', async (t) => {
  const { server, storage, isRevoked } = await start(t, 60_000)
  const { clientId } = server.confidential.client
  const tokens = await server.issueTokens({ userId: 'ada', clientId })
  t.false(await isRevoked(tokens.access_token))
  await storage.consents.delete('ada', clientId)
  t.false(await isRevoked(tokens.access_token))
})

test('server.revocations: a storage that does not respond is an error, never "not revoked"', async (t) => {
  const storage = createMemoryStorage()
  const down = (changes: Partial<Storage>): TokenRevocations =>
    createAuthorizationServer({ ...validOptions(), storage: { ...storage, ...changes } })
      .revocations
  const fail = async (): Promise<never> => {
    throw new StorageError('down')
  }
  const token = { tokenId: 'jti-1', familyId: 'family-1', clientId: 'client-1', keyId: 'key-1' }
  for (const checker of [
    down({ revocations: { ...storage.revocations, has: fail } }),
    down({ families: { ...storage.families, find: fail } }),
  ]) {
    await t.throwsAsync(checker.isRevoked(token), { instanceOf: StorageError })
  }
})
