/**
 * The base, as its documentation suggests to use it: oidc-provider with a straightforward adapter.
 * What our server is compared with.
 *
 * @module
 */

import type { JWK } from 'jose'
import Koa from 'koa'
import mount from 'koa-mount'
import { type Adapter, type ClientMetadata, Provider } from 'oidc-provider'
import {
  BENCH_CLIENT_ID,
  BENCH_CLIENT_SECRET,
  BENCH_REDIRECT_URI,
  BENCH_SCOPES,
} from './fixture.ts'

const COOKIE_KEY = 'a cookie key of the benchmark'
const RESOURCE = 'https://api.bench.example'

/** Creates the base as a Koa application. `adapterFor` is `undefined` for its own memory adapter. */
export async function createBareProvider(
  issuer: string,
  signingKey: JWK,
  adapterFor: ((model: string) => Adapter) | undefined,
): Promise<Koa> {
  const client: ClientMetadata = {
    client_id: BENCH_CLIENT_ID,
    client_secret: BENCH_CLIENT_SECRET,
    redirect_uris: [BENCH_REDIRECT_URI],
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
    response_types: ['code'],
    scope: BENCH_SCOPES.join(' '),
    token_endpoint_auth_method: 'client_secret_basic',
  }
  await adapterFor?.('Client').upsert(BENCH_CLIENT_ID, { ...client }, 0)
  const provider = new Provider(issuer, {
    ...(adapterFor === undefined ? { clients: [client] } : { adapter: adapterFor }),
    jwks: { keys: [{ ...signingKey, use: 'sig', alg: 'RS256' } as never] },
    cookies: { keys: [COOKIE_KEY] },
    scopes: [...BENCH_SCOPES],
    pkce: { required: () => true },
    expiresWithSession: () => false,
    revokeGrantPolicy: () => false, // it keeps one grant for all authorizations of a session
    issueRefreshToken: async () => true,
    rotateRefreshToken: true,
    findAccount: async (_ctx, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
    routes: {
      authorization: '/oauth/authorize',
      token: '/oauth/token',
      introspection: '/oauth/introspect',
      revocation: '/oauth/revoke',
      jwks: '/.well-known/jwks.json',
    },
    interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
    ttl: {
      AccessToken: 900,
      AuthorizationCode: 60,
      ClientCredentials: 900,
      Grant: 2_592_000,
      Interaction: 600,
      RefreshToken: 2_592_000,
      Session: 1_209_600,
    },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      introspection: { enabled: true, allowedPolicy: () => true },
      revocation: { enabled: true, allowedPolicy: () => true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => RESOURCE,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: BENCH_SCOPES.join(' '),
          audience: RESOURCE,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
  })
  const app = new Koa()
  app.keys = [COOKIE_KEY] // it signs some of its cookies with the host's
  app.use(async (ctx, next) => {
    if (!ctx.path.startsWith('/interaction/')) return await next()
    await signInAndConsent(provider, ctx)
  })
  app.use(mount(provider))
  return app
}

/** Answers every interaction at once: it is not what is measured. */
async function signInAndConsent(provider: Provider, ctx: Koa.Context): Promise<void> {
  const { session } = await provider.interactionDetails(ctx.req, ctx.res)
  const accountId = session?.accountId ?? `user-${ctx.get('x-bench-user')}`
  const grant = new provider.Grant({ accountId, clientId: BENCH_CLIENT_ID })
  grant.addOIDCScope(BENCH_SCOPES.join(' '))
  grant.addResourceScope(RESOURCE, BENCH_SCOPES.join(' '))
  const grantId = await grant.save()
  ctx.respond = false
  await provider.interactionFinished(ctx.req, ctx.res, {
    login: { accountId },
    consent: { grantId },
  })
}
