import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { TEAMCAST_SCOPES } from '@teamcast/oauth-server'
import { createAccessTokenVerifier } from '@teamcast/oauth-server/resource-server'
import {
  createUserAgent,
  startTestServer,
  type TestServer,
  type TestServerOptions,
} from '@teamcast/oauth-server/testing'
import test, { type ExecutionContext } from 'ava'
import { decodeJwt, jwtVerify } from 'jose'
import { startOpenIdServer } from '../helpers/openid-connect.ts'
import { recordEvents } from '../helpers/record-events.ts'
import { postAs } from '../helpers/requests.ts'
import {
  ADA,
  CONFIDENTIAL_CLIENT,
  GRACE,
  PUBLIC_CLIENT,
  startServer,
  TENANT_CLIENT,
} from '../helpers/start-server.ts'

async function start(t: ExecutionContext, options: TestServerOptions = {}): Promise<TestServer> {
  const server = await startTestServer(options)
  t.teardown(server.close)
  return server
}

test('startTestServer: needs no options, and listens on a port of its own', async (t) => {
  const [one, other] = await Promise.all([start(t), start(t)])

  t.not(one.issuer, other.issuer)
  t.regex(one.issuer, /^http:\/\/127\.0\.0\.1:\d+$/)
  t.is(one.authorizationServer.issuer, one.issuer)
  t.is((await fetch(`${one.issuer}/.well-known/oauth-authorization-server`)).status, 200)
  t.is(one.users.size, 0)
  t.deepEqual(one.clients, [])
})

test('startTestServer: registers the given clients in their order, and more later', async (t) => {
  const server = await start(t, { clients: [CONFIDENTIAL_CLIENT, PUBLIC_CLIENT] })

  const registered = await server.registerClient(TENANT_CLIENT)

  t.deepEqual(
    server.clients.map(({ client }) => client.name),
    ['Acme Recruiter', 'Acme Browser App'],
  )
  t.deepEqual(
    await server.authorizationServer.clients.find(registered.client.clientId),
    registered.client,
  )
})

test('issueTokens: gives a user’s tokens to any client, with what was asked for', async (t) => {
  const server = await startServer(t)

  for (const { client } of server.clients) {
    const tokens = await server.issueTokens({ userId: 'ada', clientId: client.clientId })
    t.is(tokens.token_type, 'Bearer')
    t.is(tokens.scope, client.scopes.join(' '))
    t.is(typeof tokens.refresh_token, 'string')
    t.like(decodeJwt(tokens.access_token), { sub: 'ada', tenant_id: 'acme' })
  }
  const { clientId } = server.public.client
  const narrowed = await server.issueTokens({
    userId: 'grace',
    clientId,
    scopes: ['interview:create'],
  })
  t.is(narrowed.scope, 'interview:create')
})

test('issueTokens: with openid there is an ID token; without it, or without OpenID Connect, none (OIDC Core §3.1.3.3)', async (t) => {
  const server = await startOpenIdServer(t)
  const { clientId } = server.relyingParty.client
  const { jwks } = server.authorizationServer

  const tokens = await server.issueTokens({ userId: 'ada', clientId, nonce: 'n-0S6' })
  const { payload } = await jwtVerify(tokens.id_token ?? '', jwks, {
    issuer: server.issuer,
    audience: clientId,
    currentDate: new Date(server.clock.now() * 1000),
  })
  t.like(payload, { sub: 'ada', nonce: 'n-0S6', name: ADA.name, email: ADA.email })
  const others = [
    await server.issueTokens({ userId: 'ada', clientId, scopes: ['profile', 'interview:read'] }),
    await server.issueTokens({ userId: 'ada', clientId: server.public.client.clientId }),
  ]
  for (const other of others) t.false('id_token' in other)
})

test('authorize: with maxAgeSeconds the user signs in again when that was longer ago (OIDC Core §3.1.2.1)', async (t) => {
  const server = await startOpenIdServer(t)
  const userAgent = createUserAgent()
  const { clientId } = server.relyingParty.client
  const authTimeWith = async (maxAgeSeconds?: number): Promise<unknown> => {
    const age = maxAgeSeconds === undefined ? {} : { maxAgeSeconds }
    const tokens = await server.issueTokens({ userId: 'ada', clientId, userAgent, ...age })
    return decodeJwt(tokens.id_token ?? '')['auth_time']
  }

  const first = await authTimeWith()
  server.clock.advance(60)
  t.is(await authTimeWith(), first)
  t.is(await authTimeWith(60), first)
  t.is(await authTimeWith(59), server.clock.now())
  server.clock.advance(1)
  t.is(await authTimeWith(0), server.clock.now())
})

