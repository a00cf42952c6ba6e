/**
 * The least that a token endpoint can do: Koa, a form body, and one signature by our own `signJwt`.
 *
 * @module
 */

import type { JWK } from 'jose'
import Koa from 'koa'
import { readFormParameters } from '../../lib/http/form-parameters.ts'
import { createGivenKeys } from '../../lib/keys/key-ring.ts'
import { createAccessTokens } from '../../lib/tokens/access-token.ts'
import { BENCH_CLIENT_ID, BENCH_SCOPES } from './fixture.ts'

/** Creates an application that issues a token to whoever asks. */
export function createFloor(issuer: string, signingKey: JWK): Koa {
  const keys = createGivenKeys([signingKey], [])
  const now = (): number => Math.floor(Date.now() / 1000)
  const accessTokens = createAccessTokens({ issuer, keys, now })
  const app = new Koa()
  app.use(async (ctx) => {
    await readFormParameters(ctx)
    const { token } = await accessTokens.issue({
      clientId: BENCH_CLIENT_ID,
      userId: undefined,
      tenantId: undefined,
      familyId: undefined,
      scopes: BENCH_SCOPES,
      audience: issuer,
      ttlSeconds: 900,
    })
    ctx.body = { access_token: token, token_type: 'Bearer', expires_in: 900 }
  })
  return app
}
