import test, { type ExecutionContext } from 'ava'
import * as oauth from 'openid-client'
import { CONFIDENTIAL_CLIENT, PUBLIC_CLIENT, startServer } from '../helpers/start-server.ts'
import { follow } from './follow.ts'

type Authentication = 'client_secret_basic' | 'client_secret_post' | 'none'

const AUTHENTICATIONS: Readonly<Record<Authentication, (secret: string) => oauth.ClientAuth>> = {
  client_secret_basic: oauth.ClientSecretBasic,
  client_secret_post: oauth.ClientSecretPost,
  none: () => oauth.None(),
}

const completesTheFlow = test.macro({
  async exec(t: ExecutionContext, issuerPath: string, method: Authentication) {
    const isPublic = method === 'none'
    const server = await startServer(t, { issuerPath })
    const { client, clientSecret = '' } = await server.registerClient({
      ...(isPublic ? PUBLIC_CLIENT : CONFIDENTIAL_CLIENT),
      tokenEndpointAuthMethod: method,
    })
    const redirectUri = client.redirectUris[0] ?? ''

    const configuration = await oauth.discovery(
      new URL(server.issuer),
      client.clientId,
      undefined,
      AUTHENTICATIONS[method](clientSecret),
      { algorithm: 'oauth2', execute: [oauth.allowInsecureRequests] },
    )
    t.is(configuration.serverMetadata().issuer, server.issuer)

    const codeVerifier = oauth.randomPKCECodeVerifier()
    const expectedState = oauth.randomState()
    const url = oauth.buildAuthorizationUrl(configuration, {
      redirect_uri: redirectUri,
      scope: 'interview:read interview:create',
      state: expectedState,
      code_challenge: await oauth.calculatePKCECodeChallenge(codeVerifier),
      code_challenge_method: 'S256',
    })
    const callback = await follow(url, redirectUri)

    const tokens = await oauth.authorizationCodeGrant(configuration, callback, {
      pkceCodeVerifier: codeVerifier,
      expectedState,
    })
    t.is(tokens.expiresIn(), 900)
    t.is(tokens.scope, 'interview:read interview:create')

    const refreshed = await oauth.refreshTokenGrant(configuration, tokens.refresh_token ?? '')
    t.not(refreshed.access_token, tokens.access_token)
    t.not(refreshed.refresh_token, tokens.refresh_token)

    if (!isPublic) {
      const introspect = (token: string): Promise<oauth.IntrospectionResponse> =>
        oauth.tokenIntrospection(configuration, token)
      t.like(await introspect(refreshed.access_token), { active: true, sub: 'ada' })
      t.like(await introspect(refreshed.refresh_token ?? ''), { active: true, sub: 'ada' })
      const own = await oauth.clientCredentialsGrant(configuration, { scope: 'candidate:read' })
      t.is(own.scope, 'candidate:read')
      t.like(await introspect(own.access_token), { active: true, sub: client.clientId })
    }

    await oauth.tokenRevocation(configuration, refreshed.refresh_token ?? '')
    const error = await t.throwsAsync(
      () => oauth.refreshTokenGrant(configuration, refreshed.refresh_token ?? ''),
      { instanceOf: oauth.ResponseBodyError },
    )
    t.is(error.error, 'invalid_grant')
  },
  title: (_given, issuerPath, method) =>
    `openid-client completes the whole flow ${issuerPath === '' ? 'at the root' : `under ${issuerPath}`} with ${method}`,
})

for (const issuerPath of ['', '/auth', '/tenants/one']) {
  test(completesTheFlow, issuerPath, 'client_secret_basic')
  test(completesTheFlow, issuerPath, 'client_secret_post')
  test(completesTheFlow, issuerPath, 'none')
}

test('openid-client: a refused request arrives as login_required, with the right iss (RFC 9207 §2)', async (t) => {
  const server = await startServer(t)
  const { client, clientSecret = '' } = server.confidential
  const redirectUri = client.redirectUris[0] ?? ''
  const configuration = await oauth.discovery(
    new URL(server.issuer),
    client.clientId,
    clientSecret,
    undefined,
    { algorithm: 'oauth2', execute: [oauth.allowInsecureRequests] },
  )
  const pkceCodeVerifier = oauth.randomPKCECodeVerifier()
  const url = oauth.buildAuthorizationUrl(configuration, {
    redirect_uri: redirectUri,
    scope: 'interview:read',
    state: 'state',
    prompt: 'none',
    code_challenge: await oauth.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
  })
  const callback = await follow(url, redirectUri)
  const error = await t.throwsAsync(
    () =>
      oauth.authorizationCodeGrant(configuration, callback, {
        pkceCodeVerifier,
        expectedState: 'state',
      }),
    { instanceOf: oauth.AuthorizationResponseError },
  )
  t.is(error.error, 'login_required')
})
