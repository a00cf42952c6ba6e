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
import { readForm } from '../../lib/http/body.ts'
import {
  BENCH_ACCESS_TOKEN_TTL_SECONDS,
  BENCH_CLIENT_ID,
  BENCH_CLIENT_SECRET,
  BENCH_PASSWORD,
  BENCH_REDIRECT_URI,
  BENCH_REFRESH_TOKEN_TTL_SECONDS,
  BENCH_RESOURCE,
  BENCH_SCOPES,
} from './fixture.ts'

const COOKIE_KEY = 'a cookie key of the benchmark'

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
      AccessToken: BENCH_ACCESS_TOKEN_TTL_SECONDS,
      AuthorizationCode: 60,
      ClientCredentials: BENCH_ACCESS_TOKEN_TTL_SECONDS,
      Grant: BENCH_REFRESH_TOKEN_TTL_SECONDS,
      Interaction: 600,
      RefreshToken: BENCH_REFRESH_TOKEN_TTL_SECONDS,
      Session: 1_209_600,
    },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      introspection: { enabled: true, allowedPolicy: () => true },
      revocation: { enabled: true, allowedPolicy: () => true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => BENCH_RESOURCE,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: BENCH_SCOPES.join(' '),
          audience: BENCH_RESOURCE,
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
    await interact(provider, ctx)
  })
  app.use(mount(provider))
  return app
}

const SIGN_IN_PAGE = `<!DOCTYPE html><title>Sign in</title>
<form method="post"><input name="username"><input type="password" name="password"><button>Sign in</button></form>`
const CONSENT_PAGE = `<!DOCTYPE html><title>Allow access</title>
<form method="post"><button name="action" value="allow">Allow</button></form>`

/** The pages that its documentation leaves to the host: a sign-in page and a consent page, as short as they can be. */
async function interact(provider: Provider, ctx: Koa.Context): Promise<void> {
  const { prompt, session } = await provider.interactionDetails(ctx.req, ctx.res)
  const isSignIn = prompt.name === 'login'
  if (ctx.method === 'GET') {
    ctx.type = 'html'
    ctx.body = isSignIn ? SIGN_IN_PAGE : CONSENT_PAGE
    return
  }
  const form = await readForm(ctx)
  const result = isSignIn
    ? { login: { accountId: signIn(form) } }
    : { consent: { grantId: await grantAll(provider, session?.accountId ?? '') } }
  ctx.respond = false
  await provider.interactionFinished(ctx.req, ctx.res, result, { mergeWithLastSubmission: true })
}

function signIn(form: URLSearchParams | undefined): string {
  if (form?.get('password') !== BENCH_PASSWORD) throw new Error('the password is wrong')
  return form.get('username') ?? ''
}

async function grantAll(provider: Provider, accountId: string): Promise<string> {
  const grant = new provider.Grant({ accountId, clientId: BENCH_CLIENT_ID })
  grant.addOIDCScope(BENCH_SCOPES.join(' '))
  grant.addResourceScope(BENCH_RESOURCE, BENCH_SCOPES.join(' '))
  return await grant.save()
}
