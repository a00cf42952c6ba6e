/** ID tokens at the code exchange (OpenID Connect Core 1.0 §2, §3.1.3). */

import { createHash } from 'node:crypto'
import test from 'ava'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { recordEvents } from '../helpers/record-events.ts'
import { createStoreOpener, STORE_KINDS } from '../helpers/store-kinds.ts'
import { decodeJwt, redeem, refresh, tokensOf } from '../helpers/token-requests.ts'
import {
  ADA_WITH_CLAIMS,
  askUserinfo,
  IDENTITY,
  signIn,
  startOpenIdConnect,
} from './start-openid-connect.ts'

const stores = createStoreOpener()
test.after.always(() => stores.close())

const PROFILE = {
  name: 'Ada Lovelace',
  picture: 'https://pictures.teamcast.test/ada.png',
  locale: 'en-GB',
  zoneinfo: 'Europe/London',
  updated_at: 1_790_000_000,
}
const EMAIL = { email: 'ada@acme.test', email_verified: true }

const CYCLE: Record<string, unknown> = {}
CYCLE['self'] = CYCLE

/** An object with a member of its own that is named `__proto__`, as `JSON.parse` makes them. */
function ofPrototype(value: unknown): object {
  return Object.defineProperty({}, '__proto__', { value, enumerable: true })
}

for (const kind of STORE_KINDS) {
  test(`POST /oauth/token: with openid there is an ID token that says who signed in, when and for whom (Core §2, §3.1.3.3, ${kind})`, async (t) => {
    const server = await startOpenIdConnect(t, {
      storage: await stores.open(kind, t),
      storageTimeoutMilliseconds: 30_000, // many tests share the machine
    })
    const signedInAt = server.clock.now()
    const { confidential } = server
    const { tokens } = await signIn(t, server, confidential, { nonce: 'n-0S6_WzA2Mj' })
    const keys = createRemoteJWKSet(new URL(`${server.issuer}/.well-known/jwks.json`))
    const { payload, protectedHeader } = await jwtVerify(tokens.id_token ?? '', keys, {
      currentDate: new Date(server.clock.now() * 1000),
    })
    t.like(protectedHeader, { alg: 'RS256', typ: 'JWT' })
    const hash = createHash('sha256').update(tokens.access_token).digest()
    t.deepEqual(payload, {
      iss: server.issuer,
      sub: 'ada',
      aud: confidential.client.clientId,
      iat: signedInAt,
      exp: signedInAt + 3600,
      auth_time: signedInAt,
      nonce: 'n-0S6_WzA2Mj',
      at_hash: hash.subarray(0, 16).toString('base64url'),
      tenant_id: 'acme',
      ...PROFILE,
      ...EMAIL,
    })
  })
}

test('POST /oauth/token: the granted scopes decide which claims the ID token has (Core §5.4)', async (t) => {
  const server = await startOpenIdConnect(t)
  const claimsWith = async (scope: string): Promise<object> => {
    const { idToken } = await signIn(t, server, server.confidential, { scope })
    const { iss, sub, aud, iat, exp, auth_time, at_hash, tenant_id, ...claims } = idToken
    t.is(sub, 'ada')
    t.is(tenant_id, 'acme')
    return claims
  }
  t.deepEqual(await claimsWith('openid'), {})
  t.deepEqual(await claimsWith('openid profile'), PROFILE)
  t.deepEqual(await claimsWith('openid email interview:read'), EMAIL)
})

test('POST /oauth/token: a claim that the host does not have is absent, never null (Core §5.3.2)', async (t) => {
  const server = await startOpenIdConnect(t)
  server.users.set('ada', {
    ...ADA_WITH_CLAIMS,
    name: '',
    picture: '',
    zoneinfo: undefined,
    locale: null as unknown as string,
  })
  const { idToken } = await signIn(t, server, server.confidential)
  t.deepEqual(
    Object.keys(idToken).filter((name) => ['name', 'picture', 'locale', 'zoneinfo'].includes(name)),
    [],
  )
  t.is(idToken['email_verified'], true)
})

test('openIdConnect.claims: only the claims that it names are read and sent', async (t) => {
  const server = await startOpenIdConnect(t, { openIdConnect: { claims: ['picture'] } })
  // Nothing is expected of members that are not read: a host may have a member of that name.
  server.users.set('ada', { ...ADA_WITH_CLAIMS, updatedAt: new Date() as unknown as number })
  const { idToken } = await signIn(t, server, server.confidential)
  t.is(idToken['picture'], PROFILE.picture)
  t.is(idToken['updated_at'], undefined)
  t.is(idToken['email_verified'], undefined)
})

