import test from 'ava'
import * as client from 'openid-client'
import { startBrowser } from '../helpers/browser.ts'
import { ADA, CONFIDENTIAL_CLIENT, startServer } from '../helpers/start-server.ts'
import { type AuthMethod, INTEROP_CASES, type Interop, startInterop } from './interop-clients.ts'

function discover(
  { issuer, clientId, clientSecret }: Interop,
  authMethod: AuthMethod,
): Promise<client.Configuration> {
  const authentication = {
    client_secret_basic: client.ClientSecretBasic,
    client_secret_post: client.ClientSecretPost,
    none: client.None,
  }[authMethod](clientSecret)
  return client.discovery(issuer, clientId, undefined, authentication, {
    execute: [client.allowInsecureRequests],
  })
}

for (const interop of INTEROP_CASES) {
  const { authMethod, issuerPath } = interop

  test(`openid-client: code, refresh and revocation with ${authMethod} at ${issuerPath || '/'}`, async (t) => {
    const partner = await startInterop(t, interop)
    const config = await discover(partner, authMethod)
    t.is(config.serverMetadata().supportsPKCE(), true)
    const pkceCodeVerifier = client.randomPKCECodeVerifier()
    const expectedState = client.randomState()
    const url = client.buildAuthorizationUrl(config, {
      redirect_uri: partner.redirectUri,
      scope: 'interview:read interview:create',
      code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
      state: expectedState,
    })

    const callback = await partner.authorize(url)
    const tokens = await client.authorizationCodeGrant(config, callback, {
      pkceCodeVerifier,
      expectedState,
    })

    t.is(tokens.token_type, 'bearer')
    t.is(tokens.scope, 'interview:read interview:create')
    t.is(tokens.expires_in, 900)
    const refreshed = await client.refreshTokenGrant(config, String(tokens.refresh_token))
    t.not(refreshed.refresh_token, tokens.refresh_token)
    await client.tokenRevocation(config, String(refreshed.refresh_token))
    const error = await t.throwsAsync(
      client.refreshTokenGrant(config, String(refreshed.refresh_token)),
      { instanceOf: client.ResponseBodyError },
    )
    t.is(error?.error, 'invalid_grant')
  })

  if (authMethod === 'none') continue

  test(`openid-client: client_credentials and introspection with ${authMethod} at ${issuerPath || '/'}`, async (t) => {
    const partner = await startInterop(t, interop)
    const config = await discover(partner, authMethod)

    const tokens = await client.clientCredentialsGrant(config, { scope: 'candidate:read' })

    const introspection = await client.tokenIntrospection(config, tokens.access_token)
    t.like(introspection, {
      active: true,
      iss: partner.issuer.href.replace(/\/$/, ''),
      client_id: partner.clientId,
      sub: partner.clientId,
      scope: 'candidate:read',
    })
    await client.tokenRevocation(config, tokens.access_token)
    t.deepEqual(await client.tokenIntrospection(config, tokens.access_token), { active: false })
  })
}

test('openid-client: sees why the user was not authorized', async (t) => {
  const partner = await startInterop(t, { authMethod: 'none', issuerPath: '' })
  const config = await discover(partner, 'none')
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: partner.redirectUri,
    scope: 'interview:read',
    code_challenge: await client.calculatePKCECodeChallenge(client.randomPKCECodeVerifier()),
    code_challenge_method: 'S256',
    state: 'a state',
    prompt: 'none',
  })
  const response = await fetch(url, { redirect: 'manual' })
  const callback = new URL(String(response.headers.get('location')))

  const error = await t.throwsAsync(
    client.authorizationCodeGrant(config, callback, {
      pkceCodeVerifier: 'a'.repeat(43),
      expectedState: 'a state',
    }),
    { instanceOf: client.AuthorizationResponseError },
  )

  t.is(error?.error, 'login_required')
})

test('openid-client: ID token with nonce and a verified signature, userinfo, and a refresh without an ID token', async (t) => {
  const server = await startServer(t, { openIdConnect: {} })
  const scopes = ['openid', 'profile', 'email', 'interview:read']
  const registered = await server.registerClient({ ...CONFIDENTIAL_CLIENT, scopes })
  const { clientId, redirectUris } = registered.client
  const issuer = new URL(server.issuer)
  const authentication = client.ClientSecretBasic(registered.clientSecret)
  const config = await client.discovery(issuer, clientId, undefined, authentication, {
    execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks],
  })
  const pkceCodeVerifier = client.randomPKCECodeVerifier()
  const expectedNonce = client.randomNonce()
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: String(redirectUris[0]),
    scope: scopes.join(' '),
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    nonce: expectedNonce,
  })
  const { callback = issuer } = await startBrowser().authorize(url, ADA.email)

  const tokens = await client.authorizationCodeGrant(config, callback, {
    pkceCodeVerifier,
    expectedNonce,
    idTokenExpected: true,
  })
  const user = { sub: ADA.userId, name: ADA.name, email: ADA.email, tenant_id: ADA.tenantId }
  t.like(tokens.claims(), { iss: server.issuer, aud: clientId, ...user })
  t.deepEqual(await client.fetchUserInfo(config, tokens.access_token, ADA.userId), user)

  const refreshed = await client.refreshTokenGrant(config, String(tokens.refresh_token))
  t.is(refreshed.claims(), undefined)
  t.is(refreshed.scope, tokens.scope)
  t.deepEqual(await client.fetchUserInfo(config, refreshed.access_token, ADA.userId), user)
})
