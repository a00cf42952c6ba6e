import test from 'ava'
import * as oauth from 'oauth4webapi'
import { INTEROP_CASES, type Interop, startInterop } from './interop-clients.ts'

const insecure = { [oauth.allowInsecureRequests]: true }

async function discover({ issuer }: Interop): Promise<oauth.AuthorizationServer> {
  const response = await oauth.discoveryRequest(issuer, insecure)
  return await oauth.processDiscoveryResponse(issuer, response)
}

for (const interop of INTEROP_CASES) {
  const { authMethod, issuerPath } = interop

  test(`oauth4webapi: the whole flow with ${authMethod} at ${issuerPath || '/'}`, async (t) => {
    const partner = await startInterop(t, interop)
    const { clientId, clientSecret, redirectUri } = partner
    const as = await discover(partner)
    const client: oauth.Client = { client_id: clientId }
    const authentication = {
      client_secret_basic: oauth.ClientSecretBasic,
      client_secret_post: oauth.ClientSecretPost,
      none: oauth.None,
    }[authMethod](clientSecret)

    const codeVerifier = oauth.generateRandomCodeVerifier()
    const state = oauth.generateRandomState()
    const url = new URL(String(as.authorization_endpoint))
    url.search = String(
      new URLSearchParams({
        client_id: clientId,
        redirect_uri: redirectUri,
        response_type: 'code',
        scope: 'interview:read',
        code_challenge: await oauth.calculatePKCECodeChallenge(codeVerifier),
        code_challenge_method: 'S256',
        state,
      }),
    )
    // Checks state and iss (RFC 9207 §2.4).
    const parameters = oauth.validateAuthResponse(as, client, await partner.authorize(url), state)

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
        insecure,
      ),
    )
    t.is(tokens.scope, 'interview:read')

    // The access token is what a resource server expects (RFC 9068 §4).
    const request = new Request('https://api.example/interviews', {
      headers: { authorization: `Bearer ${tokens.access_token}` },
    })
    const claims = await oauth.validateJwtAccessToken(as, request, as.issuer, insecure)
    t.like(claims, { sub: 'ada', client_id: clientId, scope: 'interview:read', tenant_id: 'acme' })

    const refresh = async (
      refreshToken: string | undefined,
    ): Promise<oauth.TokenEndpointResponse> =>
      oauth.processRefreshTokenResponse(
        as,
        client,
        await oauth.refreshTokenGrantRequest(
          as,
          client,
          authentication,
          String(refreshToken),
          insecure,
        ),
      )
    const refreshed = await refresh(tokens.refresh_token)

    if (authMethod !== 'none') {
      const introspect = async (): Promise<oauth.IntrospectionResponse> =>
        oauth.processIntrospectionResponse(
          as,
          client,
          await oauth.introspectionRequest(
            as,
            client,
            authentication,
            refreshed.access_token,
            insecure,
          ),
        )
      t.is((await introspect()).active, true)
      await revoke(String(refreshed.refresh_token))
      t.is((await introspect()).active, false)
    } else {
      await revoke(String(refreshed.refresh_token))
    }
    const error = await t.throwsAsync(refresh(refreshed.refresh_token), {
      instanceOf: oauth.ResponseBodyError,
    })
    t.is(error?.error, 'invalid_grant')

    async function revoke(token: string): Promise<void> {
      const response = await oauth.revocationRequest(as, client, authentication, token, insecure)
      await oauth.processRevocationResponse(response)
    }
  })

  if (authMethod === 'none') continue

  test(`oauth4webapi: client_credentials with ${authMethod} at ${issuerPath || '/'}`, async (t) => {
    const partner = await startInterop(t, interop)
    const as = await discover(partner)
    const client: oauth.Client = { client_id: partner.clientId }
    const authentication =
      authMethod === 'client_secret_basic'
        ? oauth.ClientSecretBasic(partner.clientSecret)
        : oauth.ClientSecretPost(partner.clientSecret)

    const tokens = await oauth.processClientCredentialsResponse(
      as,
      client,
      await oauth.clientCredentialsGrantRequest(as, client, authentication, {}, insecure),
    )

    t.is(tokens.scope, 'interview:read interview:create candidate:read')
    t.is(tokens.refresh_token, undefined)
  })
}

test('oauth4webapi: reads a client authentication failure from WWW-Authenticate', async (t) => {
  const partner = await startInterop(t, { authMethod: 'client_secret_basic', issuerPath: '' })
  const as = await discover(partner)
  const client: oauth.Client = { client_id: partner.clientId }

  const response = await oauth.clientCredentialsGrantRequest(
    as,
    client,
    oauth.ClientSecretBasic('tcs_wrong'),
    {},
    insecure,
  )

  t.is(response.status, 401)
  const error = await t.throwsAsync(oauth.processClientCredentialsResponse(as, client, response))
  t.true(
    error instanceof oauth.WWWAuthenticateChallengeError ||
      error instanceof oauth.ResponseBodyError,
  )
})
