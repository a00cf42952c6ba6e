/**
 * better-auth with its OAuth provider plugin, which is a package of its own.
 *
 * Set up to be fast: it caches its client and its resource, keeps its private key unencrypted, and limits no rates. It
 * signs with RS256, and issues JWTs because its requests name a resource; without one, access tokens are opaque.
 *
 * @module
 */

import type { RequestListener } from 'node:http'
import { oauthProvider } from '@better-auth/oauth-provider'
import { type BetterAuthOptions, betterAuth } from 'better-auth'
import { memoryAdapter } from 'better-auth/adapters/memory'
import { getMigrations } from 'better-auth/db/migration'
import { toNodeHandler } from 'better-auth/node'
import { jwt } from 'better-auth/plugins/jwt'
import type { Pool } from 'pg'
import {
  BENCH_ACCESS_TOKEN_TTL_SECONDS,
  BENCH_CLIENT_ID,
  BENCH_CLIENT_SECRET,
  BENCH_PASSWORD,
  BENCH_REDIRECT_URI,
  BENCH_REFRESH_TOKEN_TTL_SECONDS,
  BENCH_RESOURCE,
  BENCH_SCOPES,
} from '../fixture.ts'

const SCOPES = ['openid', 'offline_access', ...BENCH_SCOPES]
const TABLES = [
  ...['user', 'session', 'account', 'verification', 'jwks'],
  ...['oauthClient', 'oauthAccessToken', 'oauthRefreshToken', 'oauthConsent'],
  ...['oauthResource', 'oauthClientResource', 'oauthClientAssertion'],
]

/** Creates the application. Without a pool, it is in memory. */
export async function createBetterAuth(
  issuer: string,
  pool: Pool | undefined,
): Promise<RequestListener> {
  const options = {
    baseURL: issuer,
    basePath: '/',
    secret: 'a secret of the benchmark, which is long enough',
    database: pool ?? memoryAdapter(Object.fromEntries(TABLES.map((table) => [table, []]))),
    emailAndPassword: {
      enabled: true,
      // Its scrypt takes longer than all the rest; signing in is not what is measured.
      password: {
        hash: async (password) => password,
        verify: async ({ hash, password }) => hash === password,
      },
    },
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    plugins: [
      jwt({
        disableSettingJwtHeader: true,
        jwks: {
          keyPairConfig: { alg: 'RS256', modulusLength: 2048 },
          disablePrivateKeyEncryption: true,
          jwksPath: '/.well-known/jwks.json',
        },
        jwt: { issuer },
      }),
      oauthProvider({
        loginPage: '/sign-in',
        consentPage: '/consent',
        scopes: SCOPES,
        resources: [BENCH_RESOURCE],
        enforcePerClientResources: false,
        cachedResources: new Set([BENCH_RESOURCE]),
        cachedTrustedClients: new Set([BENCH_CLIENT_ID]),
        accessTokenExpiresIn: BENCH_ACCESS_TOKEN_TTL_SECONDS,
        m2mAccessTokenExpiresIn: BENCH_ACCESS_TOKEN_TTL_SECONDS,
        refreshTokenExpiresIn: BENCH_REFRESH_TOKEN_TTL_SECONDS,
        clientPrivileges: () => true,
        generateClientId: () => BENCH_CLIENT_ID,
        generateClientSecret: () => BENCH_CLIENT_SECRET,
      }),
    ],
  } satisfies BetterAuthOptions
  if (pool !== undefined) await (await getMigrations(options)).runMigrations()
  const auth = betterAuth(options)
  const { headers } = await auth.api.signUpEmail({
    body: { name: 'Administrator', email: 'administrator@bench.example', password: BENCH_PASSWORD },
    returnHeaders: true,
  })
  const cookies = headers.getSetCookie().map((cookie) => cookie.split(';', 1)[0])
  await auth.api.adminCreateOAuthClient({
    headers: { cookie: cookies.join('; ') },
    body: {
      client_name: 'Bench',
      redirect_uris: [BENCH_REDIRECT_URI],
      grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
      response_types: ['code'],
      token_endpoint_auth_method: 'client_secret_basic',
      scope: SCOPES.join(' '),
      client_credentials_scopes: [...BENCH_SCOPES],
    },
  })
  const handle = toNodeHandler(auth)
  return (request, response) => {
    request.url = request.url?.replace(/^\/oauth\//, '/oauth2/')
    void handle(request, response)
  }
}
