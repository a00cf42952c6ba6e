import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import test from 'ava'
import { recordEvents } from '../helpers/record-events.ts'
import { basicCredentials } from '../helpers/requests.ts'
import { CANDIDATES, INTERVIEWS, startSeveralApis } from '../helpers/several-apis.ts'
import { startServer } from '../helpers/start-server.ts'
import { createStoreOpener, STORE_KINDS } from '../helpers/store-kinds.ts'
import {
  changeClient,
  decodeJwt,
  introspect,
  isActive,
  requestClientCredentials,
  revoke,
  tokensOf,
} from '../helpers/token-requests.ts'

const INACTIVE = { active: false }

const stores = createStoreOpener()
test.after.always(() => stores.close())

test('POST /oauth/introspect: a resource server sees the access tokens issued for it, of every client (RFC 7662 §2, §4, checklist 52)', async (t) => {
  const server = await startSeveralApis(t)
  const { clientId } = server.confidential.client
  const ofUser = await server.issueTokens({ userId: 'ada', clientId, scopes: ['interview:create'] })
  const ofClient = await tokensOf(t, await requestClientCredentials(server, server.confidential))
  for (const { access_token: token } of [ofUser, ofClient]) {
    t.is(decodeJwt(token, 'payload')['aud'], INTERVIEWS)
    const response = await introspect(server, server.interviews, token)
    t.deepEqual(await response.json(), {
      active: true,
      token_type: 'Bearer',
      ...decodeJwt(token, 'payload'),
    })
    const elsewhere = await introspect(server, server.candidates, token)
    t.deepEqual(await elsewhere.json(), INACTIVE)
  }
})

test('POST /oauth/introspect: a resource server of one API sees nothing of another’s, and no refresh token (RFC 7662 §4)', async (t) => {
  const server = await startSeveralApis(t)
  const { clientId } = server.confidential.client
  const tokens = await server.issueTokens({ userId: 'ada', clientId, scopes: ['candidate:read'] })
  t.is(decodeJwt(tokens.access_token, 'payload')['aud'], CANDIDATES)
  t.true(await isActive(server, server.candidates, tokens.access_token))
  for (const [asked, token] of [
    [server.interviews, tokens.access_token],
    [server.candidates, tokens.refresh_token],
    [server.interviews, tokens.refresh_token],
    [server.tenant, tokens.access_token],
  ] as const) {
    t.deepEqual(await (await introspect(server, asked, token)).json(), INACTIVE)
  }
})

test('POST /oauth/introspect: a resource server sees that a token was revoked: by itself, with its family, its consent or its client', async (t) => {
  const storage = createMemoryStorage()
  const server = await startSeveralApis(t, { storage })
  const { confidential } = server
  const { clientId } = confidential.client
  const scopes = ['interview:read', 'interview:create']
  const issue = async () => await server.issueTokens({ userId: 'ada', clientId, scopes })
  const ownToken = async () =>
    await tokensOf(t, await requestClientCredentials(server, confidential))
  const endings: ReadonlyArray<[string, () => Promise<{ access_token: string }>]> = [
    [
      'itself',
      async () => {
        const tokens = await issue()
        await revoke(server, confidential, tokens.access_token)
        return tokens
      },
    ],
    [
      'its family',
      async () => {
        const tokens = await issue()
        await revoke(server, confidential, tokens.refresh_token)
        return tokens
      },
    ],
    [
      'its consent',
      async () => {
        const tokens = await issue()
        t.true(await isActive(server, server.interviews, tokens.access_token))
        await storage.consents.delete('ada', clientId)
        return tokens
      },
    ],
    [
      'its client, which acted for itself',
      async () => {
        const tokens = await ownToken()
        t.true(await isActive(server, server.interviews, tokens.access_token))
        await server.authorizationServer.clients.delete(clientId)
        return tokens
      },
    ],
  ]
  for (const [ending, end] of endings) {
    const { access_token: token } = await end()
    t.false(await isActive(server, server.interviews, token), ending)
  }
})

test('POST /oauth/introspect: a client without resourceServerAudiences is no resource server, whatever its name; the audit event says so', async (t) => {
  const { onEvent, settled } = recordEvents()
  const server = await startServer(t, { onEvent })
  const { clientId } = server.confidential.client
  const tokens = await server.issueTokens({ userId: 'ada', clientId })
  t.deepEqual(await (await introspect(server, server.tenant, tokens.access_token)).json(), INACTIVE)
  const refusal = (await settled()).at(-1)
  t.like(refusal, {
    type: 'token.introspected',
    isActive: false,
    reason: 'not-its-resource-server',
  })
  t.is(refusal && 'userId' in refusal ? refusal.userId : undefined, undefined)
  await introspect(server, server.tenant, 'unknown')
  t.false('reason' in ((await settled()).at(-1) ?? {}))
})

for (const kind of STORE_KINDS) {
  test(`POST /oauth/introspect, ${kind}: a client becomes a resource server, and is none any more, without a restart; the feed says what is missing`, async (t) => {
    const storage = await stores.open(kind, t)
    const server = await startServer(t, { storage })
    const { issuer, tenant, authorizationServer } = server
    const { clientId } = tenant.client
    const ofUser = { userId: 'ada', clientId: server.confidential.client.clientId }
    const { access_token: token } = await server.issueTokens(ofUser)
    const readFeed = (): Promise<Response> =>
      fetch(`${issuer}/oauth/revocations`, {
        headers: { authorization: basicCredentials(clientId, tenant.clientSecret ?? '') },
      })
    t.false(await isActive(server, tenant, token))
    const refused = await readFeed()
    t.is(refused.status, 403)
    t.deepEqual(await refused.json(), {
      error: 'unauthorized_client',
      error_description:
        'the client must be a resource server: its resourceServerAudiences are empty',
    })

    await authorizationServer.clients.update(clientId, { resourceServerAudiences: [issuer] })
    t.true(await isActive(server, tenant, token))
    t.is((await readFeed()).status, 200)

    await changeClient(storage, tenant, { resourceServerAudiences: ['https://former.example'] })
    t.false(await isActive(server, tenant, token))
    const { error_description: description } = await (await readFeed()).json()
    t.regex(description, / name no audience of this server$/)

    await authorizationServer.clients.update(clientId, { resourceServerAudiences: null })
    t.deepEqual((await authorizationServer.clients.find(clientId))?.resourceServerAudiences, [])
  })
}

test('POST /oauth/introspect: a PUBLIC client is refused, also one that is stored as a resource server (RFC 7662 §2.1)', async (t) => {
  const storage = createMemoryStorage()
  const server = await startServer(t, { storage })
  const { clientId } = server.public.client
  await changeClient(storage, server.public, { resourceServerAudiences: [server.issuer] })
  const { access_token: token } = await server.issueTokens({ userId: 'ada', clientId })
  t.is((await introspect(server, server.public, token)).status, 401)
})
