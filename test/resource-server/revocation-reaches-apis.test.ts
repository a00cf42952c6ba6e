/** Revocations at the real authorization server, and the three ways in which APIs learn of them. */

import type { RegisteredClient, Storage } from '@teamcast/oauth-server'
import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import {
  type AccessTokenVerifier,
  createAccessTokenVerifier,
  createIntrospectionChecker,
  createRevocationFeed,
  InvalidAccessTokenError,
  type RevocationChecker,
} from '@teamcast/oauth-server/resource-server'
import test, { type ExecutionContext } from 'ava'
import { patientFetch } from '../helpers/patient-fetch.ts'
import { INTERVIEWS, type SeveralApis, startSeveralApis } from '../helpers/several-apis.ts'
import { refresh, requestClientCredentials, revoke, tokensOf } from '../helpers/token-requests.ts'

interface Started {
  readonly server: SeveralApis
  readonly storage: Storage
}

async function start(t: ExecutionContext): Promise<Started> {
  const storage = createMemoryStorage()
  return { server: await startSeveralApis(t, { storage, revocationCacheMilliseconds: 0 }), storage }
}

const credentialsOf = ({ client, clientSecret = '' }: RegisteredClient) => ({
  clientId: client.clientId,
  clientSecret,
})

/** A way in which an API learns of a revocation, and what passes the time until it does. */
interface Way {
  readonly checker: RevocationChecker
  readonly wait: () => Promise<void>
}

const ways: Readonly<Record<string, (started: Started) => Way>> = {
  'in the same process': ({ server }) => ({
    checker: server.authorizationServer.revocations,
    wait: async () => undefined,
  }),
  'by the feed': ({ server }) => {
    const { issuer, clock, interviews } = server
    const options = { issuer, ...credentialsOf(interviews), clock: clock.now, fetch: patientFetch }
    const feed = createRevocationFeed(options)
    return { checker: feed, wait: feed.poll }
  },
  'by introspection': ({ server }) => {
    const { issuer, clock, interviews } = server
    const options = { issuer, ...credentialsOf(interviews), clock: clock.now, fetch: patientFetch }
    return { checker: createIntrospectionChecker(options), wait: async () => undefined }
  },
}

type Tokens = Awaited<ReturnType<SeveralApis['issueTokens']>>

const endings: Readonly<
  Record<string, (started: Started, tokens: Tokens, clientId: string) => Promise<unknown>>
> = {
  'an access token that is revoked': ({ server }, tokens) =>
    revoke(server, server.confidential, tokens.access_token),
  'a family that is revoked': ({ server }, tokens) =>
    revoke(server, server.confidential, tokens.refresh_token),
  async 'a spent refresh token that comes back'({ server }, tokens) {
    await refresh(server, server.confidential, tokens.refresh_token)
    await refresh(server, server.confidential, tokens.refresh_token)
  },
}

function createVerifier(
  { issuer, clock }: SeveralApis,
  revocations: RevocationChecker,
): AccessTokenVerifier {
  const audience = INTERVIEWS
  return createAccessTokenVerifier({ issuer, audience, revocations, clock: clock.now })
}

/** What ends everything that a client has of a user, or at all. */
const endingsOfAll: Readonly<
  Record<string, (server: SeveralApis, clientId: string) => Promise<unknown>>
> = {
  'a connection that its user ends': ({ authorizationServer }, clientId) =>
    authorizationServer.connections.revoke('ada', clientId),
  'a user whose access is ended': ({ authorizationServer }) =>
    authorizationServer.connections.revokeAllOfUser('ada'),
  'a client that is deleted': ({ authorizationServer }, clientId) =>
    authorizationServer.clients.delete(clientId),
}

for (const [way, open] of Object.entries(ways)) {
  for (const [what, end] of Object.entries(endingsOfAll)) {
    test(`${way}, an API refuses all tokens of ${what}, and none of another client`, async (t) => {
      const started = await start(t)
      const { server } = started
      const { checker, wait } = open(started)
      const verifier = createVerifier(server, checker)
      const issueTo = async ({ client: { clientId } }: RegisteredClient) =>
        await server.issueTokens({ userId: 'ada', clientId, scopes: ['interview:create'] })
      const doomed = [await issueTo(server.confidential), await issueTo(server.confidential)]
      await wait()
      for (const tokens of doomed) await verifier.verify(tokens.access_token)

      await end(server, server.confidential.client.clientId)
      server.clock.advance(2)
      const spared = await issueTo(server.tenant)
      await wait()
      for (const tokens of doomed) {
        const error = await t.throwsAsync(verifier.verify(tokens.access_token), {
          instanceOf: InvalidAccessTokenError,
        })
        t.is(error.reason, 'revoked')
      }
      await verifier.verify(spared.access_token)
    })
  }

  for (const [what, end] of Object.entries(endings)) {
    test(`${way}, an API refuses the tokens of ${what}, and no others`, async (t) => {
      const started = await start(t)
      const { server } = started
      const { clientId } = server.confidential.client
      const { checker, wait } = open(started)
      const verifier = createVerifier(server, checker)
      const scopes = ['interview:read', 'interview:create']
      const issue = async () => await server.issueTokens({ userId: 'ada', clientId, scopes })
      const [doomed, spared] = [await issue(), await issue()]
      const ofClient = await requestClientCredentials(server, server.confidential)
      const own = await tokensOf(t, ofClient)
      await wait()
      for (const tokens of [doomed, spared, own]) await verifier.verify(tokens.access_token)

      await end(started, doomed, clientId)
      await wait()
      const error = await t.throwsAsync(verifier.verify(doomed.access_token), {
        instanceOf: InvalidAccessTokenError,
      })
      t.is(error.reason, 'revoked')
      for (const tokens of [spared, own]) await verifier.verify(tokens.access_token)
    })
  }
}
