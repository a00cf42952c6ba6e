import { createMemoryStorage } from '@teamcast/oauth-server/memory'
import test from 'ava'
import { CANDIDATES, INTERVIEWS, startSeveralApis } from '../helpers/several-apis.ts'
import { startServer } from '../helpers/start-server.ts'
import {
  decodeJwt,
  introspect,
  isActive,
  requestClientCredentials,
  revoke,
  tokensOf,
} from '../helpers/token-requests.ts'

const INACTIVE = { active: false }

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

test('POST /oauth/introspect: a client that is in no resourceServerClientIds is no resource server, whatever its name', async (t) => {
  const server = await startServer(t)
  const { clientId } = server.confidential.client
  const tokens = await server.issueTokens({ userId: 'ada', clientId })
  t.deepEqual(await (await introspect(server, server.tenant, tokens.access_token)).json(), INACTIVE)
})

test('POST /oauth/introspect: a PUBLIC client is refused, also one that was named a resource server (RFC 7662 §2.1)', async (t) => {
  const ids: Array<string> = []
  const audience = 'https://api.example'
  const scopes = { 'interview:read': 'See', 'interview:create': 'Create', 'candidate:read': 'See' }
  const server = await startServer(t, {
    scopes,
    resources: [{ audience, scopes: Object.keys(scopes), resourceServerClientIds: () => ids }],
  })
  ids.push(server.public.client.clientId)
  const { clientId } = server.confidential.client
  const tokens = await server.issueTokens({ userId: 'ada', clientId })
  t.is((await introspect(server, server.public, tokens.access_token)).status, 401)
})

test('POST /oauth/introspect: a function of the host that fails is a 500 and tells nothing', async (t) => {
  const scopes = { 'interview:read': 'See', 'interview:create': 'Create', 'candidate:read': 'See' }
  const server = await startServer(t, {
    scopes,
    resources: [
      {
        audience: 'https://api.example',
        scopes: Object.keys(scopes),
        resourceServerClientIds() {
          throw new Error('the registry is down')
        },
      },
    ],
  })
  const { clientId } = server.confidential.client
  const tokens = await server.issueTokens({ userId: 'ada', clientId })
  const response = await introspect(server, server.tenant, tokens.access_token)
  t.is(response.status, 500)
  t.is((await response.json()).error, 'server_error')
})
