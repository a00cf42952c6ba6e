/**
 * The least that the endpoints can do: Koa, a form body, and one signature by our own `signJwt` where a token is issued.
 * It knows nobody and looks nothing up.
 *
 * @module
 */

import type { JWK } from 'jose'
import Koa from 'koa'
import { readFormParameters } from '../../lib/http/form-parameters.ts'
import { createGivenKeys } from '../../lib/keys/key-ring.ts'
import { createAccessTokens } from '../../lib/tokens/access-token.ts'
import {
  BENCH_ACCESS_TOKEN_TTL_SECONDS,
  BENCH_CLIENT_ID,
  BENCH_REDIRECT_URI,
  BENCH_SCOPES,
} from './fixture.ts'

const OPAQUE = 'an-opaque-token-of-the-benchmark-that-is-as-long-as-one'

/** Creates an application that issues a token to whoever asks. */
export function createFloor(issuer: string, signingKey: JWK): Koa {
  const keys = createGivenKeys([signingKey], [])
  const now = (): number => Math.floor(Date.now() / 1000)
  const accessTokens = createAccessTokens({ issuer, keys, now })
  const documents = { keys: keys.publishedKeys() }
  const issue = async (): Promise<unknown> => {
    const { token } = await accessTokens.issue({
      clientId: BENCH_CLIENT_ID,
      userId: undefined,
      tenantId: undefined,
      familyId: undefined,
      scopes: BENCH_SCOPES,
      audience: issuer,
      ttlSeconds: BENCH_ACCESS_TOKEN_TTL_SECONDS,
    })
    return {
      access_token: token,
      token_type: 'Bearer',
      expires_in: BENCH_ACCESS_TOKEN_TTL_SECONDS,
      refresh_token: OPAQUE,
    }
  }
  const app = new Koa()
  app.use(async (ctx) => {
    if (ctx.method === 'POST') {
      await readFormParameters(ctx)
      ctx.body = ctx.path === '/oauth/token' ? await issue() : { active: true }
    } else if (ctx.path === '/oauth/authorize') {
      ctx.redirect(`${BENCH_REDIRECT_URI}?code=${OPAQUE}`)
    } else {
      ctx.body = documents
    }
  })
  return app
}
