import test, { type ExecutionContext } from 'ava'
import * as oauth from 'oauth4webapi'
import { CONFIDENTIAL_CLIENT, PUBLIC_CLIENT, startServer } from '../helpers/start-server.ts'
import { follow } from './follow.ts'

type Authentication = 'client_secret_basic' | 'client_secret_post' | 'none'

const AUTHENTICATIONS: Readonly<Record<Authentication, (secret: string) => oauth.ClientAuth>> = {
  client_secret_basic: oauth.ClientSecretBasic,
  client_secret_post: oauth.ClientSecretPost,
  none: () => oauth.None(),
}

const HTTP = { [oauth.allowInsecureRequests]: true }

const completesTheFlow = test.macro({
  async exec(t: ExecutionContext, issuerPath: string, method: Authentication) {
    const isPublic = method === 'none'
    const server = await startServer(t, { issuerPath })
    const registered = await server.registerClient({
      ...(isPublic ? PUBLIC_CLIENT : CONFIDENTIAL_CLIENT),
      tokenEndpointAuthMethod: method,
    })
    const redirectUri = registered.client.redirectUris[0] ?? ''
    const client: oauth.Client = { client_id: registered.client.clientId }
    const authentication = AUTHENTICATIONS[method](registered.clientSecret ?? '')

    const issuer = new URL(server.issuer)
    const as = await oauth.processDiscoveryResponse(
      issuer,
      await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...HTTP }),
    )
    t.deepEqual(as.code_challenge_methods_supported, ['S256'])

    const codeVerifier = oauth.generateRandomCodeVerifier()
    const state = oauth.generateRandomState()
    const url = new URL(as.authorization_endpoint ?? '')
    url.search = new URLSearchParams({
      client_id: client.client_id,
      redirect_uri: redirectUri,
      response_type: 'code',
      scope: 'interview:read',
      state,
      code_challenge: await oauth.calculatePKCECodeChallenge(codeVerifier),
      code_challenge_method: 'S256',
    }).toString()
    const parameters = oauth.validateAuthResponse(as, client, await follow(url, redirectUri), state)

    const tokens = await oauth.processAuthorizationCodeResponse(
      as,
      client,
      await oauth.authorizationCodeGrantRequest(
        as,
        client,
        authentication,
        parameters,
        redirectUri,
        codeVerifier,
        HTTP,
      ),
    )
    const refreshed = await oauth.processRefreshTokenResponse(
      as,
      client,
      await oauth.refreshTokenGrantRequest(
        as,
        client,
        authentication,
        tokens.refresh_token ?? '',
        HTTP,
      ),
    )
    t.is(refreshed.token_type, 'bearer')

    // The resource server's side of the same library: RFC 9068, with the published keys.
    const claims = await oauth.validateJwtAccessToken(
      as,
      new Request('https://api.example/', {
        headers: { authorization: `Bearer ${refreshed.access_token}` },
      }),
      server.issuer,
      HTTP,
    )
    t.like(claims, { sub: 'ada', client_id: client.client_id, scope: 'interview:read' })

    if (!isPublic) {
      const introspection = await oauth.processIntrospectionResponse(
        as,
        client,
        await oauth.introspectionRequest(as, client, authentication, refreshed.access_token, HTTP),
      )
      t.true(introspection.active)
      const own = await oauth.processClientCredentialsResponse(
        as,
        client,
        await oauth.clientCredentialsGrantRequest(
          as,
          client,
          authentication,
          { scope: 'candidate:read' },
          HTTP,
        ),
      )
      t.is(own.scope, 'candidate:read')
    }

    const revocation = await oauth.revocationRequest(
      as,
      client,
      authentication,
      refreshed.refresh_token ?? '',
      HTTP,
    )
    t.is(await oauth.processRevocationResponse(revocation), undefined)
    const error = await t.throwsAsync(
      async () =>
        oauth.processRefreshTokenResponse(
          as,
          client,
          await oauth.refreshTokenGrantRequest(
            as,
            client,
            authentication,
            refreshed.refresh_token ?? '',
            HTTP,
          ),
        ),
      { instanceOf: oauth.ResponseBodyError },
    )
    t.is(error.error, 'invalid_grant')
  },
  title: (_given, issuerPath, method) =>
    `oauth4webapi completes the whole flow ${issuerPath === '' ? 'at the root' : `under ${issuerPath}`} with ${method}`,
})

for (const issuerPath of ['', '/auth']) {
  test(completesTheFlow, issuerPath, 'client_secret_basic')
  test(completesTheFlow, issuerPath, 'client_secret_post')
  test(completesTheFlow, issuerPath, 'none')
}
