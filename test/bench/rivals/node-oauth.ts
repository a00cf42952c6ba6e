/**
 * `@node-oauth/oauth2-server`. The library has a token and an authorization endpoint. What it leaves to hosts (the model,
 * sessions, consents, JWTs) is written straightforwardly, on the adapters that the base has.
 *
 * @module
 */

import { randomBytes, randomUUID } from 'node:crypto'
import OAuth2Server from '@node-oauth/oauth2-server'
import { importJWK, type JWK, SignJWT } from 'jose'
import Koa from 'koa'
import type { Adapter } from 'oidc-provider'
import getRawBody from 'raw-body'
import { sha256 } from '../../../lib/util/sha256.ts'
import {
  BENCH_ACCESS_TOKEN_TTL_SECONDS,
  BENCH_CLIENT_ID,
  BENCH_CLIENT_SECRET,
  BENCH_REDIRECT_URI,
  BENCH_REFRESH_TOKEN_TTL_SECONDS,
  BENCH_RESOURCE,
  BENCH_SCOPES,
  BENCH_USER_HEADER,
} from '../fixture.ts'

type Model = OAuth2Server.AuthorizationCodeModel &
  OAuth2Server.ClientCredentialsModel &
  OAuth2Server.RefreshTokenModel

const clientOf = (id: string): OAuth2Server.Client => ({
  id,
  redirectUris: [BENCH_REDIRECT_URI],
  grants: ['authorization_code', 'refresh_token', 'client_credentials'],
})

/** Creates the application. `GET /sign-in` starts a session and records a consent. */
export async function createNodeOauth(
  issuer: string,
  signingKey: JWK,
  adapterFor: (model: string) => Adapter,
): Promise<Koa> {
  const { signIn, findUser } = createSessions(adapterFor)
  const server = new OAuth2Server({
    model: await createModel(issuer, signingKey, adapterFor),
    accessTokenLifetime: BENCH_ACCESS_TOKEN_TTL_SECONDS,
    refreshTokenLifetime: BENCH_REFRESH_TOKEN_TTL_SECONDS,
    authenticateHandler: { handle: findUser },
  })
  const app = new Koa()
  app.use(async (ctx) => {
    if (ctx.path === '/sign-in') {
      const session = await signIn(ctx.get(BENCH_USER_HEADER))
      ctx.set('set-cookie', `session=${session}; path=/; httponly`)
      ctx.body = ''
      return
    }
    const text = ctx.method === 'POST' ? await getRawBody(ctx.req, { encoding: 'utf8' }) : ''
    const request = new OAuth2Server.Request({
      method: ctx.method,
      headers: Object.fromEntries(
        Object.entries(ctx.headers).map(([name, value]) => [name, String(value)]),
      ),
      query: Object.fromEntries(new URLSearchParams(ctx.querystring)),
      body: Object.fromEntries(new URLSearchParams(text)),
    })
    const response = new OAuth2Server.Response()
    if (ctx.path === '/oauth/authorize') await server.authorize(request, response)
    else await server.token(request, response)
    ctx.status = response.status ?? 500
    ctx.set({ ...response.headers })
    ctx.body = response.body
  })
  return app
}

interface Sessions {
  /** @returns The session id. */
  signIn(userId: string): Promise<string>
  /** The user of a session who has consented; a falsy value otherwise. */
  findUser(request: OAuth2Server.Request): Promise<OAuth2Server.User | undefined>
}

function createSessions(adapterFor: (model: string) => Adapter): Sessions {
  const sessions = adapterFor('Session')
  const consents = adapterFor('Consent')
  return {
    async signIn(userId) {
      const id = randomBytes(32).toString('base64url')
      await sessions.upsert(id, { accountId: userId }, BENCH_REFRESH_TOKEN_TTL_SECONDS)
      await consents.upsert(
        `${userId} ${BENCH_CLIENT_ID}`,
        { scope: BENCH_SCOPES.join(' ') },
        BENCH_REFRESH_TOKEN_TTL_SECONDS,
      )
      return id
    },
    async findUser(request) {
      const [, id = ''] = /\bsession=([\w-]+)/.exec(request.get('cookie') ?? '') ?? []
      const session = await sessions.find(id)
      const consent = session && (await consents.find(`${session.accountId} ${BENCH_CLIENT_ID}`))
      return consent ? { userId: session.accountId } : undefined
    },
  }
}