test('openIdConnect.idTokenClaims: userinfo-only leaves the claims about the user to userinfo', async (t) => {
  const server = await startOpenIdConnect(t, {
    openIdConnect: {
      idTokenClaims: 'userinfo-only',
      additionalClaims: () => ({ 'https://teamcast.ai/role': 'recruiter' }),
    },
  })
  const { idToken, tokens } = await signIn(t, server, server.confidential)
  t.deepEqual(Object.keys(idToken).sort(), [
    ...['at_hash', 'aud', 'auth_time', 'exp', 'iat', 'iss', 'sub', 'tenant_id'],
  ])
  const response = await fetch(`${server.issuer}/oauth/userinfo`, {
    headers: { authorization: `Bearer ${tokens.access_token}` },
  })
  t.like(await response.json(), { ...PROFILE, ...EMAIL, 'https://teamcast.ai/role': 'recruiter' })
})

test('POST /oauth/token: there is no ID token without openid, nor at a refresh (Core §3.1.3.3, §12.2)', async (t) => {
  const server = await startOpenIdConnect(t)
  const { confidential } = server
  const plain = await signIn(t, server, confidential, { scope: 'interview:read email' })
  t.is(plain.tokens.id_token, undefined)
  const { tokens } = await signIn(t, server, confidential)
  const refreshed = await tokensOf(t, await refresh(server, confidential, tokens.refresh_token))
  t.false('id_token' in refreshed)
  t.is(refreshed.scope, IDENTITY.join(' '))
})

test('POST /oauth/token: the host’s own claims stand in the ID token, and override none (Core §5.1.2)', async (t) => {
  const requests: Array<unknown> = []
  const server = await startOpenIdConnect(t, {
    openIdConnect: {
      additionalClaims: async (user, { client, scopes, destination }) => {
        requests.push({ userId: user.userId, client: client.name, scopes, destination })
        return {
          'https://teamcast.ai/role': 'recruiter',
          'urn:teams': ['a'],
          'urn:none': undefined,
        }
      },
    },
  })
  const { idToken } = await signIn(t, server, server.confidential)
  t.like(idToken, { sub: 'ada', 'https://teamcast.ai/role': 'recruiter' })
  t.deepEqual(idToken['urn:teams'], ['a'])
  t.false('urn:none' in idToken)
  t.deepEqual(requests, [
    { userId: 'ada', client: 'Acme Recruiter', scopes: IDENTITY, destination: 'id-token' },
  ])
})

for (const [what, result] of Object.entries<unknown>({
  'a claim of a protocol': { sub: 'grace' },
  'a name without a namespace': { role: 'admin' },
  'a value that is no JSON': { 'urn:role': () => 'admin' },
  'a Date': { 'urn:since': new Date(0) },
  'a claim named __proto__': ofPrototype({ sub: 'grace' }),
  'a value that contains itself': { 'urn:self': CYCLE },
  'a value that no JSON has below __proto__': { 'urn:role': ofPrototype(1n) },
  nothing: undefined,
  'a text': 'recruiter',
})) {
  test(`POST /oauth/token: when additionalClaims returns ${what}, there are no tokens, and the code stays good`, async (t) => {
    const { onEvent, settled } = recordEvents()
    let current = result
    const server = await startOpenIdConnect(t, {
      onEvent,
      openIdConnect: { additionalClaims: () => current as Record<string, unknown> },
    })
    const { confidential } = server
    const { clientId } = confidential.client
    const authorization = await server.authorize({ userId: 'ada', clientId, scopes: ['openid'] })
    const refused = await redeem(server, confidential, authorization)
    t.is(refused.status, 500)
    t.is((await refused.json()).error, 'server_error')
    current = {}
    const tokens = await tokensOf(t, await redeem(server, confidential, authorization))
    t.true('id_token' in tokens)
    current = result
    const response = await askUserinfo(server, tokens.access_token)
    t.is(response.status, 500)
    t.is((await response.json()).error, 'server_error')
    const events = await settled()
    const failures = events.filter(({ type }) => type === 'server.error')
    t.is(failures.length, 2)
    for (const failure of failures) {
      t.regex(JSON.stringify(failure), /openIdConnect\.additionalClaims must return/)
    }
    t.false(events.some(({ type }) => type === 'userinfo.sent'))
  })
}

test('openIdConnect.additionalClaims: what it does to the user and the scopes that it is given changes no token', async (t) => {
  const server = await startOpenIdConnect(t, {
    openIdConnect: {
      additionalClaims(user, { scopes }) {
        Object.assign(user, { userId: 'grace', tenantId: 'globex' })
        Object.assign(scopes, { 1: 'email' })
        return {}
      },
    },
  })
  server.users.set('ada', { ...ADA_WITH_CLAIMS })
  const { idToken, tokens } = await signIn(t, server, server.confidential, { scope: 'openid' })
  t.like(idToken, { sub: 'ada', tenant_id: 'acme', email: undefined })
  t.is(tokens.scope, 'openid')
})

