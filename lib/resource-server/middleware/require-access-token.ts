/**
 * Koa middleware: lets a request pass only with a valid access token.
 *
 * @module
 */

import type { Middleware } from 'koa'
import { readOptions } from '../options.ts'
import { type AccessTokenVerifier, resolveVerifier } from '../verify/access-token-verifier.ts'
import type { AccessTokenVerifierOptions } from '../verify/verifier-options.ts'
import type { AccessTokenState } from './caller.ts'
import { type ChallengeOptions, challengeOptions } from './challenge-options.ts'
import { createAccessTokenCheck } from './request-credentials.ts'
import { passAfter } from './send-error-response.ts'

/**
 * Creates middleware that verifies the access token of each request and puts it into
 * `ctx.state.accessToken`.
 *
 * Only requests with a valid token reach the middleware behind. The response to others has
 * `Cache-Control: no-store`, a JSON body `{error, error_description}`, and `WWW-Authenticate` unless it
 * is 503:
 *
 * - 401, a challenge without error code: no Bearer credentials. A token in the query or the body
 *   does not count
 * - 400 `invalid_request`: an Authorization header with wrong syntax, or several of them
 * - 401 `invalid_token`: a token that is not valid; the response does not say why
 * - 503 `temporarily_unavailable` with `Retry-After`: the issuer's keys are not available, or it is not
 *   known whether the token was revoked
 *
 * Nothing is thrown for these; the error is emitted as the application's `error` event, where
 * `InvalidAccessTokenError` has `reason` and `detail`. Put CORS middleware in front: a preflight
 * request never has a token.
 *
 * @param verifier A verifier, to share one between several places, or the options to create one.
 * @param options Parameters of challenges beside the error.
 *
 * @throws {@link ConfigurationError} when options are rejected: all problems at once.
 *
 * @example
 *
 * An API in which every route needs a token
 *
 * ```ts
 * const app = new Koa<AccessTokenState>()
 * const issuer = 'https://mayaapi.teamcast.ai'
 * app.use(requireAccessToken({ issuer, audience: issuer }))
 * app.use((ctx) => {
 *   ctx.body = { hello: ctx.state.accessToken.userId }
 * })
 * ```
 *
 * @see [RFC 6750 §3.1](https://www.rfc-editor.org/rfc/rfc6750.html#section-3.1)
 */
export function requireAccessToken(
  verifier: AccessTokenVerifier | AccessTokenVerifierOptions,
  options: ChallengeOptions = {},
): Middleware<AccessTokenState> {
  const check = createAccessTokenCheck(
    resolveVerifier(verifier),
    readOptions(challengeOptions, options),
  )
  return async function requireAccessTokenMiddleware(ctx, next) {
    await passAfter(ctx, next, async () => {
      ctx.state.accessToken = await check(ctx.req)
    })
  }
}