async function createModel(
  issuer: string,
  signingKey: JWK,
  adapterFor: (model: string) => Adapter,
): Promise<Model> {
  const clients = adapterFor('Client')
  const codes = adapterFor('AuthorizationCode')
  const refreshTokens = adapterFor('RefreshToken')
  const extra = { secretHash: sha256(BENCH_CLIENT_SECRET) }
  await clients.upsert(BENCH_CLIENT_ID, { client_id: BENCH_CLIENT_ID, extra }, 0)
  const key = await importJWK(signingKey, 'RS256')

  return {
    async getClient(clientId, clientSecret: string | null) {
      const found = await clients.find(clientId)
      if (!found) return undefined
      const isRight = found.extra?.['secretHash'] === sha256(clientSecret ?? '')
      return clientSecret === null || isRight ? clientOf(clientId) : undefined
    },
    getUserFromClient: async () => ({}),
    validateScope: async (_user, _client, scope) => scope ?? [...BENCH_SCOPES],

    generateAccessToken: ({ id }, { userId }, scope) =>
      new SignJWT({ client_id: id, scope: scope.join(' ') })
        .setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', kid: signingKey.kid ?? '' })
        .setIssuer(issuer)
        .setAudience(BENCH_RESOURCE)
        .setSubject(String(userId ?? id))
        .setJti(randomUUID())
        .setIssuedAt()
        .setExpirationTime(`${BENCH_ACCESS_TOKEN_TTL_SECONDS}s`)
        .sign(key),
    async saveToken(token, client, user) {
      const { refreshToken, scope = [] } = token
      if (refreshToken !== undefined) {
        await refreshTokens.upsert(
          refreshToken,
          { clientId: client.id, accountId: String(user['userId']), scope: scope.join(' ') },
          BENCH_REFRESH_TOKEN_TTL_SECONDS,
        )
      }
      return { ...token, client, user }
    },
    getAccessToken: async () => undefined, // it is asked by resource servers only

    async getRefreshToken(refreshToken) {
      const found = await refreshTokens.find(refreshToken)
      if (!found) return undefined
      return {
        refreshToken,
        scope: found.scope?.split(' ') ?? [],
        client: clientOf(String(found.clientId)),
        user: { userId: found.accountId },
      }
    },
    async revokeToken({ refreshToken }) {
      await refreshTokens.destroy(refreshToken)
      return true
    },

    async saveAuthorizationCode(code, client, user) {
      const { authorizationCode, scope = [], expiresAt, ...challenge } = code
      const record = { clientId: client.id, accountId: String(user['userId']) }
      const exp = expiresAt.getTime() / 1000
      await codes.upsert(
        authorizationCode,
        { ...challenge, ...record, scope: scope.join(' '), exp },
        300,
      )
      return { ...code, client, user }
    },
    async getAuthorizationCode(authorizationCode) {
      const found = await codes.find(authorizationCode)
      if (!found) return undefined
      return {
        authorizationCode,
        expiresAt: new Date((found.exp ?? 0) * 1000),
        redirectUri: found.redirectUri ?? '',
        scope: found.scope?.split(' ') ?? [],
        client: clientOf(String(found.clientId)),
        user: { userId: found.accountId },
        codeChallenge: found.codeChallenge ?? '',
        codeChallengeMethod: found.codeChallengeMethod ?? '',
      }
    },
    async revokeAuthorizationCode({ authorizationCode }) {
      await codes.destroy(authorizationCode)
      return true
    },
  }
}