for (const [member, value] of Object.entries<unknown>({
  picture: 'javascript:alert(1)',
  emailVerified: 'yes',
  locale: 7,
  zoneinfo: {},
  updatedAt: 1_790_000_000_000,
})) {
  test(`findUser: a ${member} that the server does not understand admits nobody`, async (t) => {
    const server = await startOpenIdConnect(t)
    const { confidential } = server
    const { clientId } = confidential.client
    const authorization = await server.authorize({ userId: 'ada', clientId, scopes: ['openid'] })
    server.users.set('ada', { ...ADA_WITH_CLAIMS, [member]: value })
    t.is((await redeem(server, confidential, authorization)).status, 500)
    server.users.set('ada', ADA_WITH_CLAIMS)
    t.is((await redeem(server, confidential, authorization)).status, 200)
  })
}

test('POST /oauth/token: a client that has lost openid gets no ID token', async (t) => {
  const server = await startOpenIdConnect(t)
  const { confidential } = server
  const { clientId } = confidential.client
  const scopes = ['openid', 'interview:read']
  const authorization = await server.authorize({ userId: 'ada', clientId, scopes })
  await server.authorizationServer.clients.update(clientId, { scopes: ['interview:read'] })
  const tokens = await tokensOf(t, await redeem(server, confidential, authorization))
  t.false('id_token' in tokens)
  t.is(tokens.scope, 'interview:read')
})

// ————— audiences (ADR 0026) —————

const APIS = {
  resources: [
    { audience: 'https://interviews.teamcast.test', scopes: ['interview:read'] },
    { audience: 'https://candidates.teamcast.test', scopes: ['candidate:read'] },
  ],
  scopes: { 'interview:read': 'See interviews', 'candidate:read': 'See candidates' },
}

test('access token: identity scopes alone are for userinfo and no API; beside others they are for the API', async (t) => {
  const server = await startOpenIdConnect(t, {
    ...APIS,
    clients: [
      {
        name: 'Acme Recruiter',
        clientType: 'CONFIDENTIAL',
        scopes: [...IDENTITY, 'interview:read', 'candidate:read'],
        redirectUris: ['https://recruiter.example/callback'],
      },
      {
        name: 'Another',
        clientType: 'CONFIDENTIAL',
        scopes: ['openid'],
        redirectUris: ['https://a.example/'],
      },
    ],
  })
  const targetOf = async (scope: string, resource?: string): Promise<ReadonlyArray<unknown>> => {
    const parameters = { scope, ...(resource === undefined ? {} : { resource }) }
    const { tokens } = await signIn(t, server, server.confidential, parameters)
    const { aud, scope: granted } = decodeJwt(tokens.access_token, 'payload')
    return [aud, granted]
  }
  const userinfo = `${server.issuer}/oauth/userinfo`
  t.deepEqual(await targetOf('openid email'), [userinfo, 'openid email'])
  t.deepEqual(await targetOf('openid email', userinfo), [userinfo, 'openid email'])
  const [interviews, candidates] = APIS.resources.map(({ audience }) => audience)
  t.deepEqual(await targetOf('openid candidate:read'), [candidates, 'openid candidate:read'])
  t.deepEqual(await targetOf('openid candidate:read', candidates), [
    candidates,
    'openid candidate:read',
  ])
  // None accepts all: the first that accepts any, as ever, and not userinfo.
  t.deepEqual(await targetOf('email openid interview:read candidate:read'), [
    interviews,
    'email openid interview:read',
  ])
  const refused = ({ message }: Error): boolean => message.includes('invalid_scope')
  t.true(refused(await t.throwsAsync(targetOf('openid email', interviews))))
  t.true(refused(await t.throwsAsync(targetOf('openid candidate:read', userinfo))))
})

test('POST /oauth/token: a refresh may narrow a token to identity scopes, which is then for userinfo', async (t) => {
  const server = await startOpenIdConnect(t)
  const { confidential } = server
  const { tokens } = await signIn(t, server, confidential, {
    scope: 'openid interview:read',
    resource: server.issuer,
  })
  const response = await refresh(server, confidential, tokens.refresh_token, { scope: 'openid' })
  const { aud } = decodeJwt((await tokensOf(t, response)).access_token, 'payload')
  t.is(aud, `${server.issuer}/oauth/userinfo`)
})