test('issueAccessToken: identity scopes alone are for userinfo, beside others for the API that accepts all of those', async (t) => {
  const server = await startOpenIdServer(t, {
    resources: [
      { audience: 'https://a.example', scopes: ['interview:read'] },
      { audience: 'https://b.example', scopes: Object.keys(TEAMCAST_SCOPES) },
    ],
  })
  const { clientId } = server.relyingParty.client
  const issue = (...scopes: ReadonlyArray<string>): Promise<string> =>
    server.issueAccessToken({ userId: 'ada', clientId, tenantId: 'acme', scopes })
  const audienceOf = async (...scopes: ReadonlyArray<string>): Promise<unknown> =>
    decodeJwt(await issue(...scopes)).aud

  const userinfo = `${server.issuer}/oauth/userinfo`
  t.is(await audienceOf('openid', 'email'), userinfo)
  t.is(await audienceOf('openid', 'interview:read'), 'https://a.example')
  t.is(await audienceOf('openid', 'interview:read', 'interview:create'), 'https://b.example')
  t.is(await audienceOf('no-such-scope'), 'https://a.example')
  const headers = { authorization: `Bearer ${await issue('openid', 'email')}` }
  t.deepEqual(await (await fetch(userinfo, { headers })).json(), {
    sub: 'ada',
    tenant_id: 'acme',
    email: ADA.email,
  })
})

test('authorize: returns a code and what redeems it, once', async (t) => {
  const server = await startServer(t)
  const { code, codeVerifier, redirectUri } = await server.authorize({
    userId: 'ada',
    clientId: server.public.client.clientId,
  })
  const redeem = (): Promise<Response> =>
    postAs(server.public, `${server.issuer}/oauth/token`, {
      grant_type: 'authorization_code',
      code,
      code_verifier: codeVerifier,
      redirect_uri: redirectUri,
    })

  t.is((await redeem()).status, 200)
  t.is((await redeem()).status, 400)
})

test('authorize: goes on with the cookies of a user agent', async (t) => {
  const { onEvent, settled } = recordEvents()
  const server = await startServer(t, { onEvent })
  const userAgent = createUserAgent()
  const { clientId } = server.confidential.client

  await server.authorize({ userId: 'ada', clientId, userAgent })
  await server.authorize({ userId: 'ada', clientId, userAgent })

  const signIns = (await settled()).filter(({ type }) => type === 'user.signed-in')
  t.is(signIns.length, 1)
})

test('users: one that is deleted is disabled, one that is set can sign in with its own password', async (t) => {
  const server = await startServer(t)
  const { clientId } = server.confidential.client
  const alan = { ...ADA, userId: 'alan', email: 'alan@acme.test', password: 'enigma' }

  server.users.set('alan', alan)
  const tokens = await server.issueTokens({ userId: 'alan', clientId })
  server.users.delete('alan')

  t.is(decodeJwt(tokens.access_token).sub, 'alan')
  const refreshed = await postAs(server.confidential, `${server.issuer}/oauth/token`, {
    grant_type: 'refresh_token',
    refresh_token: tokens.refresh_token,
  })
  t.is(refreshed.status, 400)
})

test('clock: stands still until it is moved, and everything uses it', async (t) => {
  const server = await startServer(t)
  const introspect = async (token: string): Promise<unknown> =>
    (await postAs(server.confidential, `${server.issuer}/oauth/introspect`, { token })).json()
  server.clock.set(1_700_000_000)
  const tokens = await server.issueTokens({
    userId: 'ada',
    clientId: server.confidential.client.clientId,
  })
  t.like(decodeJwt(tokens.access_token), { iat: 1_700_000_000, exp: 1_700_000_900 })

  server.clock.advance(899)
  t.like(await introspect(tokens.access_token), { active: true })
  server.clock.advance(1)
  t.is(server.clock.now(), 1_700_000_900)
  t.deepEqual(await introspect(tokens.access_token), { active: false })
})

test('clock: a clock of the test’s own is used instead', async (t) => {
  const server = await startServer(t, { clock: () => 1_600_000_000 })

  const token = await server.issueAccessToken({ clientId: 'any', scopes: ['interview:read'] })

  t.is(decodeJwt(token).iat, 1_600_000_000)
})

test('issueAccessToken: a resource server accepts it, for anybody and anything', async (t) => {
  const server = await start(t, { issuerPath: '/auth' })
  const audience = 'https://api.example'
  const verifier = createAccessTokenVerifier({ issuer: server.issuer, audience })

  const token = await server.issueAccessToken({
    userId: 'somebody',
    clientId: 'some-client',
    tenantId: 'some-tenant',
    scopes: ['interview:read'],
    audience,
    ttlSeconds: 60,
  })

  await t.notThrowsAsync(verifier.verify(token))
  const { iat, exp, ...claims } = decodeJwt(token)
  t.is(Number(exp) - Number(iat), 60)
  t.like(claims, {
    iss: server.issuer,
    aud: audience,
    sub: 'somebody',
    client_id: 'some-client',
    tenant_id: 'some-tenant',
    scope: 'interview:read',
  })
})

test('issueAccessToken: without a user it is the client’s own, for the server’s audience', async (t) => {
  const server = await start(t, { audience: 'https://api.example' })

  const token = await server.issueAccessToken({ clientId: 'a-client', scopes: ['interview:read'] })

  t.like(decodeJwt(token), { sub: 'a-client', aud: 'https://api.example' })
})

test('issuerPath: everything is below it', async (t) => {
  const server = await startServer(t, { issuerPath: '/auth' })

  const tokens = await server.issueTokens({
    userId: 'ada',
    clientId: server.confidential.client.clientId,
  })

  t.true(server.issuer.endsWith('/auth'))
  t.is(decodeJwt(tokens.access_token).iss, server.issuer)
})

test('close: stops listening, with connections open or not', async (t) => {
  const server = await startTestServer()
  await fetch(`${server.issuer}/.well-known/jwks.json`)

  await server.close()

  await t.throwsAsync(fetch(`${server.issuer}/.well-known/jwks.json`))
})

test('authorize: says that there is no such user, no such client, or no redirect URI', async (t) => {
  const server = await startServer(t)
  const { clientId } = server.confidential.client
  const { client: machine } = await server.registerClient({
    ...CONFIDENTIAL_CLIENT,
    redirectUris: [],
    allowedGrantTypes: ['client_credentials'],
  })

  await t.throwsAsync(server.authorize({ userId: 'nobody', clientId }), {
    message: 'there is no user "nobody"',
  })
  await t.throwsAsync(server.issueTokens({ userId: 'ada', clientId: 'nothing' }), {
    message: 'there is no client "nothing"',
  })
  await t.throwsAsync(server.authorize({ userId: 'ada', clientId: machine.clientId }), {
    message: `client "${machine.clientId}" has no redirect URI`,
  })
})

test('authorize: says which redirect URI is not registered, and what the server responded', async (t) => {
  const server = await startServer(t)
  const { clientId } = server.confidential.client

  await t.throwsAsync(
    server.authorize({ userId: 'ada', clientId, redirectUri: 'https://other.example/' }),
    { message: /"https:\/\/other\.example\/" is not a redirect URI of client/ },
  )
  await t.throwsAsync(server.authorize({ userId: 'ada', clientId, scopes: ['interview:delete'] }), {
    message: /^invalid_scope: /,
  })
  await t.throwsAsync(
    server.authorize({ userId: GRACE.userId, clientId: server.tenant.client.clientId }),
    { message: /^the server responded with 403: / },
  )
})

test('startTestServer: what is wrong with options and clients is said, and the process can end', async (t) => {
  const script = `
    import { startTestServer } from '@teamcast/oauth-server/testing'
    for (const options of [{ cookieKeys: [] }, { clients: [{ name: 'ab' }] }, { nonsense: true }]) {
      await startTestServer(options).catch(({ code }) => console.log(code))
    }
  `
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ['--conditions=teamcast-source', '--input-type=module', '--eval', script],
    { timeout: 120_000 },
  )

  t.deepEqual(stdout.trim().split('\n'), [
    'ERR_CONFIGURATION_INVALID',
    'ERR_CLIENT_METADATA_INVALID',
    'ERR_CONFIGURATION_INVALID',
  ])
  t.is(stderr, '')
})
